//! `cargo xtask check`: what a change can break, for the crates that it touches.
//!
//! A file touches the package that it lies in, and every package whose sources name it (a page that
//! a test reads). The library of a published crate touches the workspace's own tests too, which use
//! all of them together. Other packages that depend on the crate are left to the whole gate, as are
//! examples, conformance and fuzzing.

use std::collections::BTreeSet;
use std::path::Path;

use super::plan;
use super::step::{Action, Step};
use crate::invocation::{Invocation, InvocationError};
use crate::source::Tree;
use crate::workspace::Member;

/// The package of tests through the whole stack.
const STACK_TESTS: &str = "bonafide-tests";

/// Files that every package is built by.
const FOR_ALL: [&str; 4] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "clippy.toml",
];

/// The files that differ between the working tree and the last common commit with `base`, new ones
/// included; relative to `root`, with `/`.
///
/// # Errors
/// [`InvocationError`] where git does not run, or does not know `base`.
pub(super) fn paths(root: &Path, base: &str) -> Result<BTreeSet<String>, InvocationError> {
    let diff = [
        "diff",
        "--name-only",
        "-z",
        "--no-renames",
        "--relative",
        "--merge-base",
        base,
    ];
    let new = ["ls-files", "-z", "--others", "--exclude-standard"];
    let mut paths = BTreeSet::new();
    for listing in [Invocation::git(&diff), Invocation::git(&new)] {
        let listed = listing.read(root)?;
        paths.extend(listed.split_terminator('\0').map(str::to_owned));
    }
    Ok(paths)
}

/// The names of the packages that the files touch.
pub(super) fn touched<'a>(
    paths: &BTreeSet<String>,
    members: &'a [Member],
    tree: &Tree,
) -> BTreeSet<&'a str> {
    let mut touched = BTreeSet::new();
    for path in paths {
        if FOR_ALL.contains(&path.as_str()) {
            touched.extend(members.iter().map(|member| member.name.as_str()));
        }
        if let Some((member, inside)) = owner(path, members) {
            touched.insert(member.name.as_str());
            let is_library = inside == "Cargo.toml" || inside.starts_with("src/");
            if member.folder.starts_with("crates/") && is_library {
                let tests = members.iter().filter(|other| other.name == STACK_TESTS);
                touched.extend(tests.map(|member| member.name.as_str()));
            }
        }
        touched.extend(readers(path, members, tree));
    }
    touched
}

/// The package that holds the file, and the file's path inside it.
fn owner<'a, 'p>(path: &'p str, members: &'a [Member]) -> Option<(&'a Member, &'p str)> {
    members.iter().find_map(|member| {
        let inside = path.strip_prefix(member.folder.as_str())?;
        Some((member, inside.strip_prefix('/')?))
    })
}

/// The packages with a string in their Rust files that leads to the file, from that file's folder
/// as `include_str!` reads it or from the package's own.
fn readers<'a>(path: &str, members: &'a [Member], tree: &Tree) -> BTreeSet<&'a str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut readers = BTreeSet::new();
    for file in &tree.rust {
        let Some((member, _)) = owner(&file.path, members) else {
            continue;
        };
        let here = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let names_it = file
            .text
            .split('"')
            .filter(|text| text.ends_with(name))
            .any(|text| {
                [here, &member.folder]
                    .iter()
                    .any(|from| resolve(from, text) == path)
            });
        if names_it {
            readers.insert(member.name.as_str());
        }
    }
    readers
}

