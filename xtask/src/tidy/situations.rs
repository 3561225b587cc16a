//! Rule `situations`: the page of situations is complete, and each test that it names exists.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::finding::Finding;
use crate::source::{RustFile, Tree};

const RULE: &str = "situations";

/// The page that this rule reads.
const PAGE: &str = "docs/situations.md";

/// How many situations the page has, numbered from 1.
const SITUATIONS: usize = 60;

/// What the third column may say, and whether the row then has to name a test.
const VERDICTS: [(&str, bool); 4] = [
    ("yes", true),
    ("partly", true),
    ("no", false),
    ("not yet", false),
];

/// Compares the page with the tests of the tree. A test is named as `FILE.rs::NAME` between
/// backticks, with the path of the file from the root.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text.iter().find(|file| file.path == PAGE) else {
        return vec![Finding::error(RULE, PAGE, 0, "the page is missing")];
    };
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (line, text) in (1..).zip(page.text.lines()) {
        let mut report = |message: String| findings.push(Finding::error(RULE, PAGE, line, message));
        for (path, test) in named(text) {
            match tree.rust.iter().find(|file| file.path == path) {
                None => report(format!("there is no file `{path}`")),
                Some(file) => {
                    if test.is_some_and(|test| !tests(file).contains(test)) {
                        let test = test.unwrap_or_default();
                        report(format!("`{path}` has no test `{test}` that runs"));
                    }
                }
            }
        }
        let Some((number, cells)) = situation(text) else {
            continue;
        };
        if number == 0 || number > SITUATIONS {
            report(format!(
                "the situations are numbered from 1 to {SITUATIONS}"
            ));
        } else if !seen.insert(number) {
            report(format!("situation {number} is there twice"));
        }
        if let Err(message) = judge(&cells) {
            report(message);
        }
    }
    for number in (1..=SITUATIONS).filter(|number| !seen.contains(number)) {
        let message = format!("situation {number} is missing");
        findings.push(Finding::error(RULE, PAGE, 0, message));
    }
    findings
}

/// The number of a row of situations, and its other cells. Rows of other tables have no number.
fn situation(line: &str) -> Option<(usize, Vec<&str>)> {
    let row = line.strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = row.split('|').map(str::trim);
    let number = cells.next()?.parse().ok()?;
    Some((number, cells.collect()))
}

/// What is wrong with the cells after the number.
fn judge(cells: &[&str]) -> Result<(), String> {
    let [_, verdict, shown] = cells else {
        return Err("a row is: number, situation, verdict, what shows it or why not".to_owned());
    };
    let known = VERDICTS.iter().find(|(known, _)| known == verdict);
    let Some((_, needs_test)) = known else {
        return Err(format!("`{verdict}` is none of yes, partly, no, not yet"));
    };
    if *needs_test && !named(shown).any(|(_, test)| test.is_some()) {
        return Err(format!("a row with `{verdict}` names a test"));
    }
    if *verdict != "yes" && !shown.ends_with('.') {
        return Err(format!(
            "a row with `{verdict}` ends with a sentence that says why"
        ));
    }
    Ok(())
}

/// The Rust files between backticks in `line`, each with the test that is named in it.
fn named(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter_map(|span| match span.split_once("::") {
        Some((path, test)) if path.ends_with(".rs") => Some((path, Some(test))),
        None if span.ends_with(".rs") => Some((span, None)),
        _ => None,
    })
}

/// The tests of a file, those in macros included, without those that are ignored.
fn tests(file: &RustFile) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(&file.tokens, &mut found);
    found
}

