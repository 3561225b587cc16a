//! Rule `crates`: which crate may depend on which.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, Package};

use super::finding::Finding;
use super::table::CrateRule;

const RULE: &str = "crates";
const TABLE: &str = "xtask/tidy.toml";

/// A published crate and what its manifest asks for.
#[derive(Debug)]
pub(crate) struct CrateManifest {
    /// The package name.
    pub(crate) name: String,
    /// Its dependencies of every kind.
    pub(crate) dependencies: Vec<Edge>,
}

/// One line of a manifest's dependency tables.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The package name of the dependency.
    pub(crate) to: String,
    /// For tests, examples and benches only.
    pub(crate) for_tests: bool,
    /// Behind a feature.
    pub(crate) optional: bool,
}

impl From<&Package> for CrateManifest {
    fn from(package: &Package) -> Self {
        let dependencies = package.dependencies.iter().map(|dependency| Edge {
            to: dependency.name.clone(),
            for_tests: dependency.kind == DependencyKind::Development,
            optional: dependency.optional,
        });
        Self {
            name: package.name.to_string(),
            dependencies: dependencies.collect(),
        }
    }
}

/// Holds each manifest against its entry in the table.
pub(crate) fn check(
    manifests: &[CrateManifest],
    rules: &BTreeMap<String, CrateRule>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules
        .keys()
        .filter(|name| manifests.iter().all(|manifest| manifest.name != **name))
        .map(|name| Finding::error(RULE, TABLE, 0, format!("there is no crate `{name}`")))
        .collect();
    for manifest in manifests {
        let path = format!("crates/{}/Cargo.toml", manifest.name);
        let Some(rule) = rules.get(&manifest.name) else {
            let message = format!("`{}` has no entry in {TABLE}", manifest.name);
            findings.push(Finding::error(RULE, &path, 0, message));
            continue;
        };
        let ours = |name: &str| manifests.iter().any(|other| other.name == name);
        for edge in &manifest.dependencies {
            if let Some(message) = refuse(rule, edge, ours(&edge.to)) {
                findings.push(Finding::error(RULE, &path, 0, message));
            }
        }
    }
    findings
}

fn refuse(rule: &CrateRule, edge: &Edge, ours: bool) -> Option<String> {
    let to = &edge.to;
    if ours {
        let allowed =
            rule.may_use.contains(to) || (edge.for_tests && rule.may_use_in_tests.contains(to));
        if !allowed {
            return Some(format!("may not depend on `{to}`"));
        }
    }
    if edge.for_tests {
        return None;
    }
    if rule.never.contains(to) {
        return Some(format!("must never depend on `{to}`"));
    }
    (rule.only_optional.contains(to) && !edge.optional)
        .then(|| format!("may depend on `{to}` behind a feature only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(to: &str) -> Edge {
        Edge {
            to: to.to_owned(),
            for_tests: false,
            optional: false,
        }
    }

    fn verdict(dependencies: Vec<Edge>) -> Vec<String> {
        let manifests = [
            CrateManifest {
                name: "verify".into(),
                dependencies,
            },
            CrateManifest {
                name: "client".into(),
                dependencies: vec![edge("verify"), edge("hyper")],
            },
            CrateManifest {
                name: "testkit".into(),
                dependencies: vec![],
            },
        ];
        let table: super::super::table::Table = toml::from_str(
            r#"
            [crates.verify]
            may-use-in-tests = ["testkit"]
            never = ["hyper"]
            only-optional = ["tokio"]
            [crates.client]
            may-use = ["verify"]
            [crates.testkit]
            "#,
        )
        .unwrap();
        check(&manifests, &table.crates)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn an_edge_that_the_table_names_is_accepted() {
        let in_tests = |to: &str| Edge {
            for_tests: true,
            ..edge(to)
        };
        let behind_a_feature = Edge {
            optional: true,
            ..edge("tokio")
        };
        let found = verdict(vec![
            in_tests("testkit"),
            in_tests("hyper"),
            behind_a_feature,
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn an_upward_edge_a_forbidden_crate_and_a_lost_feature_gate_are_refused() {
        let found = verdict(vec![
            edge("client"),
            edge("testkit"),
            edge("hyper"),
            edge("tokio"),
        ]);
        assert_eq!(
            found,
            [
                "may not depend on `client`",
                "may not depend on `testkit`",
                "must never depend on `hyper`",
                "may depend on `tokio` behind a feature only",
            ]
        );
    }

    #[test]
    fn a_crate_of_ours_may_be_asked_for_behind_a_feature_only() {
        let rule = r#"
            may-use = ["verify"]
            only-optional = ["verify"]
        "#;
        let rule: CrateRule = toml::from_str(rule).unwrap();
        let message = "may depend on `verify` behind a feature only";
        assert_eq!(
            refuse(&rule, &edge("verify"), true).as_deref(),
            Some(message)
        );
        let behind_a_feature = Edge {
            optional: true,
            ..edge("verify")
        };
        assert_eq!(refuse(&rule, &behind_a_feature, true), None);
    }

    #[test]
    fn a_crate_without_an_entry_and_an_entry_without_a_crate_are_refused() {
        let manifests = [CrateManifest {
            name: "new".into(),
            dependencies: vec![],
        }];
        let rules = BTreeMap::from([("gone".to_owned(), CrateRule::default())]);
        let found: Vec<String> = check(&manifests, &rules)
            .into_iter()
            .map(|finding| finding.message)
            .collect();
        assert_eq!(
            found,
            [
                "there is no crate `gone`",
                "`new` has no entry in xtask/tidy.toml"
            ]
        );
    }
}
