//! `cargo xtask tidy`: what the compiler and clippy do not look at.
//!
//! Each rule is a file of its own and takes the parsed tree, so that a test can hand it three
//! lines. What the project declares about itself (layers, limits, exceptions) stands in
//! `xtask/tidy.toml`.

mod code_links;
mod codes;
mod crates;
mod danger;
mod finding;
mod length;
mod modules;
mod names;
mod plain;
mod prose;
mod root;
mod situations;
mod table;
mod width;
mod words;

use std::{fs, io};

use crate::source::{SourceError, Tree};
use crate::workspace::Workspace;
use finding::{Finding, Weight};
use table::Table;

/// Why the tree could not be judged, or was judged and found wanting.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TidyError {
    /// The table is missing or unreadable.
    #[error("cannot read xtask/tidy.toml")]
    ReadTable(#[source] io::Error),
    /// The table does not follow its schema.
    #[error("xtask/tidy.toml")]
    ParseTable(#[from] toml::de::Error),
    /// The sources could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Some rules are broken.
    #[error("{0} breaches of the rules above")]
    Breaches(usize),
}

/// Every rule, as `--only` takes it.
pub(crate) const RULES: [&str; 13] = [
    "circles",
    "code-links",
    "codes",
    "crates",
    "danger",
    "length",
    "modules",
    "names",
    "plain",
    "root",
    "situations",
    "width",
    "words",
];

/// Prints every finding, or those of the rule `only`.
///
/// # Errors
/// [`TidyError::Breaches`] where a finding is an error, the others where the tree cannot be judged.
pub(crate) fn run(workspace: &Workspace, only: Option<&str>) -> Result<(), TidyError> {
    let text =
        fs::read_to_string(workspace.path("xtask/tidy.toml")).map_err(TidyError::ReadTable)?;
    let table: Table = toml::from_str(&text)?;
    let tree = Tree::read(workspace.root(), &workspace.generated())?;

    let mut findings = judge(&tree, &table);
    let manifests: Vec<_> = workspace.published().into_iter().map(Into::into).collect();
    findings.extend(crates::check(&manifests, &table.crates));
    let packages = workspace.published();
    let names: Vec<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    findings.extend(root::check(&tree, &names, &table.root));
    findings.retain(|finding| only.is_none_or(|rule| finding.rule == rule));
    findings.sort_by(|a, b| (a.weight, &a.path, a.line).cmp(&(b.weight, &b.path, b.line)));
    for finding in &findings {
        println!("{finding}");
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.weight == Weight::Error)
        .count();
    println!(
        "tidy: {} Rust files, {} other files, {errors} errors, {} warnings",
        tree.rust.len(),
        tree.text.len(),
        findings.len() - errors
    );
    if errors > 0 {
        return Err(TidyError::Breaches(errors));
    }
    Ok(())
}

/// Prints the edges between modules that exist now, in the form of the table.
///
/// # Errors
/// [`TidyError::Source`] where the tree cannot be read.
pub(crate) fn print_edges(workspace: &Workspace) -> Result<(), TidyError> {
    let tree = Tree::read(workspace.root(), &workspace.generated())?;
    for package in workspace.published() {
        println!("[modules.{}]", package.name);
        for (module, used) in modules::actual(&tree, &package.name) {
            println!("{module} = {used:?}");
        }
        println!();
    }
    Ok(())
}

fn judge(tree: &Tree, table: &Table) -> Vec<Finding> {
    let mut findings = modules::check(tree, &table.modules);
    findings.extend(modules::circles(tree));
    findings.extend(words::check(tree, &table.words));
    findings.extend(danger::check(tree, &table.danger));
    findings.extend(codes::check(tree));
    findings.extend(situations::check(tree));
    findings.extend(plain::check(tree, &table.plain));
    findings.extend(width::check(tree, &table.width));
    for file in &tree.rust {
        findings.extend(length::check(file, &table.length));
        findings.extend(names::check(file));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_for_contributors_lists_every_rule() {
        let guide = include_str!("../../../CONTRIBUTING.md");
        let table = guide.split_once("| rule | asks |").map(|(_, table)| table);
        let rows = table
            .unwrap()
            .lines()
            .skip(2)
            .take_while(|row| row.starts_with('|'));
        let names = rows.filter_map(|row| row.split('|').nth(1));
        let mut listed: Vec<&str> = names
            .flat_map(|names| names.split(','))
            .map(|name| name.trim().trim_matches('`'))
            .collect();
        listed.sort_unstable();
        assert_eq!(listed, RULES);
    }
}
