//! Rule `codes`: every refusal code exists once, has its page in the common form, and a line in the
//! index of the pages.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};

use super::code_links;
use super::finding::Finding;
use crate::source::{RustFile, Tree};

const RULE: &str = "codes";
pub(super) const CODES: &str = "crates/bonafide-verify/src/code.rs";
pub(super) const PAGES: &str = "docs/codes/";
const INDEX: &str = "README.md";
/// What a page has after its title, in this order.
const PARTS: [&str; 4] = [
    "**Clause:** ",
    "## What it means",
    "## How to find the cause",
    "## How to mend it",
];

/// Compares the codes in the source with each other, with the pages and with the index, once the
/// folder of pages exists.
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
    let texts = || {
        let files = tree.text.iter();
        files.filter_map(|file| Some((file.path.strip_prefix(PAGES)?, file.text.as_str())))
    };
    let pages: BTreeMap<&str, &str> = texts().filter(|(page, _)| *page != INDEX).collect();
    if pages.is_empty() {
        return findings;
    }
    findings.extend(code_links::check(file));
    for (code, line) in &codes {
        if !pages.contains_key(format!("{code}.md").as_str()) {
            let message = format!("`{code}` has no page {PAGES}{code}.md");
            findings.push(Finding::error(RULE, CODES, *line, message));
        }
    }
    for (page, text) in pages {
        let code = page.trim_end_matches(".md");
        let message = if codes.contains_key(code) {
            wrong_form(code, text)
        } else {
            Some(format!("no code in {CODES} has this name"))
        };
        if let Some(message) = message {
            findings.push(Finding::error(RULE, &format!("{PAGES}{page}"), 0, message));
        }
    }
    let index = texts().find(|(page, _)| *page == INDEX);
    findings.extend(compare_index(&codes, index.map_or("", |(_, text)| text)));
    findings
}

/// What is wrong with the form of a page: its title, one of its parts, or their order.
fn wrong_form(code: &str, text: &str) -> Option<String> {
    let mut lines = text.lines();
    if lines.next() != Some(format!("# {code}").as_str()) {
        return Some(format!("the first line is not `# {code}`"));
    }
    let missing = PARTS
        .iter()
        .find(|part| !lines.any(|line| line.starts_with(**part)))?;
    Some(format!("no `{}` where it belongs", missing.trim_end()))
}

/// The index has one line for each code, `- [BF-A](BF-A.md): …`.
fn compare_index(codes: &BTreeMap<String, usize>, index: &str) -> Vec<Finding> {
    let path = format!("{PAGES}{INDEX}");
    let mut findings = Vec::new();
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, text) in (1..).zip(index.lines()) {
        let Some(entry) = text.strip_prefix("- [") else {
            continue;
        };
        let code = entry.split(']').next().unwrap_or(entry);
        let message = if let Some(first) = listed.insert(code, line) {
            format!("`{code}` is listed already in line {first}")
        } else if !codes.contains_key(code) {
            format!("`{code}` is no code of {CODES}")
        } else if !entry.starts_with(&format!("{code}]({code}.md): ")) {
            format!("the line is not of the form `- [{code}]({code}.md): what it means`")
        } else {
            continue;
        };
        findings.push(Finding::error(RULE, &path, line, message));
    }
    for (code, line) in codes {
        if !listed.contains_key(code.as_str()) {
            let message = format!("`{code}` has no line in {path}");
            findings.push(Finding::error(RULE, CODES, *line, message));
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

pub(super) fn is_code(text: &str) -> bool {
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

    const PAGE: &str = "\nSo.\n\n**Clause:** none\n## What it means\n## How to find the cause\n## How to mend it\n";

    fn verdict(source: &str, pages: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![(CODES, source)];
        files.extend(pages);
        check(&Tree::of(&files))
            .into_iter()
            .filter(|finding| finding.rule == RULE)
            .map(|finding| finding.message)
            .collect()
    }

    fn page(code: &str) -> String {
        format!("# {code}{PAGE}")
    }

    #[test]
    fn unique_codes_with_a_page_and_a_line_each_are_accepted() {
        let source = "/// `BF-A` again\nconst A: &str = \"BF-A\"; const B: &str = \"BF-B\";\n\
                      #[test]\nfn a() { b(\"BF-A\") }";
        assert_eq!(verdict(source, &[]), Vec::<String>::new());
        let pages = [
            ("docs/codes/BF-A.md", page("BF-A")),
            ("docs/codes/BF-B.md", page("BF-B")),
            (
                "docs/codes/README.md",
                "# Codes\n- [BF-A](BF-A.md): a\n## More\n- [BF-B](BF-B.md): b\n".to_owned(),
            ),
        ];
        let pages = pages.each_ref().map(|(path, text)| (*path, text.as_str()));
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
            verdict(
                "const A: &str = \"BF-A\";",
                &[
                    ("docs/codes/BF-B.md", ""),
                    ("docs/codes/README.md", "- [BF-A](BF-A.md): a")
                ]
            ),
            [
                "`BF-A` has no page docs/codes/BF-A.md",
                "no code in crates/bonafide-verify/src/code.rs has this name"
            ]
        );
    }

    #[test]
    fn a_page_of_another_form_is_refused() {
        let of = |text: &str| {
            let index = ("docs/codes/README.md", "- [BF-A](BF-A.md): a");
            verdict(
                "const A: &str = \"BF-A\";",
                &[("docs/codes/BF-A.md", text), index],
            )
        };
        assert_eq!(of(&page("BF-B")), ["the first line is not `# BF-A`"]);
        let clauseless = page("BF-A").replace("**Clause:**", "Clause:");
        assert_eq!(of(&clauseless), ["no `**Clause:**` where it belongs"]);
        let reversed = "# BF-A\n**Clause:** none\n## How to mend it\n## What it means\n## How to find the cause\n";
        assert_eq!(of(reversed), ["no `## How to mend it` where it belongs"]);
    }

    #[test]
    fn an_index_with_a_code_missing_twice_unknown_or_linked_elsewhere_is_refused() {
        let of = |index: &str| {
            let page = page("BF-A");
            verdict(
                "const A: &str = \"BF-A\";",
                &[
                    ("docs/codes/BF-A.md", page.as_str()),
                    ("docs/codes/README.md", index),
                ],
            )
        };
        let missing = "`BF-A` has no line in docs/codes/README.md";
        assert_eq!(of(""), [missing]);
        let line = "- [BF-A](BF-A.md): a\n";
        assert_eq!(
            of(&format!("{line}{line}")),
            ["`BF-A` is listed already in line 1"]
        );
        assert_eq!(
            of(&format!("{line}- [BF-C](BF-C.md): c")),
            ["`BF-C` is no code of crates/bonafide-verify/src/code.rs"]
        );
        assert_eq!(
            of("- [BF-A](BF-C.md): a"),
            ["the line is not of the form `- [BF-A](BF-A.md): what it means`"]
        );
    }
}
