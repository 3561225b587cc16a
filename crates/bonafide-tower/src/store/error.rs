//! Why a state could not be read or written.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Kind;
use crate::BoxError;

/// Why a state was not read or written. The stored state is unchanged, unless a variant says
/// otherwise. No text of this error shows the content of a state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The state does not have the format of this version: it is damaged, cut off, or from another
    /// program. A write does not replace it either: repair it or move it away.
    #[error("the stored {kind} state cannot be used: line {line}: {problem}")]
    Corrupt {
        /// The expected kind of state.
        kind: Kind,
        /// The number of the line, counted from 1.
        line: usize,
        /// What is wrong with the line.
        problem: &'static str,
    },
    /// In each attempt to write, another writer changed the state first.
    #[error(
        "the state was not saved: another writer changed it during each of {attempts} attempts"
    )]
    Contended {
        /// The number of attempts.
        attempts: usize,
    },
    /// The operating system reported an error. If the file was replaced and only its folder could
    /// not be synchronised, the new state is stored, and a power failure may undo it.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The action that failed: `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is a symbolic link, a folder or something else that is not a regular file.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// Its path.
        path: PathBuf,
    },
    /// The state, found or to be written, is larger than the limit.
    #[error("the state in {} is larger than {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// Another process holds the lock of the file and does not release it.
    #[error(
        "cannot lock {} within {} s: another process holds it",
        path.display(),
        waited.as_secs()
    )]
    Locked {
        /// The lock file: the file of the state, with `.lock` added.
        path: PathBuf,
        /// How long the writer waited.
        waited: Duration,
    },
    /// The runtime stopped before the work on a file ended. Either the old or the new state is
    /// stored.
    #[error("the runtime stopped before the file was read or written")]
    Stopped,
    /// An error of another store.
    #[error("the store failed")]
    Other(#[source] BoxError),
}
