//! The text and syntax of the repository's files, read once for every rule.

mod rust_file;
mod tree;

pub(crate) use rust_file::RustFile;
pub(crate) use tree::Tree;

use std::io;
use std::path::PathBuf;

/// Why the tree could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A directory could not be listed.
    #[error("cannot list the files of the repository")]
    List(#[from] walkdir::Error),
    /// A file could not be read as UTF-8.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A Rust file does not parse.
    #[error("cannot parse {path}:{line}: {source}")]
    Parse {
        /// The file, relative to the root.
        path: String,
        /// The line that the parser stopped at.
        line: usize,
        /// What the parser said.
        source: syn::Error,
    },
}
