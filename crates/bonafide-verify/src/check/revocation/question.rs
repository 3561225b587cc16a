//! The question for every source of revocation status, and the possible answers.

use std::borrow::Cow;

use der::Decode as _;
use rustls_pki_types::{SignatureVerificationAlgorithm, UnixTime};

use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::revocation::RevocationSource;
use crate::x509::certificate::{BasicConstraints, Certificate, Extensions, KeyUsage, Known};

/// One certificate of a verified path, with the certificate of the path that issued it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) certificate: Certificate<'a>,
    /// The extensions of `certificate`: an unreadable one could require a staple.
    pub(super) extensions: &'a Extensions<'a>,
    pub(super) issuer: Certificate<'a>,
    pub(super) time: UnixTime,
    pub(super) algorithms: &'a [&'static dyn SignatureVerificationAlgorithm],
}

/// A source's answer about a certificate.
#[derive(Clone, Debug)]
pub(super) enum RevocationStatus {
    /// It is not revoked, according to `source`, until `valid_until`.
    Good {
        source: RevocationSource,
        until: UnixTime,
    },
    /// It is revoked, or it is not known whether it is.
    Against(Reason),
}

impl<'a> Question<'a> {
    /// The content of an extension of the certificate, if it is present.
    pub(super) fn extension(&self, known: Known) -> Option<&'a [u8]> {
        self.extensions.get(known).map(|slot| slot.value)
    }

    /// Whether the certificate is a CA certificate (RFC 5280, 4.2.1.9).
    pub(super) fn is_ca(&self) -> bool {
        self.extension(Known::BasicConstraints)
            .and_then(|value| BasicConstraints::read(value).ok())
            .is_some_and(|constraints| constraints.ca)
    }

    /// Whether the certificate requires a stapled OCSP response: its TLS feature extension lists
    /// `status_request` (RFC 7633, 4.2.3.1), or cannot be read.
    pub(super) fn demands_staple(&self) -> bool {
        const STATUS_REQUEST: u64 = 5;
        self.extension(Known::TlsFeature).is_some_and(|value| {
            Vec::<u64>::from_der(value).map_or(true, |features| features.contains(&STATUS_REQUEST))
        })
    }

    /// Whether the issuer may sign revocation lists (RFC 5280, 6.3.3 (f)): without a key usage
    /// extension it may.
    pub(super) fn issuer_may_sign_lists(&self) -> bool {
        let Ok(extensions) = Extensions::of(&self.issuer) else {
            return false;
        };
        extensions.get(Known::KeyUsage).is_none_or(|usage| {
            KeyUsage::read(usage.value).is_ok_and(|usage| usage.has(KeyUsage::CRL_SIGN))
        })
    }
}

impl RevocationStatus {
    /// A source has no answer about the certificate, for this reason.
    pub(super) fn silent(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Against(Reason::RevocationMissing { tried: why.into() })
    }

    /// The answer with the higher rank. If neither source has an answer, the reasons of both are
    /// joined.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Against(Reason::RevocationMissing { tried: one }),
                Self::Against(Reason::RevocationMissing { tried: other }),
            ) => Self::silent(format!("{one}, {other}")),
            (one, other) if one.weight() >= other.weight() => one,
            (_, other) => other,
        }
    }

    /// The rank of an answer: a revocation is highest, then the status that is good for longest.
    pub(super) fn weight(&self) -> (u8, u64) {
        match self {
            Self::Against(Reason::Revoked { .. }) => (4, 0),
            Self::Good { until, .. } => (3, until.as_secs()),
            Self::Against(Reason::RevocationStale { .. }) => (2, 0),
            Self::Against(Reason::RevocationUnknown { .. }) => (1, 0),
            Self::Against(_) => (0, 0),
        }
    }
}
