//! Which files of the repository the rules read.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::SourceError;
use super::rust_file::RustFile;

/// A text file that is not Rust.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
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
    /// Reads everything under `root` except version control and the `generated` folders, each a
    /// whole path. No folder is left out for its name: a module may be called `target`.
    ///
    /// # Errors
    /// [`SourceError`] where a file cannot be listed, read or parsed.
    pub(crate) fn read(root: &Path, generated: &[PathBuf]) -> Result<Self, SourceError> {
        let mut tree = Self::default();
        let walk = WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                entry.file_name() != ".git" && generated.iter().all(|folder| folder != entry.path())
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
            if children.iter().any(|child| {
                file.path
                    .strip_prefix(child.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            }) {
                file.mark_as_test();
            }
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

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::workspace::Workspace;

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.rust.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn every_rust_file_that_git_tracks_is_read() {
        let workspace = Workspace::load().unwrap();
        let tree = Tree::read(workspace.root(), &workspace.generated()).unwrap();
        let read = paths(&tree);
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--", "*.rs"])
            .current_dir(workspace.root())
            .output()
            .unwrap();
        assert!(listed.status.success(), "{listed:?}");
        let listed = String::from_utf8(listed.stdout).unwrap();
        let tracked: Vec<&str> = listed
            .split_terminator('\0')
            .filter(|path| workspace.path(path).exists())
            .collect();
        assert!(tracked.contains(&"xtask/src/main.rs"));
        let unread: Vec<&&str> = tracked.iter().filter(|path| !read.contains(path)).collect();
        assert_eq!(unread, Vec::<&&str>::new());
    }

    #[test]
    fn a_folder_is_left_out_for_its_place_and_not_for_its_name() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            ".git/a.rs",
            "crates/x/src/target/mod.rs",
            "crates/x/src/corpus.rs",
            "crates/x/tests/corpus/a.rs",
            "fuzz/target/a.rs",
            "target/debug/build/a.rs",
        ] {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let generated = ["fuzz/target", "target"].map(|folder| root.path().join(folder));
        let tree = Tree::read(root.path(), &generated).unwrap();
        assert_eq!(
            paths(&tree),
            [
                "crates/x/src/corpus.rs",
                "crates/x/src/target/mod.rs",
                "crates/x/tests/corpus/a.rs",
            ]
        );
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
}
