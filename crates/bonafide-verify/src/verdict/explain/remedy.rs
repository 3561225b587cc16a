//! Remedies, found by judging the peer again with one premise changed.

use std::fmt::Write as _;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Serialize;

use super::view::cut;
use super::{advice, cause};
use crate::anchors::Origin;
use crate::config::clock::Rfc3339Time;
use crate::text::one_line;
use crate::verdict::receipt::records::PathRecord;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::{Exhibit, Premise, Refusal};
use crate::x509::certificate::{
    Certificate, Extensions, GeneralName, Known, Oid, elements, oid, sequence,
};
use crate::x509::presented_name::PresentedName;

/// Maximum number of times that are tried.
const MOMENTS_TRIED: usize = 8;
/// Maximum number of a leaf's names that are tried.
const NAMES_TRIED: usize = 16;

/// What would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Remedy {
    /// Which change of premise found it.
    pub kind: RemedyKind,
    /// What to do, for a person.
    pub text: String,
}

/// The premise that must change for the peer to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RemedyKind {
    /// The time.
    OtherTime,
    /// The chain: with one more intermediate the peer would be accepted.
    MissingIntermediate,
    /// The anchors: the system's store has one that the zone does not have.
    SystemStore,
    /// The name: the certificate is valid for another name.
    OtherName,
    /// None of the changes that were tried; the text says what usually helps.
    Advice,
}

