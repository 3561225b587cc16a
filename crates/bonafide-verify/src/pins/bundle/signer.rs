//! Signing bundles.

use std::fmt;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;

use super::error::BundleError;
use super::key::BundleKey;
use crate::config::provider::Provider;
use crate::files::pem;

/// An Ed25519 private key that signs bundles. `Debug` shows only the public key.
pub struct BundleSigner {
    private: Arc<dyn SigningKey>,
    public: BundleKey,
}

impl BundleSigner {
    /// Reads the key from PEM, as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    /// [`BundleError::Signing`] if it has no key, or a key of another kind;
    /// [`BundleError::Provider`] without a crypto provider.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, BundleError> {
        let failed = |reason: &str| BundleError::Signing {
            reason: reason.to_owned(),
        };
        let provider = Provider::built_in().map_err(BundleError::Provider)?;
        let text = pem.as_ref();
        let der: Option<PrivateKeyDer<'_>> =
            pem::first(text).map_err(|error| failed(&format!("the PEM is malformed: {error}")))?;
        let der = der.ok_or_else(|| match pem::instead(text) {
            Some(instead) => failed(&format!("there is no private key in the PEM: {instead}")),
            None => failed("there is no private key in the PEM"),
        })?;
        let private = provider
            .shared()
            .key_provider
            .load_private_key(der)
            .map_err(|error| failed(&error.to_string()))?;
        let public = private
            .public_key()
            .and_then(|spki| BundleKey::from_spki(&spki))
            .ok_or_else(|| failed("the key is not an Ed25519 key"))?;
        Ok(Self { private, public })
    }

    /// The public key.
    pub fn key(&self) -> BundleKey {
        self.public
    }

    pub(super) fn sign(&self, payload: &[u8]) -> Result<[u8; 64], BundleError> {
        let failed = |reason: &str| BundleError::Signing {
            reason: reason.to_owned(),
        };
        let signer = self
            .private
            .choose_scheme(&[SignatureScheme::ED25519])
            .ok_or_else(|| failed("the crypto provider does not sign with Ed25519"))?;
        let signature = signer
            .sign(payload)
            .map_err(|error| failed(&error.to_string()))?;
        signature
            .try_into()
            .map_err(|_| failed("the crypto provider made a signature that is not 64 bytes long"))
    }
}

impl fmt::Debug for BundleSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BundleSigner").field(&self.public).finish()
    }
}
