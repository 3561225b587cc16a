//! Which items are built: every feature is on; tests, doctests and the target of browsers are off.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};

/// Whether the item with these attributes is built and shown in the documentation.
pub(super) fn is_shown(attributes: &[Attribute]) -> bool {
    attributes.iter().all(|attribute| {
        let condition = || attribute.parse_args::<Meta>();
        if attribute.path().is_ident("cfg") {
            condition().map_or(true, |condition| holds(&condition))
        } else if attribute.path().is_ident("doc") {
            !condition().is_ok_and(|meta| meta.path().is_ident("hidden"))
        } else {
            true
        }
    })
}

fn holds(condition: &Meta) -> bool {
    let inner = || match condition {
        Meta::List(list) => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .unwrap_or_default(),
        Meta::Path(_) | Meta::NameValue(_) => Punctuated::new(),
    };
    let name = condition.path();
    if name.is_ident("not") {
        !inner().iter().all(holds)
    } else if name.is_ident("all") {
        inner().iter().all(holds)
    } else if name.is_ident("any") {
        inner().iter().any(holds)
    } else {
        let off = ["test", "doctest", "windows"]
            .iter()
            .any(|off| name.is_ident(off));
        !off && !is_for_browsers(condition)
    }
}

fn is_for_browsers(condition: &Meta) -> bool {
    let Meta::NameValue(pair) = condition else {
        return false;
    };
    let value = match &pair.value {
        Expr::Lit(literal) => &literal.lit,
        _ => return false,
    };
    pair.path.is_ident("target_arch") && matches!(value, Lit::Str(text) if text.value() == "wasm32")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_on_and_tests_are_off() {
        for (attribute, shown) in [
            ("#[cfg(feature = \"a\")]", true),
            ("#[cfg(not(feature = \"a\"))]", false),
            ("#[cfg(any(test, feature = \"a\"))]", true),
            ("#[cfg(all(test, feature = \"a\"))]", false),
            ("#[cfg(not(any(test, doctest)))]", true),
            ("#[cfg(doctest)]", false),
            ("#[cfg(unix)]", true),
            ("#[cfg(windows)]", false),
            ("#[cfg(target_arch = \"wasm32\")]", false),
            ("#[cfg(not(target_arch = \"wasm32\"))]", true),
            ("#[cfg(target_arch = \"x86_64\")]", true),
            ("#[doc(hidden)]", false),
            ("#[doc = \"hidden\"]", true),
            ("#[must_use]", true),
        ] {
            let item: syn::ItemFn = syn::parse_str(&format!("{attribute} fn a() {{}}")).unwrap();
            assert_eq!(is_shown(&item.attrs), shown, "{attribute}");
        }
    }
}
