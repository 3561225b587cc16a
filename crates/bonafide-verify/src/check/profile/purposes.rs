//! Rules on extended key usage: what a key is for.

use super::rule::{Rule, Scope};
use super::subject::{PathRole, Subject};
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::Known;

const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// Purposes that no certificate may have together with server authentication (CA/B BR 7.1.2.7.10
/// and 7.1.2.10.6).
const FORBIDDEN: [(&[u8], &str); 5] = [
    (&[0x2b, 6, 1, 5, 5, 7, 3, 3], "codeSigning"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 4], "emailProtection"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 8], "timeStamping"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 9], "OCSPSigning"),
    (
        &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 4],
        "the signing of precertificates",
    ),
];

/// rustls-webpki requires it of leaf and intermediates.
pub(super) static NOT_EMPTY: Rule = Rule::certificate(
    Code::EmptyPurpose,
    "RFC 5280, 4.2.1.12",
    "an extended key usage extension names at least one purpose",
    Scope::All,
    not_empty,
);

pub(super) static LEAF_HAS_PURPOSE: Rule = Rule::certificate(
    Code::NoPurpose,
    "CA/B BR 7.1.2.7.6 and 7.1.2.7.10",
    "the leaf has an extended key usage with server authentication",
    Scope::Leaf,
    leaf_has_purpose,
);

pub(super) static ONLY_SERVERS: Rule = Rule::certificate(
    Code::ForbiddenPurpose,
    "CA/B BR 7.1.2.7.10 and 7.1.2.10.6",
    "no certificate below the anchor is, beside server authentication, for any purpose, code \
     signing, mail, time stamps, OCSP or precertificates",
    Scope::Presented,
    only_servers,
);

pub(super) static ANCHOR_HAS_NONE: Rule = Rule::certificate(
    Code::AnchorPurpose,
    "CA/B BR 7.1.2.1.2",
    "a root has no extended key usage",
    Scope::Anchor,
    anchor_has_none,
);

/// OpenSSL and Go require it of every certificate of a path; rustls-webpki does not keep an
/// anchor's purposes.
pub(super) static ANCHOR_FOR_SERVERS: Rule = Rule::certificate(
    Code::WrongPurpose,
    "RFC 5280, 4.2.1.12",
    "the extended key usage of an anchor, where it has one, names server authentication or any \
     purpose",
    Scope::Anchor,
    anchor_for_servers,
);

pub(super) static INTERMEDIATES_HAVE_PURPOSE: Rule = Rule::certificate(
    Code::NoCaPurpose,
    "CA/B BR 7.1.2.6.1 and 7.1.2.10.6",
    "every intermediate has an extended key usage",
    Scope::Intermediates,
    intermediates_have_purpose,
);

fn not_empty(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::ExtendedKeyUsage) && subject.purposes()?.next().is_none() {
        return Err(Reason::EmptyPurpose);
    }
    Ok(())
}

fn leaf_has_purpose(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has_purpose(SERVER_AUTH)? {
        return Ok(());
    }
    Err(LEAF_HAS_PURPOSE.found("a leaf without an extended key usage for serverAuth"))
}

fn only_servers(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &ONLY_SERVERS;
    let mut count = 0_usize;
    let mut any = false;
    for purpose in subject.purposes()? {
        let purpose = purpose?;
        count += 1;
        any |= purpose == ANY;
        if let Some((_, name)) = FORBIDDEN.iter().find(|(id, _)| *id == purpose) {
            return Err(rule.found(format!("an extended key usage with {name}")));
        }
    }
    // A cross-certified CA may have any purpose, as the only entry of the extension (CA/B BR
    // 7.1.2.2.5).
    let cross_certified = subject.role == PathRole::Intermediate && count == 1;
    if any && !cross_certified {
        return Err(rule.found("an extended key usage with anyExtendedKeyUsage"));
    }
    Ok(())
}

fn anchor_has_none(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.is_self_issued() && subject.has(Known::ExtendedKeyUsage) {
        return Err(ANCHOR_HAS_NONE.found("a root with an extended key usage"));
    }
    Ok(())
}

fn anchor_for_servers(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if !subject.has(Known::ExtendedKeyUsage)
        || subject.has_purpose(SERVER_AUTH)?
        || subject.has_purpose(ANY)?
    {
        return Ok(());
    }
    Err(ANCHOR_FOR_SERVERS.found("an anchor whose extended key usage has no serverAuth"))
}

fn intermediates_have_purpose(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::ExtendedKeyUsage) {
        return Ok(());
    }
    Err(INTERMEDIATES_HAVE_PURPOSE.found("an intermediate without an extended key usage"))
}
