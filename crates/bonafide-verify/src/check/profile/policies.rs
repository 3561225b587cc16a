//! Rules on certificate policies.

use der::{Tag, Tagged as _};

use super::extensions::malformed;
use super::rule::{Rule, Scope};
use super::subject::{PathRole, Subject};
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Known, elements, first};

/// `anyPolicy` (RFC 5280, 4.2.1.4).
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];
/// The reserved identifiers of CA/B BR 7.1.6.1: domain validated, organization validated,
/// individual validated, and extended validation (EV Guidelines).
const RESERVED: [&[u8]; 4] = [
    &[0x67, 0x81, 0x0c, 1, 2, 1],
    &[0x67, 0x81, 0x0c, 1, 2, 2],
    &[0x67, 0x81, 0x0c, 1, 2, 3],
    &[0x67, 0x81, 0x0c, 1, 1],
];

pub(super) static NAMED_ONCE: Rule = Rule::certificate(
    Code::DuplicatePolicy,
    "RFC 5280, 4.2.1.4",
    "no certificate names a policy twice",
    Scope::All,
    named_once,
);

pub(super) static ANY_IS_NOT_MAPPED: Rule = Rule::certificate(
    Code::AnyPolicyMapped,
    "RFC 5280, 4.2.1.5",
    "no policy mapping is from or to `anyPolicy`",
    Scope::All,
    any_is_not_mapped,
);

pub(super) static PRESENT: Rule = Rule::certificate(
    Code::NoPolicy,
    "CA/B BR 7.1.2.7.9 and 7.1.2.10.5",
    "every certificate below the anchor has policies, and the leaf one of the reserved ones",
    Scope::Presented,
    present,
);

/// The contents of the policies' identifiers.
fn identifiers<'a>(
    subject: &Subject<'a>,
) -> Result<impl Iterator<Item = Result<&'a [u8], Reason>> + use<'a>, Reason> {
    let policies = subject.list(Known::CertificatePolicies)?;
    Ok(elements(policies).map(|policy| {
        policy
            .and_then(|policy| first(policy.value(), Tag::ObjectIdentifier))
            .map(|id| id.value())
            .map_err(|error| malformed(Known::CertificatePolicies, &error))
    }))
}

fn named_once(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let mut policies = identifiers(subject)?.collect::<Result<Vec<_>, _>>()?;
    policies.sort_unstable();
    if policies.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(NAMED_ONCE.found("one policy named twice"));
    }
    Ok(())
}

fn any_is_not_mapped(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let bad = |error: der::Error| malformed(Known::PolicyMappings, &error);
    for mapping in elements(subject.list(Known::PolicyMappings)?) {
        let mapping = mapping.map_err(bad)?;
        mapping.tag().assert_eq(Tag::Sequence).map_err(bad)?;
        for policy in elements(mapping.value()) {
            if policy.map_err(bad)?.value() == ANY_POLICY {
                return Err(ANY_IS_NOT_MAPPED.found("a mapping from or to anyPolicy"));
            }
        }
    }
    Ok(())
}

fn present(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &PRESENT;
    if !subject.has(Known::CertificatePolicies) {
        return Err(rule.found("no certificate policies"));
    }
    if subject.role != PathRole::Leaf {
        return Ok(());
    }
    for policy in identifiers(subject)? {
        if RESERVED.contains(&policy?) {
            return Ok(());
        }
    }
    Err(rule.found("no policy identifier that the CA/Browser Forum has reserved"))
}
