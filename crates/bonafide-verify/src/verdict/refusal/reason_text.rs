//! The text of each reason: one line that names the values compared.

use std::fmt;

use crate::config::clock::Rfc3339Time;
use crate::verdict::refusal::reason::{Bound, Reason};
use crate::verdict::refusal::revocation::Since;

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
                    "no path from issuer \"{issuer}\" to an anchor ({presented} presented; \
                     {anchors})"
                )
            }
            Self::SelfSigned { anchors } => {
                write!(f, "self-signed and not an anchor ({anchors})")
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
                    "an issuer has a name constraint on a {kind}, a kind that this verifier does \
                     not compare"
                )
            }
            Self::PathLength => f.write_str("the path is longer than an issuer allows"),
            Self::CaAsLeaf => {
                f.write_str("a CA certificate, presented as the server's own certificate")
            }
            Self::LeafAsCa => f.write_str("issued by a certificate that is not a CA certificate"),
            Self::WrongPurpose { presented } => {
                write!(
                    f,
                    "not for server authentication but for {}",
                    Names(presented)
                )
            }
            Self::EmptyPurpose => f.write_str("its extended key usage is empty"),
            Self::BadSignature => f.write_str("a signature does not verify under the issuer's key"),
            Self::WeakSignature { algorithm } => {
                write!(f, "signed with {algorithm}, which is too weak")
            }
            Self::UnsupportedSignature { algorithm } => {
                write!(f, "signed with {algorithm}, which is not supported")
            }
            Self::WeakKey { bits } => {
                write!(f, "an RSA key of {bits} bits, a size that is not allowed")
            }
            Self::UnsupportedKey { kind } => {
                write!(f, "a key of the kind {kind}, which is not allowed")
            }
            Self::UnknownCriticalExtension { id: Some(id) } => {
                write!(f, "the critical extension {id}, which is not understood")
            }
            Self::UnknownCriticalExtension { id: None } => {
                f.write_str("a critical extension that is not understood")
            }
            Self::UnsupportedVersion => f.write_str("not an X.509 version 3 certificate"),
            Self::Malformed { detail } => write!(f, "malformed: {detail}"),
            Self::NoCertificate => f.write_str("the server presented no certificate"),
            Self::TooComplex => f.write_str("the search for a path exceeded its limit of work"),
            Self::ChainTooLarge {
                bound,
                found,
                allowed,
            } => write!(f, "{found} {bound}; the policy allows {allowed}"),
            Self::TooManyIntermediates { found, allowed } => {
                write!(
                    f,
                    "a path of {found} intermediates; the policy allows {allowed}"
                )
            }
            Self::PinMismatch {
                host,
                pattern,
                configured,
                observed,
            } => write!(
                f,
                "no key of the verified path is pinned for {host} ({} pins of {pattern}; path has \
                 {})",
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
                    "accepted timestamps are from {} of {}; {} of {} are required",
                    Counted(*counted, "log"),
                    Counted(*operators, "operator"),
                    Counted(*needed, "log"),
                    Counted(*needed_operators, "operator"),
                )?;
                if *counted > 0 && *trusted_now == 0 {
                    f.write_str("; no log that counts is trusted any more")?;
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
                "the log list made at {} was fresh until {}",
                Rfc3339Time(*made),
                Rfc3339Time(*fresh_until)
            ),
            Self::Rule { clause, found, .. } => write!(f, "{found} ({clause})"),
            Self::Revoked {
                source,
                since,
                reason,
            } => write!(
                f,
                "revoked{}, according to the {source}",
                Since(*since, *reason)
            ),
            Self::RevocationUnknown { source } => {
                write!(f, "the {source} does not know the certificate")
            }
            Self::RevocationStale {
                source,
                this_update,
                next_update,
            } => {
                write!(
                    f,
                    "the {source} is valid from {}",
                    Rfc3339Time(*this_update)
                )?;
                match next_update {
                    Some(next_update) => write!(f, " to {} only", Rfc3339Time(*next_update)),
                    None => f.write_str(" and states no nextUpdate"),
                }
            }
            Self::RevocationMissing { tried } => {
                write!(f, "no source says whether it is revoked: {tried}")
            }
            Self::StapleMissing => {
                f.write_str("it requires a stapled OCSP response, and the server sent none")
            }
            Self::StapleInvalid { fault } => {
                write!(f, "the stapled OCSP response was not accepted: {fault}")
            }
            Self::Key(reason) => write!(f, "{reason}"),
            Self::Check { message } => f.write_str(message),
            Self::HostNotInPolicy { host } => {
                write!(f, "the policy is `closed()`, and no zone covers {host}")
            }
            Self::NoAnchors { report } => write!(f, "no anchors: {report}"),
        }
    }
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

struct Names<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Names<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Maximum number of names that are listed; further names are counted.
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
