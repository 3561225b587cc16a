//! `cargo xtask ci`, the whole gate, and `cargo xtask check`, the part of it for one change.

mod alone;
mod change;
mod minimal;
mod plan;
mod step;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, error, fs, io};

use crate::counts::{self, Purpose};
use crate::fuzz::{self, FuzzError};
use crate::invocation::{Invocation, InvocationError};
use crate::peers::{Peers, PeersError};
use crate::source::{SourceError, Tree};
use crate::suite;
use crate::tidy::{self, TidyError};
use crate::workspace::{Published, Workspace};
use plan::{ConformanceRun, Deny, Surroundings};
use step::{Action, Step};

/// Why the gate stayed shut.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    /// A step failed; the later ones did not run.
    #[error("step `{name}` failed")]
    Step {
        /// The name of the step.
        name: String,
        /// What it said.
        source: Box<dyn error::Error>,
    },
    /// No step has a name with this in it.
    #[error("no step has `{0}` in its name")]
    NoStep(String),
    /// The files of a change could not be found out.
    #[error(transparent)]
    Change(#[from] InvocationError),
    /// The sources could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The tests that need a peer could not be found out.
    #[error(transparent)]
    Peers(#[from] PeersError),
    /// The fuzz targets could not be found out.
    #[error(transparent)]
    Fuzz(#[from] FuzzError),
    /// A folder of corpora or of expectations could not be listed.
    #[error("cannot list {path}")]
    List {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What becomes of the later steps when one has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// They do not run.
    Stop,
    /// They run, and the gate fails all the same.
    GoOn,
}

/// Where the data of others is; `None` for a place beside the repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folders {
    /// The corpora of certificates.
    pub(crate) corpora: Option<PathBuf>,
    /// The suites of data about HTTP.
    pub(crate) suites: Option<PathBuf>,
}

/// Runs the steps, or those with `only` in their names, then prints the time of each.
///
/// # Errors
/// [`GateError::Step`] with the name of the first step that failed, [`GateError::NoStep`] where
/// there is nothing to run.
pub(crate) fn run(
    workspace: &Workspace,
    folders: &Folders,
    on_failure: OnFailure,
    only: Option<&str>,
) -> Result<(), GateError> {
    let peers = Peers::find(workspace)?;
    let mut steps = plan::gate(&surroundings(workspace, &peers, folders)?);
    if let Some(part) = only {
        steps.retain(|step| step.name.contains(part));
        if steps.is_empty() {
            return Err(GateError::NoStep(part.to_owned()));
        }
    }
    carry_out(steps, workspace, &peers, on_failure)
}

/// Runs what the change since `base` can break, for the packages that it touches.
///
/// # Errors
/// [`GateError::Step`] with the name of the step that failed, the others where the change cannot be
/// found out.
pub(crate) fn check(workspace: &Workspace, base: &str) -> Result<(), GateError> {
    let peers = Peers::find(workspace)?;
    let paths = change::paths(workspace.root(), base)?;
    let tree = Tree::read(workspace.root(), &workspace.generated())?;
    let members = workspace.members();
    let touched = change::touched(&paths, &members, &tree);
    let steps = change::steps(&touched, &peers.skip_args());
    carry_out(steps, workspace, &peers, OnFailure::Stop)
}

fn carry_out(
    steps: Vec<Step>,
    workspace: &Workspace,
    peers: &Peers,
    on_failure: OnFailure,
) -> Result<(), GateError> {
    let mut times: Vec<(String, Duration)> = Vec::new();
    let mut outcome = Ok(());
    for Step { name, action } in steps {
        println!("\n== {name}");
        let begun = Instant::now();
        let result = perform(&action, workspace, peers);
        let failed = if result.is_err() { " FAILED" } else { "" };
        times.push((format!("{name}{failed}"), begun.elapsed()));
        if let Err(source) = result {
            eprintln!("error: step `{name}` failed: {source}");
            outcome = outcome.and(Err(GateError::Step { name, source }));
            if on_failure == OnFailure::Stop {
                break;
            }
        }
    }
    print_times(&times);
    outcome
}

/// Runs every example and nothing else.
///
/// # Errors
/// [`InvocationError`] of the first one that fails.
pub(crate) fn run_examples(workspace: &Workspace) -> Result<(), InvocationError> {
    for example in workspace.examples() {
        plan::example(&example).run(workspace.root())?;
    }
    Ok(())
}

fn perform(
    action: &Action,
    workspace: &Workspace,
    peers: &Peers,
) -> Result<(), Box<dyn error::Error>> {
    match action {
        Action::Run(command) => on_ci(command.clone()).run(workspace.root())?,
        Action::Tidy => {
            println!("\n$ cargo xtask tidy");
            tidy::run(workspace, None).map_err(Box::<TidyError>::new)?;
        }
        Action::Instructions => {
            println!("\n$ cargo xtask bench --instructions");
            counts::run(workspace, Purpose::Compare, on_ci)?;
        }
        Action::MinimalVersions => minimal::check(workspace, on_ci)?,
        Action::Peers => {
            println!("\n$ cargo xtask peers");
            peers.print();
            peers.demand()?;
        }
        Action::Omit(why) => println!("does not run: {why}"),
    }
    Ok(())
}

/// A build that nobody comes back to needs no state for the next one, and nobody debugs it.
pub(crate) fn on_ci(command: Invocation) -> Invocation {
    if env::var_os("CI").is_some() {
        command
            .with_variable("CARGO_INCREMENTAL", "0")
            .with_variable("CARGO_PROFILE_DEV_DEBUG", "none")
    } else {
        command
    }
}

fn surroundings(
    workspace: &Workspace,
    peers: &Peers,
    folders: &Folders,
) -> Result<Surroundings, GateError> {
    let published = workspace.published();
    let corpora = folders.corpora.as_deref();
    let suites = folders.suites.clone();
    let suites = suites.unwrap_or_else(|| workspace.path("../shared/suites"));
    let is_there = |(name, file): (&'static str, &str)| suites.join(file).is_file().then_some(name);
    Ok(Surroundings {
        suites: plan::SUITES.into_iter().filter_map(is_there).collect(),
        suites_folder: suites.display().to_string(),
        published: published.into_iter().map(Published::from).collect(),
        examples: workspace.examples(),
        skips: peers.skip_args(),
        deny: deny(workspace),
        conformance: conformance(workspace, corpora)?,
        corpora: Some(
            corpora.map_or_else(|| workspace.path("../shared/conformance"), Path::to_owned),
        )
        .filter(|folder| {
            ["limbo.json", "bettertls.limbo.json.gz"]
                .iter()
                .all(|file| folder.join(file).is_file())
        })
        .map(|folder| folder.display().to_string()),
        fuzz_targets: fuzz::targets(workspace)?,
        target_directory: workspace.target_directory().to_owned(),
    })
}

fn deny(workspace: &Workspace) -> Deny {
    if !Invocation::cargo("deny --version").succeeds(workspace.root()) {
        Deny::Missing
    } else if Invocation::cargo("deny fetch db").succeeds(workspace.root()) {
        Deny::Whole
    } else {
        Deny::WithoutAdvisories
    }
}

/// Every suite in the folder for which the project has expectations, under each profile that it has
/// them for; a file that names no profile is for the profiles of the cases' own namespaces.
fn conformance(
    workspace: &Workspace,
    corpora: Option<&Path>,
) -> Result<Vec<ConformanceRun>, GateError> {
    let folder = match corpora {
        Some(folder) => folder.to_owned(),
        None => workspace.path("../shared/conformance"),
    };
    if corpora.is_none() && !folder.is_dir() {
        return Ok(Vec::new());
    }
    let expectations = list(&workspace.path("xtask/expectations"))?;
    let mut runs = Vec::new();
    for corpus in list(&folder)? {
        let suite = suite::of(&corpus);
        for file in &expectations {
            let rest = file
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.strip_prefix(suite)?.strip_suffix(".json"));
            let profile = match rest {
                Some("") => None,
                Some(rest) => rest.strip_prefix('-').map(ToOwned::to_owned),
                None => continue,
            };
            if profile.is_some() || rest == Some("") {
                runs.push(ConformanceRun {
                    suite: suite.to_owned(),
                    profile,
                    corpus: corpus.display().to_string(),
                });
            }
        }
    }
    Ok(runs)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, GateError> {
    let failed = |source| GateError::List {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    Ok(files)
}

fn print_times(times: &[(String, Duration)]) {
    println!("\n== time");
    for (name, time) in times {
        println!("{:>8.1} s  {name}", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:>8.1} s  in all", total.as_secs_f64());
}
