//! Errors of presenting a client certificate to a server that requests one.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::config::error::ConfigError;

/// A client certificate could not be presented to a server that requested one. The handshake fails
/// before anything is sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The [`ExternalSigner`](crate::identity::ExternalSigner) returned an error.
    #[error("the external signer of the client certificate failed")]
    Signer(#[source] SignError),
    /// The key of the certificate does not verify the signature that the
    /// [`ExternalSigner`](crate::identity::ExternalSigner) returned.
    #[error(
        "the signature of the external signer does not verify with the key of the client certificate {subject}"
    )]
    WrongKey {
        /// The subject of the certificate.
        subject: String,
    },
    /// The callback of an [`IdentityCallback`](crate::identity::IdentityCallback) returned an
    /// error.
    #[error("the callback that chooses the client certificate failed")]
    Callback(#[source] Arc<dyn StdError + Send + Sync>),
    /// The callback of an [`IdentityCallback`](crate::identity::IdentityCallback) returned a
    /// certificate or a key that cannot be used.
    #[error("the callback returned a client certificate that cannot be used")]
    Unusable(#[source] ConfigError),
}

impl IdentityError {
    /// The error inside an error of rustls.
    pub(crate) fn within(error: &rustls::Error) -> Option<&Self> {
        match error {
            rustls::Error::Other(other) => other.0.downcast_ref(),
            _ => None,
        }
    }
}

impl From<IdentityError> for rustls::Error {
    fn from(error: IdentityError) -> Self {
        Self::Other(rustls::OtherError(Arc::new(error)))
    }
}

/// An [`ExternalSigner`](crate::identity::ExternalSigner) could not sign.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct SignError {
    what: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl SignError {
    /// An error with the text `what`. The text is printed, so it must not contain a secret.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// Adds the error that caused this one.
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}