/// Changes one premise after the other, the likeliest first, and returns the first change that
/// helps.
pub(super) fn find(refusal: &Refusal, intermediates: &[CertificateDer<'static>]) -> Remedy {
    let whole = refusal.exhibit().filter(|exhibit| exhibit.is_whole);
    let found = whole.and_then(|exhibit| {
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

fn would_accept(exhibit: &Exhibit, premise: &Premise<'_>) -> bool {
    exhibit.again.would_accept(exhibit, premise)
}

/// The time nearest to the clock at which the peer would be accepted. A peer starts or ceases to be
/// acceptable only where a validity period begins or ends, so only these times are tried.
fn other_time(refusal: &Refusal, exhibit: &Exhibit) -> Option<Remedy> {
    let if_right = match refusal.reason() {
        Reason::Expired { .. } => "the server needs a new certificate",
        Reason::NotYetValid { .. } => "the server started to use the certificate too early",
        Reason::ExpiredAnchor { .. } => {
            "the server needs a certificate that chains to another root"
        }
        _ => return None,
    };
    let now = exhibit.time.as_secs();
    let path = refusal.receipt().path();
    let mut moments: Vec<UnixTime> = exhibit
        .chain
        .iter()
        .chain(path.map(PathRecord::certificates).unwrap_or_default())
        .filter_map(|der| Certificate::from_der(der).ok())
        .flat_map(|certificate| [certificate.not_before(), certificate.not_after()])
        .collect();
    moments.sort_by_key(|moment| (moment.as_secs().abs_diff(now), moment.as_secs()));
    moments.dedup();
    let moment = moments
        .into_iter()
        .take(MOMENTS_TRIED)
        .find(|moment| would_accept(exhibit, &Premise::Time(*moment)))?;
    let side = if moment < exhibit.time {
        "before"
    } else {
        "after"
    };
    let text = format!(
        "at {}, {} {side} the {} clock, it would be accepted: if the {} clock, which says {}, is \
         wrong, set it; if it is right, {if_right}",
        Rfc3339Time(moment),
        roughly(moment.as_secs().abs_diff(now)),
        one_line(refusal.receipt().clock()),
        one_line(refusal.receipt().clock()),
        Rfc3339Time(exhibit.time),
    );
    Some(Remedy {
        kind: RemedyKind::OtherTime,
        text,
    })
}

/// A duration in the largest unit of which it contains at least two.
fn roughly(seconds: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let unit = UNITS.into_iter().find(|(length, _)| seconds / length >= 2);
    let (length, unit) = unit.unwrap_or((1, "seconds"));
    format!("{} {unit}", seconds / length)
}

fn missing_intermediate(
    exhibit: &Exhibit,
    intermediates: &[CertificateDer<'static>],
) -> Option<Remedy> {
    if intermediates.is_empty() || !would_accept(exhibit, &Premise::Intermediates(intermediates)) {
        return None;
    }
    Some(Remedy {
        kind: RemedyKind::MissingIntermediate,
        text: "with the intermediates known to this client it would be accepted: the server does not send one of them and must be configured to send it; `Policy::builder().intermediates(…)` repairs the chain in this client"
            .to_owned(),
    })
}

/// One of the leaf's names for which the peer would be accepted.
fn other_name(refusal: &Refusal, exhibit: &Exhibit) -> Option<Remedy> {
    let Reason::NameMismatch {
        expected,
        presented,
    } = refusal.reason()
    else {
        return None;
    };
    let mut names: Vec<&str> = presented.iter().map(PresentedName::text).collect();
    // The likeliest mistake is a `www.` too many or too few.
    let likely = |name: &&str| {
        name.strip_prefix("www.") == Some(expected) || expected.strip_prefix("www.") == Some(name)
    };
    names.sort_by_key(|name| !likely(name));
    let found = names.into_iter().take(NAMES_TRIED).find(|name| {
        ServerName::try_from(*name).is_ok_and(|name| would_accept(exhibit, &Premise::Name(name)))
    })?;
    Some(Remedy {
        kind: RemedyKind::OtherName,
        text: format!(
            "for the name {} it would be accepted: request that name if you mean it; if not, the \
             server needs a certificate for {}",
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
    if !is_about_anchors || is_used || !would_accept(exhibit, &Premise::SystemStore) {
        return None;
    }
    Some(Remedy {
        kind: RemedyKind::SystemStore,
        text: format!(
            "with the system's store it would be accepted: the zone {} has other anchors ({}); if \
             this host is meant to have a public certificate, use `Anchors::system()` in its \
             zone",
            refusal.receipt().zone(),
            refusal.receipt().anchors(),
        ),
    })
}

/// The advice for the cause, if one is found. Else the advice for the code, and the URL of the
/// missing certificate if the last certificate of the chain states one.
fn advice_for(refusal: &Refusal) -> String {
    if let Some(text) = cause::find(refusal) {
        return text;
    }
    let mut text = advice::advice(refusal.code()).to_owned();
    if let (Reason::UnknownIssuer { .. }, Some(place)) =
        (refusal.reason(), place_of_issuer(refusal))
    {
        let _ = write!(
            text,
            "; the certificate says that its issuer's certificate is at {}, which was not fetched",
            cut(&one_line(&place))
        );
    }
    text
}

/// `id-ad-caIssuers` (RFC 5280, 4.2.2.1).
const CA_ISSUERS: Oid<'static> = oid!("1.3.6.1.5.5.7.48.2");

/// The URL of the issuer's certificate, as the certificate at fault states it (RFC 5280, 4.2.2.1).
fn place_of_issuer(refusal: &Refusal) -> Option<String> {
    let last = refusal.exhibit()?.chain.get(refusal.subject()?.position)?;
    let certificate = Certificate::from_der(last).ok()?;
    let extensions = Extensions::of(&certificate).ok()?;
    let places = sequence(extensions.get(Known::AuthorityInfoAccess)?.value).ok()?;
    elements(places).map_while(Result::ok).find_map(|place| {
        let mut fields = elements(place.value()).map_while(Result::ok);
        let method = Oid::read(fields.next()?).ok()?;
        match GeneralName::read(fields.next()?).ok()? {
            GeneralName::Uri(uri) if method == CA_ISSUERS => {
                Some(String::from_utf8_lossy(uri).into_owned())
            }
            _ => None,
        }
    })
}
