//! The project's own commands: `cargo xtask --help`.

mod counts;
mod fuzz;
mod gate;
mod invocation;
mod peers;
mod public;
mod reqwest;
mod sizes;
mod source;
mod suite;
mod tidy;
mod workspace;

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};

use counts::Purpose;
use gate::{Folders, OnFailure};
use invocation::Invocation;
use peers::Peers;
use public::Detail;
use workspace::Workspace;

/// Builds, checks and measures bonafide.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs the whole gate: format, lints, tidy, docs, tests, examples, licences.
    Ci {
        /// A folder of conformance corpora [default: ../shared/conformance, where it exists].
        #[arg(long, env = "BONAFIDE_CORPORA")]
        corpora: Option<PathBuf>,
        /// A folder of suites about HTTP [default: ../shared/suites, where it exists].
        #[arg(long, env = "BONAFIDE_SUITES")]
        suites: Option<PathBuf>,
        /// Goes on after a step that failed, and fails at the end.
        #[arg(long)]
        keep_going: bool,
        /// Runs the steps with this text in their names and no other.
        #[arg(long)]
        only: Option<String>,
    },
    /// For a change under way: format and tidy, then clippy and tests of the packages it touches.
    Check {
        /// What the change began from: the last commit in common with this one counts.
        #[arg(long, default_value = "HEAD")]
        base: String,
    },
    /// Runs every test; says which real servers and clients were found and which tests are left out
    /// for want of one.
    Test {
        /// Arguments for `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Checks the project's own rules: CONTRIBUTING.md lists them.
    Tidy {
        /// Prints the edges between modules that exist now, in the form of `xtask/tidy.toml`, and
        /// checks nothing.
        #[arg(long)]
        edges: bool,
        /// Prints the findings of this rule and of no other.
        #[arg(long, conflicts_with = "edges")]
        #[arg(value_parser = PossibleValuesParser::new(tidy::RULES))]
        only: Option<String>,
    },
    /// Lists what the published crates show: names at the root, then every public item.
    Public {
        /// This crate and no other.
        #[arg(long = "crate", value_name = "NAME")]
        package: Option<String>,
        /// Prints one line for each crate: names at the root, public modules, items in all.
        #[arg(long)]
        count: bool,
    },
    /// Compares docs/from-reqwest.md with what reqwest shows: which names are here too, which have
    /// a counterpart, and which are not offered.
    Reqwest {
        /// Prints the counts alone.
        #[arg(long)]
        count: bool,
    },
    /// Measures bonafide beside its peers, or counts its instructions: see benches/README.md.
    Bench {
        /// Counts user instructions of bonafide and of bare hyper, and compares their ratios with
        /// benches/instructions.toml.
        #[arg(long)]
        instructions: bool,
        /// Writes that file instead.
        #[arg(long, requires = "instructions")]
        write: bool,
        /// Arguments for the bench, where nothing is compared.
        #[arg(last = true, conflicts_with = "instructions")]
        args: Vec<String>,
    },
    /// Counts the crates that bonafide, reqwest and ureq add to a program: docs/features.md.
    Sizes {
        /// Builds the programs in release mode too, and prints the sizes of their binaries.
        #[arg(long)]
        binaries: bool,
    },
    /// Runs every example.
    Examples,
    /// Lists the real servers and clients that tests run against, where each is, and how many tests
    /// use it.
    Peers {
        /// Installs first what is missing: with apt, as root or with sudo, and with pip in
        /// target/peers.
        #[arg(long)]
        install: bool,
    },
    /// Fuzzes what reads a peer's bytes, on a stable toolchain: see fuzz/README.md.
    Fuzz {
        /// The target to run [default: all, one after the other].
        target: Option<String>,
        /// How long each runs.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
    },
    /// Runs a conformance suite: `limbo`, through the verifier, `http-state` and `psl`, through the
    /// cookie jar, or `badssl`, over the loopback beside reqwest and curl.
    #[command(disable_help_flag = true)]
    Conformance {
        /// Arguments for the runner.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Judges certificates with one field changed, and compares with openssl and pyca/cryptography:
    /// `cargo xtask mutants --help`.
    #[command(disable_help_flag = true)]
    Mutants {
        /// Arguments for the driver.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Compares the effective default policy with the file that is kept of it, or writes that:
    /// `cargo xtask policy --help`.
    #[command(disable_help_flag = true)]
    Policy {
        /// Arguments for the comparison.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Judges a capsule, one refusal in a file, again: `cargo xtask replay --help`.
    #[command(disable_help_flag = true)]
    Replay {
        /// Arguments for the judge.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<(), Box<dyn Error>> {
    let workspace = Workspace::load()?;
    match task {
        Task::Ci {
            corpora,
            suites,
            keep_going,
            only,
        } => {
            let folders = Folders { corpora, suites };
            let on_failure = if keep_going {
                OnFailure::GoOn
            } else {
                OnFailure::Stop
            };
            gate::run(&workspace, &folders, on_failure, only.as_deref())?;
        }
        Task::Check { base } => gate::check(&workspace, &base)?,
        Task::Test { args } => test(&workspace, args)?,
        Task::Tidy { edges: true, .. } => tidy::print_edges(&workspace)?,
        Task::Tidy { only, .. } => tidy::run(&workspace, only.as_deref())?,
        Task::Public { package, count } => {
            let detail = if count { Detail::Counts } else { Detail::Items };
            public::run(&workspace, package.as_deref(), detail)?;
        }
        Task::Reqwest { count } => {
            let detail = if count { Detail::Counts } else { Detail::Items };
            reqwest::run(&workspace, detail)?;
        }
        Task::Bench {
            instructions: true,
            write,
            ..
        } => {
            let purpose = if write {
                Purpose::Write
            } else {
                Purpose::Compare
            };
            counts::run(&workspace, purpose, gate::on_ci)?;
        }
        Task::Bench { args, .. } => Invocation::cargo("bench -p bonafide-benches --")
            .with_args(args)
            .run(workspace.root())?,
        Task::Sizes { binaries } => sizes::run(&workspace, binaries)?,
        Task::Examples => gate::run_examples(&workspace)?,
        Task::Peers { install } => list_peers(&workspace, install)?,
        Task::Fuzz { target, seconds } => fuzz::run(&workspace, seconds, target.as_deref())?,
        Task::Conformance { args } => {
            let badssl = args.first().is_some_and(|suite| suite == "badssl");
            let (line, args) = if badssl {
                ("run --quiet -p bonafide-tests --bin badssl --", &args[1..])
            } else {
                let line = "run --quiet -p xtask --features conformance --bin conformance --";
                (line, &args[..])
            };
            Invocation::cargo(line)
                .with_args(args.to_vec())
                .run(&env::current_dir()?)?;
        }
        Task::Mutants { args } => {
            let line = "run --quiet -p xtask --features mutants --bin mutants --";
            Invocation::cargo(line)
                .with_args(args)
                .run(&env::current_dir()?)?;
        }
        Task::Policy { args } => {
            let line = "run --quiet -p xtask --features policy --bin policy --";
            Invocation::cargo(line)
                .with_args(args)
                .run(&env::current_dir()?)?;
        }
        Task::Replay { args } => {
            let line = "run --quiet -p xtask --features replay --bin replay --";
            Invocation::cargo(line)
                .with_args(args)
                .run(&env::current_dir()?)?;
        }
    }
    Ok(())
}

fn list_peers(workspace: &Workspace, install: bool) -> Result<(), Box<dyn Error>> {
    let peers = Peers::find(workspace)?;
    let installed = if install {
        peers.install(workspace)
    } else {
        Ok(())
    };
    Peers::find(workspace)?.print();
    Ok(installed?)
}

fn test(workspace: &Workspace, args: Vec<String>) -> Result<(), Box<dyn Error>> {
    let peers = Peers::find(workspace)?;
    peers.print();
    peers.demand()?;
    let mut command = Invocation::cargo("test --workspace --all-features").with_args(args.clone());
    let skips = peers.skip_args();
    if !skips.is_empty() {
        if !args.iter().any(|arg| arg == "--") {
            command = command.with_args(["--".to_owned()]);
        }
        command = command.with_args(skips);
    }
    command.run(workspace.root())?;
    Ok(())
}
