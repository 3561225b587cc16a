//! Rules on the form of extensions: well-formed, not repeated, critical or not.

use super::content;
use super::rule::{Rule, Scope};
use super::subject::{PathRole, Subject};
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Known, is_empty_name};

pub(super) static WELL_FORMED: Rule = Rule::certificate(
    Code::MalformedExtension,
    "RFC 5280, 4.2",
    "the content of every known extension follows its specification",
    Scope::All,
    well_formed,
);

pub(super) static ONCE: Rule = Rule::certificate(
    Code::DuplicateExtension,
    "RFC 5280, 4.2",
    "no extension occurs twice",
    Scope::All,
    once,
);

/// rustls-webpki refuses unknown critical extensions below the anchor only.
pub(super) static CRITICAL_ARE_UNDERSTOOD: Rule = Rule::certificate(
    Code::UnknownCriticalExtension,
    "RFC 5280, 4.2",
    "every critical extension is understood, also in an anchor",
    Scope::All,
    critical_are_understood,
);

pub(super) static RFC5280_CRITICAL: Rule = Rule::certificate(
    Code::NotCritical,
    "RFC 5280, 4.2.1.6, 4.2.1.9, 4.2.1.10, 4.2.1.11 and 4.2.1.14",
    "basic constraints of CAs, name and policy constraints, `inhibitAnyPolicy`, and the SAN of an \
     empty subject are critical",
    Scope::All,
    rfc5280_critical,
);

/// The Baseline Requirements allow non-critical name constraints (7.1.2.5.2).
pub(super) static WEB_PKI_CRITICAL: Rule = Rule::certificate(
    Code::NotCritical,
    "CA/B BR 7.1.2.1.4, 7.1.2.7.6, 7.1.2.7.12 and 7.1.2.10.4",
    "basic constraints, and the SAN of an empty subject, are critical",
    Scope::All,
    web_pki_critical,
);

pub(super) static KEY_USAGE_CRITICAL: Rule = Rule::certificate(
    Code::NotCritical,
    "CA/B BR 7.1.2.7.6 and 7.1.2.10.7",
    "key usage below the anchor is critical",
    Scope::Presented,
    key_usage_critical,
);

pub(super) static RFC5280_NOT_CRITICAL: Rule = Rule::certificate(
    Code::Critical,
    "RFC 5280, 4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2.1 and 4.2.2.2",
    "key identifiers, directory attributes, the freshest CRL and information access are not \
     critical",
    Scope::All,
    rfc5280_not_critical,
);

pub(super) static WEB_PKI_NOT_CRITICAL: Rule = Rule::certificate(
    Code::Critical,
    "CA/B BR 7.1.2.7.6, 7.1.2.7.12, 7.1.2.11 and RFC 5280, 4.2.1",
    "extended key usage, policies, CRL distribution points, SCTs, and the SAN of a certificate \
     with a subject are not critical",
    Scope::All,
    web_pki_not_critical,
);

/// The reason for an extension whose content cannot be read.
pub(super) fn malformed(known: Known, error: &dyn std::fmt::Display) -> Reason {
    WELL_FORMED.found(format!("a malformed {} extension: {error}", known.as_str()))
}

fn well_formed(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.extensions.writes_default {
        return Err(
            WELL_FORMED.found("an extension with an explicit critical FALSE, which DER omits")
        );
    }
    content::CHECKED.into_iter().try_for_each(|(known, check)| {
        let Some(slot) = subject.extensions.get(known) else {
            return Ok(());
        };
        check(slot.value).map_err(|fault| malformed(known, &fault))
    })
}

fn once(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if let Some(known) = subject.extensions.duplicate {
        return Err(ONCE.found(format!("two {} extensions", known.as_str())));
    }
    if subject.extensions.unknown < 2 {
        return Ok(());
    }
    let mut ids: Vec<_> = subject
        .certificate
        .extensions()
        .filter_map(|extension| Some(extension.ok()?.id))
        .collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ONCE.found(format!("two extensions {}", pair[0]))),
        None => Ok(()),
    }
}

