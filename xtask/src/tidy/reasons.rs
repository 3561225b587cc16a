//! Rule `reasons`: every `allow` and `expect` attribute says why, in every configuration and inside macros.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::finding::Finding;
use crate::source::RustFile;

const RULE: &str = "reasons";

/// Looks at every attribute of the file.
pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    let mut lines = Vec::new();
    attributes(&file.tokens, &mut lines);
    lines
        .into_iter()
        .map(|(line, name)| {
            let message = format!("`{name}` without `reason = \"…\"`");
            Finding::error(RULE, &file.path, line, message)
        })
        .collect()
}

fn attributes(tokens: &TokenStream, lines: &mut Vec<(usize, String)>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else {
            continue;
        };
        let is_attribute = group.delimiter() == Delimiter::Bracket
            && (is_punct(&trees, at, 1, '#')
                || (is_punct(&trees, at, 1, '!') && is_punct(&trees, at, 2, '#')));
        if is_attribute {
            lints(&group.stream(), lines);
        } else {
            attributes(&group.stream(), lines);
        }
    }
}

fn is_punct(trees: &[TokenTree], at: usize, back: usize, wanted: char) -> bool {
    at.checked_sub(back)
        .and_then(|at| trees.get(at))
        .is_some_and(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == wanted))
}

/// `allow(…)` and `expect(…)`, alone or among the arguments of `cfg_attr`.
fn lints(attribute: &TokenStream, lines: &mut Vec<(usize, String)>) {
    let trees: Vec<TokenTree> = attribute.clone().into_iter().collect();
    for pair in trees.windows(2) {
        let [TokenTree::Ident(name), TokenTree::Group(arguments)] = pair else {
            continue;
        };
        if name == "cfg_attr" {
            lints(&arguments.stream(), lines);
        } else if (name == "allow" || name == "expect") && !has_reason(&arguments.stream()) {
            lines.push((name.span().start().line, name.to_string()));
        }
    }
}

fn has_reason(arguments: &TokenStream) -> bool {
    arguments
        .clone()
        .into_iter()
        .any(|tree| matches!(tree, TokenTree::Ident(name) if name == "reason"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> usize {
        let file = RustFile::parse("crates/x/src/a.rs", text.to_owned()).unwrap();
        check(&file).len()
    }

    #[test]
    fn an_exception_with_a_reason_is_accepted() {
        let accepted = [
            "#[allow(dead_code, reason = \"a\")] fn a() {}",
            "#![expect(dead_code, reason = \"a\")]",
            "#[cfg_attr(test, allow(dead_code, reason = \"a\"))] fn a() {}",
            "fn a() { b.expect(1); [allow(1)]; }",
            "#[should_panic(expected = \"a\")] fn a() {}",
        ];
        for text in accepted {
            assert_eq!(verdict(text), 0, "{text}");
        }
    }

    #[test]
    fn an_exception_without_a_reason_is_refused() {
        let refused = [
            "#[allow(dead_code)] fn a() {}",
            "#![expect(dead_code)]",
            "#[cfg_attr(test, allow(dead_code))] fn a() {}",
            "macro_rules! m { () => { #[allow(dead_code)] fn a() {} } }",
        ];
        for text in refused {
            assert_eq!(verdict(text), 1, "{text}");
        }
    }
}
