//! The text and syntax of the repository's files, read once for every rule.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{fs, io};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use walkdir::WalkDir;

/// Why the tree could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A directory could not be listed.
    #[error("cannot list the files of the repository")]
    List(#[from] walkdir::Error),
    /// A file could not be read as UTF-8.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A Rust file does not parse.
    #[error("cannot parse {path}:{line}: {source}")]
    Parse {
        /// The file, relative to the root.
        path: String,
        /// The line that the parser stopped at.
        line: usize,
        /// What the parser said.
        source: syn::Error,
    },
}

/// A text file that is not Rust.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
}

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

    /// The package folder and the module path inside it: `crates/x/src/a/b.rs` is `("crates/x", ["a", "b"])`.
    /// `None` outside a `src` folder.
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

    /// The files, without extension, of modules that this file declares under `#[cfg(test)]` without a body.
    fn test_children(&self) -> Vec<String> {
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

/// Every file of the repository that a rule looks at.
#[derive(Default)]
pub(crate) struct Tree {
    /// The Rust files.
    pub(crate) rust: Vec<RustFile>,
    /// Other text: pages, manifests, scripts.
    pub(crate) text: Vec<TextFile>,
}

impl Tree {
    /// Reads everything under `root` except build output and version control.
    ///
    /// # Errors
    /// [`SourceError`] where a file cannot be listed, read or parsed.
    pub(crate) fn read(root: &Path) -> Result<Self, SourceError> {
        let mut tree = Self::default();
        let walk = WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                !matches!(
                    entry.file_name().to_str(),
                    Some("target" | ".git" | "corpus")
                )
            });
        for entry in walk {
            let entry = entry?;
            let Some(path) = relative(root, entry.path()) else {
                continue;
            };
            if !entry.file_type().is_file() || !is_text(&path) {
                continue;
            }
            let text = fs::read_to_string(entry.path()).map_err(|source| SourceError::Read {
                path: entry.path().to_owned(),
                source,
            })?;
            if path.ends_with(".rs") {
                tree.rust.push(RustFile::parse(&path, text)?);
            } else {
                tree.text.push(TextFile { path, text });
            }
        }
        tree.mark_test_modules();
        Ok(tree)
    }

    /// A tree of files that exist only in a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            if path.ends_with(".rs") {
                tree.rust
                    .push(RustFile::parse(path, (*text).to_owned()).unwrap());
            } else {
                tree.text.push(TextFile {
                    path: (*path).to_owned(),
                    text: (*text).to_owned(),
                });
            }
        }
        tree.mark_test_modules();
        tree
    }

    fn mark_test_modules(&mut self) {
        let children: Vec<String> = self.rust.iter().flat_map(RustFile::test_children).collect();
        for file in &mut self.rust {
            file.all_test |= children.iter().any(|child| {
                file.path
                    .strip_prefix(child.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            });
        }
    }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    parts.map(|parts| parts.join("/"))
}

fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with(".ci/")
        || matches!(
            name.rsplit_once('.'),
            Some((_, "rs" | "md" | "toml" | "sh" | "yml" | "yaml" | "conf"))
        )
}

/// Whether the attributes hold a `#[cfg(…)]` that asks for `test`.
pub(crate) fn is_cfg_test(attrs: &[syn::Attribute]) -> bool {
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
    fn a_file_declared_under_cfg_test_is_test_code() {
        let tree = Tree::of(&[
            (
                "crates/x/src/pool/mod.rs",
                "#[cfg(test)]\nmod model;\nmod idle;",
            ),
            ("crates/x/src/pool/model.rs", "fn a() {}"),
            ("crates/x/src/pool/idle.rs", "fn a() {}"),
        ]);
        let test: Vec<bool> = tree.rust.iter().map(|file| file.is_test(1)).collect();
        assert_eq!(test, [true, true, false]);
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
