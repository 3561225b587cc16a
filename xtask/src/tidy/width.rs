//! Rule `width`: code, comments and Markdown prose stand within the columns of the table.
//!
//! What cannot be broken may stand out: a string literal, one long word, a row of a table, which in
//! Rust is a constant under `#[rustfmt::skip]`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;

use super::finding::Finding;
use super::prose::{Prose, literal_crosses, quote_crosses};
use super::table::Width;
use crate::source::{RustFile, Tree};

const RULE: &str = "width";

/// What may stand before a name that is too long for its line.
const BEFORE_A_NAME: [&str; 7] = [
    "pub",
    "pub(crate)",
    "pub(super)",
    "async",
    "const",
    "unsafe",
    "fn",
];

/// Measures every line of Rust and of Markdown, and the comments and scripts of other text.
pub(crate) fn check(tree: &Tree, width: &Width) -> Vec<Finding> {
    let rust = tree
        .rust
        .iter()
        .map(|file| (&file.path, rust_lines(file, width.columns), &file.text));
    let text = tree.text.iter().map(|file| {
        let lines = if file.path.ends_with(".md") {
            page_lines(&file.text, width.columns)
        } else {
            script_lines(&file.path, &file.text, width.columns)
        };
        (&file.path, lines, &file.text)
    });
    let mut findings = Vec::new();
    for (path, lines, text) in rust.chain(text) {
        for line in lines {
            let found = text.lines().nth(line - 1).map_or(0, |l| l.chars().count());
            let message = format!("{found} columns, where {} are the limit", width.columns);
            findings.push(Finding::error(RULE, path, line, message));
        }
    }
    findings
}

/// The lines of a page that are too long.
fn page_lines(text: &str, columns: usize) -> Vec<usize> {
    let mut prose = Prose::default();
    let numbered = (1..).zip(text.lines());
    numbered
        .filter(|(_, line)| !prose.accepts(0, line, columns))
        .map(|(number, _)| number)
        .collect()
}

/// The lines that are too long in a file whose comments begin with `#`. What is no comment is
/// measured in scripts alone: a manifest has its own layout.
fn script_lines(path: &str, text: &str, columns: usize) -> Vec<usize> {
    let is_script = path.ends_with(".sh") || path == ".ci/run";
    let mut prose = Prose::default();
    let numbered = (1..).zip(text.lines());
    numbered
        .filter(|(_, line)| {
            let trimmed = line.trim_start();
            if let Some(comment) = trimmed.strip_prefix('#') {
                let before = line.chars().count() - comment.chars().count();
                return !prose.accepts(before, comment, columns);
            }
            prose = Prose::default();
            is_script
                && line.chars().count() > columns
                && trimmed.contains(' ')
                && !quote_crosses(0, line, columns)
        })
        .map(|(number, _)| number)
        .collect()
}

/// The lines of a Rust file that are too long.
fn rust_lines(file: &RustFile, columns: usize) -> Vec<usize> {
    let mut literals = Literals::default();
    let source: Vec<&str> = file.text.lines().collect();
    literals.read(&file.tokens, &source);
    let tables = tables(&file.syntax);
    let mut prose = Prose::default();
    let mut conditional = Conditional::default();
    let mut too_long = Vec::new();
    for (number, line) in (1..).zip(source) {
        let spans = literals.of(number);
        let code: Vec<char> = line.chars().collect();
        let comment = comment_start(&code, spans);
        let indent = code.iter().take_while(|c| c.is_whitespace()).count();
        let accepted = if comment == Some(indent) {
            conditional = Conditional::default();
            let rest: String = code[indent..].iter().collect();
            let text = rest.trim_start_matches('/');
            let text = text.strip_prefix('!').unwrap_or(text);
            prose.accepts(code.len() - text.chars().count(), text, columns)
        } else {
            if !conditional.contains(line) {
                prose = Prose::default();
            } else if let Some(fence) = conditional.fence(line) {
                prose.accepts(code.len() - fence.chars().count(), fence, columns);
            }
            code.len() <= columns
                || comment.is_none()
                    && (tables.iter().any(|table| table.contains(&number))
                        || literal_crosses(&code, spans, columns)
                        || is_one_name(line))
        };
        if !accepted {
            too_long.push(number);
        }
    }
    too_long
}

/// Attributes between the lines of a doc comment that begin with `cfg_attr`. Each of them may hold
/// one line of the comment, such as the first line of a fence.
#[derive(Default)]
struct Conditional {
    is_open: bool,
    has_fence: bool,
}

