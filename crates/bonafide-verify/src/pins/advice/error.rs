//! Why no pin can be made.

use crate::config::error::ConfigError;
use crate::files::pem::PemError;

/// Why [`PinAdvice`](crate::pins::PinAdvice) cannot be made.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PinAdviceError {
    /// The PEM is malformed, or contains nothing that can be pinned.
    #[error("the PEM is malformed")]
    Pem(#[source] PemError),
    /// The input has no certificate, no certificate request and no key.
    #[error("no certificate, certificate request or key found")]
    NothingFound,
    /// The input has too many certificates, requests and keys.
    #[error("more than {limit} certificates, requests and keys")]
    TooMany {
        /// Maximum number allowed.
        limit: usize,
    },
    /// A certificate, a request or a key is malformed.
    #[error("{what} {position} is malformed")]
    Malformed {
        /// `certificate`, `certificate request` or `public key`.
        what: &'static str,
        /// Its position among those of the same type, from 1.
        position: usize,
        /// What is wrong.
        #[source]
        source: der::Error,
    },
    /// The private key is encrypted: decrypt it first, or use its public key.
    #[error("the private key is encrypted")]
    EncryptedKey,
    /// The crypto provider does not support this private key.
    #[error("the private key cannot be used")]
    Key(#[source] rustls::Error),
    /// The crypto provider does not give the public half of the private key.
    #[error("the crypto provider does not give the public half of the private key")]
    NoPublicKey,
    /// There is no crypto provider.
    #[error(transparent)]
    Provider(ConfigError),
}
