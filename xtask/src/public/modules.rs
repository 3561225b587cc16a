//! The modules of one crate, and what a name in one of them leads to.

use std::collections::BTreeMap;

use syn::{Attribute, Item, UseTree};

use super::configuration::is_shown;
use crate::source::{RustFile, Tree};

/// How many `use` items are followed for one name: more is a circle. The work can double with each.
const MAX_STEPS: usize = 10;

/// A module by its path below the root of its crate.
pub(super) type ModulePath = Vec<String>;

/// Every module of a crate with its items, those that are not built apart.
pub(super) struct Modules<'a>(BTreeMap<ModulePath, Vec<&'a Item>>);

/// What a path leads to inside the crate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// A module.
    Module(ModulePath),
    /// The item of this name in this module. A macro may make it.
    Item(ModulePath, String),
}

/// One name that a `use` item brings in.
pub(super) struct Import {
    /// The path as it is written.
    pub(super) path: Vec<String>,
    /// The name it gets; `None` for all names of the path.
    pub(super) name: Option<String>,
}

impl<'a> Modules<'a> {
    /// Reads the modules of the crate whose sources are under `crates/NAME/src`.
    pub(super) fn read(tree: &'a Tree, name: &str) -> Self {
        let folder = format!("crates/{name}");
        let files: BTreeMap<Vec<&str>, &RustFile> = tree
            .rust
            .iter()
            .filter_map(|file| {
                let (package, module) = file.module_path()?;
                (package == folder).then_some((module, file))
            })
            .collect();
        let mut modules = Self(BTreeMap::new());
        if let Some(root) = files.get(&Vec::new()) {
            modules.collect(&files, Vec::new(), &root.syntax.items);
        }
        modules
    }

    fn collect(
        &mut self,
        files: &BTreeMap<Vec<&str>, &'a RustFile>,
        path: ModulePath,
        items: &'a [Item],
    ) {
        let shown: Vec<&Item> = items
            .iter()
            .filter(|item| is_shown(attributes(item)))
            .collect();
        for item in &shown {
            let Item::Mod(module) = item else { continue };
            let child = joined(&path, &module.ident.to_string());
            if let Some((_, items)) = &module.content {
                self.collect(files, child, items);
            } else {
                let name: Vec<&str> = child.iter().map(String::as_str).collect();
                let file = files.get(&name).copied();
                if let Some(file) = file {
                    self.collect(files, child, &file.syntax.items);
                }
            }
        }
        self.0.insert(path, shown);
    }

    /// Every module with its items.
    pub(super) fn all(&self) -> impl Iterator<Item = (&ModulePath, &Vec<&'a Item>)> {
        self.0.iter()
    }

    /// The items of a module.
    pub(super) fn items(&self, module: &[String]) -> &[&'a Item] {
        self.0.get(module).map_or(&[], Vec::as_slice)
    }

    /// What `path`, written in the module `from`, leads to. `None` outside the crate.
    pub(super) fn resolve(&self, from: &[String], path: &[String]) -> Option<Found> {
        self.follow(from, path, MAX_STEPS)
    }

    fn follow(&self, from: &[String], path: &[String], steps: usize) -> Option<Found> {
        let steps = steps.checked_sub(1)?;
        let mut at = from.to_vec();
        for (position, segment) in path.iter().enumerate() {
            match segment.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => {
                    at.pop();
                }
                name => match self.lookup(&at, name, steps) {
                    Some(Found::Module(module)) => at = module,
                    found => {
                        let is_last = position + 1 == path.len();
                        // Nothing but a macro can have made what a module of this crate is said
                        // to hold.
                        let made = (position > 0).then(|| Found::Item(at, name.to_owned()));
                        return found.or(made).filter(|_| is_last);
                    }
                },
            }
        }
        Some(Found::Module(at))
    }

    fn lookup(&self, module: &[String], name: &str, steps: usize) -> Option<Found> {
        let child = joined(module, name);
        if self.0.contains_key(&child) {
            return Some(Found::Module(child));
        }
        let items = self.items(module);
        if items
            .iter()
            .any(|item| name_of(item).as_deref() == Some(name))
        {
            return Some(Found::Item(module.to_vec(), name.to_owned()));
        }
        let imports = items.iter().flat_map(|item| match item {
            Item::Use(item) => imports(&item.tree),
            _ => Vec::new(),
        });
        for import in imports {
            let found = match &import.name {
                Some(imported) if imported == name && import.path != [name] => {
                    self.follow(module, &import.path, steps)
                }
                Some(_) => None,
                None => match self.follow(module, &import.path, steps) {
                    Some(Found::Module(source)) if source != module => {
                        self.lookup(&source, name, steps.checked_sub(1)?)
                    }
                    _ => None,
                },
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// `path` with one more name.
pub(super) fn joined(path: &[String], name: &str) -> Vec<String> {
    let mut path = path.to_vec();
    path.push(name.to_owned());
    path
}

/// The names that a `use` item brings in.
pub(super) fn imports(tree: &UseTree) -> Vec<Import> {
    let mut found = Vec::new();
    add_imports(tree, &[], &mut found);
    found
}

fn add_imports(tree: &UseTree, before: &[String], found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(path) => {
            add_imports(&path.tree, &joined(before, &path.ident.to_string()), found);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                add_imports(tree, before, found);
            }
        }
        UseTree::Glob(_) => found.push(Import {
            path: before.to_vec(),
            name: None,
        }),
        UseTree::Name(name) => {
            let path = imported(before, &name.ident.to_string());
            let name = path.last().cloned();
            found.push(Import { path, name });
        }
        UseTree::Rename(rename) if rename.rename == "_" => {}
        UseTree::Rename(rename) => found.push(Import {
            path: imported(before, &rename.ident.to_string()),
            name: Some(rename.rename.to_string()),
        }),
    }
}

/// `before::{self}` is `before`.
fn imported(before: &[String], name: &str) -> Vec<String> {
    if name == "self" {
        before.to_vec()
    } else {
        joined(before, name)
    }
}

/// The name that an item declares, those of modules, uses and implementations apart.
pub(super) fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