fn critical_are_understood(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    /// This verifier does not process constraints on policies (RFC 5280, 6.1.4 (i) and (j)).
    const NOT_PROCESSED: [Known; 3] = [
        Known::PolicyMappings,
        Known::PolicyConstraints,
        Known::InhibitAnyPolicy,
    ];
    let unknown = subject.extensions.unknown_critical.map(|found| found.id);
    let not_processed = NOT_PROCESSED
        .into_iter()
        .find(|known| is_critical(subject, *known))
        .map(|known| known.id());
    match unknown.or(not_processed) {
        Some(id) => Err(Reason::UnknownCriticalExtension {
            id: Some(id.to_string()),
        }),
        None => Ok(()),
    }
}

fn rfc5280_critical(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &RFC5280_CRITICAL;
    if subject.role != PathRole::Leaf {
        demand(rule, subject, Known::BasicConstraints, "RFC 5280, 4.2.1.9")?;
    }
    demand(rule, subject, Known::NameConstraints, "RFC 5280, 4.2.1.10")?;
    demand(
        rule,
        subject,
        Known::PolicyConstraints,
        "RFC 5280, 4.2.1.11",
    )?;
    demand(rule, subject, Known::InhibitAnyPolicy, "RFC 5280, 4.2.1.14")?;
    if is_empty_name(subject.certificate.subject()) {
        demand(rule, subject, Known::SubjectAltName, "RFC 5280, 4.2.1.6")?;
    }
    Ok(())
}

fn web_pki_critical(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &WEB_PKI_CRITICAL;
    let clause = match subject.role {
        PathRole::Leaf => "CA/B BR 7.1.2.7.6",
        PathRole::Intermediate => "CA/B BR 7.1.2.10.4",
        PathRole::Anchor | PathRole::OwnAnchor => "CA/B BR 7.1.2.1.4",
    };
    demand(rule, subject, Known::BasicConstraints, clause)?;
    if is_empty_name(subject.certificate.subject()) {
        demand(rule, subject, Known::SubjectAltName, "CA/B BR 7.1.2.7.12")?;
    }
    Ok(())
}

fn key_usage_critical(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &KEY_USAGE_CRITICAL;
    demand(rule, subject, Known::KeyUsage, rule.clause())
}

fn rfc5280_not_critical(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    const TABLE: [(Known, &str); 6] = [
        (Known::AuthorityKeyId, "RFC 5280, 4.2.1.1"),
        (Known::SubjectKeyId, "RFC 5280, 4.2.1.2"),
        (Known::SubjectDirectoryAttributes, "RFC 5280, 4.2.1.8"),
        (Known::FreshestCrl, "RFC 5280, 4.2.1.15"),
        (Known::AuthorityInfoAccess, "RFC 5280, 4.2.2.1"),
        (Known::SubjectInfoAccess, "RFC 5280, 4.2.2.2"),
    ];
    forbid(&RFC5280_NOT_CRITICAL, subject, &TABLE)
}

fn web_pki_not_critical(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    const TABLE: [(Known, &str); 4] = [
        (Known::ExtendedKeyUsage, "CA/B BR 7.1.2.7.6"),
        (Known::CertificatePolicies, "CA/B BR 7.1.2.7.6"),
        (Known::CrlDistributionPoints, "CA/B BR 7.1.2.11.2"),
        (Known::SignedCertificateTimestamps, "CA/B BR 7.1.2.11.3"),
    ];
    let rule = &WEB_PKI_NOT_CRITICAL;
    forbid(rule, subject, &TABLE)?;
    if !is_empty_name(subject.certificate.subject()) {
        forbid(
            rule,
            subject,
            &[(Known::SubjectAltName, "CA/B BR 7.1.2.7.12")],
        )?;
    }
    Ok(())
}

fn is_critical(subject: &Subject<'_>, known: Known) -> bool {
    subject
        .extensions
        .get(known)
        .is_some_and(|slot| slot.critical)
}

fn demand(
    rule: &'static Rule,
    subject: &Subject<'_>,
    known: Known,
    clause: &'static str,
) -> Result<(), Reason> {
    if !subject.has(known) || is_critical(subject, known) {
        return Ok(());
    }
    let found = format!("a {} extension that is not critical", known.as_str());
    Err(rule.found_under(clause, found))
}

fn forbid(
    rule: &'static Rule,
    subject: &Subject<'_>,
    table: &[(Known, &'static str)],
) -> Result<(), Reason> {
    let critical = table.iter().find(|(known, _)| is_critical(subject, *known));
    match critical {
        Some((known, clause)) => {
            let found = format!("a critical {} extension", known.as_str());
            Err(rule.found_under(clause, found))
        }
        None => Ok(()),
    }
}
