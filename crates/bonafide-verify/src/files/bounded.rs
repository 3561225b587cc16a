//! Reads files with a size limit and without blocking on pipes and devices.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::files::load_report::LoadProblem;
use crate::text::shown_path;

/// Maximum size of a file in bytes. The largest public certificate bundles are under 1 MiB.
pub(crate) const MAX_SOURCE_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a regular file of at most [`MAX_SOURCE_BYTES`]. Pipes and devices are rejected, because
/// reading them could block.
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, LoadProblem> {
    read_up_to(path, MAX_SOURCE_BYTES)
}

/// The same with another limit.
pub(crate) fn read_up_to(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, LoadProblem> {
    let io = |error| LoadProblem::Io(Arc::new(error));
    let Some(file) = open_regular(path).map_err(io)? else {
        return Err(match path.is_dir() {
            true => LoadProblem::IsADirectory,
            false => LoadProblem::NotAFile(shown_path(path)),
        });
    };
    let mut bytes = Vec::new();
    file.take(limit_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > limit_bytes {
        return Err(LoadProblem::TooLarge { limit_bytes });
    }
    Ok(bytes)
}

/// Opens a regular file; `None` if `path` is something else. If a pipe replaces the file at this
/// moment, opening it does not block.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    // Opening a device can have side effects.
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    open_at_once(path)
}

/// The same without checking the kind beforehand.
fn open_at_once(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK.bits();
        options.custom_flags(flags.cast_signed());
    }
    let file = options.open(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
        assert!(open_at_once(&path).unwrap().is_none());
        assert!(open_regular(&path).unwrap().is_none());
    }
}
