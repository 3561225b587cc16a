//! Rule `words`: a note for later carries the number of its issue, and no page or source names a
//! place on one machine.

use super::finding::Finding;
use super::table::Words;
use crate::source::{RustFile, Tree};

const RULE: &str = "words";
const LATER: [&str; 3] = ["TODO", "FIXME", "XXX"];
const PLACES: [&str; 4] = ["/work/", "/tmp/", "/home/", "/root/"];

/// Looks at every line of every file that the table does not except.
pub(crate) fn check(tree: &Tree, words: &Words) -> Vec<Finding> {
    let excepted = |path: &str| words.except.iter().any(|folder| path.starts_with(folder));
    let rust = tree
        .rust
        .iter()
        .filter(|file| !excepted(&file.path))
        .flat_map(|file| lines(&file.path, &file.text, Some(file)));
    let text = tree
        .text
        .iter()
        .filter(|file| !excepted(&file.path))
        .flat_map(|file| lines(&file.path, &file.text, None));
    rust.chain(text).collect()
}

fn lines(path: &str, text: &str, rust: Option<&RustFile>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if let Some(word) = LATER.iter().find(|word| has_word(text, word))
            && !names_an_issue(text)
        {
            let message = format!("{word} without the number of an issue (`#12`)");
            findings.push(Finding::error(RULE, path, line, message));
        }
        if let Some(place) = PLACES.iter().find(|place| text.contains(**place))
            && !rust.is_some_and(|file| file.is_test(line))
        {
            let message = format!("{place} is a place on one machine");
            findings.push(Finding::error(RULE, path, line, message));
        }
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

fn names_an_issue(line: &str) -> bool {
    line.split('#')
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)]), &Words::default()).len()
    }

    #[test]
    fn a_note_with_an_issue_and_a_place_in_a_test_are_accepted() {
        assert_eq!(verdict("crates/x/src/a.rs", "// TODO(#12): shorten"), 0);
        assert_eq!(verdict("crates/x/src/a.rs", "// TODOS are many"), 0);
        assert_eq!(
            verdict("crates/x/src/a.rs", "#[test]\nfn a() { b(\"/tmp/x\") }"),
            0
        );
    }

    #[test]
    fn a_note_without_an_issue_and_a_place_on_a_machine_are_refused() {
        assert_eq!(verdict("crates/x/src/a.rs", "// TODO: shorten"), 1);
        assert_eq!(verdict("README.md", "FIXME"), 1);
        assert_eq!(verdict("crates/x/src/a.rs", "fn a() { b(\"/tmp/x\") }"), 1);
        assert_eq!(verdict("README.md", "see /work/main"), 1);
    }

    #[test]
    fn an_excepted_folder_may_hold_the_words() {
        let words = Words {
            except: vec!["xtask/src/tidy/".into()],
        };
        let tree = Tree::of(&[
            ("xtask/src/tidy/a.rs", "// TODO"),
            ("xtask/src/a.rs", "// TODO"),
        ]);
        let paths: Vec<String> = check(&tree, &words).into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["xtask/src/a.rs"]);
    }
}
