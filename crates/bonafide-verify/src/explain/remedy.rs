//! What would help, found by judging again with one premise changed.

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Serialize;

use super::advice;
use super::view::cut;
use crate::anchors::Origin;
use crate::certificate::Certificate;
use crate::clock::Rfc3339Time;
use crate::reason::Reason;
use crate::refusal::{Exhibit, Premise, Refusal};
use crate::text::one_line;

/// More names of a leaf than this are not tried.
const NAMES_TRIED: usize = 16;

/// What would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Remedy {
    /// How it was found.
    pub kind: RemedyKind,
    /// What to do, for a person.
    pub text: String,
}

/// Which premise has to be another for the peer to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RemedyKind {
    /// The time.
    OtherTime,
    /// The chain: with an intermediate more it would be believed.
    MissingIntermediate,
    /// The anchors: the system's store has one that the zone has not.
    SystemStore,
    /// The name: the certificate is good for another one.
    OtherName,
    /// None that was tried; the text says what usually helps.
    Advice,
}

/// Changes one premise after the other, in the order in which they are likely, and tells the first that helps.
pub(super) fn find(refusal: &Refusal, intermediates: &[CertificateDer<'static>]) -> Remedy {
    let found = refusal.exhibit().and_then(|exhibit| {
        other_time(refusal, exhibit)
            .or_else(|| missing_intermediate(exhibit, intermediates))
            .or_else(|| other_name(refusal, exhibit))
            .or_else(|| system_store(refusal, exhibit))
    });
    found.unwrap_or_else(|| Remedy {
        kind: RemedyKind::Advice,
        text: advice_for(refusal),
    })
}

fn would_believe(exhibit: &Exhibit, premise: &Premise<'_>) -> bool {
    exhibit.again.would_believe(exhibit, premise)
}

/// A time within the validity of everything that was sent.
fn other_time(refusal: &Refusal, exhibit: &Exhibit) -> Option<Remedy> {
    let is_about_time = matches!(
        refusal.reason(),
        Reason::Expired { .. } | Reason::NotYetValid { .. } | Reason::ExpiredAnchor { .. }
    );
    if !is_about_time {
        return None;
    }
    let validity: Vec<(UnixTime, UnixTime)> = exhibit
        .chain
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok())
        .map(|certificate| (certificate.not_before(), certificate.not_after()))
        .collect();
    let from = validity.iter().map(|(from, _)| *from).max()?;
    let until = validity.iter().map(|(_, until)| *until).min()?;
    // The moment nearest to the clock comes first.
    let (near, far) = if exhibit.time > until {
        (until, from)
    } else {
        (from, until)
    };
    let time = [near, far]
        .into_iter()
        .find(|time| would_believe(exhibit, &Premise::Time(*time)))?;
    let receipt = refusal.receipt();
    let text = format!(
        "at {} it would be believed: if the {} clock, which says {}, is wrong, set it; if it is right, the server needs a new certificate",
        Rfc3339Time(time),
        receipt.clock(),
        Rfc3339Time(exhibit.time),
    );
    Some(Remedy {
        kind: RemedyKind::OtherTime,
        text,
    })
}

fn missing_intermediate(
    exhibit: &Exhibit,
    intermediates: &[CertificateDer<'static>],
) -> Option<Remedy> {
    if intermediates.is_empty() || !would_believe(exhibit, &Premise::Intermediates(intermediates)) {
        return None;
    }
    Some(Remedy {
        kind: RemedyKind::MissingIntermediate,
        text: "with the intermediates at hand it would be believed: the server leaves one out of its chain and has to send it; \
               `Policy::builder().intermediates(…)` repairs it on this side"
            .to_owned(),
    })
}

/// One of the names that the leaf is for.
fn other_name(refusal: &Refusal, exhibit: &Exhibit) -> Option<Remedy> {
    let Reason::NameMismatch {
        expected,
        presented,
    } = refusal.reason()
    else {
        return None;
    };
    let mut names: Vec<&str> = presented.iter().map(String::as_str).collect();
    // The likeliest slip is a `www.` too many or too few.
    let likely = |name: &&str| {
        name.strip_prefix("www.") == Some(expected) || expected.strip_prefix("www.") == Some(name)
    };
    names.sort_by_key(|name| !likely(name));
    let found = names.into_iter().take(NAMES_TRIED).find(|name| {
        ServerName::try_from(*name).is_ok_and(|name| would_believe(exhibit, &Premise::Name(name)))
    })?;
    Some(Remedy {
        kind: RemedyKind::OtherName,
        text: format!(
            "as {} it would be believed: ask for that name if it is the one that you mean; else the server needs a certificate for {}",
            cut(&one_line(found)),
            cut(&one_line(expected)),
        ),
    })
}

fn system_store(refusal: &Refusal, exhibit: &Exhibit) -> Option<Remedy> {
    let is_about_anchors = matches!(
        refusal.reason(),
        Reason::UnknownIssuer { .. } | Reason::SelfSigned { .. }
    );
    let is_used = refusal
        .receipt()
        .anchors()
        .iter()
        .any(|(origin, _)| matches!(origin, Origin::System | Origin::Environment { .. }));
    if !is_about_anchors || is_used || !would_believe(exhibit, &Premise::SystemStore) {
        return None;
    }
    Some(Remedy {
        kind: RemedyKind::SystemStore,
        text: format!(
            "the system's store would believe it: the zone {} has other anchors ({}); if a public certificate is right for this host, say \
             `Anchors::system()` in its zone",
            refusal.receipt().zone(),
            refusal.receipt().anchors(),
        ),
    })
}

/// The advice of the code, and where the missing certificate may be had, if the last one sent says so.
fn advice_for(refusal: &Refusal) -> String {
    advice::advice(refusal.code()).to_owned()
}
