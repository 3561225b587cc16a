//! Stores states in a folder.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use fs4::{FileExt, TryLockError};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::{Key, Snapshot, Store, StoreError, StoreFuture, Swapped, Version};

/// The most bytes of a state. A jar with the default limits needs less: 3,000 cookies of less than
/// 22 KiB each.
const LIMIT_BYTES: u64 = 64 << 20;
/// The most bytes of a file name without its suffix; file systems allow 255.
const MAX_NAME_BYTES: usize = 200;
/// What is left of a longer name; with `__` and a digest of 64 digits it is within the limit.
const SHOWN_NAME_BYTES: usize = 128;
/// How long a writer waits for the lock. A write takes milliseconds.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Between two attempts to lock.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(2);

/// Stores states in a folder, one file for each. Clones share the folder.
///
/// A file is complete at every moment: the new state is written to a second file, synchronised to
/// disk and renamed over the old one, and the folder is synchronised. If a process is killed in
/// between, the old state stays, and perhaps a file `NAME.new`, which the next writer removes.
/// Threads and processes that write lock the empty file `NAME.lock`, which is not removed.
///
/// Only the owner can read new files (mode 0600; on Windows they inherit the permissions of the
/// folder). Symbolic links are refused. States of more than 64 MiB are neither read nor written.
///
/// Each access runs on a new thread, so it needs no runtime and does not block one. If a future is
/// dropped, its access is still completed.
///
#[cfg_attr(feature = "cookies", doc = "```")]
#[cfg_attr(not(feature = "cookies"), doc = "```ignore")]
/// use std::time::SystemTime;
///
/// use bonafide_tower::assurance::Assurance::Verified;
/// use bonafide_tower::cookies::Jar;
/// use bonafide_tower::store::{FileStore, Partition};
/// use url::Url;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let store = FileStore::in_folder(folder);
/// let (user, now) = (Partition::new("user 17"), SystemTime::now());
/// let url = Url::parse("https://example.com/")?;
///
/// let jar = Jar::new();
/// jar.set(&url, &user, Verified, b"id=7; Max-Age=3600", now)?;
/// jar.save(&store, &user, now).await?;
///
/// let next = Jar::new();
/// next.load(&store, &user, now).await?;
/// assert_eq!(next.cookies(&url, &user, Verified, now)[0].value(), Some("7"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
    limit_bytes: u64,
}

impl FileStore {
    /// A store in `folder`, which must exist when a state is written. Reads and writes nothing yet.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            // Absolute, so that a change of the working directory has no effect.
            folder: std::path::absolute(&folder).unwrap_or(folder),
            limit_bytes: LIMIT_BYTES,
        }
    }

    #[cfg(test)]
    pub(super) fn with_limit(mut self, limit_bytes: u64) -> Self {
        self.limit_bytes = limit_bytes;
        self
    }

    /// The path of the state of `key`: `cookies.txt` for the default partition, and for others
    /// `cookies-NAME.txt` with the name of the partition, in which all but `a` to `z` and `0` to
    /// `9` are `_` and two hexadecimal digits.
    ///
    /// Any text is a safe name of a partition: it does not lead out of the folder, is not a device
    /// on Windows, and has a file of its own where case is ignored. A name of more than 200 bytes,
    /// as it would be written, ends after 128 bytes with `__` and its SHA-256.
    pub fn path_of(&self, key: &Key) -> PathBuf {
        let partition = key.partition().as_str();
        let mut name = key.kind().as_str().to_owned();
        if !partition.is_empty() {
            name.push('-');
        }
        // Enough to see whether it is too long.
        for byte in partition.bytes().take(MAX_NAME_BYTES) {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' => name.push(char::from(byte)),
                _ => name.push_str(&format!("_{byte:02x}")),
            }
        }
        if name.len() > MAX_NAME_BYTES {
            name.truncate(SHOWN_NAME_BYTES);
            // No other name has two of them in a row: one is followed by two digits.
            name.push_str("__");
            for byte in Sha256::digest(partition) {
                name.push_str(&format!("{byte:02x}"));
            }
        }
        name.push_str(".txt");
        self.folder.join(name)
    }

    fn file(&self, key: &Key) -> StateFile {
        StateFile {
            path: self.path_of(key),
            limit_bytes: self.limit_bytes,
        }
    }
}

