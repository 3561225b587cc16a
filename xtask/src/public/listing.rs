//! Walks the public paths of a crate.

use std::collections::BTreeMap;
use std::fmt;

use syn::{Item, ItemImpl, Type, Visibility};

use super::members::{declaration, methods, parts};
use super::modules::{Found, ModulePath, Modules, imports, joined, name_of};
use crate::source::Tree;

/// The public items of one crate.
#[derive(Debug)]
pub(crate) struct Api {
    /// In the order of their paths, each path and kind once.
    pub(crate) items: Vec<PublicItem>,
}

/// What a user of the crate can name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PublicItem {
    /// The names from the crate to the item.
    pub(crate) path: Vec<String>,
    /// `struct`, `fn`, `variant`, …; `use` for what another crate has, `macro-made` for what a
    /// macro has.
    pub(crate) kind: &'static str,
    /// How it is declared, where that is more than kind and name.
    pub(crate) signature: Option<String>,
}

impl Api {
    /// Reads the sources under `crates/NAME/src`.
    pub(crate) fn read(tree: &Tree, name: &str) -> Self {
        let modules = Modules::read(tree, name);
        let mut walk = Walk {
            methods: implementations(&modules),
            modules: &modules,
            items: Vec::new(),
            open: Vec::new(),
        };
        walk.module(&[], &[name.replace('-', "_")]);
        let mut items = walk.items;
        items.sort();
        items.dedup_by(|a, b| (&a.path, a.kind) == (&b.path, b.kind));
        Self { items }
    }

    /// The names that stand directly in the crate.
    pub(crate) fn root_names(&self) -> Vec<&str> {
        let at_root = self.items.iter().filter(|item| item.path.len() == 2);
        let mut names: Vec<&str> = at_root
            .filter_map(|item| item.path.last().map(String::as_str))
            .collect();
        names.dedup();
        names
    }

    /// How many of the items are modules.
    pub(crate) fn modules(&self) -> usize {
        let modules = self.items.iter().filter(|item| item.kind == "mod");
        modules.count()
    }
}

impl fmt::Display for PublicItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10} {}", self.kind, self.path.join("::"))?;
        match &self.signature {
            Some(signature) => write!(f, ": {signature}"),
            None => Ok(()),
        }
    }
}

/// The implementations without a trait, by what they are for.
fn implementations<'a>(modules: &Modules<'a>) -> BTreeMap<Found, Vec<&'a ItemImpl>> {
    let mut found: BTreeMap<Found, Vec<&ItemImpl>> = BTreeMap::new();
    for (module, items) in modules.all() {
        for item in items {
            if let Item::Impl(block) = item
                && block.trait_.is_none()
                && let Type::Path(path) = &*block.self_ty
            {
                let segments = path.path.segments.iter();
                let path: Vec<String> = segments.map(|s| s.ident.to_string()).collect();
                // Only a type of this crate has such an implementation: one that is not found is
                // made by a macro beside it.
                let subject = modules.resolve(module, &path);
                let made = || Found::Item(module.clone(), path.join("::"));
                let subject = subject.unwrap_or_else(made);
                found.entry(subject).or_default().push(block);
            }
        }
    }
    found
}

struct Walk<'a> {
    modules: &'a Modules<'a>,
    methods: BTreeMap<Found, Vec<&'a ItemImpl>>,
    items: Vec<PublicItem>,
    /// The modules that are being listed: one that shows itself is listed once.
    open: Vec<ModulePath>,
}

impl Walk<'_> {
    /// Lists what `module` shows, at the public path `at`.
    fn module(&mut self, module: &[String], at: &[String]) {
        if self.open.iter().any(|open| open == module) {
            return;
        }
        self.open.push(module.to_vec());
        for item in self.modules.items(module) {
            match item {
                Item::Use(item) if is_public(&item.vis) => {
                    for import in imports(&item.tree) {
                        let found = self.modules.resolve(module, &import.path);
                        match (&import.name, found) {
                            (Some(name), Some(found)) => self.found(found, joined(at, name)),
                            (None, Some(Found::Module(source))) => self.module(&source, at),
                            (name, _) => {
                                let name = name.as_deref().unwrap_or("*");
                                let path = joined(at, name);
                                self.add("use", path, Some(import.path.join("::")));
                            }
                        }
                    }
                }
                Item::Mod(item) if is_public(&item.vis) => {
                    let name = item.ident.to_string();
                    self.found(Found::Module(joined(module, &name)), joined(at, &name));
                }
                Item::Macro(item)
                    if item.attrs.iter().any(|a| a.path().is_ident("macro_export")) =>
                {
                    let name = item.ident.as_ref().map(ToString::to_string);
                    self.add("macro", joined(&at[..1], &name.unwrap_or_default()), None);
                }
                item => {
                    if let Some(name) = name_of(item).filter(|_| visibility(item)) {
                        let path = joined(at, &name);
                        self.found(Found::Item(module.to_vec(), name), path);
                    }
                }
            }
        }
        self.open.pop();
    }

    fn found(&mut self, found: Found, path: Vec<String>) {
        let (module, name) = match &found {
            Found::Module(module) => {
                self.add("mod", path.clone(), None);
                return self.module(module, &path);
            }
            Found::Item(module, name) => (module, name),
        };
        let mut members = Vec::new();
        let items = self.modules.items(module).iter();
        let mut kinds = 0;
        for item in items.filter(|item| name_of(item).as_ref() == Some(name)) {
            if let Some((kind, signature)) = declaration(item) {
                self.add(kind, path.clone(), signature);
                kinds += 1;
            }
            members.extend(parts(item));
        }
        if kinds == 0 {
            self.add("macro-made", path.clone(), None);
        }
        for block in self.methods.get(&found).into_iter().flatten() {
            members.extend(methods(block));
        }
        for (kind, name, signature) in members {
            self.add(kind, joined(&path, &name), Some(signature));
        }
    }

    fn add(&mut self, kind: &'static str, path: Vec<String>, signature: Option<String>) {
        self.items.push(PublicItem {
            path,
            kind,
            signature,
        });
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn visibility(item: &Item) -> bool {
    match item {
        Item::Const(item) => is_public(&item.vis),
        Item::Enum(item) => is_public(&item.vis),
        Item::Fn(item) => is_public(&item.vis),
        Item::Static(item) => is_public(&item.vis),
        Item::Struct(item) => is_public(&item.vis),
        Item::Trait(item) => is_public(&item.vis),
        Item::Type(item) => is_public(&item.vis),
        Item::Union(item) => is_public(&item.vis),
        _ => false,
    }
}
