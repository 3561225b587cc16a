//! The public items of reqwest, from the sources that cargo unpacked.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use syn::Item;

use super::ReqwestError;
use crate::public::{Api, PublicItem};
use crate::source::{RustFile, Tree};

/// What reqwest shows in the version of `Cargo.lock`.
pub(super) struct Reqwest {
    /// As `Cargo.lock` has it.
    pub(super) version: String,
    /// The public items, each with its path below the crate.
    pub(super) items: Vec<PublicItem>,
    /// The features that a program may name: those that begin with `__` are its own.
    pub(super) features: BTreeSet<String>,
}

impl Reqwest {
    /// Asks cargo where reqwest lies, and reads its sources.
    ///
    /// # Errors
    /// [`ReqwestError`] where cargo does not know reqwest, or its sources cannot be read.
    pub(super) fn find(root: &Path) -> Result<Self, ReqwestError> {
        let metadata: Metadata = MetadataCommand::new().current_dir(root).exec()?;
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name.as_str() == "reqwest")
            .ok_or(ReqwestError::NoReqwest)?;
        let folder = package.manifest_path.parent();
        let folder = folder.ok_or(ReqwestError::NoReqwest)?;
        let mut tree = Tree::read(folder.as_std_path(), &[])?;
        for file in &mut tree.rust {
            file.path = format!("crates/reqwest/{}", file.path);
            unwrap_macro(file)?;
        }
        Ok(Self {
            version: package.version.to_string(),
            features: features_of(package)
                .filter(|name| !name.starts_with("__"))
                .collect(),
            items: Api::read(&tree, "reqwest").items,
        })
    }
}

/// The features of `package`, `default` apart.
pub(super) fn features_of(package: &Package) -> impl Iterator<Item = String> {
    let names = package.features.keys();
    names.filter(|name| *name != "default").cloned()
}

/// Puts the items of `if_hyper! { … }` where the macro stands: reqwest declares with it what it has
/// outside of browsers.
fn unwrap_macro(file: &mut RustFile) -> Result<(), ReqwestError> {
    let mut items = Vec::new();
    for item in std::mem::take(&mut file.syntax.items) {
        match item {
            Item::Macro(item) if item.mac.path.is_ident("if_hyper") => {
                let inner: syn::File =
                    syn::parse2(item.mac.tokens).map_err(|source| ReqwestError::Macro {
                        path: file.path.clone(),
                        source,
                    })?;
                items.extend(inner.items);
            }
            item => items.push(item),
        }
    }
    file.syntax.items = items;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_inside_the_macro_for_programs_outside_of_browsers_are_read() {
        let text = "if_hyper! { pub struct A; }\nif_wasm! { pub struct B; }\npub struct C;";
        let mut file = RustFile::parse("crates/reqwest/src/lib.rs", text.to_owned()).unwrap();
        unwrap_macro(&mut file).unwrap();
        let mut tree = Tree::default();
        tree.rust.push(file);
        let items = Api::read(&tree, "reqwest").items;
        let paths: Vec<String> = items.iter().map(|item| item.path.join("::")).collect();
        assert_eq!(paths, ["reqwest::A", "reqwest::C"]);
    }
}