impl Conditional {
    /// Whether the line is a part of such an attribute.
    fn contains(&mut self, line: &str) -> bool {
        let line = line.trim();
        let begins = line.starts_with("#[cfg_attr(") || line.starts_with("#![cfg_attr(");
        let contains = self.is_open || begins;
        self.is_open = contains && !line.ends_with(")]");
        contains
    }

    /// The fence of `doc = "```…"`. Attributes that follow each other are alternatives: only the
    /// first fence counts.
    fn fence<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let (_, text) = line.split_once("doc = \"")?;
        let (text, _) = text.split_once('"')?;
        if !text.starts_with("```") || self.has_fence {
            return None;
        }
        self.has_fence = true;
        Some(text)
    }
}

/// Where `//` stands outside every string literal.
fn comment_start(line: &[char], literals: &[(usize, usize)]) -> Option<usize> {
    (1..line.len())
        .map(|next| next - 1)
        .filter(|at| line[*at] == '/' && line[*at + 1] == '/')
        .find(|at| literals.iter().all(|(from, to)| at < from || at >= to))
}

/// The lines of constants whose layout is their author's.
fn tables(syntax: &syn::File) -> Vec<RangeInclusive<usize>> {
    let constants = syntax.items.iter().filter_map(|item| match item {
        syn::Item::Const(constant) => Some((&constant.attrs, constant.span())),
        syn::Item::Static(constant) => Some((&constant.attrs, constant.span())),
        _ => None,
    });
    constants
        .filter(|(attrs, _)| attrs.iter().any(is_skip))
        .map(|(_, span)| span.start().line..=span.end().line)
        .collect()
}

fn is_skip(attribute: &syn::Attribute) -> bool {
    let path = attribute.path().segments.iter();
    path.map(|segment| segment.ident.to_string())
        .eq(["rustfmt", "skip"])
}

/// Whether the line declares one name, as a test does that is a sentence.
fn is_one_name(line: &str) -> bool {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| BEFORE_A_NAME.contains(word));
    words.next().is_some() && words.all(|word| word == "{")
}

/// The columns of string literals, by line.
#[derive(Default)]
struct Literals(BTreeMap<usize, Vec<(usize, usize)>>);

impl Literals {
    fn of(&self, line: usize) -> &[(usize, usize)] {
        self.0.get(&line).map_or(&[], Vec::as_slice)
    }

