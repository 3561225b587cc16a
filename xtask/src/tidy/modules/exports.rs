//! The names that a crate's root hands on, so that `crate::Name` counts as a use of the module it
//! comes from.

use std::collections::BTreeMap;

use syn::UseTree;

use crate::source::RustFile;

/// The names that `lib.rs` makes available at the root of the crate, each with the module it comes
/// from.
pub(super) fn re_exports(lib: &RustFile) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for item in &lib.syntax.items {
        if let syn::Item::Use(item) = item {
            collect(&item.tree, None, &mut exports);
        }
    }
    exports
}

fn collect(tree: &UseTree, from: Option<&str>, exports: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => {
            let name = path.ident.to_string();
            let inner = from.or((name != "crate" && name != "self").then_some(name.as_str()));
            collect(&path.tree, inner, exports);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, from, exports);
            }
        }
        UseTree::Name(leaf) => export(&leaf.ident, from, exports),
        UseTree::Rename(leaf) => export(&leaf.rename, from, exports),
        UseTree::Glob(_) => {}
    }
}

fn export(name: &syn::Ident, from: Option<&str>, exports: &mut BTreeMap<String, String>) {
    if let Some(from) = from {
        exports.insert(name.to_string(), from.to_owned());
    }
}
