//! Rule `code-links`: the documentation of each refusal code links its page.

use proc_macro2::{TokenStream, TokenTree};

use super::codes::{CODES, PAGES, is_code};
use super::finding::Finding;
use crate::source::RustFile;

const RULE: &str = "code-links";

/// The codes whose doc comment does not name their page, unless the macro that declares them adds
/// it to each: `concat!("…docs/codes/", $text, ".md…")`, or `pages!()` in place of the first text,
/// where that macro is `concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/codes/")`.
pub(super) fn check(file: &RustFile) -> Vec<Finding> {
    let mut search = LinkSearch::default();
    search.read(&file.tokens);
    if search.made_by_macro || (search.uses_pages && search.has_pages) {
        return Vec::new();
    }
    let unlinked = search.unlinked.into_iter();
    unlinked
        .filter(|(line, _)| !file.is_test(*line))
        .map(|(line, code)| {
            let message = format!("the documentation of `{code}` does not link {PAGES}{code}.md");
            Finding::error(RULE, CODES, line, message)
        })
        .collect()
}

#[derive(Default)]
struct LinkSearch {
    docs: String,
    unlinked: Vec<(usize, String)>,
    made_by_macro: bool,
    uses_pages: bool,
    has_pages: bool,
}

/// The macro that makes the address of the folder of pages.
const PAGES_MACRO: &str = r#"macro_rules! pages {
    () => { concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/codes/") };
}"#;

impl LinkSearch {
    fn read(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        for window in tokens.windows(6) {
            let [before, _, dollar, _, _, after] = window else {
                continue;
            };
            self.made_by_macro |= dollar.to_string() == "$"
                && before.to_string().ends_with(&format!("{PAGES}\""))
                && after.to_string().starts_with("\".md");
        }
        for window in tokens.windows(8) {
            let texts: Vec<String> = window.iter().map(ToString::to_string).collect();
            self.uses_pages |= texts[..5].concat() == "pages!(),$" && texts[7].starts_with("\".md");
        }
        let pages: TokenStream = PAGES_MACRO.parse().unwrap_or_default();
        let pages: Vec<String> = pages.into_iter().map(|tree| tree.to_string()).collect();
        self.has_pages |= tokens.windows(pages.len()).any(|window| {
            let texts = window.iter().map(ToString::to_string);
            texts.eq(pages.iter().cloned())
        });
        for tree in &tokens {
            match tree {
                TokenTree::Group(group) => match doc(&group.stream()) {
                    Some(text) => self.docs.push_str(&text),
                    None => self.read(&group.stream()),
                },
                TokenTree::Literal(literal) => {
                    let code = literal.to_string();
                    let code = code.trim_matches('"');
                    if is_code(code) {
                        let line = literal.span().start().line;
                        if !self.docs.contains(&format!("{PAGES}{code}.md")) {
                            self.unlinked.push((line, code.to_owned()));
                        }
                        self.docs.clear();
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// The text of `doc = "…"`, which a doc comment is to the parser.
fn doc(attribute: &TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), _, TokenTree::Literal(text)] if name == "doc" => {
            Some(text.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::*;
    use crate::source::Tree;

    /// The lines of codes without a link to their page.
    fn unlinked(source: &str) -> Vec<usize> {
        let files = [(CODES, source), ("docs/codes/BF-A.md", "")];
        let found = codes::check(&Tree::of(&files)).into_iter();
        found
            .filter(|finding| finding.rule == RULE)
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_code_whose_documentation_links_its_own_page_is_accepted() {
        let link = |code: &str| format!("/// a [page](https://a.example/docs/codes/{code}.md)");
        let of = |docs: &str| unlinked(&format!("codes! {{\n{docs}\nA = \"BF-A\" }}"));
        assert_eq!(of(&format!("{}\n/// and more", link("BF-A"))), [0; 0]);
        assert_eq!(of("#[doc = \"docs/codes/BF-A.md\"]"), [0; 0]);
        assert_eq!(of(&link("BF-B")), [3]);
        assert_eq!(of("/// BF-A"), [3]);
        assert_eq!(of("// docs/codes/BF-A.md"), [3]);
        let both = format!("{}\nA = \"BF-A\",\nB = \"BF-A\"", link("BF-A"));
        assert_eq!(unlinked(&format!("codes! {{\n{both} }}")), [4]);
        assert_eq!(unlinked("#[test]\nfn a() { b(\"BF-A\") }"), [0; 0]);
    }

    #[test]
    fn a_macro_that_links_the_page_of_each_code_is_enough() {
        let of = |doc: &str| {
            let rules = "macro_rules! codes { ($($name:ident = $text:literal),+) => {";
            unlinked(&format!(
                "{rules} pub enum Code {{ $(#[doc = {doc}] $name,)+ }} }}; }}\n\
                 codes! {{\nA = \"BF-A\" }}"
            ))
        };
        let linking = r#"concat!("[", $text, "](https://a.example/docs/codes/", $text, ".md)")"#;
        assert_eq!(of(linking), [0; 0]);
        assert_eq!(of(&linking.replace(".md)", ".html)")), [3]);
        assert_eq!(of(&linking.replace("docs/codes/", "codes/")), [3]);
        assert_eq!(
            of(&linking.replace("/codes/\", $text", "/codes/\", \"a\"")),
            [3]
        );
    }

    #[test]
    fn a_macro_that_takes_the_repository_from_the_manifest_is_enough() {
        let of = |pages: &str, doc: &str| {
            let rules = "macro_rules! codes { ($($name:ident = $text:literal),+) => {";
            unlinked(&format!(
                "{pages} {rules} pub enum Code {{ $(#[doc = {doc}] $name,)+ }} }}; }} codes! {{\n\
                 A = \"BF-A\" }}"
            ))
        };
        let pages = "macro_rules! pages { () => { \
                     concat!(env!(\"CARGO_PKG_REPOSITORY\"), \"/blob/main/docs/codes/\") }; }";
        let doc = r#"concat!("[", $text, "](", pages!(), $text, ".md)")"#;
        assert_eq!(of(pages, doc), [0; 0]);
        assert_eq!(of("", doc), [2]);
        for (from, to) in [
            ("docs/codes/", "codes/"),
            ("/blob/main/", "/"),
            ("CARGO_PKG_REPOSITORY", "CARGO_PKG_HOMEPAGE"),
        ] {
            assert_eq!(of(&pages.replace(from, to), doc), [2], "{to}");
        }
        for (from, to) in [
            (".md)", ".html)"),
            ("pages!(), ", ""),
            ("), $text", "), \"a\""),
        ] {
            assert_eq!(of(pages, &doc.replace(from, to)), [2], "{to}");
        }
    }
}
