//! Signed pin files.

mod envelope;
mod error;
mod key;
mod signer;
mod version_store;

use std::path::{Path, PathBuf};

use rustls_pki_types::UnixTime;
use sha2::{Digest as _, Sha256};

pub use self::error::BundleError;
pub use self::key::{BundleKey, BundleKeys};
pub use self::signer::BundleSigner;
pub use self::version_store::{
    BundleVersion, FileVersionStore, MemoryVersionStore, VersionStore, VersionStoreError,
};
use super::file::{self, BundleHeader, is_bundle_name};
use super::set::PinSet;
use crate::files::bounded::read_up_to;
use crate::text::{excerpt, shown_path};

/// The first line of every payload. A signature covers the whole payload, so a text that was signed
/// for another purpose is never accepted as a bundle.
const FIRST_LINE: &[u8] = b"# bonafide pin bundle 1\n";
/// Maximum size of a payload in bytes: the largest pin file, and some more lines.
const MAX_PAYLOAD_BYTES: usize = 4 * 1024 * 1024;
/// Maximum size of a bundle in bytes: a payload in Base64, and its signatures.
const MAX_BUNDLE_BYTES: u64 = 6 * 1024 * 1024;
/// Maximum number of signatures of a bundle.
const MAX_SIGNATURES: usize = 32;
/// Maximum number of attempts to update the version store when other writers change it at the same
/// time.
const MAX_RACES: usize = 16;

/// A pin file in a signed envelope, not opened yet: nothing in it is trusted before
/// [`open`](Self::open).
///
/// # The payload
///
/// A pin file in TOML (see [`PinSet`]) whose first line is exactly `# bonafide pin bundle 1`,
/// followed by a line feed, and which has one more table:
///
/// ```toml
/// # bonafide pin bundle 1
/// version = 1
/// count = 1
///
/// [bundle]
/// name = "shop"             # which bundle: one signed for another program is refused
/// version = 7               # goes up with every change: an older one is refused
/// expires = "2027-03-31"    # from then on it is refused
///
/// [[hosts]]
/// # …
/// ```
///
/// # The envelope
///
/// JSON: the payload in Base64, and Ed25519 signatures (RFC 8032) over exactly its bytes, each with
/// its 32-byte public key.
///
/// ```json
/// {
///   "bonafide-pin-bundle": 1,
///   "payload": "IyBib25hZmlkZSBwaW4gYnVuZGxlIDEK…",
///   "signatures": [
///     { "key": "ed25519/bpO+…=", "signature": "hG2…==" }
///   ]
/// }
/// ```
///
/// # With openssl
///
/// ```text
/// openssl genpkey -algorithm ed25519 -out signer.pem
/// openssl pkey -in signer.pem -pubout -outform DER | tail -c 32 | base64      # the key, behind "ed25519/"
/// openssl pkeyutl -sign -rawin -inkey signer.pem -in payload.toml | base64 -w0 # the signature
/// base64 -w0 payload.toml                                                     # the payload
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinBundle {
    file: Option<PathBuf>,
    payload: Vec<u8>,
    signatures: Vec<(BundleKey, [u8; 64])>,
}

impl PinBundle {
    /// The bytes to sign for a bundle of this set, with its name, its version, and the time until
    /// which it may be loaded.
    ///
    /// # Errors
    /// [`BundleError::Name`] for a name that is not 1 to 64 letters, digits and `.-_`;
    /// [`BundleError::TooLarge`].
    pub fn payload_of(
        pins: &PinSet,
        name: impl Into<String>,
        version: u64,
        expires: UnixTime,
    ) -> Result<Vec<u8>, BundleError> {
        let header = BundleHeader {
            name: name.into(),
            version,
            expires,
        };
        if !is_bundle_name(&header.name) {
            return Err(BundleError::Name {
                name: excerpt(&header.name),
            });
        }
        let mut payload = FIRST_LINE.to_vec();
        payload.extend(file::to_payload(&header, pins.entries()).into_bytes());
        check_payload_size(&payload)?;
        Ok(payload)
    }

    /// Makes a bundle of these bytes, without signatures.
    ///
    /// # Errors
    /// [`BundleError::TooLarge`].
    pub fn of_payload(payload: impl Into<Vec<u8>>) -> Result<Self, BundleError> {
        let payload = payload.into();
        check_payload_size(&payload)?;
        Ok(Self {
            file: None,
            payload,
            signatures: Vec::new(),
        })
    }

    /// Adds a signature that another tool made; [`open`](Self::open) verifies it.
    pub fn with_signature(mut self, key: BundleKey, signature: [u8; 64]) -> Self {
        self.signatures.push((key, signature));
        self
    }

    /// Signs the payload.
    ///
    /// # Errors
    /// [`BundleError::Signing`] if the crypto provider cannot sign.
    pub fn signed_by(self, signer: &BundleSigner) -> Result<Self, BundleError> {
        let signature = signer.sign(&self.payload)?;
        Ok(self.with_signature(signer.key(), signature))
    }

    /// Reads a bundle without verifying it.
    ///
    /// # Errors
    /// [`BundleError::TooLarge`], [`BundleError::Envelope`] with line and column,
    /// [`BundleError::UnsupportedVersion`], [`BundleError::Base64`] and
    /// [`BundleError::TooManySignatures`].
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, BundleError> {
        envelope::read(json.as_ref())
    }

