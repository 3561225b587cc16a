//! The public parts of one item, with their signatures.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Fields, ImplItem, Item, ItemImpl, TraitItem, Visibility};

use super::configuration::is_shown;

/// A kind, a name below the item, and the signature.
pub(super) type Member = (&'static str, String, String);

/// What an item is, and how it is declared where that is more than its name.
pub(super) fn declaration(item: &Item) -> Option<(&'static str, Option<String>)> {
    Some(match item {
        Item::Const(item) => ("const", Some(text(&item.ty))),
        Item::Enum(_) => ("enum", None),
        Item::Fn(item) => ("fn", Some(text(&item.sig))),
        Item::Static(item) => ("static", Some(text(&item.ty))),
        Item::Struct(_) => ("struct", None),
        Item::Trait(_) => ("trait", None),
        Item::Type(item) => ("type", Some(text(&item.ty))),
        Item::Union(_) => ("union", None),
        _ => return None,
    })
}

/// Public fields, variants and the items of a trait.
pub(super) fn parts(item: &Item) -> Vec<Member> {
    match item {
        Item::Struct(item) => fields(&item.fields),
        Item::Enum(item) => {
            let variants = item.variants.iter().filter(|v| is_shown(&v.attrs));
            variants
                .map(|variant| {
                    let fields = variant.fields.iter().map(|field| match &field.ident {
                        Some(name) => format!("{name}: {}", text(&field.ty)),
                        None => text(&field.ty),
                    });
                    let fields = fields.collect::<Vec<_>>().join(", ");
                    let name = variant.ident.to_string();
                    let signature = match &variant.fields {
                        Fields::Named(_) => format!("{name} {{ {fields} }}"),
                        Fields::Unnamed(_) => format!("{name}({fields})"),
                        Fields::Unit => name.clone(),
                    };
                    ("variant", name, signature)
                })
                .collect()
        }
        Item::Trait(item) => item.items.iter().filter_map(trait_item).collect(),
        _ => Vec::new(),
    }
}

fn fields(fields: &Fields) -> Vec<Member> {
    let public = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| matches!(field.vis, Visibility::Public(_)) && is_shown(&field.attrs));
    public
        .map(|(position, field)| {
            let name = field.ident.as_ref().map(ToString::to_string);
            let name = name.unwrap_or_else(|| position.to_string());
            ("field", name, text(&field.ty))
        })
        .collect()
}

fn trait_item(item: &TraitItem) -> Option<Member> {
    match item {
        TraitItem::Const(item) if is_shown(&item.attrs) => {
            Some(("const", item.ident.to_string(), text(&item.ty)))
        }
        TraitItem::Fn(item) if is_shown(&item.attrs) => {
            Some(("fn", item.sig.ident.to_string(), text(&item.sig)))
        }
        TraitItem::Type(item) if is_shown(&item.attrs) => {
            let name = item.ident.to_string();
            Some(("type", name.clone(), format!("type {name}")))
        }
        _ => None,
    }
}

/// The public functions and constants of an implementation.
pub(super) fn methods(block: &ItemImpl) -> Vec<Member> {
    let is_public = |vis: &Visibility| matches!(vis, Visibility::Public(_));
    let items = block.items.iter().filter_map(|item| match item {
        ImplItem::Const(item) if is_public(&item.vis) && is_shown(&item.attrs) => {
            Some(("const", item.ident.to_string(), text(&item.ty)))
        }
        ImplItem::Fn(item) if is_public(&item.vis) && is_shown(&item.attrs) => {
            Some(("fn", item.sig.ident.to_string(), text(&item.sig)))
        }
        _ => None,
    });
    items.collect()
}

/// The source on one line.
fn text(syntax: &(impl Spanned + ToTokens)) -> String {
    let source = syntax
        .span()
        .source_text()
        .unwrap_or_else(|| syntax.to_token_stream().to_string());
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let changes = [
        ("( ", "("),
        (", )", ")"),
        (" )", ")"),
        ("(mut self", "(self"),
    ];
    changes
        .iter()
        .fold(line, |line, (from, to)| line.replace(from, to))
}
