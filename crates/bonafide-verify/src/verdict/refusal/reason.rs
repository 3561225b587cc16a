//! Reasons: the values that a refusal compared, and the result.

use std::borrow::Cow;

use rustls_pki_types::UnixTime;

use crate::anchors::OriginCounts;
use crate::code::Code;
use crate::first_use::KeyReason;
use crate::host::pattern::HostPattern;
use crate::verdict::refusal::revocation::{RevocationReason, RevocationSource, StapleFault};
use crate::verdict::refusal::sct::{SctListError, SctSource, UncountedSct};
use crate::x509::presented_name::PresentedName;
use crate::x509::spki::SpkiSha256;

/// The name of RSASSA-PSS in reasons (RFC 4055, 3.1).
pub(crate) const RSASSA_PSS: &str = "RSASSA-PSS";

/// The reason of a refusal, with the values that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// [`Code::Expired`]
    Expired {
        /// The certificate's last valid second.
        not_after: UnixTime,
    },
    /// [`Code::NotYetValid`]
    NotYetValid {
        /// The certificate's first valid second.
        not_before: UnixTime,
    },
    /// [`Code::InvalidValidity`]
    InvalidValidity,
    /// [`Code::ExpiredAnchor`]
    ExpiredAnchor {
        /// The anchor's first valid second.
        not_before: UnixTime,
        /// The anchor's last valid second.
        not_after: UnixTime,
    },
    /// [`Code::UnknownIssuer`]
    UnknownIssuer {
        /// The issuer named by the last certificate of the longest presented chain.
        issuer: String,
        /// How many certificates the server presented.
        presented: usize,
        /// The anchors that were tried.
        anchors: OriginCounts,
    },
    /// [`Code::SelfSigned`]
    SelfSigned {
        /// The anchors that were tried.
        anchors: OriginCounts,
    },
    /// [`Code::Distrusted`]
    Distrusted,
    /// [`Code::NameMismatch`]
    NameMismatch {
        /// The requested host.
        expected: String,
        /// The leaf's names, each with its kind.
        presented: Vec<PresentedName>,
    },
    /// [`Code::NoSubjectAltName`]
    NoSubjectAltName,
    /// [`Code::NameConstraint`]
    NameConstraint,
    /// [`Code::NameConstraint`]: a constraint on a kind of name that the path builder does not compare.
    UncomparedConstraint {
        /// The kind, by its name in RFC 5280, 4.2.1.6.
        kind: &'static str,
    },
    /// [`Code::PathLength`]
    PathLength,
    /// [`Code::CaAsLeaf`]
    CaAsLeaf,
    /// [`Code::LeafAsCa`]
    LeafAsCa,
    /// [`Code::WrongPurpose`]
    WrongPurpose {
        /// The certificate's purposes, as names or object identifiers.
        presented: Vec<String>,
    },
    /// [`Code::EmptyPurpose`]
    EmptyPurpose,
    /// [`Code::BadSignature`]
    BadSignature,
    /// [`Code::WeakSignature`]
    WeakSignature {
        /// The algorithm.
        algorithm: String,
    },
    /// [`Code::UnsupportedSignature`]
    UnsupportedSignature {
        /// The algorithm: its name if it has a common one, else its object identifier.
        algorithm: String,
    },
    /// [`Code::WeakKey`]
    WeakKey {
        /// The size of the RSA modulus in bits.
        bits: usize,
    },
    /// [`Code::UnsupportedKey`]
    UnsupportedKey {
        /// The kind of key.
        kind: String,
    },
    /// [`Code::UnknownCriticalExtension`]
    UnknownCriticalExtension {
        /// The extension's object identifier, with dots; none if the certificate cannot be read.
        id: Option<String>,
    },
    /// [`Code::UnsupportedVersion`]
    UnsupportedVersion,
    /// [`Code::Malformed`]
    Malformed {
        /// What is malformed.
        detail: String,
    },
    /// [`Code::NoCertificate`]
    NoCertificate,
    /// [`Code::TooComplex`]
    TooComplex,
    /// [`Code::ChainTooLarge`]
    ChainTooLarge {
        /// The limit that was exceeded.
        bound: Bound,
        /// The amount presented.
        found: usize,
        /// The amount that the policy allows.
        allowed: usize,
    },
    /// [`Code::TooManyIntermediates`]
    TooManyIntermediates {
        /// Number of intermediates on the path, not counting self-issued ones.
        found: usize,
        /// Number that the policy allows.
        allowed: usize,
    },
    /// [`Code::PinMismatch`]
    PinMismatch {
        /// The requested host.
        host: String,
        /// The pattern whose pins apply.
        pattern: HostPattern,
        /// The pins of the pattern.
        configured: Vec<SpkiSha256>,
        /// The keys of the verified path, leaf first.
        observed: Vec<SpkiSha256>,
    },
    /// [`Code::PinsExpired`]
    PinsExpired {
        /// The pattern whose pins apply.
        pattern: HostPattern,
        /// When they expired.
        expired: UnixTime,
    },
    /// [`Code::TooFewScts`]
    TooFewScts {
        /// Number of different logs with a timestamp that counts.
        counted: usize,
        /// Number of different operators of these logs.
        operators: usize,
        /// Number of these logs that are trusted now, not retired: at least one is required.
        trusted_now: usize,
        /// Number of logs required.
        needed: usize,
        /// Number of operators required.
        needed_operators: usize,
        /// The timestamps that do not count.
        uncounted: Vec<UncountedSct>,
    },
    /// [`Code::SctMalformed`]
    SctMalformed {
        /// Where the list was found.
        source: SctSource,
        /// What is wrong with it.
        error: SctListError,
    },
    /// [`Code::LogListStale`]
    LogListStale {
        /// When the list was made.
        made: UnixTime,
        /// The time until which it was fresh.
        fresh_until: UnixTime,
    },
    /// A rule of a [`Profile`](crate::Profile); the code is the rule's own.
    Rule {
        /// The code of the rule.
        code: Code,
        /// Where the rule comes from, for example `RFC 5280, 4.2.1.9`.
        clause: &'static str,
        /// What the rule found.
        found: Cow<'static, str>,
    },
    /// [`Code::Revoked`]
    Revoked {
        /// The source of the status.
        source: RevocationSource,
        /// The time of the revocation, if the source states it.
        since: Option<UnixTime>,
        /// The reason of the revocation, if the source states it.
        reason: Option<RevocationReason>,
    },
    /// [`Code::RevocationUnknown`]
    RevocationUnknown {
        /// The source that does not know the certificate.
        source: RevocationSource,
    },
    /// [`Code::RevocationStale`]
    RevocationStale {
        /// The source that is out of date, or not valid yet.
        source: RevocationSource,
        /// Its `thisUpdate`: the start of its validity.
        this_update: UnixTime,
        /// Its `nextUpdate`: the end of its validity, if stated.
        next_update: Option<UnixTime>,
    },
    /// [`Code::RevocationMissing`]
    RevocationMissing {
        /// The sources that were tried, and why each has no answer.
        tried: Cow<'static, str>,
    },
    /// [`Code::StapleMissing`]
    StapleMissing,
    /// [`Code::StapleInvalid`]
    StapleInvalid {
        /// What is wrong with it.
        fault: StapleFault,
    },
    /// A reason of a zone that accepts keys.
    Key(Box<KeyReason>),
    /// [`Code::CheckRefused`]
    Check {
        /// The check's message.
        message: String,
    },
    /// [`Code::HostNotInPolicy`]
    HostNotInPolicy {
        /// The requested host.
        host: String,
    },
    /// [`Code::NoAnchors`]
    NoAnchors {
        /// The sources that were tried, and their errors.
        report: String,
    },
}

