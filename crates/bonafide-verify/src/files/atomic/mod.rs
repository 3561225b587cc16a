//! Replacing a small file so that it is whole at every moment, also if a process that writes it is
//! killed.
//!
//! The new content is written to a file next to it, synchronised with the disk, and renamed over
//! the old file; then the directory is synchronised too. If the process is killed before the
//! renaming, the old file stays, and perhaps also `NAME.new`, which the next writer removes.
//! Writers exclude each other, threads and processes alike, by an operating system's lock on the
//! empty file `NAME.lock`, which stays; the system releases the lock when its holder ends. Readers
//! need no lock.

mod error;
mod lock;
mod replace;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::error::FileError;
use crate::files::bounded::read_up_to;
use crate::files::load_report::LoadProblem;
use crate::text::shown_path;

/// A small file that is whole at every moment.
#[derive(Clone, Debug)]
pub(crate) struct AtomicFile {
    path: PathBuf,
    limit_bytes: u64,
}

impl AtomicFile {
    /// The file at `path`. At most `limit_bytes` are read or written. Its directory must exist.
    pub(crate) fn new(path: impl Into<PathBuf>, limit_bytes: u64) -> Self {
        let path = path.into();
        Self {
            // So that it stays the same file if the process changes its working directory.
            path: std::path::absolute(&path).unwrap_or(path),
            limit_bytes,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole current content; `None` if there is no file.
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

    /// Replaces the content with the result of `change`, which gets the old content. Other writers
    /// are locked out meanwhile. If the result is `None`, the file stays unchanged.
    ///
    /// After `Ok`, the new content is on the disk. Blocks while the disk is synchronised, and up to
    /// [`lock::MAX_WAIT`] for other writers.
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

    fn lock(&self) -> Result<File, FileError> {
        lock::acquire(&self.beside(".lock"))
    }

    fn replace(&self, content: &[u8]) -> Result<(), FileError> {
        if u64::try_from(content.len()).is_ok_and(|length| length > self.limit_bytes) {
            return Err(FileError::Full {
                path: shown_path(&self.path),
                limit_bytes: self.limit_bytes,
            });
        }
        replace::replace(&self.path, &self.beside(".new"), content)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = OsString::from(self.path.as_os_str());
        path.push(suffix);
        PathBuf::from(path)
    }
}

/// Whether the path itself is not a symbolic link.
fn is_plain(path: &Path) -> io::Result<bool> {
    Ok(!fs::symlink_metadata(path)?.is_symlink())
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
                path,
                problem: LoadProblem::IsADirectory,
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
