//! What every source of revocation is asked, and what it can answer.

use std::borrow::Cow;

use rustls_pki_types::{SignatureVerificationAlgorithm, UnixTime};

use crate::certificate::{BasicConstraints, Certificate, Extensions, KeyUsage, Known};
use crate::reason::Reason;
use crate::revocation_reason::RevocationSource;

/// One certificate of a verified path, with the certificate of the path that issued it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) certificate: Certificate<'a>,
    pub(super) issuer: Certificate<'a>,
    pub(super) time: UnixTime,
    pub(super) algorithms: &'a [&'static dyn SignatureVerificationAlgorithm],
}

/// What a source says of a certificate.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// It is not revoked, and that holds until then.
    Good {
        source: RevocationSource,
        until: UnixTime,
    },
    /// It is revoked, or it is not known whether it is.
    Against(Reason),
}

impl Question<'_> {
    /// Whether the certificate is an authority's (RFC 5280, 4.2.1.9).
    pub(super) fn is_ca(&self) -> bool {
        extension_value(&self.certificate, Known::BasicConstraints)
            .and_then(|value| BasicConstraints::read(value).ok())
            .is_some_and(|constraints| constraints.ca)
    }

    /// Whether the issuer may sign revocation lists (RFC 5280, 6.3.3 (f)): without a key usage extension it may.
    pub(super) fn issuer_may_sign_lists(&self) -> bool {
        let Ok(extensions) = Extensions::of(&self.issuer) else {
            return false;
        };
        extensions.get(Known::KeyUsage).is_none_or(|usage| {
            KeyUsage::read(usage.value).is_ok_and(|usage| usage.has(KeyUsage::CRL_SIGN))
        })
    }
}

impl Answer {
    /// A source that does not speak of the certificate, and why.
    pub(super) fn silent(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Against(Reason::RevocationMissing { tried: why.into() })
    }

    /// The order in which answers count: a revocation above all, then what is good for longest.
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

/// The content of an extension, where it is there.
pub(super) fn extension_value<'a>(certificate: &Certificate<'a>, known: Known) -> Option<&'a [u8]> {
    let extensions = Extensions::of(certificate).ok()?;
    Some(extensions.get(known)?.value)
}
