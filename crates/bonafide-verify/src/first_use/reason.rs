//! Why a peer is not believed by its key.

use std::fmt;

use super::{CertificateSha256, Exactly, FirstUseError, KnownKey, SharedFirstUseError};
use crate::code::Code;
use crate::config::clock::Rfc3339Time;
use crate::x509::spki::SpkiSha256;

/// Why a peer is not believed in a zone that believes keys, with the values that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyReason {
    /// [`Code::KeyChanged`]
    Changed {
        /// The host that was asked for.
        host: String,
        /// The key that the host has shown before, and when for the first time.
        known: KnownKey,
        /// The key that the peer has shown now.
        observed: SpkiSha256,
    },
    /// [`Code::NotTheKey`]
    NotTheKey {
        /// The host that was asked for.
        host: String,
        /// What the zone believes.
        expected: Vec<Exactly>,
        /// The key that the peer has shown.
        observed: SpkiSha256,
        /// The hash of the certificate that it is in.
        certificate: CertificateSha256,
    },
    /// [`Code::KeyUnknown`]
    Unknown {
        /// The host that was asked for.
        host: String,
        /// The key of the certificate.
        observed: SpkiSha256,
    },
    /// [`Code::KeyStore`]
    Store {
        /// What is wrong with the store.
        error: SharedFirstUseError,
    },
}

impl KeyReason {
    pub(crate) fn of_store(error: FirstUseError) -> Self {
        Self::Store {
            error: SharedFirstUseError::new(error),
        }
    }

    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Changed { .. } => Code::KeyChanged,
            Self::NotTheKey { .. } => Code::NotTheKey,
            Self::Unknown { .. } => Code::KeyUnknown,
            Self::Store { .. } => Code::KeyStore,
        }
    }
}

impl fmt::Display for KeyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed {
                host,
                known,
                observed,
            } => write!(
                f,
                "{host} has another key than before: known is {} since {}, shown was {observed}",
                known.key,
                Rfc3339Time(known.first_seen),
            ),
            Self::NotTheKey {
                host,
                expected,
                observed,
                certificate,
            } => {
                write!(f, "{host} may show ")?;
                for (index, expected) in expected.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " or " };
                    write!(f, "{separator}{expected}")?;
                }
                write!(
                    f,
                    " and nothing else; shown was key {observed} in certificate {certificate}"
                )
            }
            Self::Unknown { host, observed } => write!(
                f,
                "no key is known for {host}, and only a full handshake makes one known; the certificate has {observed}"
            ),
            Self::Store { error } => write!(f, "the known keys are not to be had: {error}"),
        }
    }
}
