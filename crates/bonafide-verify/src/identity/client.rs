//! A client certificate that does not change.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::credential::IdentityRecord;
use super::signer::{ExternalKey, ExternalSigner};
use crate::config::error::ConfigError;
use crate::config::provider::Provider;
use crate::files::bounded::read_bounded;
use crate::files::found_kind::FoundKind;
use crate::files::pem::{self, PemError};
use crate::text::shown_path;
use crate::x509::certificate::{Certificate, subject_text};

/// The kind of object in the PEM of a certificate, as errors name it.
const CERTIFICATE: &str = "client certificate";

/// A client certificate with its private key, or with an external signer. It is presented to
/// servers of a zone that request one (RFC 8446, 4.4.2).
///
/// In a zone it stays the same for the lifetime of the policy. Use
/// [`IdentityHandle`](super::IdentityHandle) for a certificate that changes.
///
/// `Debug` shows the certificate's subject, never the key.
#[doc(alias = "Identity")]
#[derive(Clone)]
pub struct ClientIdentity {
    leaf: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    key: Key,
    files: Vec<PathBuf>,
}

enum Key {
    Here(PrivateKeyDer<'static>),
    Elsewhere(Arc<dyn ExternalSigner>),
}

impl ClientIdentity {
    /// From PEM: the certificate chain, leaf first, and the private key in PKCS#8, SEC1 or PKCS#1.
    /// One text may contain both.
    ///
    /// # Errors
    /// [`ConfigError::IdentityPem`] if one is missing or malformed, or if the chain has a section
    /// of another kind that may contain a certificate; its source names the kind.
    /// [`ConfigError::EncryptedKey`] for an encrypted key.
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let malformed = |what| {
            move |source| ConfigError::IdentityPem {
                what,
                path: None,
                source: Some(source),
            }
        };
        let none = |what, text: &[u8]| ConfigError::IdentityPem {
            what,
            path: None,
            source: pem::instead(text),
        };
        let (chain_text, key_text) = (chain.as_ref(), key.as_ref());
        // The text may also contain the key. A section of another kind that may contain a
        // certificate could be the leaf, so it is an error.
        let is_beside = |error: &PemError| error.other_kind().is_some_and(FoundKind::is_beside);
        let chain = pem::sections(chain_text)
            .filter(|section| !section.as_ref().is_err_and(is_beside))
            .collect::<Result<Vec<_>, _>>()
            .map_err(malformed(CERTIFICATE))?;
        if chain.is_empty() {
            return Err(none(CERTIFICATE, chain_text));
        }
        let key = match pem::first(key_text).map_err(malformed("private key"))? {
            Some(key) => key,
            None if pem::has(key_text, FoundKind::EncryptedKey) => {
                return Err(ConfigError::EncryptedKey);
            }
            None => return Err(none("private key", key_text)),
        };
        Self::new(chain, Key::Here(key))
    }

    /// From PEM files; see [`ClientIdentity::from_pem`].
    ///
    /// # Errors
    /// [`ConfigError::ReadIdentity`] when a file cannot be read, and those of
    /// [`ClientIdentity::from_pem`].
    pub fn from_pem_files(
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, ConfigError> {
        let read = |path: &Path| {
            read_bounded(path).map_err(|problem| ConfigError::ReadIdentity {
                path: shown_path(path),
                problem,
            })
        };
        let (chain, key) = (chain.as_ref(), key.as_ref());
        match Self::from_pem(read(chain)?, read(key)?) {
            Ok(identity) => Ok(Self {
                files: vec![chain.to_owned(), key.to_owned()],
                ..identity
            }),
            Err(ConfigError::IdentityPem {
                what,
                path: None,
                source,
            }) => Err(ConfigError::IdentityPem {
                path: Some(if what == CERTIFICATE { chain } else { key }.to_owned()),
                what,
                source,
            }),
            Err(error) => Err(error),
        }
    }

    /// From DER: the certificate chain, leaf first, and the private key.
    ///
    /// # Errors
    /// [`ConfigError::IdentityPem`] when the chain is empty.
    pub fn from_der(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, ConfigError> {
        Self::new(chain, Key::Here(key))
    }

    /// A certificate chain, leaf first, whose private key is held elsewhere: `signer` signs with
    /// it.
    ///
    /// # Errors
    /// [`ConfigError::IdentityPem`] if the chain is empty, [`ConfigError::MalformedIdentity`] if
    /// the leaf cannot be read, and [`ConfigError::KeyMismatch`] if the signer returns a public key
    /// that does not match the certificate.
    pub fn with_signer(
        chain: Vec<CertificateDer<'static>>,
        signer: impl ExternalSigner + 'static,
    ) -> Result<Self, ConfigError> {
        let public_key = signer.public_key();
        let identity = Self::new(chain, Key::Elsewhere(Arc::new(signer)))?;
        let leaf = Certificate::from_der(&identity.leaf).map_err(ConfigError::MalformedIdentity)?;
        match public_key {
            Some(key) if key != leaf.subject_public_key_info() => Err(ConfigError::KeyMismatch),
            _ => Ok(identity),
        }
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: Key) -> Result<Self, ConfigError> {
        let mut chain = chain.into_iter();
        let leaf = chain.next().ok_or(ConfigError::IdentityPem {
            what: CERTIFICATE,
            path: None,
            source: None,
        })?;
        Ok(Self {
            leaf,
            intermediates: chain.collect(),
            key,
            files: Vec::new(),
        })
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> &CertificateDer<'static> {
        &self.leaf
    }

    /// The certificate as receipts name it.
    pub fn record(&self) -> IdentityRecord {
        IdentityRecord::of(&self.leaf)
    }

    /// The files that the chain and the key were read from; empty if they came from memory.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Whether both are the same chain and key. Always false for external signers, whose keys
    /// cannot be compared.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let Self {
            leaf,
            intermediates,
            key,
            files: _,
        } = self;
        matches!((key, &other.key), (Key::Here(one), Key::Here(two)) if one == two)
            && *leaf == other.leaf
            && *intermediates == other.intermediates
    }

    /// The key, ready to sign, after checking that it matches the certificate.
    pub(crate) fn certified_key(
        &self,
        provider: &Provider,
    ) -> Result<Arc<CertifiedKey>, ConfigError> {
        let key = match &self.key {
            Key::Here(key) => provider
                .shared()
                .key_provider
                .load_private_key(key.clone_key())
                .map_err(ConfigError::UnusableKey)?,
            Key::Elsewhere(signer) => Arc::new(ExternalKey::new(
                Arc::clone(signer),
                self.leaf.clone(),
                *provider.signature_algorithms(),
            )),
        };
        let chain = [&self.leaf]
            .into_iter()
            .chain(&self.intermediates)
            .cloned()
            .collect();
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) => Ok(Arc::new(certified)),
            Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
                Ok(Arc::new(certified))
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(ConfigError::KeyMismatch),
            Err(error) => Err(ConfigError::UnusableKey(error)),
        }
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        match self {
            Self::Here(key) => Self::Here(key.clone_key()),
            Self::Elsewhere(signer) => Self::Elsewhere(Arc::clone(signer)),
        }
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity")
            .field("subject", &subject_text(&self.leaf))
            .finish_non_exhaustive()
    }
}