/// A limit on what a peer presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// Certificates.
    Certificates,
    /// Bytes of all certificates together.
    Bytes,
    /// Different certificates with the same subject.
    SameSubject,
}

impl From<KeyReason> for Reason {
    fn from(reason: KeyReason) -> Self {
        Self::Key(Box::new(reason))
    }
}

impl Reason {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Expired { .. } => Code::Expired,
            Self::NotYetValid { .. } => Code::NotYetValid,
            Self::InvalidValidity => Code::InvalidValidity,
            Self::ExpiredAnchor { .. } => Code::ExpiredAnchor,
            Self::UnknownIssuer { .. } => Code::UnknownIssuer,
            Self::SelfSigned { .. } => Code::SelfSigned,
            Self::Distrusted => Code::Distrusted,
            Self::NameMismatch { .. } => Code::NameMismatch,
            Self::NoSubjectAltName => Code::NoSubjectAltName,
            Self::NameConstraint | Self::UncomparedConstraint { .. } => Code::NameConstraint,
            Self::PathLength => Code::PathLength,
            Self::CaAsLeaf => Code::CaAsLeaf,
            Self::LeafAsCa => Code::LeafAsCa,
            Self::WrongPurpose { .. } => Code::WrongPurpose,
            Self::EmptyPurpose => Code::EmptyPurpose,
            Self::BadSignature => Code::BadSignature,
            Self::WeakSignature { .. } => Code::WeakSignature,
            Self::UnsupportedSignature { .. } => Code::UnsupportedSignature,
            Self::WeakKey { .. } => Code::WeakKey,
            Self::UnsupportedKey { .. } => Code::UnsupportedKey,
            Self::UnknownCriticalExtension { .. } => Code::UnknownCriticalExtension,
            Self::UnsupportedVersion => Code::UnsupportedVersion,
            Self::Malformed { .. } => Code::Malformed,
            Self::NoCertificate => Code::NoCertificate,
            Self::TooComplex => Code::TooComplex,
            Self::ChainTooLarge { .. } => Code::ChainTooLarge,
            Self::TooManyIntermediates { .. } => Code::TooManyIntermediates,
            Self::PinMismatch { .. } => Code::PinMismatch,
            Self::PinsExpired { .. } => Code::PinsExpired,
            Self::TooFewScts { .. } => Code::TooFewScts,
            Self::SctMalformed { .. } => Code::SctMalformed,
            Self::LogListStale { .. } => Code::LogListStale,
            Self::Rule { code, .. } => *code,
            Self::Revoked { .. } => Code::Revoked,
            Self::RevocationUnknown { .. } => Code::RevocationUnknown,
            Self::RevocationStale { .. } => Code::RevocationStale,
            Self::RevocationMissing { .. } => Code::RevocationMissing,
            Self::StapleMissing => Code::StapleMissing,
            Self::StapleInvalid { .. } => Code::StapleInvalid,
            Self::Key(reason) => reason.code(),
            Self::Check { .. } => Code::CheckRefused,
            Self::HostNotInPolicy { .. } => Code::HostNotInPolicy,
            Self::NoAnchors { .. } => Code::NoAnchors,
        }
    }
}
