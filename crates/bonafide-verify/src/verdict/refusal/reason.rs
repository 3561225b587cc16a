//! Reasons: what a refusal compared, and with which result.

use std::borrow::Cow;
use std::fmt;

use rustls_pki_types::UnixTime;

use crate::anchors::OriginCounts;
use crate::code::Code;
use crate::config::clock::Rfc3339Time;
use crate::first_use::KeyReason;
use crate::host::pattern::HostPattern;
use crate::verdict::refusal::revocation::{RevocationReason, RevocationSource, Since, StapleFault};
use crate::verdict::refusal::sct::{SctListError, SctSource, UncountedSct};
use crate::x509::presented_name::PresentedName;
use crate::x509::spki::SpkiSha256;

/// RSASSA-PSS, as reasons name it (RFC 4055, 3.1).
pub(crate) const RSASSA_PSS: &str = "RSASSA-PSS";

/// Why, with the values that were compared.
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
        /// The issuer that the last certificate of the longest presented chain names.
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
        /// The host that was asked for.
        expected: String,
        /// The names that the leaf is for, each with its kind.
        presented: Vec<PresentedName>,
    },
    /// [`Code::NoSubjectAltName`]
    NoSubjectAltName,
    /// [`Code::NameConstraint`]
    NameConstraint,
    /// [`Code::NameConstraint`]: a constraint on a kind of name that the path builder does not compare.
    UncomparedConstraint {
        /// The kind, as RFC 5280, 4.2.1.6, has it.
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
        /// The purposes that the certificate is for, as object identifiers or their names.
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
        /// The algorithm: its name where it has a common one, else its object identifier.
        algorithm: String,
    },
    /// [`Code::WeakKey`]
    WeakKey {
        /// The size of the RSA modulus.
        bits: usize,
    },
    /// [`Code::UnsupportedKey`]
    UnsupportedKey {
        /// The kind of key.
        kind: String,
    },
    /// [`Code::UnknownCriticalExtension`]
    UnknownCriticalExtension {
        /// The extension's object identifier, with dots; none where the certificate cannot be read.
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
        /// What there is too much of.
        bound: Bound,
        /// How much was presented.
        found: usize,
        /// How much the policy allows.
        allowed: usize,
    },
    /// [`Code::TooManyIntermediates`]
    TooManyIntermediates {
        /// The intermediates of the path, without those that are self-issued.
        found: usize,
        /// How many the policy allows.
        allowed: usize,
    },
    /// [`Code::PinMismatch`]
    PinMismatch {
        /// The host that was asked for.
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
        /// How many different logs have a timestamp that counts.
        counted: usize,
        /// How many different operators these logs have.
        operators: usize,
        /// How many of these logs are trusted now, not retired: one is needed.
        trusted_now: usize,
        /// How many logs are needed.
        needed: usize,
        /// How many operators are needed.
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
        /// Until when it was fresh enough.
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
        /// Who says so.
        source: RevocationSource,
        /// Since when, where that is said.
        since: Option<UnixTime>,
        /// Why, where that is said.
        reason: Option<RevocationReason>,
    },
    /// [`Code::RevocationUnknown`]
    RevocationUnknown {
        /// Who does not know the certificate.
        source: RevocationSource,
    },
    /// [`Code::RevocationStale`]
    RevocationStale {
        /// What is outside its time.
        source: RevocationSource,
        /// From when on it holds.
        this_update: UnixTime,
        /// Until when, where that is said.
        next_update: Option<UnixTime>,
    },
    /// [`Code::RevocationMissing`]
    RevocationMissing {
        /// What was looked at, and why it does not say anything.
        tried: Cow<'static, str>,
    },
    /// [`Code::StapleMissing`]
    StapleMissing,
    /// [`Code::StapleInvalid`]
    StapleInvalid {
        /// What is wrong with it.
        fault: StapleFault,
    },
    /// Of a zone that believes keys.
    Key(Box<KeyReason>),
    /// [`Code::CheckRefused`]
    Check {
        /// What the check says.
        message: String,
    },
    /// [`Code::HostNotInPolicy`]
    HostNotInPolicy {
        /// The host that was asked for.
        host: String,
    },
    /// [`Code::NoAnchors`]
    NoAnchors {
        /// What was tried.
        report: String,
    },
}

