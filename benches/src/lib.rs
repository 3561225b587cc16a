//! bonafide measured beside its peers, in one run.
//!
//! The package's README says what is measured, and how to run it.

mod clients;
mod instructions;
mod machine;
mod measure;
mod options;
mod report;
mod servers;
mod workloads;

use std::process::ExitCode;

use clap::Parser as _;

use self::options::Options;

/// What went wrong; a bench can do no better than to print it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the bench as the command line says.
pub fn main() -> ExitCode {
    concluded(run(&Options::parse()))
}

/// Runs the servers until the standard input ends.
#[cfg(feature = "peers")]
pub fn serve() -> ExitCode {
    concluded(servers::serve())
}

fn concluded(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("the bench failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    #[cfg(feature = "peers")]
    if options.serve {
        return servers::serve();
    }
    #[cfg(feature = "peers")]
    if let Some(first) = options.first {
        return workloads::first_of_a_process(first, options);
    }
    #[cfg(feature = "peers")]
    if options.idle {
        return workloads::idle_connections(options);
    }
    #[cfg(feature = "rules")]
    options.with.choose();
    #[cfg(feature = "rules")]
    if options.rules {
        return instructions::print_rules(options);
    }
    if options.instructions {
        return instructions::print(options);
    }
    let tables = workloads::measure(options)?;
    for table in &tables {
        println!("{table}");
    }
    Ok(())
}
