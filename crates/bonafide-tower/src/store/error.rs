//! Why a state could not be read or written.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Kind;
use crate::BoxError;

/// A state that could not be read or written. What was stored is as it was, except where a variant
/// says otherwise. No text of it shows what is in a state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The state is not one that this version writes: damaged, cut off, or of another program. It
    /// is left as it is, also by a write: repair it or move it away.
    #[error("the stored {kind} state cannot be used: line {line}: {problem}")]
    Corrupt {
        /// What it should be a state of.
        kind: Kind,
        /// Which line of it, from 1.
        line: usize,
        /// What is wrong with the line.
        problem: &'static str,
    },
    /// Another writer came first in each of the attempts to write.
    #[error(
        "the state was not saved: another writer changed it during each of {attempts} attempts"
    )]
    Contended {
        /// How many attempts there were.
        attempts: usize,
    },
    /// The operating system refused. Where the file was replaced and only its folder could not be
    /// synchronised, the new state is there, and a loss of power may undo it.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is a symbolic link, a folder or something else that is not a regular file.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// Where it is.
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
    /// The name of the partition does not fit into the name of a file.
    #[error("the name of the partition, encoded as a file name, has more than {limit_bytes} bytes")]
    PartitionName {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// Another process holds the lock of the file and does not release it.
    #[error(
        "cannot lock {} within {} s: another process holds it",
        path.display(),
        waited.as_secs()
    )]
    Locked {
        /// The file that is locked: that of the state, with `.lock` added.
        path: PathBuf,
        /// How long the writer waited.
        waited: Duration,
    },
    /// The runtime stopped before the work on a file ended. The state is the old or the new one.
    #[error("the runtime stopped before the file was read or written")]
    Stopped,
    /// An error of another store.
    #[error("the store failed")]
    Other(#[source] BoxError),
}
