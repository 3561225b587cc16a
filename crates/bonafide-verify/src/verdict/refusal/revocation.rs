//! The parts of revocation reasons: the source, the reason of the revocation, and the fault of a
//! staple.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::UnixTime;

use crate::config::clock::Rfc3339Time;

/// The source of a certificate's revocation status.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationSource {
    /// A certificate revocation list.
    List {
        /// The file, or the label of bytes in memory.
        location: Arc<str>,
        /// Its CRL number, in hexadecimal.
        number: Arc<str>,
    },
    /// The OCSP response that the server stapled.
    Staple,
    /// A CRLite filter.
    Crlite,
}

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RevocationReason {
    /// The issuer states no reason.
    Unspecified,
    /// The certificate's key was disclosed.
    KeyCompromise,
    /// The issuer's key was disclosed.
    CaCompromise,
    /// Its subject's name has changed.
    AffiliationChanged,
    /// Another certificate has replaced it.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// It is on hold.
    CertificateHold,
    /// A delta CRL removed it from the list.
    RemoveFromCrl,
    /// A privilege in it was withdrawn.
    PrivilegeWithdrawn,
    /// An attribute authority's key was compromised.
    AaCompromise,
}

/// Why a staple is not acceptable (RFC 6960).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StapleFault {
    /// It is not a well-formed OCSP response.
    Malformed,
    /// It is longer than any response about one certificate.
    TooLarge {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// It is the responder's error, not an answer (RFC 6960, 4.2.1).
    Unsuccessful {
        /// The `responseStatus`, for example 3: `tryLater`.
        status: u8,
    },
    /// It is not a basic response (RFC 6960, 4.2.1).
    NotBasic,
    /// It is for another certificate or another issuer (RFC 6960, 3.2, 1).
    OtherCertificate,
    /// The responder that it names is neither the issuer nor a certificate in the response (RFC
    /// 6960, 3.2, 3).
    UnknownResponder,
    /// The responder's certificate was not issued by the issuer of the leaf (RFC 6960, 4.2.2.2).
    ResponderNotIssued,
    /// The responder's certificate is not for `OCSPSigning` (RFC 6960, 4.2.2.2).
    ResponderPurpose,
    /// The responder's certificate is outside its validity period.
    ResponderExpired,
    /// A revocation list of the issuer contains the responder's certificate.
    ResponderRevoked,
    /// The signature was not made with the responder's key (RFC 6960, 3.2, 2).
    BadSignature,
    /// The crypto provider does not support the signature algorithm.
    UnsupportedSignature,
    /// It, or the responder's certificate, has an unknown critical extension (RFC 6960, 4.4).
    CriticalExtension,
}

impl RevocationReason {
    /// The reason with this number.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }
}

impl fmt::Display for RevocationSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { location, number } => {
                write!(f, "revocation list {number} from {location}")
            }
            Self::Staple => f.write_str("stapled OCSP response"),
            Self::Crlite => f.write_str("CRLite filter"),
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key compromised",
            Self::CaCompromise => "key of the issuer compromised",
            Self::AffiliationChanged => "affiliation changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation of operation",
            Self::CertificateHold => "on hold",
            Self::RemoveFromCrl => "removed from the list",
            Self::PrivilegeWithdrawn => "privilege withdrawn",
            Self::AaCompromise => "key of an attribute authority compromised",
        })
    }
}

impl fmt::Display for StapleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not a well-formed OCSP response"),
            Self::TooLarge { limit_bytes } => write!(f, "longer than {limit_bytes} bytes"),
            Self::Unsuccessful { status } => {
                write!(f, "the responder answered with error {status}")
            }
            Self::NotBasic => f.write_str("not a basic response"),
            Self::OtherCertificate => {
                f.write_str("it is for another certificate or another issuer")
            }
            Self::UnknownResponder => {
                f.write_str("its responder is neither the issuer nor a certificate in the response")
            }
            Self::ResponderNotIssued => {
                f.write_str("its responder's certificate was not issued by the issuer")
            }
            Self::ResponderPurpose => {
                f.write_str("its responder's certificate is not for OCSPSigning")
            }
            Self::ResponderExpired => {
                f.write_str("its responder's certificate is outside its validity period")
            }
            Self::ResponderRevoked => f.write_str("its responder's certificate is revoked"),
            Self::BadSignature => f.write_str("its signature is not by the responder's key"),
            Self::UnsupportedSignature => f.write_str("its signature algorithm is not supported"),
            Self::CriticalExtension => f.write_str("a critical extension that is not understood"),
        }
    }
}

/// Prints when and why a certificate was revoked.
pub(crate) struct Since(
    pub(crate) Option<UnixTime>,
    pub(crate) Option<RevocationReason>,
);

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self(Some(time), _) = self {
            write!(f, " since {}", Rfc3339Time(*time))?;
        }
        match self.1 {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}
