//! What `cargo metadata` knows about the workspace.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};

/// The workspace that holds this program.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// As cargo printed it, without the dependencies of dependencies.
    pub(crate) metadata: Metadata,
}

/// A package of the workspace and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The package name.
    pub(crate) name: String,
    /// Its folder, relative to the root, with `/`.
    pub(crate) folder: String,
}

/// What the gate asks of a package under `crates/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// The package name.
    pub(crate) name: String,
    /// Its features, `default` apart.
    pub(crate) features: Vec<String>,
    /// Those that `default` turns on.
    pub(crate) default_features: Vec<String>,
}

impl From<&Package> for Published {
    fn from(package: &Package) -> Self {
        let features = package.features.keys();
        let default = package.features.get("default");
        Self {
            name: package.name.to_string(),
            features: features
                .filter(|name| *name != "default")
                .cloned()
                .collect(),
            default_features: default.cloned().unwrap_or_default(),
        }
    }
}

impl Workspace {
    /// Asks cargo, without touching the network.
    ///
    /// # Errors
    /// [`cargo_metadata::Error`] where cargo cannot be run or a manifest is broken.
    pub(crate) fn load() -> Result<Self, cargo_metadata::Error> {
        let metadata = MetadataCommand::new().no_deps().exec()?;
        Ok(Self { metadata })
    }

    /// The root of the repository.
    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target_directory(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// A path inside the repository.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root().join(inside)
    }

    /// The folders that no person writes: where cargo puts what it builds, and the corpus of the
    /// fuzz targets. `.gitignore` lists the same.
    pub(crate) fn generated(&self) -> Vec<PathBuf> {
        let mut folders = ["target", "fuzz/target", "fuzz/corpus"]
            .map(|inside| self.path(inside))
            .to_vec();
        folders.push(self.target_directory().to_owned());
        folders.extend(self.metadata.build_directory.clone().map(PathBuf::from));
        folders
    }

    /// Every package of the workspace.
    pub(crate) fn members(&self) -> Vec<Member> {
        let root = &self.metadata.workspace_root;
        let packages = self.metadata.workspace_packages();
        packages
            .into_iter()
            .filter_map(|package| {
                let folder = package.manifest_path.parent()?.strip_prefix(root).ok()?;
                let parts: Vec<&str> = folder.components().map(|part| part.as_str()).collect();
                Some(Member {
                    name: package.name.to_string(),
                    folder: parts.join("/"),
                })
            })
            .collect()
    }

    /// The packages under `crates/`, by name.
    pub(crate) fn published(&self) -> Vec<&Package> {
        let crates = self.metadata.workspace_root.join("crates");
        let mut packages = self.metadata.workspace_packages();
        packages.retain(|package| package.manifest_path.starts_with(&crates));
        packages.sort_by_key(|package| package.name.to_string());
        packages
    }

    /// The names of the programs under `examples/`.
    pub(crate) fn examples(&self) -> Vec<String> {
        let folder = self.metadata.workspace_root.join("examples");
        let mut examples: Vec<String> = self
            .metadata
            .workspace_packages()
            .into_iter()
            .filter(|package| package.manifest_path.starts_with(&folder))
            .flat_map(|package| &package.targets)
            .filter(|target| target.kind.contains(&TargetKind::Example))
            .map(|target| target.name.clone())
            .collect();
        examples.sort();
        examples
    }
}
