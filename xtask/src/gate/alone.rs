//! Each published crate on its own: what a user of that crate alone compiles.
//!
//! `-p` with `--lib` has cargo resolve features for the one package and without what its tests ask
//! for (resolver 2 and later), so no feature comes from a neighbour or from a dev-dependency.
//!
//! Where the default is empty, a user picks features one by one: each is judged without the others,
//! and so are the tests that it leaves in. These are read and not linked: what they run is the same
//! code as with all features. Of the defaults, each that is not a crypto provider is judged over
//! ring without the others.

use super::step::Step;
use crate::workspace::Published;

/// The clippy runs over one crate, one for each choice of features.
pub(super) fn steps(published: &Published) -> Vec<Step> {
    let name = &published.name;
    let has = |feature: &str| published.features.iter().any(|other| other == feature);
    let step = |label: &str, targets: &str, features: &str| {
        let line = format!("clippy -p {name} {targets} {features} -- -D warnings");
        Step::cargo(format!("{name} alone, {label}"), &line)
    };
    let mut steps = vec![step("no features", "--lib", "--no-default-features")];
    let has_defaults = !published.default_features.is_empty();
    if has_defaults {
        steps.push(step("default features", "--lib", ""));
    }
    if has("ring") {
        let ring = "--no-default-features --features ring";
        steps.push(step("over ring", "--lib", ring));
        for feature in &published.default_features {
            if feature != "aws-lc-rs" {
                let one = format!("{ring},{feature}");
                steps.push(step(feature, "--lib", &one));
            }
        }
    }
    if !has_defaults && published.features.len() > 1 {
        for feature in &published.features {
            let one = format!("--no-default-features --features {feature}");
            steps.push(step(feature, "--lib", &one));
            steps.push(step(&format!("tests of {feature}"), "--tests", &one));
        }
    }
    if !published.features.is_empty() {
        steps.push(step("all features", "--lib", "--all-features"));
    }
    steps
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::step::Action;
    use super::*;
    use crate::invocation::Invocation;

    fn published(features: &[&str], default_features: &[&str]) -> Published {
        Published {
            name: "a".to_owned(),
            features: features.iter().map(|name| (*name).to_owned()).collect(),
            default_features: default_features
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
        }
    }

    fn commands(published: &Published) -> Vec<Invocation> {
        steps(published)
            .into_iter()
            .filter_map(|step| match step.action {
                Action::Run(command) => Some(command),
                _ => None,
            })
            .collect()
    }

    fn lines(published: &Published) -> Vec<String> {
        commands(published)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_crate_is_judged_with_no_feature_with_each_default_with_all_and_over_ring() {
        assert_eq!(
            lines(&published(
                &["aws-lc-rs", "json", "ring"],
                &["aws-lc-rs", "json"]
            )),
            [
                "cargo clippy -p a --lib --no-default-features -- -D warnings",
                "cargo clippy -p a --lib -- -D warnings",
                "cargo clippy -p a --lib --no-default-features --features ring -- -D warnings",
                "cargo clippy -p a --lib --no-default-features --features ring,json -- -D warnings",
                "cargo clippy -p a --lib --all-features -- -D warnings",
            ]
        );
    }

    #[test]
    fn where_the_default_is_empty_each_feature_is_judged_without_the_others() {
        assert_eq!(
            lines(&published(&["b", "c"], &[])),
            [
                "cargo clippy -p a --lib --no-default-features -- -D warnings",
                "cargo clippy -p a --lib --no-default-features --features b -- -D warnings",
                "cargo clippy -p a --tests --no-default-features --features b -- -D warnings",
                "cargo clippy -p a --lib --no-default-features --features c -- -D warnings",
                "cargo clippy -p a --tests --no-default-features --features c -- -D warnings",
                "cargo clippy -p a --lib --all-features -- -D warnings",
            ]
        );
    }

    #[test]
    fn what_is_the_same_is_judged_once() {
        assert_eq!(lines(&published(&[], &[])).len(), 1);
        assert_eq!(lines(&published(&["tokio"], &[])).len(), 2);
    }

    /// `a` uses what `b` has behind the feature `f`; its tests and its neighbour ask for that.
    fn workspace(root: &Path, features_of_a: &str) {
        let package = |name: &str, rest: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
        };
        let files = [
            (
                "Cargo.toml",
                "[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"b\", \"n\"]\n".to_owned(),
            ),
            (
                "a/Cargo.toml",
                package(
                    "a",
                    &format!(
                        "[dependencies]\nb = {{ path = \"../b\", features = [{features_of_a}] }}\n\
                         [dev-dependencies]\nb = {{ path = \"../b\", features = [\"f\"] }}\n"
                    ),
                ),
            ),
            (
                "a/src/lib.rs",
                "pub fn a() {\n    b::gated();\n}\n".to_owned(),
            ),
            ("b/Cargo.toml", package("b", "[features]\nf = []\n")),
            (
                "b/src/lib.rs",
                "#[cfg(feature = \"f\")]\npub fn gated() {}\n".to_owned(),
            ),
            (
                "n/Cargo.toml",
                package(
                    "n",
                    "[dependencies]\nb = { path = \"../b\", features = [\"f\"] }\n",
                ),
            ),
            ("n/src/lib.rs", String::new()),
        ];
        for (path, text) in files {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    #[test]
    fn a_feature_that_only_tests_and_neighbours_ask_for_is_missed() {
        let root = tempfile::tempdir().unwrap();
        let verdicts = || -> Vec<bool> {
            commands(&published(&["f"], &["f"]))
                .iter()
                .filter(|command| !command.to_string().contains("--all-features"))
                .map(|command| command.succeeds(root.path()))
                .collect()
        };
        workspace(root.path(), "");
        let together = Invocation::cargo("check --workspace --all-targets");
        assert!(together.succeeds(root.path()), "the trap is not set");
        assert_eq!(verdicts(), [false, false]);
        workspace(root.path(), "\"f\"");
        assert_eq!(verdicts(), [true, true]);
    }
}
