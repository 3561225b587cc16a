//! Rule `codes`: every refusal code exists once and has its page.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};

use super::finding::Finding;
use crate::source::{RustFile, Tree};

const RULE: &str = "codes";
const CODES: &str = "crates/bonafide-verify/src/code.rs";
const PAGES: &str = "docs/codes/";
const INDEX: &str = "README.md";

/// Compares the codes in the source with each other and with the pages, once the folder of pages exists.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.rust.iter().find(|file| file.path == CODES) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for (line, code) in codes_in(file) {
        if let Some(first) = codes.get(&code) {
            let message = format!("`{code}` stands already in line {first}");
            findings.push(Finding::error(RULE, CODES, line, message));
        } else {
            codes.insert(code, line);
        }
    }
    let pages: Vec<&str> = tree
        .text
        .iter()
        .filter_map(|page| page.path.strip_prefix(PAGES))
        .filter(|page| *page != INDEX)
        .collect();
    if pages.is_empty() {
        return findings;
    }
    for (code, line) in &codes {
        if !pages.contains(&format!("{code}.md").as_str()) {
            let message = format!("`{code}` has no page {PAGES}{code}.md");
            findings.push(Finding::error(RULE, CODES, *line, message));
        }
    }
    for page in pages {
        if !codes.contains_key(page.trim_end_matches(".md")) {
            let message = format!("no code in {CODES} has this name");
            findings.push(Finding::error(RULE, &format!("{PAGES}{page}"), 0, message));
        }
    }
    findings
}

/// The string literals outside tests that are a code and nothing else.
fn codes_in(file: &RustFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    search(&file.tokens, &mut found);
    found.retain(|(line, _)| !file.is_test(*line));
    found
}

fn search(tokens: &TokenStream, found: &mut Vec<(usize, String)>) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Group(group) => search(&group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let code = text
                    .strip_prefix('"')
                    .and_then(|text| text.strip_suffix('"'));
                if let Some(code) = code.filter(|code| is_code(code)) {
                    found.push((literal.span().start().line, code.to_owned()));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_code(text: &str) -> bool {
    text.strip_prefix("BF-").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(source: &str, pages: &[&str]) -> Vec<String> {
        let mut files = vec![(CODES, source)];
        files.extend(pages.iter().map(|page| (*page, "")));
        check(&Tree::of(&files))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn unique_codes_with_a_page_each_are_accepted() {
        let source = "/// `BF-A` again\nconst A: &str = \"BF-A\"; const B: &str = \"BF-B\";\n\
                      #[test]\nfn a() { b(\"BF-A\") }";
        assert_eq!(verdict(source, &[]), Vec::<String>::new());
        let pages = [
            "docs/codes/BF-A.md",
            "docs/codes/BF-B.md",
            "docs/codes/README.md",
        ];
        assert_eq!(verdict(source, &pages), Vec::<String>::new());
    }

    #[test]
    fn a_code_that_stands_twice_is_refused() {
        assert_eq!(
            verdict("const A: &str = \"BF-A\";\nconst B: &str = \"BF-A\";", &[]),
            ["`BF-A` stands already in line 1"]
        );
    }

    #[test]
    fn a_code_without_a_page_and_a_page_without_a_code_are_refused() {
        assert_eq!(
            verdict("const A: &str = \"BF-A\";", &["docs/codes/BF-B.md"]),
            [
                "`BF-A` has no page docs/codes/BF-A.md",
                "no code in crates/bonafide-verify/src/code.rs has this name"
            ]
        );
    }
}
