//! The identity and modification time of files.
//!
//! The **contents** of the files decide what is in force. While something is made from them,
//! comparing contents is not enough: a file that is rewritten in place with its former content has
//! the same content before and after, and another content in between.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// The stamps of files, and of the files in directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamps(BTreeMap<PathBuf, Option<Stamp>>);

impl Stamps {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let mut stamps = BTreeMap::new();
        for path in paths {
            let metadata = fs::metadata(path).ok();
            if metadata.as_ref().is_some_and(Metadata::is_dir) {
                for file in files_of(path) {
                    let metadata = fs::metadata(&file).ok();
                    stamps.insert(file, metadata.as_ref().map(Stamp::of));
                }
            }
            // Of a directory, only its files count, not its own modification time.
            let file = metadata.filter(|metadata| !metadata.is_dir());
            stamps.insert(path.clone(), file.as_ref().map(Stamp::of));
        }
        Self(stamps)
    }
}

fn files_of(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
}

/// The identity of a file, its size and the times of its last changes.
#[cfg(unix)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[cfg(unix)]
impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The size of a file and its modification time.
#[cfg(not(unix))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<std::time::SystemTime>,
}

#[cfg(not(unix))]
impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}
