//! The steps of the gate, in order: what fails fast comes first, and what shares a build stands
//! together.
//!
//! There is one choice of features for the whole workspace, all of them, so that clippy and rustdoc
//! read the same metadata of the dependencies, and tests, examples and programs link the same
//! objects. `cargo run --example` without `-p` picks the features of the whole workspace, as
//! `cargo test` does. What other choices of features can break shows without linking, in
//! [`alone`]. What is counted in [`counts`](crate::counts) is built for speed, and so alone.

use std::path::PathBuf;

use super::alone;
use super::step::{Action, Step};
use crate::fuzz;
use crate::invocation::Invocation;
use crate::workspace::Published;

/// How long each fuzz target runs: long enough to show that it works, and to trip over what lies in
/// the way.
const FUZZ_SECONDS: u64 = 6;

/// The tests of the workspace.
const WORKSPACE: (&str, &str) = ("test", "test --workspace --all-features");

/// The verifier's tests without aws-lc-rs. They are the one further build of tests: with both
/// providers the verifier takes aws-lc-rs, so that no test of the workspace reaches ring as the
/// built-in provider.
const OVER_RING: (&str, &str) = (
    "test bonafide-verify over ring",
    "test -p bonafide-verify --tests --no-default-features \
     --features ring,tokio,danger-insecure-grants",
);

/// How many mutants the gate judges: a few seconds of them.
const MUTANTS: u32 = 1_000;

/// The suites of data about HTTP, and the file in the folder of suites that each one needs.
pub(super) const SUITES: [(&str, &str); 4] = [
    ("http-state", "http-state/parser.json"),
    ("llhttp", "llhttp-response/invalid.md"),
    ("psl", "test_psl.txt"),
    ("url", "url/urltestdata.json"),
];

/// What the gate finds around it.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// The packages under `crates/`.
    pub(crate) published: Vec<Published>,
    /// The names of the programs under `examples/`.
    pub(crate) examples: Vec<String>,
    /// Arguments that leave out the tests whose peer is missing.
    pub(crate) skips: Vec<String>,
    /// What `cargo deny` can do here.
    pub(crate) deny: Deny,
    /// The conformance suites to run, as arguments of `cargo xtask conformance`.
    pub(crate) conformance: Vec<ConformanceRun>,
    /// The folder of the suites, where it has all that the table of docs/conformance.md is about.
    pub(crate) corpora: Option<String>,
    /// The suites of data about HTTP to run: each a subcommand of `cargo xtask conformance`.
    pub(crate) suites: Vec<&'static str>,
    /// The folder of these suites.
    pub(crate) suites_folder: String,
    /// The fuzz targets, by name.
    pub(crate) fuzz_targets: Vec<String>,
    /// Where cargo puts what it builds.
    pub(crate) target_directory: PathBuf,
}

/// How much of `cargo deny` is possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Deny {
    /// The program is not installed.
    #[default]
    Missing,
    /// Installed, and the advisory database cannot be fetched.
    WithoutAdvisories,
    /// Installed, with the advisory database.
    Whole,
}

/// One suite under one profile, or under those of its cases' namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConformanceRun {
    /// The name of the suite.
    pub(crate) suite: String,
    /// The name of the profile; none for those of the cases' namespaces.
    pub(crate) profile: Option<String>,
    /// The file.
    pub(crate) corpus: String,
}

