//! The tests that need a peer, found in their sources.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::source::RustFile;

/// The tests of the file that name the peer themselves or through a function beside them.
pub(super) fn tests_naming(file: &RustFile, peer: &str) -> Vec<String> {
    let mut functions = Functions::default();
    functions.visit_file(&file.syntax);
    let mut naming: BTreeSet<&str> = functions
        .words
        .iter()
        .filter(|(name, words)| words.iter().any(|word| word.contains(peer)) || name.contains(peer))
        .map(|(name, _)| name.as_str())
        .collect();
    loop {
        let before = naming.len();
        for (name, words) in &functions.words {
            if words.iter().any(|word| naming.contains(word.as_str())) {
                naming.insert(name);
            }
        }
        if naming.len() == before {
            break;
        }
    }
    functions
        .tests
        .iter()
        .filter(|test| naming.contains(test.as_str()))
        .cloned()
        .collect()
}

/// The words of every function's body, and which functions are tests.
#[derive(Default)]
struct Functions {
    words: BTreeMap<String, BTreeSet<String>>,
    tests: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let name = function.sig.ident.to_string();
        let is_test = |attr: &syn::Attribute| {
            attr.path()
                .segments
                .last()
                .is_some_and(|s| s.ident == "test")
        };
        if function.attrs.iter().any(is_test) {
            self.tests.insert(name.clone());
        }
        let mut words = BTreeSet::new();
        for statement in &function.block.stmts {
            collect(quote_tokens(statement), &mut words);
        }
        self.words.entry(name).or_default().extend(words);
        visit::visit_item_fn(self, function);
    }
}

fn quote_tokens(statement: &syn::Stmt) -> TokenStream {
    quote::ToTokens::to_token_stream(statement)
}

fn collect(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => collect(group.stream(), words),
            TokenTree::Ident(ident) => {
                words.insert(ident.to_string().to_lowercase());
            }
            TokenTree::Literal(literal) => {
                words.insert(literal.to_string().to_lowercase());
            }
            TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(peer: &str) -> Vec<String> {
        let text = r#"
            fn start() { Command::new("nginx") }
            fn site() -> Nginx { start() }
            #[test] fn two_sites() { site().get() }
            #[tokio::test] async fn by_type() { Nginx::start() }
            #[test] fn an_oracle() { run("openssl x509") }
            #[test] fn alone() { one() }
        "#;
        let file = RustFile::parse("tests/tests/a.rs", text.to_owned()).unwrap();
        tests_naming(&file, peer)
    }

    #[test]
    fn a_test_needs_the_peers_that_it_reaches_within_its_file() {
        assert_eq!(naming("nginx"), ["by_type", "two_sites"]);
        assert_eq!(naming("openssl"), ["an_oracle"]);
        assert_eq!(naming("curl"), Vec::<String>::new());
    }
}
