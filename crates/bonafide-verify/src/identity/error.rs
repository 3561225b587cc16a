//! Why a client certificate could not be shown when a server asked for one.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::config::error::ConfigError;

/// Why a client certificate could not be shown when a server asked for one: the handshake then ends, and nothing is sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The [`ExternalSigner`](crate::identity::ExternalSigner) did not sign.
    #[error("the external signer of the client certificate failed")]
    Signer(#[source] SignError),
    /// What the [`ExternalSigner`](crate::identity::ExternalSigner) gave is no signature by the key of the certificate.
    #[error("the external signer gave no signature by the key of the client certificate {subject}")]
    WrongKey {
        /// The subject of the certificate.
        subject: String,
    },
    /// The callback of an [`IdentityCallback`](crate::identity::IdentityCallback) failed.
    #[error("the callback for the client certificate failed")]
    Callback(#[source] Arc<dyn StdError + Send + Sync>),
    /// What the callback of an [`IdentityCallback`](crate::identity::IdentityCallback) gave cannot be used.
    #[error("the client certificate that the callback gave cannot be used")]
    Unusable(#[source] ConfigError),
}

impl IdentityError {
    /// The error within one of rustls'.
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

/// Why an [`ExternalSigner`](crate::identity::ExternalSigner) did not sign.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct SignError {
    what: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl SignError {
    /// An error described by `what`, which is printed: no secret belongs in it.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// Adds the error beneath.
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}