/// The whole gate.
pub(crate) fn gate(around: &Surroundings) -> Vec<Step> {
    let mut steps = vec![
        Step::new("peers", Action::Peers),
        Step::cargo("fmt", "fmt --all --check"),
        Step::new("tidy", Action::Tidy),
        Step::cargo(
            "clippy",
            "clippy --workspace --all-targets --all-features -- -D warnings",
        ),
    ];
    steps.extend(around.published.iter().flat_map(alone::steps));
    let doc = Invocation::cargo("doc --workspace --no-deps --all-features")
        .with_variable("RUSTDOCFLAGS", "-Dwarnings");
    steps.push(Step::new("doc", Action::Run(doc)));
    steps.push(Step::new("oldest versions", Action::MinimalVersions));
    steps.push(deny(around.deny));

    steps.push(tests(WORKSPACE, &around.skips));
    steps.extend(
        around
            .examples
            .iter()
            .map(|name| Step::new(format!("example {name}"), Action::Run(example(name)))),
    );
    steps.push(Step::cargo(
        "conformance badssl",
        "run --quiet --all-features --bin badssl",
    ));
    steps.push(Step::cargo(
        "default policy",
        "run --quiet --all-features --bin policy -- --check docs/effective-default.json",
    ));
    steps.push(Step::cargo(
        "mutants",
        &format!("run --quiet --all-features --bin mutants -- --count {MUTANTS}"),
    ));
    steps.extend(conformance(&around.conformance));
    steps.extend(around.corpora.iter().map(|corpora| {
        let command = Invocation::cargo("run --quiet --all-features --bin conformance -- table")
            .with_args(["--corpora".to_owned(), corpora.clone()]);
        Step::new("conformance table", Action::Run(command))
    }));
    steps.extend(suites(&around.suites, &around.suites_folder));
    steps.push(tests(OVER_RING, &around.skips));
    steps.push(Step::new("instructions", Action::Instructions));
    let fuzzing = fuzz::steps(&around.fuzz_targets, FUZZ_SECONDS, &around.target_directory);
    steps.extend(
        fuzzing
            .into_iter()
            .map(|(name, command)| Step::new(name, Action::Run(command))),
    );
    steps
}

/// A run of tests, by its name and its line, without those whose peer is missing.
pub(super) fn tests((name, line): (&str, &str), skips: &[String]) -> Step {
    let mut command = Invocation::cargo(line);
    if !skips.is_empty() {
        command = command
            .with_args(["--".to_owned()])
            .with_args(skips.iter().cloned());
    }
    Step::new(name, Action::Run(command))
}

/// Runs a program under `examples/` from the build that the tests of the workspace have.
pub(super) fn example(name: &str) -> Invocation {
    Invocation::cargo(&format!("run --all-features --example {name}"))
}

fn deny(deny: Deny) -> Step {
    match deny {
        Deny::Whole => Step::cargo("deny", "deny check"),
        Deny::WithoutAdvisories => Step::cargo(
            "deny, without advisories: their database cannot be fetched here",
            "deny check bans licenses sources",
        ),
        Deny::Missing => Step::new(
            "deny",
            Action::Omit(
                "cargo-deny is not installed (`cargo install cargo-deny --locked`)".to_owned(),
            ),
        ),
    }
}

fn conformance(runs: &[ConformanceRun]) -> Vec<Step> {
    if runs.is_empty() {
        let why = "no corpus found: give --corpora or BONAFIDE_CORPORA".to_owned();
        return vec![Step::new("conformance", Action::Omit(why))];
    }
    runs.iter()
        .map(|run| {
            let profile = run.profile.iter();
            let profile = profile.flat_map(|profile| ["--profile".to_owned(), profile.clone()]);
            let command =
                Invocation::cargo("run --quiet --all-features --bin conformance -- limbo")
                    .with_args(profile)
                    .with_args(["--corpus".to_owned(), run.corpus.clone()]);
            let profile = run.profile.as_deref().unwrap_or("own profiles");
            Step::new(
                format!("conformance {}, {profile}", run.suite),
                Action::Run(command),
            )
        })
        .collect()
}

