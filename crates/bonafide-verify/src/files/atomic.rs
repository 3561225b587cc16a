//! Replacing a small file so that it is whole at every moment, whatever happens to the processes that write it.
//!
//! The new content goes to a file beside it, is synchronised with the disk and renamed over the old one; then the directory is synchronised too. A process
//! that is killed in between leaves the old file as it was and perhaps `NAME.new`, which the next writer removes.
//! Writers exclude each other, threads and processes alike, by an operating system's lock on the empty file `NAME.lock`, which stays: the system takes the lock from whoever
//! dies with it. Readers need no lock.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fs4::{FileExt, TryLockError};

use crate::files::bounded::read_up_to;
use crate::files::load_report::LoadProblem;
use crate::text::shown_path;

/// How long a writer waits for another one. A write takes milliseconds: who waits longer waits for a process that hangs.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Between two looks at the lock: what a write takes, about.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Why a file that is kept across runs could not be read or replaced.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: LoadProblem,
    },
    /// It could not be replaced: its old content is still there, or, where only the directory could not be synchronised, the new one, which a loss of power may undo.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// The file that could not be written: the one meant, or its neighbour with `.new` or `.lock` added.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Arc<io::Error>,
    },
    /// The new content is larger than what would be read again.
    #[error("cannot write {path}: the new content is larger than {limit_bytes} bytes", path = path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// It is a symbolic link: replacing it would leave what it points to as it was. Directories on the way may be links.
    #[error("cannot use {path}: it is a symbolic link", path = path.display())]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// Another writer has the lock and does not let go of it.
    #[error("cannot lock {path}: another writer still holds the lock after {seconds} s", path = path.display(), seconds = waited.as_secs())]
    Locked {
        /// The file that is locked: the one meant, with `.lock` added.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
}

/// A small file that is always whole.
#[derive(Clone, Debug)]
pub(crate) struct AtomicFile {
    path: PathBuf,
    limit_bytes: u64,
}

