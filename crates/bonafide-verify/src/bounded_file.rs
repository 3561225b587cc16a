//! Reading files that a program names, without letting them hold it up.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::load_report::LoadProblem;

/// Nothing larger than this is read: the largest public bundles of certificates are under 1 MiB.
pub(crate) const MAX_SOURCE_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a regular file of at most [`MAX_SOURCE_BYTES`]: neither a pipe nor a device can hold the program up.
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, LoadProblem> {
    read_up_to(path, MAX_SOURCE_BYTES)
}

/// The same with another limit.
pub(crate) fn read_up_to(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, LoadProblem> {
    let io = |error| LoadProblem::Io(Arc::new(error));
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(LoadProblem::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(io)?
        .take(limit_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > limit_bytes {
        return Err(LoadProblem::TooLarge { limit_bytes });
    }
    Ok(bytes)
}
