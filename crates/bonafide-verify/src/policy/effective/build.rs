//! The features that were compiled into this program.

use serde::Serialize;

use crate::policy::forbidden;

/// The features of this crate, and whether each is in this program.
const FEATURES: [(&str, bool); 7] = [
    ("aws-lc-rs", cfg!(feature = "aws-lc-rs")),
    ("bundled", cfg!(feature = "bundled")),
    ("crlite", cfg!(feature = "crlite")),
    ("metrics", cfg!(feature = "metrics")),
    ("ring", cfg!(feature = "ring")),
    ("tokio", cfg!(feature = "tokio")),
    ("watch", cfg!(feature = "watch")),
];

/// The features that can reduce what is verified, and whether each is in this program.
const OF_DANGER: [(&str, bool); 1] = [(
    "danger-insecure-grants",
    cfg!(feature = "danger-insecure-grants"),
)];

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Build {
    features: Vec<&'static str>,
    features_of_danger: Vec<&'static str>,
    forbidden_by_environment: bool,
}

impl Build {
    pub(super) fn of_this_program() -> Self {
        Self {
            features: on(&FEATURES),
            features_of_danger: on(&OF_DANGER),
            forbidden_by_environment: forbidden::is_set(),
        }
    }
}

fn on(features: &[(&'static str, bool)]) -> Vec<&'static str> {
    let on = features.iter().filter(|(_, on)| *on);
    on.map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_the_crate_is_looked_at() {
        let manifest = include_str!("../../../Cargo.toml");
        let section = manifest.split("[features]\n").nth(1).unwrap();
        let section = section.split("\n\n").next().unwrap();
        let mut declared: Vec<&str> = section
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .map(|(name, _)| name)
            .filter(|name| *name != "default")
            .collect();
        declared.sort_unstable();
        let known = FEATURES.iter().chain(&OF_DANGER);
        let mut known: Vec<&str> = known.map(|(name, _)| *name).collect();
        known.sort_unstable();
        assert_eq!(declared, known);
        let danger = |name: &&str| name.starts_with("danger");
        assert_eq!(
            declared.iter().filter(|name| danger(name)).count(),
            OF_DANGER.len()
        );
    }
}