    /// Reads a bundle from a file without verifying it.
    ///
    /// # Errors
    /// [`BundleError::Read`], and the errors of [`Self::from_json`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, BundleError> {
        let path = path.as_ref();
        let bytes = read_up_to(path, MAX_BUNDLE_BYTES).map_err(|problem| BundleError::Read {
            path: shown_path(path),
            problem,
        })?;
        Ok(Self {
            file: Some(path.to_owned()),
            ..Self::from_json(bytes)?
        })
    }

    /// The bundle as JSON.
    pub fn to_json(&self) -> String {
        envelope::write(self)
    }

    /// The signed bytes, not verified.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Opens the bundle: verifies the signatures, then the bundle's name, version and expiry, then
    /// reads the pins, and finally records the version in the store.
    ///
    /// `now` is the current time of the policy's clock. Open a bundle for a trial, for example for
    /// a candidate policy, with [`inspect`](Self::inspect). The same bundle can be opened again; a
    /// lower version, or another payload with the same version, is an error.
    ///
    /// **While it is in use**, every entry expires no later than the bundle. An entry with
    /// `on-expiry` then does what it says; an entry that never expires refuses. Choose `on-expiry`
    /// for the case that a new bundle does not arrive in time.
    ///
    /// # Errors
    /// [`BundleError::BadSignature`] for a signature of a trusted key that does not verify for
    /// these bytes, [`BundleError::TooFewSignatures`], [`BundleError::NotABundle`],
    /// [`BundleError::Payload`] with the line at fault, [`BundleError::OtherBundle`],
    /// [`BundleError::Expired`], [`BundleError::Rollback`],
    /// [`BundleError::SameVersionOtherContent`], and [`BundleError::Store`].
    pub fn open(
        &self,
        keys: &BundleKeys,
        versions: &dyn VersionStore,
        now: UnixTime,
    ) -> Result<PinSet, BundleError> {
        let (set, name, version) = self.verified(keys, now)?;
        advance(versions, &name, &version)?;
        Ok(set)
    }

    /// Opens the bundle for inspection: does the same as [`open`](Self::open), but does not record
    /// its version in the store. Use it for a candidate policy, and for a check before a bundle is
    /// published: a trial must not make the bundle in use count as an old one.
    ///
    /// # Errors
    /// The errors of [`open`](Self::open).
    pub fn inspect(
        &self,
        keys: &BundleKeys,
        versions: &dyn VersionStore,
        now: UnixTime,
    ) -> Result<PinSet, BundleError> {
        let (set, name, version) = self.verified(keys, now)?;
        let _is_new = is_newer(versions.load(&name)?.as_ref(), &version)?;
        Ok(set)
    }

    /// The pins with the bundle's name and version, after all verification except the version
    /// store's.
    fn verified(
        &self,
        keys: &BundleKeys,
        now: UnixTime,
    ) -> Result<(PinSet, String, BundleVersion), BundleError> {
        keys.verify(&self.payload, &self.signatures)?;
        if !self.payload.starts_with(FIRST_LINE) {
            return Err(BundleError::NotABundle);
        }
        let label = match &self.file {
            Some(file) => format!("{} (payload)", file.display()),
            None => "(payload)".to_owned(),
        };
        let (header, entries) = file::read_payload(&label, &self.payload)?;
        if header.name != keys.name() {
            return Err(BundleError::OtherBundle {
                expected: keys.name().to_owned(),
                found: header.name,
            });
        }
        if now >= header.expires {
            return Err(BundleError::Expired {
                expired: header.expires,
                now,
            });
        }
        let entries = entries
            .into_iter()
            .map(|entry| entry.bounded(header.expires))
            .collect();
        let set = PinSet::checked(entries).map_err(BundleError::Pin)?;
        let version = BundleVersion {
            version: header.version,
            payload_sha256: Sha256::digest(&self.payload).into(),
        };
        Ok((set.with_file(self.file.clone()), header.name, version))
    }
}

fn check_payload_size(payload: &[u8]) -> Result<(), BundleError> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(BundleError::TooLarge {
            limit_bytes: MAX_PAYLOAD_BYTES,
        });
    }
    Ok(())
}

/// Records the version in the store, unless the store has a later one.
fn advance(
    versions: &dyn VersionStore,
    bundle: &str,
    offered: &BundleVersion,
) -> Result<(), BundleError> {
    for _ in 0..MAX_RACES {
        let seen = versions.load(bundle)?;
        if !is_newer(seen.as_ref(), offered)?
            || versions.compare_and_set(bundle, seen.as_ref(), offered)?
        {
            return Ok(());
        }
    }
    Err(BundleError::Store(VersionStoreError::Contended {
        bundle: bundle.to_owned(),
    }))
}

/// Whether `offered` is later than the last recorded version; false if they are the same.
fn is_newer(seen: Option<&BundleVersion>, offered: &BundleVersion) -> Result<bool, BundleError> {
    match seen {
        Some(seen) if offered.version < seen.version => Err(BundleError::Rollback {
            offered: offered.version,
            seen: seen.version,
        }),
        Some(seen) if offered == seen => Ok(false),
        Some(seen) if offered.version == seen.version => {
            Err(BundleError::SameVersionOtherContent {
                version: seen.version,
            })
        }
        _ => Ok(true),
    }
}
