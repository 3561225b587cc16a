//! Why there is no pin to be had.

use crate::config::error::ConfigError;
use crate::files::pem::PemError;

/// Why [`PinAdvice`](crate::pins::PinAdvice) cannot be given.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PinAdviceError {
    /// The PEM is malformed, or is of a kind that holds nothing to pin.
    #[error("the PEM cannot be read")]
    Pem(#[source] PemError),
    /// There is neither a certificate, nor a request, nor a key.
    #[error("no certificate, certificate request or key found")]
    NothingFound,
    /// There is more than could be pinned.
    #[error("more than {limit} certificates, requests and keys")]
    TooMany {
        /// How many there may be.
        limit: usize,
    },
    /// Something is not well-formed.
    #[error("{what} {position} is malformed")]
    Malformed {
        /// `certificate`, `certificate request` or `public key`.
        what: &'static str,
        /// Its position among its like, from 1.
        position: usize,
        /// What is wrong.
        #[source]
        source: der::Error,
    },
    /// The private key is encrypted: decrypt it first, or take its public key.
    #[error("the private key is encrypted")]
    EncryptedKey,
    /// The private key is of a kind that the crypto provider cannot use.
    #[error("the private key cannot be used")]
    Key(#[source] rustls::Error),
    /// The crypto provider does not tell the public half of the private key.
    #[error("the crypto provider does not tell the public half of the private key")]
    NoPublicKey,
    /// There is no crypto provider.
    #[error(transparent)]
    Provider(ConfigError),
}
