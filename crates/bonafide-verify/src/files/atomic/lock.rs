//! The lock that keeps writers apart, threads and processes alike.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use fs4::{FileExt, TryLockError};

use super::error::{FileError, failed_to_write};
use super::replace::new_private_file;
use crate::text::shown_path;

/// How long a writer waits for another one. A write takes milliseconds, so a longer wait means that
/// the other process hangs.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(2);
/// The time between two attempts: about the duration of a write.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(2);

/// Waits for the lock on the file at `path`. The returned file holds it until it is closed.
pub(super) fn acquire(path: &Path) -> Result<File, FileError> {
    let begin = Instant::now();
    loop {
        if let Some(file) = open_lock(path)? {
            match FileExt::try_lock(&file) {
                // If the file was removed meanwhile, other writers lock a new one. Then try again.
                Ok(()) if is_at(&file, path) => return Ok(file),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed_to_write(path, error)),
            }
        }
        if begin.elapsed() >= MAX_WAIT {
            return Err(FileError::Locked {
                path: path.to_owned(),
                waited: MAX_WAIT,
            });
        }
        std::thread::sleep(BETWEEN_ATTEMPTS);
    }
}

/// Opens or creates the lock file; `None` if it is removed at this moment. Symbolic links are not
/// followed, and opening a pipe does not block.
fn open_lock(path: &Path) -> Result<Option<File>, FileError> {
    let failed = |error| failed_to_write(path, error);
    match new_private_file(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created.map(Some).map_err(failed),
    }
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(failed)?,
    };
    if found.is_symlink() {
        let path = shown_path(path);
        return Err(FileError::SymbolicLink { path });
    }
    if !found.is_file() {
        return Err(failed(io::Error::other("not a regular file")));
    }
    match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some).map_err(failed),
    }
}

/// Whether the open file is still the one at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        match (file.metadata(), fs::symlink_metadata(path)) {
            (Ok(open), Ok(there)) => identity(open) == identity(there),
            _ => false,
        }
    }
    // On other systems an open file cannot be removed.
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}
