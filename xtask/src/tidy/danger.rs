//! Rule `danger`: the word stands only in the files where security can drop.

use proc_macro2::{TokenStream, TokenTree};

use super::finding::Finding;
use super::table::Danger;
use crate::source::{RustFile, Tree};

const RULE: &str = "danger";
const TABLE: &str = "xtask/tidy.toml";

/// Looks for identifiers that hold the word. Comments and texts may speak of danger freely.
pub(crate) fn check(tree: &Tree, danger: &Danger) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let lines = occurrences(file);
        let allowed = danger.allow.iter().any(|place| covers(place, &file.path));
        if let Some((line, name)) = lines.first().filter(|_| !allowed) {
            let message = format!("`{name}` stands outside the places listed in {TABLE}");
            findings.push(Finding::error(RULE, &file.path, *line, message));
        }
    }
    for place in &danger.allow {
        let needed = tree
            .rust
            .iter()
            .any(|file| covers(place, &file.path) && !occurrences(file).is_empty());
        if !needed {
            let message = format!("`{place}` is listed and has no need to be");
            findings.push(Finding::error(RULE, TABLE, 0, message));
        }
    }
    findings
}

/// A place that ends in `/` is a folder, any other a file.
fn covers(place: &str, path: &str) -> bool {
    path == place || (place.ends_with('/') && path.starts_with(place))
}

fn occurrences(file: &RustFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    search(&file.tokens, &mut found);
    found
}

fn search(tokens: &TokenStream, found: &mut Vec<(usize, String)>) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Group(group) => search(&group.stream(), found),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if name.to_ascii_lowercase().contains("danger") {
                    found.push((ident.span().start().line, name));
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str, listed: &[&str]) -> Vec<String> {
        let danger = Danger {
            allow: listed.iter().map(|path| (*path).to_owned()).collect(),
        };
        check(&Tree::of(&[("crates/x/src/a.rs", text)]), &danger)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn the_word_in_a_listed_file_or_in_prose_is_accepted() {
        let calm = "/// No danger here.\n#[cfg(feature = \"danger-x\")] fn a() { b(\"danger\") }";
        assert_eq!(verdict(calm, &[]), Vec::<String>::new());
        let listed = verdict("fn a() { b.dangerous() }", &["crates/x/src/a.rs"]);
        assert_eq!(listed, Vec::<String>::new());
        let folder = verdict("fn a() { b.dangerous() }", &["crates/x/"]);
        assert_eq!(folder, Vec::<String>::new());
    }

    #[test]
    fn the_word_elsewhere_and_a_needless_entry_are_refused() {
        assert_eq!(
            verdict("fn a() { b!(c.dangerous()) }", &[]),
            ["`dangerous` stands outside the places listed in xtask/tidy.toml"]
        );
        assert_eq!(
            verdict("fn a() {}", &["crates/x/src/a.rs"]),
            ["`crates/x/src/a.rs` is listed and has no need to be"]
        );
    }
}
