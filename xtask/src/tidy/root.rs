//! Rule `root`: a crate shows no more names at its root than the table allows.

use std::collections::BTreeMap;

use super::finding::Finding;
use crate::public::Api;
use crate::source::Tree;

const RULE: &str = "root";
const TABLE: &str = "xtask/tidy.toml";

/// Counts the names at the root of each of the crates, and compares with the table.
pub(crate) fn check(tree: &Tree, crates: &[&str], most: &BTreeMap<String, usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in crates {
        let path = format!("crates/{name}/src/lib.rs");
        let found = Api::read(tree, name).root_names().len();
        let message = match most.get(*name) {
            Some(most) if found <= *most => continue,
            Some(most) => format!("{found} names at the root, where {TABLE} allows {most}"),
            None => format!("{found} names at the root, and {TABLE} says nothing about it"),
        };
        findings.push(Finding::error(RULE, &path, 0, message));
    }
    for name in most.keys().filter(|name| !crates.contains(&name.as_str())) {
        let message = format!("`{name}` is not a crate under crates/");
        findings.push(Finding::error(RULE, TABLE, 0, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "mod a; pub mod b { pub struct C; }\npub use a::{D, E};";

    fn verdict(most: &[(&str, usize)]) -> Vec<String> {
        let tree = Tree::of(&[
            ("crates/x/src/lib.rs", ROOT),
            (
                "crates/x/src/a.rs",
                "pub struct D;\npub struct E { pub f: u8 }",
            ),
        ]);
        let most = most.iter().map(|(name, most)| ((*name).to_owned(), *most));
        let found = check(&tree, &["x"], &most.collect());
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.path, finding.message))
            .collect()
    }

    #[test]
    fn as_many_names_as_the_table_allows_are_accepted_and_one_more_is_refused() {
        assert_eq!(verdict(&[("x", 4)]), Vec::<String>::new());
        assert_eq!(verdict(&[("x", 3)]), Vec::<String>::new());
        assert_eq!(
            verdict(&[("x", 2)]),
            ["crates/x/src/lib.rs: 3 names at the root, where xtask/tidy.toml allows 2"]
        );
    }

    #[test]
    fn a_crate_without_a_number_and_a_number_without_a_crate_are_refused() {
        assert_eq!(
            verdict(&[("y", 1)]),
            [
                "crates/x/src/lib.rs: 3 names at the root, and xtask/tidy.toml says nothing about it",
                "xtask/tidy.toml: `y` is not a crate under crates/",
            ]
        );
    }
}
