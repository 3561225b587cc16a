//! Why a list of hosts cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a list of hosts cannot be used. The author of the file is at fault, or the program that
/// named it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreloadError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is too large.
    #[error("{} is larger than {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// A line does not have the form of an entry.
    #[error("line {line} of the preload list: {problem}")]
    Line {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}
