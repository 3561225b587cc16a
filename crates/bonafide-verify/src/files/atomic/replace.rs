//! Replacing a file: a new one is written, synchronised with the disk, and renamed over the old
//! one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::error::{FileError, failed_to_write};

/// Replaces the file at `path` with `content`, which is first written to `beside`. The caller must
/// hold the lock.
pub(super) fn replace(path: &Path, beside: &Path, content: &[u8]) -> Result<(), FileError> {
    write_beside(beside, path, content).map_err(|error| failed_to_write(beside, error))?;
    fs::rename(beside, path)
        .and_then(|()| synchronise_directory(path))
        .map_err(|error| failed_to_write(path, error))
}

/// Writes a new file with the permissions of `old`, if that exists, and synchronises it with the
/// disk. Removes the file that a killed writer left there.
fn write_beside(path: &Path, old: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = new_private_file(path)?;
    match fs::metadata(old) {
        Ok(old) => file.set_permissions(old.permissions())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.write_all(content)?;
    file.sync_all()
}

/// Creates a file that only its owner may read. Fails if the path exists, also as a symbolic link.
pub(super) fn new_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Synchronises the renaming with the disk. On Windows the journal of the file system does that.
fn synchronise_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
