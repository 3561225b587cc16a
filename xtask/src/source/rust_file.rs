//! A Rust file, and which of its lines are built for tests alone.

use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::SourceError;

/// A Rust file, parsed.
pub(crate) struct RustFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// The tokens, for rules that must see into macros.
    pub(crate) tokens: TokenStream,
    /// The syntax tree.
    pub(crate) syntax: syn::File,
    test_lines: Vec<RangeInclusive<usize>>,
    inline_modules: Vec<RangeInclusive<usize>>,
    all_test: bool,
}

impl RustFile {
    /// Parses `text`, which stands at `path` (relative to the root).
    ///
    /// # Errors
    /// [`SourceError::Parse`] where the text is not Rust.
    pub(crate) fn parse(path: &str, text: String) -> Result<Self, SourceError> {
        let failed = |source: syn::Error| SourceError::Parse {
            path: path.to_owned(),
            line: source.span().start().line,
            source,
        };
        let tokens: TokenStream = text.parse().map_err(|e| failed(syn::Error::from(e)))?;
        let syntax = syn::parse_file(&text).map_err(failed)?;
        let mut regions = Regions::default();
        regions.visit_file(&syntax);
        let all_test = path
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs" || part == "benches");
        Ok(Self {
            path: path.to_owned(),
            text,
            tokens,
            syntax,
            test_lines: regions.tests,
            inline_modules: regions.inline,
            all_test,
        })
    }

    /// Whether the whole file is built for tests alone.
    pub(crate) fn is_test_file(&self) -> bool {
        self.all_test
    }

    /// Whether the line belongs to code that is built for tests alone.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.all_test || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// How many `mod name { … }` of this file enclose the line.
    pub(crate) fn inline_depth(&self, line: usize) -> usize {
        self.inline_modules
            .iter()
            .filter(|range| range.contains(&line))
            .count()
    }

    /// The package folder and the module path inside it: `crates/x/src/a/b.rs` is
    /// `("crates/x", ["a", "b"])`. `None` outside a `src` folder.
    pub(crate) fn module_path(&self) -> Option<(&str, Vec<&str>)> {
        let (package, rest) = self.path.split_once("/src/")?;
        let mut module: Vec<&str> = rest.strip_suffix(".rs")?.split('/').collect();
        match module.last() {
            Some(&"mod") => {
                module.pop();
            }
            Some(&"lib" | &"main") if module.len() == 1 => module.clear(),
            _ => {}
        }
        Some((package, module))
    }

    /// Says that another file declares this one under `#[cfg(test)]`.
    pub(super) fn mark_as_test(&mut self) {
        self.all_test = true;
    }

    /// The files, without extension, of modules that this file declares under `#[cfg(test)]`
    /// without a body.
    pub(super) fn test_children(&self) -> Vec<String> {
        let Some(stem) = self.path.strip_suffix(".rs") else {
            return Vec::new();
        };
        let folder = match stem.rsplit_once('/') {
            Some((folder, "mod" | "lib" | "main")) => folder,
            _ => stem,
        };
        self.syntax
            .items
            .iter()
            .filter_map(|item| match item {
                syn::Item::Mod(module)
                    if module.content.is_none() && is_cfg_test(&module.attrs) =>
                {
                    Some(format!("{folder}/{}", module.ident))
                }
                _ => None,
            })
            .collect()
    }
}

/// Whether the attributes hold a `#[cfg(…)]` that asks for `test`.
fn is_cfg_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("cfg")
            && attr
                .meta
                .require_list()
                .is_ok_and(|list| asks_for_test(&list.tokens))
    })
}

fn asks_for_test(tokens: &TokenStream) -> bool {
    let mut trees = tokens.clone().into_iter();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(ident) if ident == "not" => {
                trees.next();
            }
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Group(group) if asks_for_test(&group.stream()) => return true,
            _ => {}
        }
    }
    false
}

/// Collects the line ranges of test items and of modules with a body.
#[derive(Default)]
struct Regions {
    tests: Vec<RangeInclusive<usize>>,
    inline: Vec<RangeInclusive<usize>>,
}

impl Regions {
    fn note(&mut self, attrs: &[syn::Attribute], item: &impl Spanned) {
        let is_test = attrs.iter().any(|attr| {
            attr.path()
                .segments
                .last()
                .is_some_and(|s| s.ident == "test")
        });
        if is_test || is_cfg_test(attrs) {
            self.tests.push(lines(item));
        }
    }
}

fn lines(item: &impl Spanned) -> RangeInclusive<usize> {
    let span = item.span();
    span.start().line..=span.end().line
}

impl<'ast> Visit<'ast> for Regions {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.note(&module.attrs, module);
        if module.content.is_some() {
            self.inline.push(lines(module));
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.attrs, function);
        visit::visit_item_fn(self, function);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note(&item.attrs, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.note(&item.attrs, item);
        visit::visit_item_impl(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.attrs, function);
        visit::visit_impl_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> RustFile {
        RustFile::parse("crates/x/src/a/b.rs", text.to_owned()).unwrap()
    }

    #[test]
    fn a_test_module_is_test_code_and_the_rest_is_not() {
        let file = parse("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\n");
        assert!(!file.is_test(1));
        assert!(file.is_test(4));
    }

    #[test]
    fn a_module_for_builds_without_tests_is_not_test_code() {
        let file = parse("#[cfg(not(test))]\nmod a {\n fn b() {}\n}\n");
        assert!(!file.is_test(3));
    }

    #[test]
    fn a_path_under_src_names_its_module() {
        let module = |path: &str| {
            let file = RustFile::parse(path, String::new()).unwrap();
            file.module_path()
                .map(|(package, module)| (package.to_owned(), module.join("::")))
        };
        let x = || "crates/x".to_owned();
        assert_eq!(module("crates/x/src/lib.rs"), Some((x(), String::new())));
        assert_eq!(module("crates/x/src/a/mod.rs"), Some((x(), "a".into())));
        assert_eq!(module("crates/x/src/a/b.rs"), Some((x(), "a::b".into())));
        assert_eq!(module("crates/x/build.rs"), None);
    }
}
