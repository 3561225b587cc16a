//! The last version of each bundle that was in use, so that no older one is accepted.

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

/// Maximum size of the file in bytes: about 400 bundles.
const MAX_STORE_BYTES: u64 = 64 * 1024;
/// The version of the file's format.
const FORMAT: u64 = 1;

/// The version of a bundle, and the hash of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleVersion {
    /// The version.
    pub version: u64,
    /// The SHA-256 of the payload.
    pub payload_sha256: [u8; 32],
}

/// Stores the last version of each bundle. An attacker that can reset it can replay an old bundle
/// until that bundle expires.
pub trait VersionStore: Send + Sync {
    /// The last version of this bundle; none if no version was recorded yet.
    ///
    /// # Errors
    /// [`VersionStoreError`]. The bundle is then refused.
    fn load(&self, bundle: &str) -> Result<Option<BundleVersion>, VersionStoreError>;

    /// Replaces `expected` with `new`, and returns whether it did: if the store has another
    /// version, or none, nothing changes. It must be atomic, and durable when it returns.
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

/// Why the version store cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VersionStoreError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file does not contain versions. It is not replaced, because then an old bundle would be
    /// accepted.
    #[error("{path} is not a valid version store", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong; with line and column for malformed JSON.
        #[source]
        source: Option<JsonError>,
    },
    /// Other writers changed the store at every attempt.
    #[error(
        "other writers changed the version store at every attempt to record the version of {bundle}"
    )]
    Contended {
        /// The bundle.
        bundle: String,
    },
    /// The error of a custom store.
    #[error("the version store cannot be used")]
    Other(#[source] Arc<dyn Error + Send + Sync>),
}

/// Stores versions in memory, for the lifetime of the process.
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

/// Stores versions in a file. Several processes may use it; each write is atomic, even if a process
/// is killed.
///
/// The file must not be a symbolic link, and its directory must exist. A missing file means that no
/// version was recorded yet, so keep the file where only the program can write.
#[derive(Clone, Debug)]
pub struct FileVersionStore(AtomicFile);

impl FileVersionStore {
    /// A store in the file at `path`, which is created when it is first needed.
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

/// The content of the file.
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
