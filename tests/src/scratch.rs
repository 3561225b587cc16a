//! Folders that live as long as their peer.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of a peer's own.
#[derive(Debug)]
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file; gives its whole path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("the temporary folder is writable");
        path
    }

    /// Makes a folder, and those above it.
    pub(crate) fn folder(&self, name: &str) {
        fs::create_dir_all(self.0.path().join(name)).expect("the temporary folder is writable");
    }

    /// The bytes of a file that is there.
    pub(crate) fn read_bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The text of a file; empty where there is none yet.
    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.0.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
