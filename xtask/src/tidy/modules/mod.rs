//! Rule `modules`: which top-level module of a crate may use which of its siblings.
//!
//! A use is any `crate::name…` or `super::…` that leads to a sibling, in `use` items, in paths and
//! inside macros alike. A name that `lib.rs` re-exports counts as a use of the module it comes
//! from. Tests may use everything.

mod circles;
mod exports;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use crate::source::{RustFile, Tree};
pub(crate) use circles::check as circles;
use exports::re_exports;
use uses::uses;

const RULE: &str = "modules";
const TABLE: &str = "xtask/tidy.toml";

/// By top-level module: the siblings that it may use, or does.
pub(crate) type Edges = BTreeMap<String, Vec<String>>;

/// One use of a sibling module.
struct Step<'a> {
    from: &'a str,
    to: String,
    path: &'a str,
    line: usize,
}

/// The parts of a crate that the rule looks at.
struct Crate<'a> {
    /// Every file with its module path.
    files: Vec<(&'a RustFile, Vec<&'a str>)>,
    /// The top-level modules, tests apart.
    modules: BTreeSet<&'a str>,
}

/// Holds the modules of every crate in the table against their declared edges.
pub(crate) fn check(tree: &Tree, table: &BTreeMap<String, Edges>) -> Vec<Finding> {
    table
        .iter()
        .flat_map(|(name, edges)| check_crate(&Crate::find(tree, name), name, edges))
        .collect()
}

/// The edges that a crate has now, whatever the table says.
pub(crate) fn actual(tree: &Tree, name: &str) -> Edges {
    let found = Crate::find(tree, name);
    let mut edges: BTreeMap<String, BTreeSet<String>> = found
        .modules
        .iter()
        .map(|module| ((*module).to_owned(), BTreeSet::new()))
        .collect();
    for step in found.steps() {
        edges
            .entry(step.from.to_owned())
            .or_default()
            .insert(step.to);
    }
    edges
        .into_iter()
        .map(|(from, to)| (from, to.into_iter().collect()))
        .collect()
}

fn check_crate(found: &Crate<'_>, name: &str, edges: &Edges) -> Vec<Finding> {
    let mut findings = Vec::new();
    let named: BTreeSet<&String> = edges.keys().chain(edges.values().flatten()).collect();
    for module in named {
        if !found.modules.contains(module.as_str()) {
            let message = format!("`{name}` has no module `{module}`");
            findings.push(Finding::error(RULE, TABLE, 0, message));
        }
    }
    for module in &found.modules {
        if !edges.contains_key(*module) {
            let message = format!("module `{module}` of `{name}` has no entry");
            findings.push(Finding::error(RULE, TABLE, 0, message));
        }
    }
    let mut seen = BTreeSet::new();
    for Step {
        from,
        to,
        path,
        line,
    } in found.steps()
    {
        let refused = edges
            .get(from)
            .is_some_and(|allowed| !allowed.contains(&to));
        if refused && seen.insert((path, to.clone())) {
            let message = format!("`{from}` may not use `{to}`");
            findings.push(Finding::error(RULE, path, line, message));
        }
    }
    findings
}

impl<'a> Crate<'a> {
    fn find(tree: &'a Tree, name: &str) -> Self {
        let package = format!("crates/{name}");
        let files: Vec<(&RustFile, Vec<&str>)> = tree
            .rust
            .iter()
            .filter_map(|file| match file.module_path() {
                Some((of, module)) if of == package => Some((file, module)),
                _ => None,
            })
            .collect();
        let modules = files
            .iter()
            .filter(|(file, _)| !file.is_test_file())
            .filter_map(|(_, module)| module.first().copied())
            .collect();
        Self { files, modules }
    }

    /// Every use of one top-level module by another, outside tests.
    fn steps(&self) -> Vec<Step<'a>> {
        let root = self.files.iter().find(|(_, module)| module.is_empty());
        let exports = root.map(|(file, _)| re_exports(file)).unwrap_or_default();
        let mut steps = Vec::new();
        for (file, module) in &self.files {
            let Some(&from) = module.first() else {
                continue;
            };
            for used in uses(&file.tokens) {
                let depth = module.len() + file.inline_depth(used.line);
                let leads_to_root = used.supers.is_none_or(|supers| supers == depth);
                if !leads_to_root || file.is_test(used.line) {
                    continue;
                }
                let to = exports.get(&used.name).unwrap_or(&used.name);
                if to != from && self.modules.contains(to.as_str()) {
                    steps.push(Step {
                        from,
                        to: to.clone(),
                        path: &file.path,
                        line: used.line,
                    });
                }
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(files: &[(&str, &str)]) -> Vec<String> {
        let table: super::super::table::Table = toml::from_str(
            r#"
            [modules.x]
            path = ["chain"]
            chain = []
            "#,
        )
        .unwrap();
        check(&Tree::of(files), &table.modules)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_declared_edge_is_accepted_however_it_is_written() {
        let found = verdict(&[
            (
                "crates/x/src/lib.rs",
                "mod chain; mod path; pub use chain::Peer;",
            ),
            (
                "crates/x/src/path/build.rs",
                "use crate::chain::A; use crate::{chain::B, path::C}; use super::super::chain; fn f(_: crate::Peer) {}",
            ),
            (
                "crates/x/src/path/mod.rs",
                "use super::chain::A; use super::chain;",
            ),
            (
                "crates/x/src/chain.rs",
                "#[cfg(test)] mod tests { use crate::path::B; }",
            ),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn an_upward_edge_is_refused_however_it_is_written() {
        let refused = [
            "use crate::path::B;",
            "use crate::{other, path};",
            "use super::path;",
            "fn f() { crate::path::g() }",
            "fn f() { println!(\"{}\", crate::path::g()) }",
            "fn f(_: crate::Verified) {}",
            "mod inner { use super::super::path::B; }",
        ];
        for text in refused {
            let found = verdict(&[
                (
                    "crates/x/src/lib.rs",
                    "mod chain; mod path; pub use path::Verified;",
                ),
                ("crates/x/src/path.rs", ""),
                ("crates/x/src/chain.rs", text),
            ]);
            assert_eq!(
                found,
                ["error[modules] crates/x/src/chain.rs:1: `chain` may not use `path`"],
                "{text}"
            );
        }
    }

    #[test]
    fn a_module_without_an_entry_and_an_entry_without_a_module_are_refused() {
        let found = verdict(&[
            ("crates/x/src/path.rs", ""),
            ("crates/x/src/new.rs", "use crate::path;"),
        ]);
        assert_eq!(
            found,
            [
                "error[modules] xtask/tidy.toml: `x` has no module `chain`",
                "error[modules] xtask/tidy.toml: module `new` of `x` has no entry",
            ]
        );
    }

    #[test]
    fn the_edges_that_exist_can_be_listed() {
        let tree = Tree::of(&[
            ("crates/x/src/path.rs", "use crate::chain;"),
            ("crates/x/src/chain.rs", ""),
        ]);
        let listed = actual(&tree, "x");
        let wanted = Edges::from([
            ("chain".to_owned(), vec![]),
            ("path".to_owned(), vec!["chain".to_owned()]),
        ]);
        assert_eq!(listed, wanted);
    }
}
