//! The steps of the gate, in order: what fails fast comes first, and what shares a build stands together.
//!
//! Clippy and rustdoc read the same metadata of the dependencies, tests and examples the same objects, one set for each
//! choice of features. `cargo run --example` without `-p` picks the features of the whole workspace, as `cargo test`
//! does, so an example costs no build of its own.

use super::step::{Action, Step};
use crate::fuzz;
use crate::invocation::Invocation;
use crate::workspace::Example;

/// How long each fuzz target runs: long enough to show that it works, and to trip over what lies in the way.
const FUZZ_SECONDS: u64 = 6;

/// What the gate finds around it.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// The names of the packages under `crates/`.
    pub(crate) published: Vec<String>,
    /// The programs under `examples/`.
    pub(crate) examples: Vec<Example>,
    /// Arguments that leave out the tests whose peer is missing.
    pub(crate) skips: Vec<String>,
    /// What `cargo deny` can do here.
    pub(crate) deny: Deny,
    /// The conformance suites to run, as arguments of `cargo xtask conformance`.
    pub(crate) conformance: Vec<ConformanceRun>,
    /// The folder of the suites, where it has all that the table of docs/conformance.md is about.
    pub(crate) corpora: Option<String>,
    /// The fuzz targets, by name.
    pub(crate) fuzz_targets: Vec<String>,
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
    ];
    for (name, features) in [
        ("clippy", ""),
        ("clippy, all features", "--all-features"),
        ("clippy, no features", "--no-default-features"),
    ] {
        let line = format!("clippy --workspace --all-targets {features} -- -D warnings");
        steps.push(Step::cargo(name, &line));
    }
    let doc = Invocation::cargo("doc --workspace --no-deps --all-features")
        .with_variable("RUSTDOCFLAGS", "-Dwarnings");
    steps.push(Step::new("doc", Action::Run(doc)));
    steps.push(deny(around.deny));

    for name in &around.published {
        steps.extend(alone(name, &around.skips));
    }
    steps.push(tests(
        "test bonafide-verify over ring",
        "test -p bonafide-verify --no-default-features --features ring,tokio,danger-insecure-grants",
        &around.skips,
    ));
    steps.push(Step::cargo(
        "check bonafide over ring",
        "check -p bonafide --no-default-features --features ring",
    ));
    steps.push(tests("test", "test --workspace", &around.skips));
    let (open, gated): (Vec<_>, Vec<_>) = around
        .examples
        .iter()
        .partition(|example| example.required_features.is_empty());
    steps.extend(open.into_iter().map(|example| run(example, "")));
    steps.push(tests(
        "test, all features",
        "test --workspace --all-features",
        &around.skips,
    ));
    steps.extend(
        gated
            .into_iter()
            .map(|example| run(example, "--all-features")),
    );
    steps.push(Step::cargo(
        "conformance badssl",
        "run --quiet --all-features --bin badssl",
    ));
    steps.push(Step::cargo(
        "default policy",
        "run --quiet --all-features --bin policy -- --check docs/effective-default.json",
    ));
    steps.extend(conformance(&around.conformance));
    steps.extend(around.corpora.iter().map(|corpora| {
        let command = Invocation::cargo("run --quiet --all-features --bin conformance -- table")
            .with_args(["--corpora".to_owned(), corpora.clone()]);
        Step::new("conformance table", Action::Run(command))
    }));
    let fuzzing = fuzz::steps(&around.fuzz_targets, FUZZ_SECONDS);
    steps.extend(
        fuzzing
            .into_iter()
            .map(|(name, command)| Step::new(name, Action::Run(command))),
    );
    steps
}

/// What one published crate does when nothing else of the workspace chooses features for it.
fn alone(name: &str, skips: &[String]) -> [Step; 3] {
    [
        Step::cargo(
            format!("check {name} alone, no features"),
            &format!("check -p {name} --no-default-features"),
        ),
        Step::cargo(format!("build {name} alone"), &format!("build -p {name}")),
        tests(
            format!("test {name} alone"),
            &format!("test -p {name}"),
            skips,
        ),
    ]
}

fn tests(name: impl Into<String>, line: &str, skips: &[String]) -> Step {
    let mut command = Invocation::cargo(line);
    if !skips.is_empty() {
        command = command
            .with_args(["--".to_owned()])
            .with_args(skips.iter().cloned());
    }
    Step::new(name, Action::Run(command))
}

fn run(example: &Example, features: &str) -> Step {
    let name = &example.name;
    Step::cargo(
        format!("example {name}"),
        &format!("run {features} --example {name}"),
    )
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

    #[test]
    fn each_published_crate_is_checked_built_and_tested_alone() {
        let around = Surroundings {
            published: vec!["a".into()],
            ..Surroundings::default()
        };
        let commands = commands(&around);
        for wanted in [
            "cargo check -p a --no-default-features",
            "cargo build -p a",
            "cargo test -p a",
        ] {
            assert!(commands.iter().any(|command| command == wanted), "{wanted}");
        }
    }

    #[test]
    fn an_example_behind_a_feature_runs_after_the_build_that_has_it() {
        let example = |name: &str, features: &[&str]| Example {
            name: name.to_owned(),
            required_features: features.iter().map(|f| (*f).to_owned()).collect(),
        };
        let around = Surroundings {
            examples: vec![example("a", &["x"]), example("b", &[])],
            ..Surroundings::default()
        };
        let names: Vec<String> = gate(&around).into_iter().map(|step| step.name).collect();
        let at = |name: &str| names.iter().position(|other| other == name);
        assert!(at("test") < at("example b"));
        assert!(at("example b") < at("test, all features"));
        assert!(at("test, all features") < at("example a"));
        assert!(commands(&around).contains(&"cargo run --all-features --example a".to_owned()));
    }

    #[test]
    fn the_replica_of_badssl_runs_after_the_build_that_has_it() {
        let names: Vec<String> = gate(&Surroundings::default())
            .into_iter()
            .map(|step| step.name)
            .collect();
        let at = |name: &str| names.iter().position(|other| other == name);
        assert!(at("test, all features").is_some());
        assert!(at("test, all features") < at("conformance badssl"));
    }

    #[test]
    fn what_cannot_run_here_says_why() {
        let omitted: Vec<String> = gate(&Surroundings::default())
            .into_iter()
            .filter(|step| matches!(step.action, Action::Omit(_)))
            .map(|step| step.name)
            .collect();
        assert_eq!(omitted, ["deny", "conformance"]);
    }

    #[test]
    fn tests_of_missing_peers_are_left_out_of_every_test_run() {
        let around = Surroundings {
            published: vec!["a".into()],
            skips: vec!["--skip".into(), "nginx_answers".into()],
            ..Surroundings::default()
        };
        let commands = commands(&around);
        let runs: Vec<&String> = commands
            .iter()
            .filter(|command| command.starts_with("cargo test"))
            .collect();
        assert_eq!(runs.len(), 4);
        assert!(
            runs.iter()
                .all(|run| run.ends_with(" -- --skip nginx_answers"))
        );
    }
}
