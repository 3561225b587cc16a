//! Which version of a bundle was in use last, so that no older one comes back.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::files::atomic::{AtomicFile, FileError};
use crate::files::json_error::JsonError;
use crate::text::shown_path;

/// The largest file of versions: some 400 bundles.
const MAX_STORE_BYTES: u64 = 64 * 1024;
/// The version of the file's format.
const FORMAT: u64 = 1;

/// The version of a bundle, and which content had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleVersion {
    /// The version.
    pub version: u64,
    /// The SHA-256 of the payload.
    pub payload_sha256: [u8; 32],
}

/// Remembers the last version of each bundle. Who can set it back can play back an old bundle, until that expires.
pub trait VersionStore: Send + Sync {
    /// The last version of this bundle; none where there was none yet.
    ///
    /// # Errors
    /// [`VersionStoreError`]. The bundle is then refused.
    fn load(&self, bundle: &str) -> Result<Option<BundleVersion>, VersionStoreError>;

    /// Puts `new` in the place of `expected`, and says whether it did: if another version, or none, stands there meanwhile, nothing changes. It must be atomic, and
    /// durable when it returns.
    ///
    /// # Errors
    /// [`VersionStoreError`]. The bundle is then refused.
    fn compare_and_set(
        &self,
        bundle: &str,
        expected: Option<&BundleVersion>,
        new: &BundleVersion,
    ) -> Result<bool, VersionStoreError>;
}

/// Why the store of versions cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VersionStoreError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file has something else in it than versions. It is not replaced: that would let an old bundle in.
    #[error("{path} is no store of versions", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where it is JSON that is malformed.
        #[source]
        source: Option<JsonError>,
    },
    /// Others write to the store all the time.
    #[error("other writers of the store of versions came in between again and again, for {bundle}")]
    Contended {
        /// The bundle.
        bundle: String,
    },
    /// A store of your own says why.
    #[error("the store of versions cannot be used")]
    Other(#[source] Arc<dyn Error + Send + Sync>),
}

/// Remembers versions for the time of the process.
#[derive(Debug, Default)]
pub struct MemoryVersionStore(Mutex<BTreeMap<String, BundleVersion>>);

impl VersionStore for MemoryVersionStore {
    fn load(&self, bundle: &str) -> Result<Option<BundleVersion>, VersionStoreError> {
        let versions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(versions.get(bundle).copied())
    }

    fn compare_and_set(
        &self,
        bundle: &str,
        expected: Option<&BundleVersion>,
        new: &BundleVersion,
    ) -> Result<bool, VersionStoreError> {
        let mut versions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let swaps = versions.get(bundle) == expected;
        if swaps {
            versions.insert(bundle.to_owned(), *new);
        }
        Ok(swaps)
    }
}

/// Remembers versions in a file, which is whole whatever happens to the processes that write it; several may.
///
/// The file must not be a symbolic link, and its directory must exist. Without a file there was no version yet: keep it where only the program can write.
#[derive(Clone, Debug)]
pub struct FileVersionStore(AtomicFile);

impl FileVersionStore {
    /// A store in the file at `path`, which is made when it is first needed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(AtomicFile::new(path, MAX_STORE_BYTES))
    }

    fn parse(&self, bytes: Option<&[u8]>) -> Result<Content, VersionStoreError> {
        let Some(bytes) = bytes else {
            return Ok(Content {
                version: FORMAT,
                bundles: BTreeMap::new(),
            });
        };
        let malformed = |source| VersionStoreError::Malformed {
            path: shown_path(self.0.path()),
            source,
        };
        let content: Content =
            serde_json::from_slice(bytes).map_err(|error| malformed(Some(error.into())))?;
        if content.version != FORMAT {
            return Err(malformed(None));
        }
        Ok(content)
    }

    fn version(
        &self,
        content: &Content,
        bundle: &str,
    ) -> Result<Option<BundleVersion>, VersionStoreError> {
        let Some(stored) = content.bundles.get(bundle) else {
            return Ok(None);
        };
        let digest = STANDARD.decode(&stored.payload_sha256).ok();
        match digest.and_then(|digest| digest.try_into().ok()) {
            Some(payload_sha256) => Ok(Some(BundleVersion {
                version: stored.version,
                payload_sha256,
            })),
            None => Err(VersionStoreError::Malformed {
                path: shown_path(self.0.path()),
                source: None,
            }),
        }
    }
}

impl VersionStore for FileVersionStore {
    fn load(&self, bundle: &str) -> Result<Option<BundleVersion>, VersionStoreError> {
        let bytes = self.0.read()?;
        let content = self.parse(bytes.as_deref())?;
        self.version(&content, bundle)
    }

    fn compare_and_set(
        &self,
        bundle: &str,
        expected: Option<&BundleVersion>,
        new: &BundleVersion,
    ) -> Result<bool, VersionStoreError> {
        let mut swapped = false;
        self.0.update(|bytes| {
            let mut content = self.parse(bytes)?;
            if self.version(&content, bundle)?.as_ref() != expected {
                return Ok(None);
            }
            swapped = true;
            let stored = Stored {
                version: new.version,
                payload_sha256: STANDARD.encode(new.payload_sha256),
            };
            content.bundles.insert(bundle.to_owned(), stored);
            let mut text = serde_json::to_vec_pretty(&content).unwrap_or_default();
            text.push(b'\n');
            Ok::<_, VersionStoreError>(Some(text))
        })?;
        Ok(swapped)
    }
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u64,
    bundles: BTreeMap<String, Stored>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Stored {
    version: u64,
    payload_sha256: String,
}
