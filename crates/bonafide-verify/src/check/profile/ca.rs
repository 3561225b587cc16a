//! Rules on basic constraints: which certificate is a CA's, and how long a path below it may be.

use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Attribute, KeyUsage, attributes};

/// rustls-webpki requires the same of intermediates, and treats every anchor as a CA.
pub(super) static ANCHOR_IS_CA: Rule = Rule::certificate(
    Code::LeafAsCa,
    "RFC 5280, 4.2.1.9; CA/B BR 7.1.2.1.4",
    "an anchor has basic constraints, and they say that it is a CA",
    Scope::Anchor,
    anchor_is_ca,
);

pub(super) static PATH_LENGTH_OF_CAS: Rule = Rule::certificate(
    Code::MisplacedPathLength,
    "RFC 5280, 4.2.1.9",
    "only a CA that may sign certificates has a path length constraint",
    Scope::All,
    path_length_of_cas,
);

/// rustls-webpki does not keep an anchor's path length.
pub(super) static ANCHOR_PATH_LENGTH: Rule = Rule::path(
    Code::PathLength,
    "RFC 5280, 4.2.1.9",
    "the path is no longer than its anchor's certificate allows",
    anchor_path_length,
);

/// Every browser's store has roots that are older than these requirements.
pub(super) static CA_SUBJECT: Rule = Rule::certificate(
    Code::CaSubject,
    "CA/B BR 7.1.2.10.2",
    "an intermediate's subject has a country, an organization and a common name",
    Scope::Intermediates,
    ca_subject,
);

fn anchor_is_ca(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.is_ca()? {
        Ok(())
    } else {
        Err(Reason::LeafAsCa)
    }
}

fn path_length_of_cas(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &PATH_LENGTH_OF_CAS;
    let Some(constraints) = subject.basic_constraints()? else {
        return Ok(());
    };
    if constraints.path_length.is_none() {
        return Ok(());
    }
    if !constraints.ca {
        return Err(
            rule.found("a path length constraint in a certificate that is not a CA certificate")
        );
    }
    match subject.key_usage()? {
        Some(usage) if !usage.has(KeyUsage::KEY_CERT_SIGN) => {
            Err(rule.found("a path length constraint of a CA that may not sign certificates"))
        }
        _ => Ok(()),
    }
}

fn anchor_path_length(path: &[Subject<'_>]) -> Result<(), (usize, Reason)> {
    let Some((anchor, below)) = path.split_last() else {
        return Ok(());
    };
    let position = below.len();
    let constraints = anchor
        .basic_constraints()
        .map_err(|reason| (position, reason))?;
    let allowed = constraints.and_then(|constraints| constraints.path_length);
    let intermediates = below
        .iter()
        .skip(1)
        .filter(|subject| !subject.is_self_issued())
        .count();
    match allowed {
        Some(allowed) if u64::try_from(intermediates).is_ok_and(|count| count > allowed) => {
            Err((position, Reason::PathLength))
        }
        _ => Ok(()),
    }
}

fn ca_subject(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    const DEMANDED: [(&[u8], &str); 3] = [
        (Attribute::COUNTRY, "country"),
        (Attribute::ORGANIZATION, "organization"),
        (Attribute::COMMON_NAME, "common name"),
    ];
    let name = subject.certificate.subject();
    for (kind, text) in DEMANDED {
        let has = attributes(name)
            .any(|attribute| attribute.is_ok_and(|attribute| attribute.kind == kind));
        if !has {
            return Err(CA_SUBJECT.found(format!("a CA's subject without a {text}")));
        }
    }
    Ok(())
}
