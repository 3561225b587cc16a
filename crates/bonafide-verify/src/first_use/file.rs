//! Known keys in a file.

use std::path::{Path, PathBuf};

use super::store::{FirstUse, FirstUseError, Swap};
use super::{KnownKey, format};
use crate::config::description::Description;
use crate::files::atomic::AtomicFile;
use crate::text::{excerpt, shown_path};
use crate::x509::spki::SpkiSha256;

/// Larger stores are neither read nor written: room for some 10,000 hosts.
const MAX_BYTES: u64 = 1024 * 1024;

/// Known keys in a file that threads and processes share. Clones are the same store.
///
/// The file is text of one line a host:
///
/// ```text
/// bonafide first use, version 1
/// camera-7.devices.example sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= 2026-11-24T13:41:56Z
/// end
/// ```
///
/// A change writes the whole file beside the old one, to `NAME.new`, and renames it once it is on the disk: whatever happens to a writer, the file is the old or the new one. Writers wait for
/// each other at `NAME.lock`, for two seconds at most; `NAME.lock` stays, and is not to be removed while a program runs. New files can be read and written by their
/// owner alone. The file must not be a symbolic link; its directory may be reached over one.
///
/// **Whoever can write the file or its directory decides who is believed.** Processes on several machines can share it only where the file system's locks hold between them. It is read anew for every handshake, so that what another process has learned or forgotten counts at once. Where it is
/// missing, damaged or larger than 1 MiB, nobody is believed; it is never begun anew by itself.
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
    /// The store in an existing file, which is read once now.
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

    /// The store in a file that is created where there is none: then every contact is a first one. Its directory must exist.
    ///
    /// For a first start. A program that calls this at every start begins anew where somebody has removed the file; with [`Self::open`] at later starts that is an error.
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
                    format::write(&format::Known::new()).into_bytes()
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

    fn known(&self, content: Option<&[u8]>) -> Result<format::Known, FirstUseError> {
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

/// Whether what is written can be read again.
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
