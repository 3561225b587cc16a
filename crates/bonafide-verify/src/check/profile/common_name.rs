//! Rules on the common name of a leaf, which old programs compare with the host.

use super::host_syntax::{address_text, ends_in_number, under_wildcard};
use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Attribute, GeneralName, attributes};

/// Milder than the clause in two harmless ways that accepted cases of x509-limbo need. The domain
/// under a wildcard may be the common name of the wildcard's certificate. A host name is allowed as
/// the common name if all alternative names are addresses.
pub(super) static OF_ITS_KIND: Rule = Rule::certificate(
    Code::CommonName,
    "CA/B BR 7.1.4.3",
    "the leaf's common name, where it has one, is a copy of an alternative name of its kind, or \
     the domain under a wildcard",
    Scope::Leaf,
    of_its_kind,
);

pub(super) static A_COPY: Rule = Rule::certificate(
    Code::CommonName,
    "CA/B BR 7.1.4.3",
    "the leaf's common name, where it has one, is a character-for-character copy of an alternative \
     name",
    Scope::Leaf,
    a_copy,
);

fn of_its_kind(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let Some(common_name) = only_common_name(subject)? else {
        return Ok(());
    };
    let is_address = common_name.contains(&b':') || ends_in_number(common_name);
    let mut has_its_kind = is_address;
    for name in subject.names()? {
        let name = name?;
        let is_dns = matches!(name, GeneralName::Dns(_));
        has_its_kind |= is_dns;
        let is_domain_of = |name| match name {
            GeneralName::Dns(dns) => under_wildcard(dns) == Some(common_name),
            _ => false,
        };
        if is_copy(common_name, name) || is_domain_of(name) {
            return Ok(());
        }
    }
    if has_its_kind {
        return Err(foreign(common_name));
    }
    Ok(())
}

fn a_copy(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let Some(common_name) = only_common_name(subject)? else {
        return Ok(());
    };
    for name in subject.names()? {
        if is_copy(common_name, name?) {
            return Ok(());
        }
    }
    Err(foreign(common_name))
}

/// The subject's common name; more than one is refused.
fn only_common_name<'a>(subject: &Subject<'a>) -> Result<Option<&'a [u8]>, Reason> {
    let mut found = None;
    for attribute in attributes(subject.certificate.subject()) {
        let attribute = attribute.map_err(|error| Reason::Malformed {
            detail: error.to_string(),
        })?;
        if attribute.kind == Attribute::COMMON_NAME
            && found.replace(attribute.value.value()).is_some()
        {
            return Err(A_COPY.found("a subject with two common names"));
        }
    }
    Ok(found)
}

/// Addresses have the text form of RFC 3986, 3.2.2 and RFC 5952, 4.
fn is_copy(common_name: &[u8], name: GeneralName<'_>) -> bool {
    match name {
        GeneralName::Dns(dns) => dns == common_name,
        GeneralName::Ip(octets) => {
            address_text(octets).is_some_and(|text| text.as_bytes() == common_name)
        }
        _ => false,
    }
}

fn foreign(common_name: &[u8]) -> Reason {
    let text = String::from_utf8_lossy(common_name);
    let text = text.escape_debug();
    A_COPY.found(format!(
        "the common name \"{text}\" is not an alternative name"
    ))
}