/// The suites that are there, and a word on those that are not.
fn suites(present: &[&'static str], folder: &str) -> Vec<Step> {
    let step = |(name, file): (&'static str, &'static str)| {
        let action = if present.contains(&name) {
            let command = Invocation::cargo("run --quiet --all-features --bin conformance --")
                .with_args([name, "--data", folder].map(str::to_owned));
            Action::Run(command)
        } else {
            Action::Omit(format!("no {file} found: give --suites or BONAFIDE_SUITES"))
        };
        Step::new(format!("conformance {name}"), action)
    };
    SUITES.into_iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(around: &Surroundings) -> Vec<String> {
        gate(around)
            .into_iter()
            .filter_map(|step| match step.action {
                Action::Run(command) => Some(command.to_string()),
                _ => None,
            })
            .collect()
    }

    fn names(around: &Surroundings) -> Vec<String> {
        gate(around).into_iter().map(|step| step.name).collect()
    }

    fn published() -> Vec<Published> {
        let features = ["aws-lc-rs", "ring"].map(str::to_owned).to_vec();
        vec![Published {
            name: "a".to_owned(),
            features,
            default_features: vec!["ring".to_owned()],
        }]
    }

    #[test]
    fn each_published_crate_is_judged_alone() {
        let around = Surroundings {
            published: published(),
            ..Surroundings::default()
        };
        let names = names(&around);
        for wanted in alone::steps(&around.published[0]) {
            assert!(names.contains(&wanted.name), "{}", wanted.name);
        }
    }

    #[test]
    fn all_but_the_verifier_over_ring_is_linked_with_one_choice_of_features() {
        let around = Surroundings {
            published: published(),
            examples: vec!["e".to_owned()],
            ..Surroundings::default()
        };
        let linked: Vec<String> = commands(&around)
            .into_iter()
            .filter(|command| {
                ["cargo test ", "cargo run ", "cargo build "]
                    .iter()
                    .any(|start| command.starts_with(start))
            })
            .filter(|command| command != &format!("cargo {}", OVER_RING.1))
            .collect();
        assert!(linked.iter().any(|command| command.contains("--example e")));
        for command in linked {
            assert!(command.contains(" --all-features"), "{command}");
            assert!(!command.contains(" -p "), "{command}");
        }
    }

    #[test]
    fn examples_and_the_replica_of_badssl_run_after_the_build_that_has_them() {
        let around = Surroundings {
            examples: vec!["e".to_owned()],
            ..Surroundings::default()
        };
        let names = names(&around);
        let at = |name: &str| names.iter().position(|other| other == name);
        assert!(at("test").is_some());
        assert!(at("test") < at("example e"));
        assert!(at("test") < at("conformance badssl"));
    }

    #[test]
    fn instructions_are_counted_after_the_build_that_has_the_servers() {
        let names = names(&Surroundings::default());
        let at = |name: &str| names.iter().position(|other| other == name);
        assert!(at("instructions").is_some());
        assert!(at("test") < at("instructions"));
    }

    #[test]
    fn what_cannot_run_here_says_why() {
        let omitted: Vec<String> = gate(&Surroundings::default())
            .into_iter()
            .filter(|step| matches!(step.action, Action::Omit(_)))
            .map(|step| step.name)
            .collect();
        assert_eq!(
            omitted,
            [
                "deny",
                "conformance",
                "conformance http-state",
                "conformance llhttp",
                "conformance psl",
                "conformance url"
            ]
        );
    }

    #[test]
    fn a_suite_runs_where_its_file_is() {
        let around = Surroundings {
            suites: vec!["psl"],
            suites_folder: "folder".to_owned(),
            ..Surroundings::default()
        };
        let commands = commands(&around);
        let runs: Vec<_> = commands
            .iter()
            .filter(|command| command.contains("--data"))
            .collect();
        assert_eq!(
            runs,
            ["cargo run --quiet --all-features --bin conformance -- psl --data folder"]
        );
    }

    #[test]
    fn tests_of_missing_peers_are_left_out_of_every_test_run() {
        let around = Surroundings {
            published: published(),
            skips: vec!["--skip".into(), "nginx_answers".into()],
            ..Surroundings::default()
        };
        let commands = commands(&around);
        let runs: Vec<&String> = commands
            .iter()
            .filter(|command| command.starts_with("cargo test"))
            .collect();
        assert_eq!(runs.len(), 2);
        assert!(
            runs.iter()
                .all(|run| run.ends_with(" -- --skip nginx_answers"))
        );
    }
}