fn collect(tokens: &TokenStream, found: &mut BTreeSet<String>) {
    let (mut is_test, mut is_ignored) = (false, false);
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, tree) in tokens.iter().enumerate() {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let path = attribute(&group.stream());
                is_test |= path == "test";
                is_ignored |= path == "ignore";
            }
            TokenTree::Group(group) => {
                collect(&group.stream(), found);
                if group.delimiter() == Delimiter::Brace {
                    (is_test, is_ignored) = (false, false);
                }
            }
            TokenTree::Ident(word) if word == "fn" => {
                if let (true, false, Some(name)) = (is_test, is_ignored, tokens.get(at + 1)) {
                    found.insert(name.to_string());
                }
                (is_test, is_ignored) = (false, false);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The last name of an attribute's path.
fn attribute(tokens: &TokenStream) -> String {
    let path = tokens.clone().into_iter();
    let path = path.take_while(|tree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(mark) => mark.as_char() == ':',
        _ => false,
    });
    path.last().map(|name| name.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: &str = "tests/a.rs";

    /// A page with all situations, the first of which is `row`.
    fn page(row: &str) -> String {
        let rest = (2..=SITUATIONS).map(|number| format!("| {number} | a | no | Never. |\n"));
        format!("{row}\n{}", rest.collect::<String>())
    }

    /// The lines of the findings, with what is wrong.
    fn findings(page: &str, source: &str) -> Vec<(usize, String)> {
        let tree = Tree::of(&[(TESTS, source), (PAGE, page)]);
        let found = check(&tree).into_iter();
        found
            .map(|finding| (finding.line, finding.message))
            .collect()
    }

    fn of_row(row: &str, source: &str) -> Vec<String> {
        let found = findings(&page(row), source).into_iter();
        found
            .map(|(line, message)| {
                assert_eq!(line, 1, "{message}");
                message
            })
            .collect()
    }

    #[test]
    fn a_row_that_names_a_test_of_the_file_is_accepted() {
        let row = "| 1 | a `b::c` | yes | `tests/a.rs::works` |";
        for source in [
            "#[test]\nfn works() {}",
            "#[tokio::test(flavor = \"multi_thread\")]\nasync fn works() {}",
            "mod inner { /// Words.\n#[test]\n#[expect(a)]\npub fn works() {} }",
            "proptest! { #[test] fn works(a in 0..3) {} }",
        ] {
            assert_eq!(of_row(row, source), [""; 0], "{source}");
        }
    }

    #[test]
    fn a_test_that_is_not_there_or_does_not_run_is_found() {
        let row = "| 1 | a | yes | `tests/a.rs::works` |";
        for source in [
            "",
            "fn works() {}",
            "#[test]\nfn a() {}\nfn works() {}",
            "#[test]\nfn a() { fn works() {} }",
            "#[test]\n#[ignore = \"slow\"]\nfn works() {}",
            "#[cfg(test)]\nfn works() {}",
            "// #[test] fn works() {}",
        ] {
            let found = of_row(row, source);
            assert_eq!(
                found,
                ["`tests/a.rs` has no test `works` that runs"],
                "{source}"
            );
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_found_in_any_table() {
        let row = "| 1 | a | no | Never. |\n| words | `tests/b.rs`, `tests/a.rs` |";
        let found = findings(&page(row), "");
        assert_eq!(found, [(2, "there is no file `tests/b.rs`".to_owned())]);
    }

    #[test]
    fn each_number_is_there_once() {
        let whole = page("| 1 | a | no | Never. |");
        assert_eq!(findings(&whole, ""), []);
        let without = whole.replace("| 7 |", "| seven |");
        assert_eq!(
            findings(&without, ""),
            [(0, "situation 7 is missing".to_owned())]
        );
        let twice = whole.replace("| 7 |", "| 8 |");
        let found = findings(&twice, "");
        assert_eq!(found[0], (8, "situation 8 is there twice".to_owned()));
        assert_eq!(found[1], (0, "situation 7 is missing".to_owned()));
        let more = format!("{whole}| 61 | a | no | Never. |\n");
        let found = findings(&more, "");
        assert_eq!(
            found,
            [(61, "the situations are numbered from 1 to 60".to_owned())]
        );
    }

    #[test]
    fn a_page_that_is_missing_is_found() {
        let found = check(&Tree::of(&[(TESTS, "")]));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&*found[0].path, &*found[0].message),
            (PAGE, "the page is missing")
        );
    }

    #[test]
    fn a_row_has_a_test_or_a_reason() {
        let test = "#[test]\nfn works() {}";
        // row, what is wrong
        for (row, wrong) in [
            (
                "| 1 | a | yes | It works. |",
                "a row with `yes` names a test",
            ),
            (
                "| 1 | a | partly | Half. |",
                "a row with `partly` names a test",
            ),
            (
                "| 1 | a | partly | `tests/a.rs::works` |",
                "a row with `partly` ends with a sentence that says why",
            ),
            (
                "| 1 | a | no | |",
                "a row with `no` ends with a sentence that says why",
            ),
            (
                "| 1 | a | not yet | |",
                "a row with `not yet` ends with a sentence that says why",
            ),
            (
                "| 1 | a | maybe | Why. |",
                "`maybe` is none of yes, partly, no, not yet",
            ),
            (
                "| 1 | a | no |",
                "a row is: number, situation, verdict, what shows it or why not",
            ),
        ] {
            assert_eq!(of_row(row, test), [wrong], "{row}");
        }
        for row in [
            "| 1 | a | partly | `tests/a.rs::works`. The rest is not there. |",
            "| 1 | a | not yet | Use another way. |",
        ] {
            assert_eq!(of_row(row, test), [""; 0], "{row}");
        }
    }
}