/// Where `path` leads from `folder`; both and the result are relative to the root.
fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What runs for the packages: the cheap rules over the whole tree, clippy and tests over these.
pub(super) fn steps(touched: &BTreeSet<&str>, skips: &[String]) -> Vec<Step> {
    let mut steps = vec![
        Step::cargo("fmt", "fmt --all --check"),
        Step::new("tidy", Action::Tidy),
    ];
    if touched.is_empty() {
        let why = "the change touches no package".to_owned();
        steps.push(Step::new("clippy and tests", Action::Omit(why)));
        return steps;
    }
    let packages: Vec<String> = touched.iter().map(|name| format!("-p {name}")).collect();
    let packages = packages.join(" ");
    steps.push(Step::cargo(
        "clippy",
        &format!("clippy {packages} --all-targets --all-features -- -D warnings"),
    ));
    let line = format!("test {packages} --all-features");
    steps.push(plan::tests(("test", &line), skips));
    steps
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn members() -> Vec<Member> {
        [
            ("bonafide", "crates/bonafide"),
            ("bonafide-tests", "tests"),
            ("bonafide-verify", "crates/bonafide-verify"),
            ("xtask", "xtask"),
        ]
        .map(|(name, folder)| Member {
            name: name.to_owned(),
            folder: folder.to_owned(),
        })
        .to_vec()
    }

    fn verdict(paths: &[&str]) -> Vec<String> {
        let tree = Tree::of(&[
            (
                "crates/bonafide/src/lib.rs",
                "#![doc = include_str!(\"../README.md\")]",
            ),
            (
                "crates/bonafide-verify/tests/profiles/page.rs",
                "const PAGE: &str = include_str!(\"../../../../docs/profiles.md\");",
            ),
            (
                "xtask/src/table.rs",
                "fn f() { root().join(\"../docs/conformance.md\"); }",
            ),
        ]);
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let members = members();
        let touched = touched(&paths, &members, &tree);
        touched.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_file_touches_the_package_that_it_lies_in() {
        assert_eq!(verdict(&["xtask/tidy.toml"]), ["xtask"]);
        assert_eq!(verdict(&["tests/tests/grants.rs"]), ["bonafide-tests"]);
        assert_eq!(
            verdict(&["crates/bonafide-verify/tests/pins.rs"]),
            ["bonafide-verify"]
        );
    }

    #[test]
    fn the_library_of_a_published_crate_touches_the_tests_through_the_whole_stack() {
        for path in ["src/target/mod.rs", "Cargo.toml"] {
            assert_eq!(
                verdict(&[&format!("crates/bonafide/{path}")]),
                ["bonafide", "bonafide-tests"]
            );
        }
        assert_eq!(verdict(&["xtask/src/main.rs"]), ["xtask"]);
    }

    #[test]
    fn a_page_touches_the_packages_whose_sources_read_it() {
        assert_eq!(verdict(&["docs/profiles.md"]), ["bonafide-verify"]);
        assert_eq!(verdict(&["docs/conformance.md"]), ["xtask"]);
        assert_eq!(verdict(&["crates/bonafide/README.md"]), ["bonafide"]);
        assert_eq!(verdict(&["README.md"]), Vec::<String>::new());
    }

    #[test]
    fn what_every_package_is_built_by_touches_all() {
        for path in FOR_ALL {
            assert_eq!(verdict(&[path]).len(), members().len(), "{path}");
        }
    }

    #[test]
    fn what_lies_in_no_package_and_is_read_by_none_touches_none() {
        let none = [
            "CHANGELOG.md",
            "docs/pinning.md",
            "fuzz/src/lib.rs",
            ".ci/run",
        ];
        assert_eq!(verdict(&none), Vec::<String>::new());
    }

    #[test]
    fn the_touched_packages_are_linted_and_tested_in_one_command_each() {
        let skips = ["--skip".to_owned(), "nginx_answers".to_owned()];
        let commands: Vec<String> = steps(&BTreeSet::from(["a", "b"]), &skips)
            .into_iter()
            .filter_map(|step| match step.action {
                Action::Run(command) => Some(command.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(
            commands,
            [
                "cargo fmt --all --check",
                "cargo clippy -p a -p b --all-targets --all-features -- -D warnings",
                "cargo test -p a -p b --all-features -- --skip nginx_answers",
            ]
        );
    }

    #[test]
    fn a_change_that_touches_no_package_is_formatted_and_tidied_alone() {
        let names: Vec<String> = steps(&BTreeSet::new(), &[])
            .into_iter()
            .map(|step| step.name)
            .collect();
        assert_eq!(names, ["fmt", "tidy", "clippy and tests"]);
    }

    #[test]
    fn changed_staged_moved_deleted_and_new_files_are_listed_and_ignored_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        let git = |args: &str| {
            let settings = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
            let done = Command::new("git")
                .args(settings)
                .args(args.split(' '))
                .current_dir(root.path())
                .output()
                .unwrap();
            assert!(done.status.success(), "{args}: {done:?}");
        };
        let write = |path: &str, text: &str| fs::write(root.path().join(path), text).unwrap();
        git("init -q -b main");
        for path in ["changed", "deleted", "moved", "same", "staged"] {
            write(path, path);
        }
        write(".gitignore", "ignored\n");
        git("add -A");
        git("commit -qm a");
        git("checkout -q -b work");
        write("committed", "");
        git("add -A");
        git("commit -qm b");
        git("checkout -q main");
        write("of somebody else", "");
        git("add -A");
        git("commit -qm c");
        git("checkout -q work");
        write("changed", "");
        write("staged", "");
        git("add staged");
        git("mv moved to");
        fs::remove_file(root.path().join("deleted")).unwrap();
        write("é new", "");
        write("ignored", "");

        let since_the_last_commit = ["changed", "deleted", "moved", "staged", "to", "é new"];
        let found = paths(root.path(), "HEAD").unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), since_the_last_commit);
        let mut on_the_branch = paths(root.path(), "main").unwrap();
        assert!(on_the_branch.remove("committed"));
        assert_eq!(on_the_branch, found);
        let unknown = paths(root.path(), "no-such-revision");
        assert!(
            matches!(unknown, Err(InvocationError::Failed { .. })),
            "{unknown:?}"
        );
    }
}
