//! Rule `modules`: which top-level module of a crate may use which of its siblings.
//!
//! A use is any `crate::name…` or `super::…` that leads to a sibling, in `use` items, in paths and inside macros alike.
//! A name that `lib.rs` re-exports counts as a use of the module it comes from. Tests may use everything.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::UseTree;

use super::finding::Finding;
use crate::source::{RustFile, Tree};

const RULE: &str = "modules";
const TABLE: &str = "xtask/tidy.toml";

/// A step from one file towards another part of its crate.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    line: usize,
    /// How many `super` precede the name; `None` where the path begins at `crate`.
    supers: Option<usize>,
    name: String,
}

/// Holds the modules of every crate in the table against their declared edges.
pub(crate) fn check(
    tree: &Tree,
    table: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> Vec<Finding> {
    table
        .iter()
        .flat_map(|(name, edges)| check_crate(tree, name, edges))
        .collect()
}

fn check_crate(tree: &Tree, name: &str, edges: &BTreeMap<String, Vec<String>>) -> Vec<Finding> {
    let package = format!("crates/{name}");
    let files: Vec<(&RustFile, Vec<&str>)> = tree
        .rust
        .iter()
        .filter_map(|file| match file.module_path() {
            Some((of, module)) if of == package => Some((file, module)),
            _ => None,
        })
        .collect();
    let modules: BTreeSet<&str> = files
        .iter()
        .filter_map(|(file, module)| module.first().copied().filter(|_| !file.is_test_file()))
        .collect();
    let exports = files
        .iter()
        .find(|(_, module)| module.is_empty())
        .map(|(file, _)| re_exports(file))
        .unwrap_or_default();

    let mut findings = stale(name, &modules, edges);
    for (file, module) in &files {
        let Some(&top) = module.first() else { continue };
        let Some(allowed) = edges.get(top) else {
            if module.len() == 1 && modules.contains(top) {
                let message = format!("module `{top}` of `{name}` has no entry in {TABLE}");
                findings.push(Finding::error(RULE, &file.path, 0, message));
            }
            continue;
        };
        let mut seen = BTreeSet::new();
        for used in uses(&file.tokens) {
            if file.is_test(used.line) {
                continue;
            }
            let depth = module.len() + file.inline_depth(used.line);
            if used.supers.is_some_and(|supers| supers != depth) {
                continue;
            }
            let sibling = exports.get(&used.name).unwrap_or(&used.name);
            let legal =
                sibling == top || !modules.contains(sibling.as_str()) || allowed.contains(sibling);
            if !legal && seen.insert(sibling.clone()) {
                let message = format!("`{top}` may not use `{sibling}`");
                findings.push(Finding::error(RULE, &file.path, used.line, message));
            }
        }
    }
    findings
}

fn stale(
    name: &str,
    modules: &BTreeSet<&str>,
    edges: &BTreeMap<String, Vec<String>>,
) -> Vec<Finding> {
    let named: BTreeSet<&String> = edges.keys().chain(edges.values().flatten()).collect();
    named
        .into_iter()
        .filter(|module| !modules.contains(module.as_str()))
        .map(|module| {
            let message = format!("`{name}` has no module `{module}`");
            Finding::error(RULE, TABLE, 0, message)
        })
        .collect()
}

/// The names that `lib.rs` makes available at the root of the crate, each with the module it comes from.
fn re_exports(lib: &RustFile) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for item in &lib.syntax.items {
        if let syn::Item::Use(item) = item {
            collect(&item.tree, None, &mut exports);
        }
    }
    exports
}

fn collect(tree: &UseTree, from: Option<&str>, exports: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => {
            let name = path.ident.to_string();
            let inner = from.or((name != "crate" && name != "self").then_some(name.as_str()));
            collect(&path.tree, inner, exports);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, from, exports);
            }
        }
        UseTree::Name(leaf) => export(&leaf.ident, from, exports),
        UseTree::Rename(leaf) => export(&leaf.rename, from, exports),
        UseTree::Glob(_) => {}
    }
}

fn export(name: &syn::Ident, from: Option<&str>, exports: &mut BTreeMap<String, String>) {
    if let Some(from) = from {
        exports.insert(name.to_string(), from.to_owned());
    }
}

/// Every `crate::x`, `crate::{x, y}`, `super::x` and `super::super::x` in the tokens.
fn uses(tokens: &TokenStream) -> Vec<Use> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Group(group) => found.extend(uses(&group.stream())),
            TokenTree::Ident(ident) if ident == "crate" || ident == "super" => {
                let line = ident.span().start().line;
                let mut supers = (ident == "super").then_some(1);
                let mut next = at + 1;
                while is_path_separator(&trees, next) {
                    next += 2;
                    match trees.get(next) {
                        Some(TokenTree::Ident(name)) if name == "super" => {
                            supers = supers.map(|n| n + 1);
                            next += 1;
                            continue;
                        }
                        Some(TokenTree::Ident(name)) => found.push(Use {
                            line,
                            supers,
                            name: name.to_string(),
                        }),
                        Some(TokenTree::Group(group)) => {
                            found.extend(
                                first_names(&group.stream()).into_iter().map(|name| Use {
                                    line,
                                    supers,
                                    name,
                                }),
                            );
                        }
                        _ => {}
                    }
                    break;
                }
                at = next.max(at + 1);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_path_separator(trees: &[TokenTree], at: usize) -> bool {
    let colon =
        |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// The first name of each branch of `{a::b, c, d::{e, f}}`.
fn first_names(branches: &TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut at_start = true;
    for tree in branches.clone() {
        match tree {
            TokenTree::Ident(name) if at_start => {
                names.push(name.to_string());
                at_start = false;
            }
            TokenTree::Punct(p) if p.as_char() == ',' => at_start = true,
            _ => {}
        }
    }
    names
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
                "error[modules] crates/x/src/new.rs: module `new` of `x` has no entry in xtask/tidy.toml",
            ]
        );
    }
}
