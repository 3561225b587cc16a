//! Rules on key identifiers, which identify the key that signed a certificate.

use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::Known;

/// Every browser's store has a root without one.
pub(super) static SUBJECT_KEY_ID_BELOW_ANCHOR: Rule = Rule::certificate(
    Code::NoSubjectKeyId,
    "CA/B BR 7.1.2.6.1 and 7.1.2.11.4",
    "every intermediate has a subject key identifier",
    Scope::Intermediates,
    subject_key_id,
);

pub(super) static SUBJECT_KEY_ID: Rule = Rule::certificate(
    Code::NoSubjectKeyId,
    "RFC 5280, 4.2.1.2",
    "every CA certificate has a subject key identifier",
    Scope::Issuers,
    subject_key_id,
);

pub(super) static AUTHORITY_KEY_ID: Rule = Rule::certificate(
    Code::NoAuthorityKeyId,
    "RFC 5280, 4.2.1.1",
    "every certificate names the key that signed it, except a self-signed anchor",
    Scope::All,
    authority_key_id,
);

/// The Baseline Requirements only recommend it for a root (7.1.2.1.2).
pub(super) static AUTHORITY_KEY_ID_BELOW_ANCHOR: Rule = Rule::certificate(
    Code::NoAuthorityKeyId,
    "CA/B BR 7.1.2.1.3 and 7.1.2.11.1",
    "every certificate below the anchor names the key that signed it, and so does an anchor with \
     an authority key identifier",
    Scope::All,
    authority_key_id_below_anchor,
);

pub(super) static NO_AUTHORITY_CERT: Rule = Rule::certificate(
    Code::AuthorityCertIssuer,
    "CA/B BR 7.1.2.1.3 and 7.1.2.11.1",
    "an authority key identifier has a key identifier and nothing else",
    Scope::All,
    no_authority_cert,
);

pub(super) static KEY_IDS_CHAIN: Rule = Rule::path(
    Code::KeyIdMismatch,
    "RFC 5280, 4.2.1.1 and 4.2.1.2; CA/B BR 7.1.2.1.3 and 7.1.2.11.1",
    "the authority key identifier is the subject key identifier of the issuer",
    key_ids_chain,
);

fn subject_key_id(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::SubjectKeyId) {
        return Ok(());
    }
    Err(SUBJECT_KEY_ID.found("a CA without a subject key identifier"))
}

fn authority_key_id(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &AUTHORITY_KEY_ID;
    match subject.authority_key_id()? {
        Some(id) if id.key_id.is_some() => Ok(()),
        Some(_) => Err(rule.found("an authority key identifier without a key identifier")),
        None if subject.is_anchor() && subject.is_self_issued() => Ok(()),
        None => Err(rule.found("no authority key identifier")),
    }
}

fn authority_key_id_below_anchor(
    subject: &Subject<'_>,
    context: &CheckContext<'_>,
) -> Result<(), Reason> {
    if subject.is_anchor() && !subject.has(Known::AuthorityKeyId) {
        return Ok(());
    }
    authority_key_id(subject, context)
}

fn no_authority_cert(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.authority_key_id()? {
        Some(id) if id.has_issuer || id.has_serial => Err(NO_AUTHORITY_CERT
            .found("an authority key identifier with the issuer's issuer or serial number")),
        _ => Ok(()),
    }
}

fn key_ids_chain(path: &[Subject<'_>]) -> Result<(), (usize, Reason)> {
    for (position, subject) in path.iter().enumerate() {
        let issuer = match path.get(position + 1) {
            Some(issuer) => issuer,
            None if subject.is_self_issued() => subject,
            None => continue,
        };
        let at = |reason| (position, reason);
        let named = subject.authority_key_id().map_err(at)?;
        let named = named.and_then(|id| id.key_id);
        let actual = issuer.subject_key_id().map_err(at)?;
        if let (Some(named), Some(actual)) = (named, actual)
            && named != actual
        {
            let found =
                "an authority key identifier that is not the issuer's subject key identifier";
            return Err((position, KEY_IDS_CHAIN.found(found)));
        }
    }
    Ok(())
}
