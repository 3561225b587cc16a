//! Rule `names`: no module is called after the fact that nobody knew what to call it.

use syn::visit::{self, Visit};

use super::finding::Finding;
use crate::source::RustFile;

const RULE: &str = "names";

const FORBIDDEN: [&str; 8] = [
    "util", "utils", "helper", "helpers", "legacy", "common", "manager", "managers",
];

/// Looks at the names of the file, of its folders and of its inline modules.
pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    let mut names: Vec<(usize, String)> = file
        .path
        .trim_end_matches(".rs")
        .split('/')
        .map(|part| (0, part.to_owned()))
        .collect();
    let mut inline = InlineModules(Vec::new());
    inline.visit_file(&file.syntax);
    names.extend(inline.0);
    names
        .into_iter()
        .filter(|(_, name)| FORBIDDEN.contains(&name.as_str()))
        .map(|(line, name)| {
            let message = format!("`{name}` says nothing about what the module is for");
            Finding::error(RULE, &file.path, line, message)
        })
        .collect()
}

struct InlineModules(Vec<(usize, String)>);

impl<'ast> Visit<'ast> for InlineModules {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.content.is_some() {
            let line = module.ident.span().start().line;
            self.0.push((line, module.ident.to_string()));
        }
        visit::visit_item_mod(self, module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(path: &str, text: &str) -> usize {
        let file = RustFile::parse(path, text.to_owned()).unwrap();
        check(&file).len()
    }

    #[test]
    fn a_name_with_a_subject_is_accepted() {
        assert_eq!(
            verdict("crates/x/src/pool/idle.rs", "mod util_of_work {}"),
            0
        );
        assert_eq!(
            verdict("crates/x/src/lib.rs", "use hyper_util::client::legacy;"),
            0
        );
    }

    #[test]
    fn a_file_a_folder_or_an_inline_module_without_a_subject_is_refused() {
        assert_eq!(verdict("crates/x/src/util.rs", ""), 1);
        assert_eq!(verdict("tests/tests/common/mod.rs", ""), 1);
        assert_eq!(verdict("crates/x/src/a.rs", "mod helper { fn a() {} }"), 1);
    }
}
