//! `cargo xtask fuzz`: a corpus from the recipes, then every target for some seconds, on a stable
//! toolchain.
//!
//! libFuzzer needs code that counts which branches were taken. `cargo fuzz` asks a nightly rustc
//! for it together with a sanitizer; the counters alone are a pass of LLVM that a stable rustc runs
//! too.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::invocation::{Invocation, InvocationError};
use crate::workspace::Workspace;

/// Counts edges, and shows libFuzzer what was compared with what. There must be a target, so that
/// build scripts are not instrumented.
const INSTRUMENTED: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=3 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg=fuzzing";

/// Where new inputs are kept, so that a run goes on where the last one ended.
const FOUND: &str = "fuzz/target/found";
/// Where the inputs of the recipes are written to.
const CORPUS: &str = "fuzz/corpus";
/// Where an input that fails is kept.
const ARTIFACTS: &str = "fuzz/target/artifacts";

/// Why fuzzing did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FuzzError {
    /// The targets could not be listed, or a folder could not be made.
    #[error("cannot use {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such target.
    #[error("there is no target `{0}` in fuzz/fuzz_targets")]
    NoTarget(String),
    /// A build failed, or a target has found something.
    #[error(transparent)]
    Invocation(#[from] InvocationError),
}

/// Writes the corpus, and runs each target, or the one that is named, for so many seconds.
///
/// # Errors
/// [`FuzzError::Invocation`] where a target finds something: libFuzzer prints it, and the file with
/// the input.
pub(crate) fn run(
    workspace: &Workspace,
    seconds: u64,
    only: Option<&str>,
) -> Result<(), FuzzError> {
    let mut targets = targets(workspace)?;
    if let Some(name) = only {
        targets.retain(|target| target == name);
        if targets.is_empty() {
            return Err(FuzzError::NoTarget(name.to_owned()));
        }
    }
    for (_, command) in steps(&targets, seconds, workspace.target_directory()) {
        command.run(workspace.root())?;
    }
    Ok(())
}

/// The names of all targets.
///
/// # Errors
/// [`FuzzError::Folder`] where they cannot be listed.
pub(crate) fn targets(workspace: &Workspace) -> Result<Vec<String>, FuzzError> {
    let folder = workspace.path("fuzz/fuzz_targets");
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
        let path = entry.map_err(failed(&folder))?.path();
        if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) {
            targets.push(stem.to_owned());
        }
    }
    targets.sort();
    for target in &targets {
        for folder in [FOUND, ARTIFACTS] {
            let folder = workspace.path(folder).join(target);
            fs::create_dir_all(&folder).map_err(failed(&folder))?;
        }
    }
    Ok(targets)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FuzzError + use<> {
    let path = path.to_owned();
    move |source| FuzzError::Folder {
        path: path.clone(),
        source,
    }
}

/// What is done, each with its name: the corpus, the build, the targets. In `target_directory` the
/// build finds build scripts and macros, which are not instrumented, as the workspace has them.
pub(crate) fn steps(
    targets: &[String],
    seconds: u64,
    target_directory: &Path,
) -> Vec<(String, Invocation)> {
    let seeds = Invocation::cargo("run --quiet --all-features --bin seeds --")
        .with_args([CORPUS.to_owned()]);
    let mut steps = vec![
        ("fuzz, corpus".to_owned(), seeds),
        (
            "fuzz, build".to_owned(),
            instrumented("build", target_directory),
        ),
    ];
    for target in targets {
        let run = instrumented("run --quiet", target_directory)
            .with_args(["--bin".to_owned(), target.clone(), "--".to_owned()])
            .with_args([
                format!("-max_total_time={seconds}"),
                // In seconds of the wall clock, for what never ends; the target itself measures the
                // processor's time.
                "-timeout=20".to_owned(),
                "-verbosity=0".to_owned(),
                "-print_funcs=0".to_owned(),
                "-print_final_stats=1".to_owned(),
                format!("-artifact_prefix={ARTIFACTS}/{target}/"),
                format!("{FOUND}/{target}"),
                format!("{CORPUS}/{target}"),
            ]);
        steps.push((format!("fuzz {target}"), run));
    }
    steps
}

fn instrumented(what: &str, target_directory: &Path) -> Invocation {
    Invocation::cargo(what)
        .with_args(
            "--release --manifest-path fuzz/Cargo.toml --target host-tuple --target-dir"
                .split(' ')
                .map(str::to_owned),
        )
        .with_args([target_directory.display().to_string()])
        .with_variable("RUSTFLAGS", INSTRUMENTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_is_written_and_everything_built_before_a_target_runs() {
        let names = ["a".to_owned(), "b".to_owned()];
        let steps = steps(&names, 7, Path::new("t"));
        let order: Vec<&str> = steps.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(order, ["fuzz, corpus", "fuzz, build", "fuzz a", "fuzz b"]);
        let last = steps[3].1.to_string();
        assert!(
            last.starts_with("RUSTFLAGS=-Cpasses=sancov-module "),
            "{last}"
        );
        assert!(last.contains(" --target-dir t "), "{last}");
        assert!(last.contains(" --bin b -- -max_total_time=7 "), "{last}");
        assert!(
            last.ends_with(" fuzz/target/found/b fuzz/corpus/b"),
            "{last}"
        );
    }
}
