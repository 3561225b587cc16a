//! Rules on subject alternative names.

use rustls_pki_types::ServerName;

use super::host_syntax::{address_text, is_absolute_uri, is_dns_name, is_mailbox, under_wildcard};
use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::host::suffix::public_suffix;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{GeneralName, Known};

/// A common name does not replace it.
pub(super) static LEAF_HAS_SAN: Rule = Rule::certificate(
    Code::NoSubjectAltName,
    "CA/B BR 7.1.2.7.12; RFC 9525, 2",
    "the leaf has a subject alternative name",
    Scope::Leaf,
    leaf_has_san,
);

pub(super) static WELL_FORMED: Rule = Rule::certificate(
    Code::MalformedName,
    "RFC 5280, 4.2.1.6",
    "alternative names are host names in the preferred syntax, a whole first label `*` allowed, \
     addresses, mailboxes and absolute URIs",
    Scope::All,
    well_formed,
);

pub(super) static WEB_KINDS: Rule = Rule::certificate(
    Code::ForbiddenNameKind,
    "CA/B BR 7.1.2.7.12",
    "the leaf's alternative names are only host names and addresses",
    Scope::Leaf,
    web_kinds,
);

pub(super) static NO_WILDCARD_OVER_SUFFIX: Rule = Rule::certificate(
    Code::PublicSuffixWildcard,
    "CA/B BR 3.2.2.6",
    "a wildcard over a whole public suffix is not enough to cover the host",
    Scope::Leaf,
    no_wildcard_over_suffix,
);

pub(super) static NO_INTERNAL_NAMES: Rule = Rule::certificate(
    Code::InternalName,
    "CA/B BR 4.2.2",
    "the leaf has no internal name and no reserved address",
    Scope::Leaf,
    no_internal_names,
);

fn leaf_has_san(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::SubjectAltName) {
        Ok(())
    } else {
        Err(Reason::NoSubjectAltName)
    }
}

fn well_formed(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    for name in subject.names()? {
        let name = name?;
        let (fine, text) = match name {
            GeneralName::Dns(dns) => (is_dns_name(under_wildcard(dns).unwrap_or(dns)), dns),
            GeneralName::Mailbox(mailbox) => (is_mailbox(mailbox), mailbox),
            GeneralName::Uri(uri) => (is_absolute_uri(uri), uri),
            GeneralName::Ip(octets) => (matches!(octets.len(), 4 | 16), &[][..]),
            GeneralName::Directory(_) | GeneralName::Other(_) => continue,
        };
        if !fine {
            let (kind, text) = (name.kind(), text.escape_ascii());
            return Err(WELL_FORMED.found(format!("the {kind} \"{text}\" is malformed")));
        }
    }
    Ok(())
}

fn web_kinds(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    for name in subject.names()? {
        match name? {
            GeneralName::Dns(_) | GeneralName::Ip(_) => {}
            other => {
                let kind = other.kind();
                return Err(WEB_KINDS.found(format!("an alternative name of the kind {kind}")));
            }
        }
    }
    Ok(())
}

/// Such a certificate covers every customer of a registry. The Baseline Requirements allow it for
/// an applicant that controls the whole suffix, which a client cannot know. If the certificate also
/// names the host itself, the wildcard does not matter.
fn no_wildcard_over_suffix(
    subject: &Subject<'_>,
    context: &CheckContext<'_>,
) -> Result<(), Reason> {
    let Some(ServerName::DnsName(_)) = context.name() else {
        return Ok(());
    };
    let host = context.host().unwrap_or_default().as_bytes();
    let parent = host
        .iter()
        .position(|octet| *octet == b'.')
        .map(|dot| &host[dot + 1..]);
    let mut over_suffix = None;
    for name in subject.names()? {
        let GeneralName::Dns(dns) = name? else {
            continue;
        };
        if dns.eq_ignore_ascii_case(host) {
            return Ok(());
        }
        let Some(base) = under_wildcard(dns) else {
            continue;
        };
        if parent.is_some_and(|parent| base.eq_ignore_ascii_case(parent)) {
            over_suffix = Some(base);
        }
    }
    match over_suffix {
        Some(base) if is_public_suffix(base) => {
            let base = base.escape_ascii();
            Err(NO_WILDCARD_OVER_SUFFIX.found(format!("a wildcard over the public suffix {base}")))
        }
        _ => Ok(()),
    }
}

fn is_public_suffix(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    public_suffix(&name).is_some_and(|suffix| suffix.as_bytes() == name)
}

fn no_internal_names(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &NO_INTERNAL_NAMES;
    for name in subject.names()? {
        match name? {
            GeneralName::Dns(dns) => {
                let name = under_wildcard(dns).unwrap_or(dns).to_ascii_lowercase();
                if !public_suffix(&name).is_some_and(|suffix| suffix.is_known()) {
                    let dns = dns.escape_ascii();
                    return Err(rule.found(format!("the internal name {dns}")));
                }
            }
            GeneralName::Ip(octets) => {
                if let Some(text) = address_text(octets).filter(|_| is_reserved(octets)) {
                    return Err(rule.found(format!("the reserved address {text}")));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether an address is in a block that IANA reserves, which no public host has (RFC 6890).
fn is_reserved(octets: &[u8]) -> bool {
    match *octets {
        [a, b, c, _] => {
            matches!(
                (a, b, c),
                (0 | 10 | 127 | 240..=255, ..)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 0, 0 | 2)
                    | (192, 168, _)
                    | (198, 18 | 19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
                    | (224..=239, ..)
            )
        }
        // Everything outside 2000::/3, and the documentation prefix within it.
        [first, ..] => first & 0xe0 != 0x20 || octets.starts_with(&[0x20, 0x01, 0x0d, 0xb8]),
        [] => false,
    }
}
