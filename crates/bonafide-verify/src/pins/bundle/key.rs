//! The keys that may sign bundles.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::{SubjectPublicKeyInfoDer, alg_id};

use super::MAX_SIGNATURES;
use super::error::BundleError;
use crate::config::provider::Provider;
use crate::files::pem;
use crate::pins::file::is_bundle_name;
use crate::text::{excerpt, one_line};

/// The bytes before the key in an Ed25519 SubjectPublicKeyInfo (RFC 8410, 4).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
/// The prefix of a key's text form.
const PREFIX: &str = "ed25519/";

/// An Ed25519 public key that signs bundles. Its text form, for parsing and printing, is `ed25519/`
/// and the Base64 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundleKey([u8; 32]);

impl BundleKey {
    /// The key with these 32 bytes (RFC 8032, 5.1.5).
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in a PEM file, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// [`BundleError::Key`] if it has no public key, or a public key of another kind.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, BundleError> {
        let text = pem.as_ref();
        let spki: Option<SubjectPublicKeyInfoDer<'_>> = pem::first(text).ok().flatten();
        let key = spki.as_ref().and_then(|spki| Self::from_spki(spki));
        key.ok_or_else(|| BundleError::Key {
            key: match pem::instead(text).filter(|_| spki.is_none()) {
                Some(instead) => format!("(PEM: {instead})"),
                None => "(PEM)".to_owned(),
            },
        })
    }

    pub(super) fn from_spki(spki: &[u8]) -> Option<Self> {
        let key = spki.strip_prefix(&SPKI_PREFIX)?;
        key.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for BundleKey {
    type Err = BundleError;

    fn from_str(text: &str) -> Result<Self, BundleError> {
        let bytes = text
            .strip_prefix(PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| BundleError::Key {
            key: one_line(&excerpt(text)),
        })
    }
}

impl fmt::Display for BundleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for BundleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The trust settings for a bundle: its name, the keys that may sign it, and how many of them must
/// sign.
#[derive(Clone)]
pub struct BundleKeys {
    name: String,
    threshold: usize,
    keys: BTreeSet<BundleKey>,
    provider: Provider,
}

impl BundleKeys {
    /// Trusts the bundle `name` if at least `threshold` different keys of `keys` have signed it. A
    /// key that is given twice counts once.
    ///
    /// # Errors
    /// [`BundleError::Name`]; [`BundleError::Threshold`] for a threshold of zero, or greater than
    /// the number of different keys; [`BundleError::TooManyKeys`] beyond 32;
    /// [`BundleError::Provider`] without a crypto provider.
    pub fn new(
        name: impl Into<String>,
        threshold: usize,
        keys: impl IntoIterator<Item = BundleKey>,
    ) -> Result<Self, BundleError> {
        let name = name.into();
        if !is_bundle_name(&name) {
            let name = excerpt(&name);
            return Err(BundleError::Name { name });
        }
        let keys: BTreeSet<BundleKey> = keys.into_iter().collect();
        if keys.len() > MAX_SIGNATURES {
            return Err(BundleError::TooManyKeys {
                limit: MAX_SIGNATURES,
            });
        }
        if threshold == 0 || threshold > keys.len() {
            return Err(BundleError::Threshold {
                threshold,
                keys: keys.len(),
            });
        }
        Ok(Self {
            name,
            threshold,
            keys,
            provider: Provider::built_in().map_err(BundleError::Provider)?,
        })
    }

    /// Sets the crypto provider that verifies signatures. Default: the build's provider, as for
    /// policies.
    pub fn crypto_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Provider::custom(provider);
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Verifies that enough different trusted keys have signed exactly these bytes. Signatures of
    /// other keys are ignored; a bad signature of a trusted key is an error.
    pub(super) fn verify(
        &self,
        payload: &[u8],
        signatures: &[(BundleKey, [u8; 64])],
    ) -> Result<(), BundleError> {
        if signatures.len() > MAX_SIGNATURES {
            return Err(BundleError::TooManySignatures {
                limit: MAX_SIGNATURES,
            });
        }
        let algorithms = self.provider.signature_algorithms().all.iter();
        let ed25519 = algorithms
            .copied()
            .find(|algorithm| algorithm.public_key_alg_id() == alg_id::ED25519)
            .ok_or(BundleError::NoEd25519)?;
        let mut signers = BTreeSet::new();
        let mut strangers = 0;
        for (key, signature) in signatures {
            if !self.keys.contains(key) {
                strangers += 1;
                continue;
            }
            ed25519
                .verify_signature(&key.0, payload, signature)
                .map_err(|_| BundleError::BadSignature { key: *key })?;
            signers.insert(key);
        }
        if signers.len() < self.threshold {
            return Err(BundleError::TooFewSignatures {
                valid: signers.len(),
                needed: self.threshold,
                strangers,
            });
        }
        Ok(())
    }
}

impl fmt::Debug for BundleKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleKeys")
            .field("name", &self.name)
            .field("threshold", &self.threshold)
            .field("keys", &self.keys)
            .field("provider", &self.provider.name())
            .finish()
    }
}
