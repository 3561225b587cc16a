//! `cargo xtask bench --instructions`: user instructions of a request, divided by those of bare
//! hyper in the same run, compared with a file that is kept of them.
//!
//! A count does not depend on how busy the machine is, and a ratio hardly on its compiler and
//! processor.

mod comparison;
mod ratios;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use comparison::compare;
use ratios::Ratios;

use crate::invocation::{Invocation, InvocationError};
use crate::peers;
use crate::workspace::Workspace;

/// The file, inside the repository.
const FILE: &str = "benches/instructions.toml";

/// The command that writes it.
const WRITE: &str = "cargo xtask bench --instructions --write";

/// Why the counts are not known, or not good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CountsError {
    /// Valgrind is missing where everything is demanded.
    #[error("`CI` is set, and valgrind is missing (Debian package valgrind)")]
    NoValgrind,
    /// A build failed, or the measuring program.
    #[error(transparent)]
    Invocation(#[from] InvocationError),
    /// The measuring program printed something else than a workload, a client and a count.
    #[error("the bench printed `{0}`, which is no count")]
    NoCount(String),
    /// A client was not counted in a workload.
    #[error("no instructions of {client} were counted in {workload}")]
    NoClient {
        /// The name of the workload.
        workload: String,
        /// The name of the client.
        client: &'static str,
    },
    /// The file could not be read or written.
    #[error("cannot use {path}; `{WRITE}` writes it")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a list of numbers in TOML.
    #[error("cannot read {path}; `{WRITE}` writes a new one")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: toml::de::Error,
    },
    /// The file has something else than a ratio for a workload.
    #[error("{path} says {workload} = {value}, which is no ratio; `{WRITE}` writes a new one")]
    NoRatio {
        /// The file.
        path: PathBuf,
        /// The name of the workload.
        workload: String,
        /// What stands there.
        value: f64,
    },
    /// What was measured and the file do not agree.
    #[error("{0}\nif that is meant, `{WRITE}` writes a new {FILE}")]
    Differs(String),
}

/// What becomes of the ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// They are compared with the file.
    Compare,
    /// They become the file.
    Write,
}

/// Counts, and compares with the file or writes it.
///
/// # Errors
/// [`CountsError::Differs`] with a line for each workload that does not agree with the file, the
/// others where there is nothing to compare. Without valgrind that is said, and an error only where
/// the variable `CI` is set.
pub(crate) fn run(
    workspace: &Workspace,
    purpose: Purpose,
    adapt: impl Fn(Invocation) -> Invocation,
) -> Result<(), CountsError> {
    if peers::locate("valgrind").is_none() {
        println!("skipped: valgrind not found");
        return without_valgrind(env::var_os("CI").is_some());
    }
    adapt(servers()).run(workspace.root())?;
    let servers = workspace
        .target_directory()
        .join("debug/examples/bench-servers");
    let printed = clients(&servers).read(workspace.root())?;
    print!("{printed}");
    let measured = Ratios::of_counts(&printed)?;
    let file = workspace.path(FILE);
    if purpose == Purpose::Write {
        return fs::write(&file, measured.to_string()).map_err(failed(&file));
    }
    let committed = Ratios::read(&file)?;
    let comparison = compare(&measured, &committed);
    println!("{comparison}");
    match comparison.faults() {
        None => Ok(()),
        Some(faults) => Err(CountsError::Differs(faults)),
    }
}

fn without_valgrind(is_demanded: bool) -> Result<(), CountsError> {
    if is_demanded {
        return Err(CountsError::NoValgrind);
    }
    Ok(())
}

/// The servers, from the build that the tests of the workspace have.
fn servers() -> Invocation {
    Invocation::cargo("build --quiet --all-features --example bench-servers")
}

/// bonafide and bare hyper, and nothing else, over ring: it compiles in a small part of the time of
/// aws-lc, and what is counted lies above both. Nobody debugs it.
fn clients(servers: &Path) -> Invocation {
    Invocation::cargo(
        "bench --quiet -p bonafide-benches --no-default-features --features ring -- \
         --instructions --lines --servers",
    )
    .with_args([servers.display().to_string()])
    .with_variable("CARGO_PROFILE_BENCH_DEBUG", "none")
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CountsError {
    move |source| CountsError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_valgrind_counting_fails_only_where_it_is_demanded() {
        assert!(matches!(without_valgrind(false), Ok(())));
        assert!(matches!(
            without_valgrind(true),
            Err(CountsError::NoValgrind)
        ));
    }

    #[test]
    fn neither_the_peers_nor_their_provider_are_built_to_count() {
        let command = clients(Path::new("bench-servers")).to_string();
        assert!(command.contains(" --no-default-features --features ring -- "));
        assert!(command.ends_with(" --servers bench-servers"));
    }
}