impl Store for FileStore {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move {
            let file = self.file(key);
            let state = on_a_thread(move || file.read()).await?;
            Ok(state.map(|state| {
                let state: Arc<[u8]> = state.into();
                Snapshot {
                    version: Version::new(Arc::clone(&state)),
                    state,
                }
            }))
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Version>,
        state: Vec<u8>,
    ) -> StoreFuture<'a, Swapped> {
        Box::pin(async move {
            let file = self.file(key);
            let expected = expected.cloned();
            on_a_thread(move || {
                let _lock = file.lock()?;
                let found = file.read()?;
                if found.as_deref() != expected.as_ref().map(Version::as_bytes) {
                    return Ok(Swapped::Conflict);
                }
                file.replace(&state)?;
                Ok(Swapped::Done)
            })
            .await
        })
    }
}

async fn on_a_thread<T: Send + 'static>(
    access: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name("bonafide-store".to_owned());
    thread
        .spawn(move || {
            // Fails if the caller no longer waits.
            let _ = sender.send(access());
        })
        .map_err(|error| StoreError::Other(error.into()))?;
    receiver.await.unwrap_or(Err(StoreError::Stopped))
}

/// The file of one state.
struct StateFile {
    path: PathBuf,
    limit_bytes: u64,
}

impl StateFile {
    /// Its content; `None` if there is no file.
    fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let failed = |source| failed("read", &self.path, source);
        if !is_there(&self.path)? {
            return Ok(None);
        }
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let mut state = Vec::new();
        let mut bounded = file.take(self.limit_bytes + 1);
        bounded.read_to_end(&mut state).map_err(failed)?;
        self.check_length(&state)?;
        Ok(Some(state))
    }

    /// Puts `state` in its place, for the holder of the lock.
    fn replace(&self, state: &[u8]) -> Result<(), StoreError> {
        self.check_length(state)?;
        let beside = self.beside(".new");
        write_new(&beside, state).map_err(|source| failed("write", &beside, source))?;
        fs::rename(&beside, &self.path)
            .and_then(|()| synchronise_folder(&self.path))
            .map_err(|source| failed("write", &self.path, source))
    }

    fn check_length(&self, state: &[u8]) -> Result<(), StoreError> {
        if u64::try_from(state.len()).is_ok_and(|bytes| bytes <= self.limit_bytes) {
            return Ok(());
        }
        Err(StoreError::TooLarge {
            path: self.path.clone(),
            limit_bytes: self.limit_bytes,
        })
    }

    /// Waits for the lock, which the returned file holds until it is closed.
    fn lock(&self) -> Result<File, StoreError> {
        let path = self.beside(".lock");
        let failed = |source| failed("write", &path, source);
        // Links are refused, also broken ones.
        is_there(&path)?;
        let file = private()
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let begin = Instant::now();
        loop {
            match FileExt::try_lock(&file) {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if begin.elapsed() >= MAX_WAIT => {
                    return Err(StoreError::Locked {
                        path,
                        waited: MAX_WAIT,
                    });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_ATTEMPTS),
            }
        }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = OsString::from(self.path.as_os_str());
        path.push(suffix);
        path.into()
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Whether there is a regular file. Anything else is an error: a pipe would block, and a link would
/// be replaced.
fn is_there(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(StoreError::NotAFile {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("read", path, error)),
    }
}

/// Opens a file for writing that only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a new file and synchronises it to disk. Removes the file of a killed writer first.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().create_new(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Synchronises the renaming to disk too; on Windows the journal of the file system does that.
fn synchronise_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