/// What a peer presented too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// Certificates.
    Certificates,
    /// Bytes of all certificates together.
    Bytes,
    /// Different certificates that have one subject.
    SameSubject,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificates => "certificates were presented",
            Self::Bytes => "bytes of certificates were presented",
            Self::SameSubject => "certificates of one subject were presented",
        })
    }
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

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { not_after } => write!(f, "expired at {}", Rfc3339Time(*not_after)),
            Self::NotYetValid { not_before } => {
                write!(f, "not valid before {}", Rfc3339Time(*not_before))
            }
            Self::InvalidValidity => f.write_str("its validity period ends before it begins"),
            Self::ExpiredAnchor {
                not_before,
                not_after,
            } => {
                write!(
                    f,
                    "an anchor valid only from {} to {}",
                    Rfc3339Time(*not_before),
                    Rfc3339Time(*not_after)
                )
            }
            Self::UnknownIssuer {
                issuer,
                presented,
                anchors,
            } => {
                write!(
                    f,
                    "no path from issuer \"{issuer}\" to an anchor ({presented} presented; {anchors})"
                )
            }
            Self::SelfSigned { anchors } => {
                write!(f, "signed by itself and not an anchor ({anchors})")
            }
            Self::Distrusted => f.write_str("its key is distrusted"),
            Self::NameMismatch {
                expected,
                presented,
            } => {
                write!(f, "not for {expected} but for {}", Names(presented))
            }
            Self::NoSubjectAltName => f.write_str("has no subject alternative name"),
            Self::NameConstraint => f.write_str("a name outside the issuer's name constraints"),
            Self::UncomparedConstraint { kind } => {
                write!(
                    f,
                    "an issuer's name constraints are on a {kind}, which is not compared"
                )
            }
            Self::PathLength => f.write_str("the path is longer than an issuer allows"),
            Self::CaAsLeaf => f.write_str("a CA certificate presented as the server's own"),
            Self::LeafAsCa => f.write_str("issued by a certificate that is not a CA's"),
            Self::WrongPurpose { presented } => {
                write!(
                    f,
                    "not for server authentication but for {}",
                    Names(presented)
                )
            }
            Self::EmptyPurpose => f.write_str("its extended key usage is empty"),
            Self::BadSignature => f.write_str("a signature does not verify under the issuer's key"),
            Self::WeakSignature { algorithm } => write!(f, "signed with {algorithm}"),
            Self::UnsupportedSignature { algorithm } => {
                write!(f, "signed with {algorithm}, which is not supported")
            }
            Self::WeakKey { bits } => write!(f, "an RSA key of {bits} bits"),
            Self::UnsupportedKey { kind } => write!(f, "a key of the kind {kind}"),
            Self::UnknownCriticalExtension { id: Some(id) } => {
                write!(f, "the critical extension {id}, which is not understood")
            }
            Self::UnknownCriticalExtension { id: None } => {
                f.write_str("a critical extension that is not understood")
            }
            Self::UnsupportedVersion => f.write_str("not an X.509 version 3 certificate"),
            Self::Malformed { detail } => write!(f, "malformed: {detail}"),
            Self::NoCertificate => f.write_str("the server presented no certificate"),
            Self::TooComplex => f.write_str("finding a path takes more work than is allowed"),
            Self::ChainTooLarge {
                bound,
                found,
                allowed,
            } => write!(f, "{found} {bound}, where {allowed} are allowed"),
            Self::TooManyIntermediates { found, allowed } => {
                write!(
                    f,
                    "a path of {found} intermediates, where {allowed} are allowed"
                )
            }
            Self::PinMismatch {
                host,
                pattern,
                configured,
                observed,
            } => write!(
                f,
                "no key of the verified path is pinned for {host} ({} pins of {pattern}; path has {})",
                configured.len(),
                Listed(observed),
            ),
            Self::PinsExpired { pattern, expired } => {
                write!(
                    f,
                    "the pins of {pattern} expired at {}",
                    Rfc3339Time(*expired)
                )
            }
            Self::TooFewScts {
                counted,
                operators,
                trusted_now,
                needed,
                needed_operators,
                uncounted,
            } => {
                write!(
                    f,
                    "in {} of {}, where {} of {} are needed",
                    Counted(*counted, "log"),
                    Counted(*operators, "operator"),
                    Counted(*needed, "log"),
                    Counted(*needed_operators, "operator"),
                )?;
                if *counted > 0 && *trusted_now == 0 {
                    f.write_str(", and none of them is trusted any more")?;
                }
                if uncounted.is_empty() {
                    return Ok(());
                }
                write!(f, "; not counted: {}", Listed(uncounted))
            }
            Self::SctMalformed { source, error } => {
                write!(
                    f,
                    "the list of certificate timestamps in {source} is malformed: {error}"
                )
            }
            Self::LogListStale { made, fresh_until } => write!(
                f,
                "the log list of {} was to be used until {}",
                Rfc3339Time(*made),
                Rfc3339Time(*fresh_until)
            ),
            Self::Rule { clause, found, .. } => write!(f, "{found} ({clause})"),
            Self::Revoked {
                source,
                since,
                reason,
            } => write!(f, "revoked{}, says the {source}", Since(*since, *reason)),
            Self::RevocationUnknown { source } => {
                write!(f, "the {source} does not know the certificate")
            }
            Self::RevocationStale {
                source,
                this_update,
                next_update,
            } => {
                write!(f, "the {source} holds from {}", Rfc3339Time(*this_update))?;
                match next_update {
                    Some(next_update) => write!(f, " to {} only", Rfc3339Time(*next_update)),
                    None => f.write_str(" and does not say how long"),
                }
            }
            Self::RevocationMissing { tried } => {
                write!(f, "nothing says whether it is revoked: {tried}")
            }
            Self::StapleMissing => {
                f.write_str("it demands a stapled OCSP response, and there is none")
            }
            Self::StapleInvalid { fault } => {
                write!(f, "the stapled OCSP response is no proof: {fault}")
            }
            Self::Key(reason) => write!(f, "{reason}"),
            Self::Check { message } => f.write_str(message),
            Self::HostNotInPolicy { host } => {
                write!(f, "the policy is closed and has no zone for {host}")
            }
            Self::NoAnchors { report } => write!(f, "no anchors: {report}"),
        }
    }
}

struct Names<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Names<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More names than this are counted, not listed.
        const LISTED: usize = 5;
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        write!(f, "{}", Listed(&self.0[..self.0.len().min(LISTED)]))?;
        match self.0.len().checked_sub(LISTED) {
            Some(more) if more > 0 => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

struct Counted(usize, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        let plural = if *count == 1 { "" } else { "s" };
        write!(f, "{count} {what}{plural}")
    }
}

struct Listed<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

/// What a [`Check`](crate::Check) says when it refuses; the verifier makes a [`Refusal`](crate::Refusal) of it, which adds who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub(crate) position: Option<usize>,
    pub(crate) reason: Reason,
}

impl Refused {
    /// A refusal of a check of your own, with the code [`Code::CheckRefused`] and your message.
    pub fn by_check(message: impl Into<String>) -> Self {
        Self::new(Reason::Check {
            message: message.into(),
        })
    }

    /// Says which certificate of the path is at fault; 0 is the leaf.
    pub fn about(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) fn new(reason: Reason) -> Self {
        Self {
            position: None,
            reason,
        }
    }

    pub(crate) fn at(position: usize, reason: Reason) -> Self {
        Self {
            position: Some(position),
            reason,
        }
    }
}
