//! Known keys in a file.

use std::path::{Path, PathBuf};

use super::store::{FirstUse, FirstUseError, Swap};
use super::{KnownKey, format};
use crate::config::description::Description;
use crate::files::atomic::AtomicFile;
use crate::text::{excerpt, shown_path};
use crate::x509::spki::SpkiSha256;

/// Maximum size of a store in bytes, for some 10,000 hosts. Larger ones are neither read nor
/// written.
const MAX_BYTES: u64 = 1024 * 1024;

/// Known keys in a file that threads and processes share. Clones are the same store.
///
/// The file is text with one line for each host:
///
/// ```text
/// bonafide first use, version 1
/// camera-7.devices.example sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= 2026-11-24T13:41:56Z
/// end
/// ```
///
/// A change writes the whole new file to `NAME.new`, synchronises it with the disk and renames it:
/// if a writer is killed, the file is the old or the new one. Writers exclude each other by a lock
/// on `NAME.lock` and wait for it for two seconds at most. `NAME.lock` stays; do not remove it
/// while a program runs. New files can be read and written by their owner only. The file must not
/// be a symbolic link; its directory may be reached through one.
///
/// **Every user who can write the file or its directory decides which servers are trusted.**
/// Processes on several machines can share the file only if the file system's locks work between
/// them. The file is read again for every handshake, so changes by other processes take effect at
/// once. If it is missing, damaged or larger than 1 MiB, all hosts of the zone are refused; it is
/// never created again automatically.
///
/// ```
/// use bonafide_verify::{Policy, Zone};
/// use bonafide_verify::first_use::FileFirstUse;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("devices");
/// let store = FileFirstUse::open_or_create(path)?;
/// let policy = Policy::builder()
///     .zone(Zone::for_host("*.devices.example").first_use(store.clone()))
///     .build()?;
/// # let _ = policy;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileFirstUse {
    file: AtomicFile,
}

impl FileFirstUse {
    /// Opens the store in an existing file, and reads it once.
    ///
    /// # Errors
    /// [`FirstUseError::Missing`], [`FirstUseError::Damaged`] and [`FirstUseError::File`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FirstUseError> {
        let store = Self {
            file: AtomicFile::new(path, MAX_BYTES),
        };
        store.known(store.file.read()?.as_deref())?;
        Ok(store)
    }

    /// Opens the store, or creates an empty one if there is no file. With an empty store, every
    /// contact is a first contact. The directory must exist.
    ///
    /// Use this for the first start of a program and [`Self::open`] for later ones. Otherwise a
    /// removed file is not noticed: the store starts empty again.
    ///
    /// # Errors
    /// [`FirstUseError::Damaged`] and [`FirstUseError::File`].
    pub fn open_or_create(path: impl Into<PathBuf>) -> Result<Self, FirstUseError> {
        let store = Self {
            file: AtomicFile::new(path, MAX_BYTES),
        };
        if store.file.read()?.is_none() {
            store.file.update::<FirstUseError>(|old| {
                let begin = || {
                    tracing::info!(path = %store.path().display(), "created a store of known keys");
                    format::write(&format::KnownKeys::new()).into_bytes()
                };
                Ok(old.is_none().then(begin))
            })?;
        }
        Self::open(store.file.path())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Every host with its key, in the order of the names.
    ///
    /// # Errors
    /// [`FirstUseError::Missing`], [`FirstUseError::Damaged`] and [`FirstUseError::File`].
    pub fn entries(&self) -> Result<Vec<(String, KnownKey)>, FirstUseError> {
        Ok(self
            .known(self.file.read()?.as_deref())?
            .into_iter()
            .collect())
    }

    fn known(&self, content: Option<&[u8]>) -> Result<format::KnownKeys, FirstUseError> {
        let path = || shown_path(self.file.path());
        let content = content.ok_or_else(|| FirstUseError::Missing { path: path() })?;
        format::read(content).map_err(|(line, fault)| FirstUseError::Damaged {
            path: path(),
            line,
            fault,
        })
    }
}

impl FirstUse for FileFirstUse {
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError> {
        let known = self.known(self.file.read()?.as_deref())?;
        Ok(known.get(host).copied())
    }

    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError> {
        if let Some(new) = &new {
            can_be_written(host, new)?;
        }
        let mut swap = Swap::Done;
        self.file.update(|old| {
            let mut known = self.known(old)?;
            let found = known.get(host).copied();
            if found.map(|found| found.key) != expected {
                swap = Swap::Found(found);
                return Ok::<_, FirstUseError>(None);
            }
            match new {
                Some(new) => known.insert(host.to_owned(), new),
                None => known.remove(host),
            };
            Ok(Some(format::write(&known).into_bytes()))
        })?;
        Ok(swap)
    }

    fn describe(&self, description: &mut Description) {
        description.setting("first-use", self.file.path());
    }
}

/// Whether the entry could be read back.
fn can_be_written(host: &str, new: &KnownKey) -> Result<(), FirstUseError> {
    match format::can_be_written(host, new) {
        Ok(()) => Ok(()),
        Err(format::StoreFault::Time { .. }) => Err(FirstUseError::Time {
            seconds: new.first_seen.as_secs(),
        }),
        Err(_) => Err(FirstUseError::Host {
            host: excerpt(host),
        }),
    }
}
