//! Rule `plain`: texts that a program prints do without the words for which there is a plainer one.
//!
//! A text is a string literal with a blank in it, in the sources of a published crate and outside
//! tests. Of the attributes only thiserror's `#[error("…")]` holds one.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::finding::Finding;
use super::table::Plain;
use crate::source::{RustFile, Tree};

const RULE: &str = "plain";
const TABLE: &str = "xtask/tidy.toml";

/// Looks for the words of the table in every text, and for entries that no text needs.
pub(crate) fn check(tree: &Tree, plain: &Plain) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut needed = vec![false; plain.except.len()];
    for file in &tree.rust {
        if !file.path.starts_with("crates/") || file.module_path().is_none() {
            continue;
        }
        for (line, text) in texts(file) {
            let mut words = words(&text);
            for (entry, needed) in plain.except.iter().zip(&mut needed) {
                *needed |= take_out(&mut words, &entry.text);
            }
            for word in &plain.words {
                if find(&words, word).is_some() {
                    let message = format!("`{word}` has a plainer word: {text}");
                    findings.push(Finding::error(RULE, &file.path, line, message));
                }
            }
        }
    }
    for (entry, needed) in plain.except.iter().zip(needed) {
        let text = &entry.text;
        if !needed {
            let message = format!("`{text}` is excepted and stands in no text");
            findings.push(Finding::error(RULE, TABLE, 0, message));
        }
        if entry.reason.trim().is_empty() {
            let message = format!("`{text}` is excepted without a reason");
            findings.push(Finding::error(RULE, TABLE, 0, message));
        }
    }
    findings
}

/// The texts outside tests, with their lines.
fn texts(file: &RustFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    search(&file.tokens, &mut found);
    found.retain(|(line, text)| text.contains(' ') && !file.is_test(*line));
    found
}

fn search(tokens: &TokenStream, found: &mut Vec<(usize, String)>) {
    let mut after_hash = false;
    for tree in tokens.clone() {
        let may_be_attribute = after_hash;
        after_hash = match &tree {
            TokenTree::Punct(mark) => {
                mark.as_char() == '#' || (after_hash && mark.as_char() == '!')
            }
            _ => false,
        };
        match tree {
            TokenTree::Group(group) => {
                let is_attribute = may_be_attribute && group.delimiter() == Delimiter::Bracket;
                if !is_attribute || is_error(&group.stream()) {
                    search(&group.stream(), found);
                }
            }
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                    found.push((line, text.value()));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Whether an attribute is `error(…)`.
fn is_error(attribute: &TokenStream) -> bool {
    let first = attribute.clone().into_iter().next();
    matches!(first, Some(TokenTree::Ident(name)) if name == "error")
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Where the words of `phrase` stand one after the other.
fn find(text: &[String], phrase: &str) -> Option<(usize, usize)> {
    let phrase = words(phrase);
    let length = phrase.len().max(1);
    let at = text.windows(length).position(|window| window == phrase)?;
    Some((at, length))
}

/// Takes `phrase` out wherever it stands, and says whether it does.
fn take_out(text: &mut Vec<String>, phrase: &str) -> bool {
    let mut found = false;
    while let Some((at, length)) = find(text, phrase) {
        text.splice(at..at + length, [String::new()]);
        found = true;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::table::Exception;
    use super::*;

    fn findings(path: &str, text: &str, except: &[(&str, &str)]) -> Vec<(usize, String)> {
        let plain = Plain {
            words: vec!["told".into(), "nobody".into(), "comes with".into()],
            except: except
                .iter()
                .map(|(text, reason)| Exception {
                    text: (*text).into(),
                    reason: (*reason).into(),
                })
                .collect(),
        };
        let found = check(&Tree::of(&[(path, text)]), &plain);
        found.into_iter().map(|f| (f.line, f.message)).collect()
    }

    fn verdict(text: &str) -> Vec<(usize, String)> {
        findings("crates/x/src/a.rs", text, &[])
    }

    #[test]
    fn a_text_with_a_word_of_the_table_is_refused() {
        for (word, text) in [
            ("nobody", "write!(f, \"nobody asked for {}\", host)"),
            ("nobody", "f.write_str(\"Nobody's key\")"),
            ("told", "a.map(|a| format!(\"was (told) {a}\"))"),
            ("comes with", "b(r#\"comes  with it\"#)"),
            ("told", "b(\"was \\\n    told\")"),
        ] {
            let code = format!("fn a() {{\n    {text};\n}}");
            let found = verdict(&code);
            assert_eq!(found.len(), 1, "{code}");
            assert_eq!(found[0].0, 2, "{code}");
            let start = format!("`{word}` has a plainer word: ");
            assert!(found[0].1.starts_with(&start), "{}", found[0].1);
        }
    }

    #[test]
    fn an_attribute_is_a_text_if_it_is_an_error() {
        let of = |attribute: &str| verdict(&format!("{attribute}\nstruct A;"));
        let message = "`nobody` has a plainer word: nobody asked";
        assert_eq!(of("#[error(\"nobody asked\")]"), [(1, message.to_owned())]);
        for attribute in [
            "/// Nobody asked.",
            "#[doc = \"nobody asked\"]",
            "#[expect(dead_code, reason = \"nobody asked\")]",
            "#![allow(dead_code, reason = \"nobody asked\")]",
        ] {
            assert_eq!(of(attribute), [], "{attribute}");
        }
        assert_eq!(verdict("fn a() { b(vec![\"nobody asked\"]) }").len(), 1);
    }

    #[test]
    fn other_words_single_words_tests_and_other_crates_are_accepted() {
        assert_eq!(verdict("fn a() { b(\"untold tolds with comes\") }"), []);
        assert_eq!(verdict("fn a() { b(\"told\") }"), []);
        assert_eq!(verdict("#[test]\nfn a() { b(\"was told\") }"), []);
        let text = "fn a() { b(\"was told\") }";
        for path in ["xtask/src/a.rs", "crates/x/tests/a.rs", "tests/src/a.rs"] {
            assert_eq!(findings(path, text, &[]), [], "{path}");
        }
    }

    #[test]
    fn an_exception_is_for_its_phrase_and_has_a_reason_and_a_use() {
        let path = "crates/x/src/a.rs";
        let except = [("is told", "a term of the glossary")];
        let of = |text: &str, except| findings(path, &format!("const A: &str = {text:?};"), except);
        assert_eq!(of("a host is told so", &except), []);
        let other = of("a host is told what it told", &except);
        let message = "`told` has a plainer word: a host is told what it told";
        assert_eq!(other, [(1, message.to_owned())]);
        let unused = "`is told` is excepted and stands in no text";
        assert_eq!(of("a host", &except), [(0, unused.to_owned())]);
        let reasonless = "`is told` is excepted without a reason";
        assert_eq!(
            of("it is told", &[("is told", " ")]),
            [(0, reasonless.to_owned())]
        );
    }
}
