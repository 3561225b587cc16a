//! Why a peer is refused in a zone that trusts keys.

use std::fmt;

use super::{CertificateSha256, Exactly, FirstUseError, KnownKey, SharedFirstUseError};
use crate::code::Code;
use crate::config::clock::Rfc3339Time;
use crate::x509::spki::SpkiSha256;

/// Why a peer is refused in a zone that trusts keys, with the values that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyReason {
    /// [`Code::KeyChanged`]
    Changed {
        /// The requested host.
        host: String,
        /// The key that the host presented before, and when it was first seen.
        known: KnownKey,
        /// The key that the peer presented now.
        observed: SpkiSha256,
    },
    /// [`Code::NotTheKey`]
    NotTheKey {
        /// The requested host.
        host: String,
        /// The keys and certificates that the zone trusts.
        expected: Vec<Exactly>,
        /// The key that the peer presented.
        observed: SpkiSha256,
        /// The hash of the certificate that it is in.
        certificate: CertificateSha256,
    },
    /// [`Code::KeyUnknown`]
    Unknown {
        /// The requested host.
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
                "the key of {host} has changed: the known key is {} since {}, the server presented {observed}",
                known.key,
                Rfc3339Time(known.first_seen),
            ),
            Self::NotTheKey {
                host,
                expected,
                observed,
                certificate,
            } => {
                write!(
                    f,
                    "{host} presented key {observed} in certificate {certificate}, the policy trusts only "
                )?;
                for (index, expected) in expected.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " or " };
                    write!(f, "{separator}{expected}")?;
                }
                Ok(())
            }
            Self::Unknown { host, observed } => write!(
                f,
                "no key is known for {host}, and only a full handshake can record one; the certificate has the key {observed}"
            ),
            Self::Store { error } => write!(f, "the known keys are not available: {error}"),
        }
    }
}