    fn read(&mut self, tokens: &TokenStream, source: &[&str]) {
        for tree in tokens.clone() {
            match tree {
                TokenTree::Group(group) => self.read(&group.stream(), source),
                TokenTree::Literal(literal) => {
                    let (from, to) = (literal.span().start(), literal.span().end());
                    let first = source
                        .get(from.line.saturating_sub(1))
                        .and_then(|line| line.chars().nth(from.column));
                    // A doc comment is a literal to the parser.
                    if first == Some('/') || !literal.to_string().contains(['"', '\'']) {
                        continue;
                    }
                    for line in from.line..=to.line {
                        let start = if line == from.line { from.column } else { 0 };
                        let length = || source.get(line - 1).map_or(0, |l| l.chars().count());
                        let end = if line == to.line { to.column } else { length() };
                        self.0.entry(line).or_default().push((start, end));
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    /// The lines that are refused at 30 columns.
    fn refused(path: &str, text: &str) -> Vec<usize> {
        let tree = Tree::of(&[(path, text)]);
        let found = check(&tree, &Width { columns: 30 });
        found.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn code_and_comments_of_rust_that_could_be_shorter_are_refused() {
        for (line, text) in [
            (1, "fn a() { b(c, d, e, f, g, h); }"),
            (1, "fn a(b: c) {} // what it is for"),
            (1, "fn a(b: &str) {} // \"what\" it is"),
            (1, "// what this is for and why so.."),
            (1, "/// What this is for and why so.\nfn a() {}"),
            (1, "//! What this is for and why so."),
            (2, "fn a() {\n    // what this is for and why\n}"),
            (1, "fn a() { b(\"c\", d(e), f(g), h()); }"),
            (1, "fn a() { b(\"a text of some\", d); }"),
            (
                2,
                "/// ```\n/// let a = b(c, d, e, f, g, h)\n/// ```\nfn a() {}",
            ),
            (2, "a! {\n    b => c + d + e + f + g + h + i\n}"),
            (2, "#[skip]\nconst A: &[(u8, u8, u8)] = &[1];"),
            (
                3,
                "#[rustfmt::skip]\nconst A: u8 =\n    // what this is for and why\n    1;",
            ),
            (2, "/// | a |\n/// What this is for and why so.\nfn a() {}"),
        ] {
            assert_eq!(refused("a.rs", text), [line], "{text}");
        }
    }

    #[test]
    fn rust_in_the_limit_and_what_cannot_be_broken_is_accepted() {
        for text in [
            "fn a() { b(c, d, e, f, g, h) }",
            "fn a() { b(\"a text of some length\"); }",
            "fn a() { b(\"a text that is long\") }",
            "const A: &str = \"https://a.example/b\";",
            "fn a() {\n    b(\"a text of it\".to_owned())\n}",
            "const A: &str = \"a\n  text of many lines that are long\";",
            "const A: &str = r#\"a // text of some length\"#;",
            "const A: &[u8] = b\"a text of some length\";",
            "#[doc = \"a text of some length for this\"]\nfn a() {}",
            "async fn a_server_that_closes_is_asked_again() {}",
            "#[test]\nfn a_server_that_closes_is_asked_again()\n{}",
            "#[rustfmt::skip]\nconst A: &[(u8, u8)] = &[\n    (b(), c(), d(), e(), f(), g())];",
            "// https://www.example.com/a/b/c/d",
            "/// [a]: https://www.example.com/a\nfn a() {}",
            "/// | a table | of | cells | that is long |\nfn a() {}",
            "//! ```text\n//! what a program prints about this\n//! ```",
            "/// ```\n/// a(\"a text of some length\");\n/// ```\nfn a() {}",
        ] {
            let code = text.replace("() {}", "()\n{}");
            assert_eq!(refused("a.rs", &code), NONE, "{text}");
        }
    }

    #[test]
    fn an_attribute_between_the_lines_of_a_comment_opens_or_closes_a_fence() {
        let code = "//! let a = b(c, d, e, f, g, h);";
        let row = "//! | a table | of | cells | that is long |";
        let prose = "//! What this is for and why so.";
        let skipped = "#![cfg_attr(b, doc = \"```\")]";
        for open in [
            format!("{skipped}\n#![cfg_attr(c, doc = \"```ignore\")]"),
            "#![cfg_attr(c, doc = \"```ignore\")]\n#![cfg_attr(b, doc = \"```\")]".to_owned(),
            format!("{skipped}\n#![cfg_attr(\n    not(b),\n    doc = \"```ignore\"\n)]"),
        ] {
            let lines = open.lines().count() + 1;
            for close in ["//! ```", skipped] {
                let text = format!("//! A\n{open}\n{code}\n{close}\n{row}\n{prose}");
                let columns = [lines + 1, lines + 4];
                let found = refused("a.rs", &text);
                assert_eq!(found, columns, "{text}");
            }
        }
        let other = "//! A\n#![cfg_attr(b, doc = \"a\")]\n//! ```";
        assert_eq!(
            refused("a.rs", &format!("{other}\n{code}\n//! ```\n{row}")),
            [4]
        );
    }

    #[test]
    fn pages_are_measured_and_manifests_by_their_comments() {
        let prose = "what this is for and why it is";
        assert_eq!(refused("a.md", &format!("{prose}\n{prose}.")), [2]);
        assert_eq!(refused("a.toml", &format!("# {prose}")), [1]);
        assert_eq!(refused("a.yml", &format!("  # {prose}")), [1]);
        let manifest = "a = { b = 1, c = 2, d = 3, e = 4 }";
        assert_eq!(refused("a.toml", manifest), NONE);
        assert_eq!(refused("a.toml", "# a\n# https://a.example/b/c/d"), NONE);
    }

    #[test]
    fn scripts_are_measured_by_line() {
        for path in ["a.sh", ".ci/run"] {
            assert_eq!(refused(path, "cargo test && cargo clippy && ls"), [1]);
            assert_eq!(refused(path, "# what this is for and why it is"), [1]);
            assert_eq!(refused(path, "echo \"a text of some length for\""), NONE);
            assert_eq!(refused(path, "cargo test &&\n  cargo clippy"), NONE);
        }
        assert_eq!(
            refused(".ci/peers", "a b c d e f g h i j k l m n o p q"),
            NONE
        );
    }
}
