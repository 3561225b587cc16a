//! The steps that a file takes towards other parts of its crate, read from its tokens so that
//! macros hide nothing.

use proc_macro2::{TokenStream, TokenTree};

/// A step from one file towards another part of its crate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) line: usize,
    /// How many `super` precede the name; `None` where the path begins at `crate`.
    pub(super) supers: Option<usize>,
    pub(super) name: String,
}

/// Every `crate::x`, `crate::{x, y}`, `super::x` and `super::super::x` in the tokens.
pub(super) fn uses(tokens: &TokenStream) -> Vec<Use> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Group(group) => found.extend(uses(&group.stream())),
            TokenTree::Ident(ident) if ident == "crate" || ident == "super" => {
                let line = ident.span().start().line;
                let mut supers = (ident == "super").then_some(1);
                let mut next = at + 1;
                while is_path_separator(&trees, next) {
                    next += 2;
                    match trees.get(next) {
                        Some(TokenTree::Ident(name)) if name == "super" => {
                            supers = supers.map(|n| n + 1);
                            next += 1;
                            continue;
                        }
                        Some(TokenTree::Ident(name)) => found.push(Use {
                            line,
                            supers,
                            name: name.to_string(),
                        }),
                        Some(TokenTree::Group(group)) => {
                            found.extend(
                                first_names(&group.stream()).into_iter().map(|name| Use {
                                    line,
                                    supers,
                                    name,
                                }),
                            );
                        }
                        _ => {}
                    }
                    break;
                }
                at = next.max(at + 1);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_path_separator(trees: &[TokenTree], at: usize) -> bool {
    let colon =
        |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// The first name of each branch of `{a::b, c, d::{e, f}}`.
fn first_names(branches: &TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut at_start = true;
    for tree in branches.clone() {
        match tree {
            TokenTree::Ident(name) if at_start => {
                names.push(name.to_string());
                at_start = false;
            }
            TokenTree::Punct(p) if p.as_char() == ',' => at_start = true,
            _ => {}
        }
    }
    names
}
