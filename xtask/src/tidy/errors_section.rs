//! Rule `errors`: a public function that can fail says when, under `# Errors`.
//!
//! Clippy's `missing_errors_doc` sees only what a crate exports and only a plain `Result`; this rule also reads `pub`
//! functions of private modules, public traits, and futures and options of a `Result`.

use syn::visit::{self, Visit};
use syn::{Attribute, ReturnType, Signature, Type, Visibility};

use super::finding::Finding;
use crate::source::RustFile;

const RULE: &str = "errors";

/// Looks at the public functions of a crate under `crates/`.
pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    if !file.path.starts_with("crates/") || file.module_path().is_none() {
        return Vec::new();
    }
    let mut functions = Functions {
        file,
        findings: Vec::new(),
    };
    functions.visit_file(&file.syntax);
    functions.findings
}

struct Functions<'a> {
    file: &'a RustFile,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn judge(&mut self, attrs: &[Attribute], signature: &Signature) {
        let line = signature.ident.span().start().line;
        if self.file.is_test(line) || !can_fail(&signature.output) || has_section(attrs) {
            return;
        }
        let message = format!(
            "`{}` can fail and has no `# Errors` section",
            signature.ident
        );
        self.findings
            .push(Finding::error(RULE, &self.file.path, line, message));
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if is_public(&function.vis) {
            self.judge(&function.attrs, &function.sig);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_none() {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if is_public(&function.vis) {
            self.judge(&function.attrs, &function.sig);
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if is_public(&item.vis) {
            visit::visit_item_trait(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.judge(&function.attrs, &function.sig);
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn can_fail(output: &ReturnType) -> bool {
    let ReturnType::Type(_, output) = output else {
        return false;
    };
    let mut search = Search { found: false };
    search.visit_type(output);
    search.found
}

/// Finds an owned `Result` in a return type. A reference to one is data that the caller asked for, and an iterator or
/// stream yields its failures later.
struct Search {
    found: bool,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_type(&mut self, ty: &'ast Type) {
        if !matches!(ty, Type::Reference(_) | Type::FnPtr(_)) {
            visit::visit_type(self, ty);
        }
    }

    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        self.found |= segment.ident == "Result";
        if segment.ident != "Iterator" && segment.ident != "Stream" {
            visit::visit_path_segment(self, segment);
        }
    }
}

fn has_section(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let syn::Meta::NameValue(meta) = &attr.meta else {
            return false;
        };
        let syn::Expr::Lit(value) = &meta.value else {
            return false;
        };
        meta.path.is_ident("doc")
            && matches!(&value.lit, syn::Lit::Str(text) if text.value().lines().any(|line| line.trim() == "# Errors"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> usize {
        let file = RustFile::parse("crates/x/src/a.rs", text.to_owned()).unwrap();
        check(&file).len()
    }

    #[test]
    fn a_section_or_nothing_to_fail_is_accepted() {
        let accepted = [
            "/// Reads.\n///\n/// # Errors\n/// When it is gone.\npub fn a() -> Result<(), E> {}",
            "/// Reads.\npub fn a() -> u8 {}",
            "fn a() -> Result<(), E> {}",
            "pub(crate) fn a() -> Result<(), E> {}",
            "pub fn a(&self) -> &Result<(), E> {}",
            "pub fn a() -> impl Iterator<Item = Result<(), E>> {}",
            "impl T for S { fn a() -> Result<(), E> {} }",
            "#[cfg(test)] mod tests { pub fn a() -> Result<(), E> {} }",
        ];
        for text in accepted {
            assert_eq!(verdict(text), 0, "{text}");
        }
    }

    #[test]
    fn a_fallible_function_without_the_section_is_refused() {
        let refused = [
            "/// Reads.\npub fn a() -> Result<(), E> {}",
            "pub async fn a() -> io::Result<()> {}",
            "pub fn a() -> impl Future<Output = Result<(), E>> {}",
            "pub fn a() -> Option<Result<(), E>> {}",
            "mod private { impl S { pub fn a() -> Result<(), E> {} } }",
            "pub trait T { fn a() -> Result<(), E>; }",
        ];
        for text in refused {
            assert_eq!(verdict(text), 1, "{text}");
        }
    }
}
