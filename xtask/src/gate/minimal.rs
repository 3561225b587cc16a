//! The published crates over the oldest versions that they say they work with.
//!
//! Cargo resolves to these with an unstable option, so this one command is allowed it; the compiler
//! that then checks the crates is the stable one. Resolution looks at the tests of every package,
//! so it gets a workspace of manifests alone that name the published crates, without their tests
//! and with the sources where they are.

use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::{Table, Value};

use crate::invocation::{Invocation, InvocationError};
use crate::workspace::Workspace;

/// Why the oldest versions are not known to work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MinimalError {
    /// A file of the generated workspace could not be written, or its pattern not be read.
    #[error("cannot use {path}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A manifest of this workspace is not TOML.
    #[error("cannot read {path}")]
    Parse {
        /// The manifest.
        path: PathBuf,
        /// What the parser said.
        source: toml::de::Error,
    },
    /// A manifest cannot be written as TOML.
    #[error("cannot write a manifest")]
    Write(#[from] toml::ser::Error),
    /// No such versions fit together, or the crates do not compile with them.
    #[error("the oldest versions that Cargo.toml allows do not work: raise the one at fault")]
    Invocation(#[from] InvocationError),
}

/// Checks every published crate with all features over the oldest direct dependencies. What lies
/// below these is resolved to the newest, and again only when a manifest has changed.
///
/// # Errors
/// [`MinimalError::Invocation`] where a version is too old.
pub(super) fn check(
    workspace: &Workspace,
    adapt: impl Fn(Invocation) -> Invocation,
) -> Result<(), MinimalError> {
    let target = workspace.target_directory();
    let folder = target.join("minimal-versions");
    let lock = folder.join("Cargo.lock");
    if write(workspace, &folder)? && lock.exists() {
        fs::remove_file(&lock).map_err(failed(&lock))?;
    }
    if !lock.exists() {
        resolve().run(&folder)?;
    }
    adapt(compile(target)).run(&folder)?;
    Ok(())
}

fn resolve() -> Invocation {
    Invocation::cargo("generate-lockfile -Z direct-minimal-versions")
        .with_variable("RUSTC_BOOTSTRAP", "1")
}

fn compile(target: &Path) -> Invocation {
    Invocation::cargo("check --locked --workspace --lib --all-features --target-dir")
        .with_args([target.display().to_string()])
}

/// Writes the manifests, and says whether one differs from what was there.
fn write(workspace: &Workspace, folder: &Path) -> Result<bool, MinimalError> {
    let root = workspace.path("Cargo.toml");
    let mut changed = replace(&folder.join("Cargo.toml"), &root_manifest(read(&root)?)?)?;
    for package in workspace.published() {
        let manifest = package.manifest_path.as_std_path();
        let sources = manifest.with_file_name("src").join("lib.rs");
        let inside = manifest.strip_prefix(workspace.root()).unwrap_or(manifest);
        let text = member_manifest(read(manifest)?, &sources)?;
        changed |= replace(&folder.join(inside), &text)?;
    }
    Ok(changed)
}

fn read(path: &Path) -> Result<Table, MinimalError> {
    let text = fs::read_to_string(path).map_err(failed(path))?;
    text.parse().map_err(|source| MinimalError::Parse {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, text: &str) -> Result<bool, MinimalError> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    fs::write(path, text).map_err(failed(path))?;
    Ok(true)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> MinimalError + use<> {
    let path = path.to_owned();
    move |source| MinimalError::File {
        path: path.clone(),
        source,
    }
}

fn root_manifest(mut manifest: Table) -> Result<String, toml::ser::Error> {
    if let Some(Value::Table(workspace)) = manifest.get_mut("workspace") {
        let members = vec![Value::from("crates/*")];
        workspace.insert("members".to_owned(), Value::Array(members));
    }
    toml::to_string(&manifest)
}

/// What a user of the crate sees of its manifest, over the sources where they are.
fn member_manifest(mut manifest: Table, sources: &Path) -> Result<String, toml::ser::Error> {
    for tests in ["dev-dependencies", "test", "example", "bench"] {
        manifest.remove(tests);
    }
    if let Some(Value::Table(targets)) = manifest.get_mut("target") {
        for (_, target) in targets.iter_mut() {
            if let Value::Table(target) = target {
                target.remove("dev-dependencies");
            }
        }
    }
    if let Some(Value::Table(package)) = manifest.get_mut("package") {
        package.remove("readme");
    }
    let lib = manifest
        .entry("lib")
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(lib) = lib {
        lib.insert("path".to_owned(), sources.display().to_string().into());
    }
    toml::to_string(&manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_resolution_gets_unstable_options() {
        assert_eq!(
            resolve().to_string(),
            "RUSTC_BOOTSTRAP=1 cargo generate-lockfile -Z direct-minimal-versions"
        );
        assert_eq!(
            compile(Path::new("t")).to_string(),
            "cargo check --locked --workspace --lib --all-features --target-dir t"
        );
    }

    #[test]
    fn a_member_keeps_what_its_users_get_and_loses_its_tests() {
        let manifest = r#"
            [package]
            name = "a"
            readme = "README.md"
            [features]
            default = ["x"]
            [dependencies]
            b.workspace = true
            [dev-dependencies]
            c = "1"
            [target.'cfg(unix)'.dependencies]
            d = "2"
            [target.'cfg(unix)'.dev-dependencies]
            e = "3"
            [[test]]
            name = "t"
            required-features = ["x"]
        "#;
        let written = member_manifest(manifest.parse().unwrap(), Path::new("/r/a/src/lib.rs"));
        let wanted = r#"
            [package]
            name = "a"
            [features]
            default = ["x"]
            [dependencies]
            b.workspace = true
            [target.'cfg(unix)'.dependencies]
            d = "2"
            [lib]
            path = "/r/a/src/lib.rs"
        "#;
        let written: Table = written.unwrap().parse().unwrap();
        assert_eq!(written, wanted.parse::<Table>().unwrap());
    }

    #[test]
    fn the_workspace_keeps_its_versions_and_has_the_published_crates_alone() {
        let manifest = r#"
            [workspace]
            resolver = "3"
            members = ["crates/*", "xtask"]
            [workspace.dependencies]
            b = "1.2"
        "#;
        let written = root_manifest(manifest.parse().unwrap()).unwrap();
        let wanted = r#"
            [workspace]
            resolver = "3"
            members = ["crates/*"]
            [workspace.dependencies]
            b = "1.2"
        "#;
        let written: Table = written.parse().unwrap();
        assert_eq!(written, wanted.parse::<Table>().unwrap());
    }

    #[test]
    fn a_lock_file_stays_until_a_manifest_changes() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("crates/a/Cargo.toml");
        assert!(replace(&manifest, "a").unwrap());
        assert!(!replace(&manifest, "a").unwrap());
        assert!(replace(&manifest, "b").unwrap());
    }
}
