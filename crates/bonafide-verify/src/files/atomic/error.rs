//! Errors of reading and replacing a file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::files::load_report::LoadProblem;
use crate::text::shown_path;

/// A file that is kept across runs could not be read or replaced.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        problem: LoadProblem,
    },
    /// It could not be replaced, and has its old content. If only the directory could not be
    /// synchronised with the disk, it has the new content, which a loss of power may undo.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// The file that could not be written: the file itself, or its name with `.new` or `.lock`
        /// added.
        path: PathBuf,
        /// The reason.
        #[source]
        source: Arc<io::Error>,
    },
    /// The new content is larger than the limit for reading.
    #[error(
        "cannot write {path}: the new content is larger than {limit_bytes} bytes",
        path = path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// It is a symbolic link. Replacing it would not change its target. Directories of the path may
    /// be links.
    #[error("cannot use {path}: it is a symbolic link", path = path.display())]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// Another writer holds the lock and does not release it.
    #[error(
        "cannot lock {path}: another writer still holds the lock after {seconds} s",
        path = path.display(),
        seconds = waited.as_secs()
    )]
    Locked {
        /// The lock file: the name of the file with `.lock` added.
        path: PathBuf,
        /// How long the writer waited.
        waited: Duration,
    },
}

pub(super) fn failed_to_write(path: &Path, error: io::Error) -> FileError {
    FileError::Write {
        path: shown_path(path),
        source: Arc::new(error),
    }
}
