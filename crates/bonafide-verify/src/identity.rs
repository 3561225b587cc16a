//! Client certificates.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::bounded_file::read_bounded;
use crate::certificate::subject_text;
use crate::config_error::ConfigError;
use crate::provider::Provider;

/// A client certificate with its private key, offered to servers of a zone that ask for one (RFC 8446, 4.4.2).
///
/// `Debug` shows the certificate's subject, never the key.
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// From PEM: the certificate chain, leaf first, and the private key in PKCS#8, SEC1 or PKCS#1. One text may hold both.
    ///
    /// # Errors
    /// [`ConfigError::IdentityPem`] when one is missing or malformed, [`ConfigError::EncryptedKey`] for an encrypted key.
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let malformed = |what| {
            move |source| ConfigError::IdentityPem {
                what,
                source: Some(Arc::new(source)),
            }
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_ref())
            .collect::<Result<_, _>>()
            .map_err(malformed("client certificate"))?;
        if chain.is_empty() {
            return Err(ConfigError::IdentityPem {
                what: "client certificate",
                source: None,
            });
        }
        let key = match PrivateKeyDer::from_pem_slice(key.as_ref()) {
            Ok(key) => key,
            Err(pem::Error::NoItemsFound) if is_encrypted(key.as_ref()) => {
                return Err(ConfigError::EncryptedKey);
            }
            Err(pem::Error::NoItemsFound) => {
                return Err(ConfigError::IdentityPem {
                    what: "private key",
                    source: None,
                });
            }
            Err(source) => return Err(malformed("private key")(source)),
        };
        Ok(Self { chain, key })
    }

    /// From PEM files; see [`ClientIdentity::from_pem`].
    ///
    /// # Errors
    /// [`ConfigError::ReadIdentity`] when a file cannot be read, and those of [`ClientIdentity::from_pem`].
    pub fn from_pem_files(
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, ConfigError> {
        let read = |path: &Path| {
            read_bounded(path).map_err(|problem| ConfigError::ReadIdentity {
                path: path.to_owned(),
                problem,
            })
        };
        Self::from_pem(read(chain.as_ref())?, read(key.as_ref())?)
    }

    /// From DER: the certificate chain, leaf first, and the private key.
    ///
    /// # Errors
    /// [`ConfigError::IdentityPem`] when the chain is empty.
    pub fn from_der(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, ConfigError> {
        if chain.is_empty() {
            return Err(ConfigError::IdentityPem {
                what: "client certificate",
                source: None,
            });
        }
        Ok(Self { chain, key })
    }

    /// The key ready to sign, once it is sure that it is the certificate's.
    pub(crate) fn certified_key(
        &self,
        provider: &Provider,
    ) -> Result<Arc<CertifiedKey>, ConfigError> {
        let key = provider
            .shared()
            .key_provider
            .load_private_key(self.key.clone_key())
            .map_err(ConfigError::UnusableKey)?;
        let certified = CertifiedKey::new(self.chain.clone(), key);
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

/// Whether the PEM has an encrypted key: PKCS#8 (RFC 7468, 11) or the older header (RFC 1421, 4.6.1.1).
fn is_encrypted(pem: &[u8]) -> bool {
    let contains = |needle: &[u8]| pem.windows(needle.len()).any(|window| window == needle);
    contains(b"BEGIN ENCRYPTED PRIVATE KEY") || contains(b"Proc-Type: 4,ENCRYPTED")
}

impl Clone for ClientIdentity {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
        }
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.chain.first().map(|leaf| subject_text(leaf));
        f.debug_struct("ClientIdentity")
            .field("subject", &subject)
            .finish_non_exhaustive()
    }
}