impl AtomicFile {
    /// The file at `path`, of which no more than `limit_bytes` are ever read or written. Its directory must exist.
    pub(crate) fn new(path: impl Into<PathBuf>, limit_bytes: u64) -> Self {
        let path = path.into();
        Self {
            // So that it stays the same file wherever the process goes.
            path: std::path::absolute(&path).unwrap_or(path),
            limit_bytes,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole content at this moment; none where there is no file.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, FileError> {
        let read = |problem| FileError::Read {
            path: shown_path(&self.path),
            problem,
        };
        match is_plain(&self.path) {
            Ok(true) => {}
            Ok(false) => {
                return Err(FileError::SymbolicLink {
                    path: shown_path(&self.path),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(read(LoadProblem::Io(Arc::new(error)))),
        }
        read_up_to(&self.path, self.limit_bytes)
            .map(Some)
            .map_err(read)
    }

    /// Replaces the content by what `change` makes of the old one, which nobody else changes meanwhile; where that is none, the file stays as it is.
    ///
    /// When this returns `Ok`, the new content is on the disk. Blocks for the time of a disk's synchronisation, and up to [`MAX_WAIT`] for other writers.
    pub(crate) fn update<E: From<FileError>>(
        &self,
        change: impl FnOnce(Option<&[u8]>) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<(), E> {
        let _lock = self.lock()?;
        let old = self.read()?;
        match change(old.as_deref())? {
            Some(new) => Ok(self.replace(&new)?),
            None => Ok(()),
        }
    }

    /// Waits for the lock, which the file that is returned holds until it is closed.
    fn lock(&self) -> Result<File, FileError> {
        let path = self.beside(".lock");
        let begin = Instant::now();
        loop {
            if let Some(file) = open_lock(&path)? {
                match FileExt::try_lock(&file) {
                    // Somebody may have removed the file meanwhile: then this is a lock on nothing, and others lock a new one.
                    Ok(()) if is_at(&file, &path) => return Ok(file),
                    Ok(()) | Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(error)) => return Err(failed_to_write(&path, error)),
                }
            }
            if begin.elapsed() >= MAX_WAIT {
                return Err(FileError::Locked {
                    path,
                    waited: MAX_WAIT,
                });
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// Puts `content` in the place of the file; for whoever holds the lock.
    fn replace(&self, content: &[u8]) -> Result<(), FileError> {
        if u64::try_from(content.len()).is_ok_and(|length| length > self.limit_bytes) {
            return Err(FileError::Full {
                path: shown_path(&self.path),
                limit_bytes: self.limit_bytes,
            });
        }
        let beside = self.beside(".new");
        write_beside(&beside, &self.path, content)
            .map_err(|error| failed_to_write(&beside, error))?;
        fs::rename(&beside, &self.path)
            .and_then(|()| synchronise_directory(&self.path))
            .map_err(|error| failed_to_write(&self.path, error))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = OsString::from(self.path.as_os_str());
        path.push(suffix);
        PathBuf::from(path)
    }
}

fn failed_to_write(path: &Path, error: io::Error) -> FileError {
    FileError::Write {
        path: shown_path(path),
        source: Arc::new(error),
    }
}

/// Opens the file to lock, or creates it; none where it is removed at this moment. A link is not followed, and a pipe not waited for.
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

/// Whether the open file is the one that is at `path` now.
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
    // Elsewhere an open file cannot be removed.
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

/// Whether the path itself is no symbolic link.
fn is_plain(path: &Path) -> io::Result<bool> {
    Ok(!fs::symlink_metadata(path)?.is_symlink())
}

/// Writes a new file with the permissions of `old`, where there is one, and has it on the disk when it returns. What a killed writer left there goes.
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

/// Creates a file that nobody else may read, and fails where there is anything already, a symbolic link included.
fn new_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Has the renaming on the disk too (on Windows the file system's journal sees to that).
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str) -> (tempfile::TempDir, AtomicFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = AtomicFile::new(directory.path().join(name), 64);
        (directory, file)
    }

    fn write(file: &AtomicFile, content: &[u8]) -> Result<(), FileError> {
        file.update(|_| Ok(Some(content.to_owned())))
    }

    #[test]
    fn what_was_written_is_read_and_a_change_sees_the_old() {
        let (_directory, file) = kept("store");
        assert_eq!(file.read().unwrap(), None);
        write(&file, b"one").unwrap();
        let mut seen = None;
        file.update::<FileError>(|old| {
            seen = old.map(<[u8]>::to_vec);
            Ok(Some(b"two".to_vec()))
        })
        .unwrap();
        assert_eq!(seen.as_deref(), Some(&b"one"[..]));
        file.update::<FileError>(|_| Ok(None)).unwrap();
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"two"[..]));
    }

    #[test]
    fn a_change_that_fails_leaves_the_file_and_the_lock_alone() {
        let (_directory, file) = kept("store");
        write(&file, b"one").unwrap();
        let refused = file.update::<FileError>(|_| {
            Err(FileError::SymbolicLink {
                path: PathBuf::from("any"),
            })
        });
        assert!(matches!(refused, Err(FileError::SymbolicLink { .. })));
        write(&file, b"two").unwrap();
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"two"[..]));
    }

    #[test]
    fn nothing_is_read_or_written_beyond_the_limit() {
        let (_directory, file) = kept("store");
        match write(&file, &[0; 65]) {
            Err(FileError::Full { path, limit_bytes }) => {
                assert_eq!((path.as_path(), limit_bytes), (file.path(), 64));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(file.read().unwrap(), None);
        fs::write(file.path(), [0; 65]).unwrap();
        match file.read() {
            Err(FileError::Read {
                problem: LoadProblem::TooLarge { limit_bytes },
                ..
            }) => assert_eq!(limit_bytes, 64),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_killed_writer_left_is_harmless_and_goes() {
        let (directory, file) = kept("store");
        write(&file, b"one").unwrap();
        let left = directory.path().join("store.new");
        fs::write(&left, b"half of").unwrap();
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
        write(&file, b"two").unwrap();
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"two"[..]));
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn new_files_are_private_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let (directory, file) = kept("store");
        let mode = |name| {
            let metadata = fs::metadata(directory.path().join(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        write(&file, b"one").unwrap();
        assert_eq!((mode("store"), mode("store.lock")), (0o600, 0o600));
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(mode("store"), 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_refused_and_what_they_point_to_is_not_touched() {
        use std::os::unix::fs::symlink;
        for linked in ["store", "store.lock"] {
            let (directory, file) = kept("store");
            let target = directory.path().join("target");
            fs::write(&target, b"kept").unwrap();
            let link = directory.path().join(linked);
            symlink(&target, &link).unwrap();
            match write(&file, b"one") {
                Err(FileError::SymbolicLink { path }) => assert_eq!(path, link),
                other => panic!("{other:?}"),
            }
            assert_eq!(fs::read(&target).unwrap(), b"kept");
        }
        let (directory, file) = kept("store");
        let target = directory.path().join("target");
        fs::write(&target, b"kept").unwrap();
        symlink(&target, directory.path().join("store.new")).unwrap();
        write(&file, b"one").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"kept");
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_removed_while_somebody_holds_it_still_keeps_writers_apart() {
        let (directory, file) = kept("store");
        write(&file, b"0").unwrap();
        let lock = directory.path().join("store.lock");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let counted = file.update::<FileError>(|old| {
                            let old = std::str::from_utf8(old.unwrap()).unwrap();
                            let count: u32 = old.parse().unwrap();
                            Ok(Some((count + 1).to_string().into_bytes()))
                        });
                        counted.unwrap();
                    }
                });
            }
            // Between two writers, and never while one of them is at it.
            for _ in 0..25 {
                let held = file.lock().unwrap();
                fs::remove_file(&lock).unwrap();
                drop(held);
            }
        });
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"100"[..]));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_waited_for_as_a_lock() {
        let (directory, file) = kept("store");
        let lock = directory.path().join("store.lock");
        fs::create_dir(&lock).unwrap();
        match write(&file, b"one") {
            Err(FileError::Write { path, source }) => {
                assert_eq!(
                    (path, source.to_string()),
                    (lock, "not a regular file".to_owned())
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_directory_or_a_missing_one_is_a_typed_error() {
        let (directory, _) = kept("store");
        match AtomicFile::new(directory.path(), 64).read() {
            Err(FileError::Read {
                problem: LoadProblem::NotAFile(path),
                ..
            }) => assert_eq!(path, directory.path()),
            other => panic!("{other:?}"),
        }
        let missing = directory.path().join("missing").join("store");
        match write(&AtomicFile::new(missing, 64), b"one") {
            Err(FileError::Write { source, .. }) => {
                assert_eq!(source.kind(), io::ErrorKind::NotFound);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn threads_that_count_up_lose_no_step() {
        let (_directory, file) = kept("store");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        file.update::<FileError>(|old| {
                            let old = old.unwrap_or(b"0");
                            let count: u32 = std::str::from_utf8(old).unwrap().parse().unwrap();
                            Ok(Some((count + 1).to_string().into_bytes()))
                        })
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"100"[..]));
    }
}
