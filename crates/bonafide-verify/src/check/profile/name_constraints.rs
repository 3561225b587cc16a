//! Rules on name constraints. The path builder proves that names are within them.

use der::asn1::AnyRef;
use der::{Tag, Tagged as _};

use super::extensions::malformed;
use super::host_syntax::{is_dns_name, is_mailbox};
use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{GeneralName, Known, elements};

pub(super) static ONLY_CAS_HAVE_THEM: Rule = Rule::certificate(
    Code::LeafNameConstraints,
    "RFC 5280, 4.2.1.10",
    "only CA certificates have name constraints",
    Scope::All,
    only_cas_have_them,
);

pub(super) static NOT_EMPTY: Rule = Rule::certificate(
    Code::EmptyNameConstraints,
    "RFC 5280, 4.2.1.10; CA/B BR 7.1.2.5.2",
    "name constraints have permitted or excluded subtrees, and no list of them is empty",
    Scope::All,
    not_empty,
);

pub(super) static WELL_FORMED: Rule = Rule::certificate(
    Code::MalformedConstraint,
    "RFC 5280, 4.2.1.10",
    "every subtree has the syntax of its kind, without minimum and maximum",
    Scope::All,
    well_formed,
);

fn only_cas_have_them(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::NameConstraints) && !subject.is_ca()? {
        return Err(ONLY_CAS_HAVE_THEM
            .found("name constraints in a certificate that is not a CA certificate"));
    }
    Ok(())
}

fn not_empty(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let Some(constraints) = subject.name_constraints()? else {
        return Ok(());
    };
    let lists = [constraints.permitted, constraints.excluded];
    let any = lists.iter().any(Option::is_some);
    if any && lists.into_iter().flatten().all(|list| !list.is_empty()) {
        return Ok(());
    }
    Err(NOT_EMPTY.found("name constraints that constrain nothing"))
}

fn well_formed(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let Some(constraints) = subject.name_constraints()? else {
        return Ok(());
    };
    let rule = &WELL_FORMED;
    let bad = |error: der::Error| malformed(Known::NameConstraints, &error);
    for subtree in constraints.subtrees() {
        let subtree = subtree.map_err(bad)?;
        subtree.tag().assert_eq(Tag::Sequence).map_err(bad)?;
        let mut fields = elements(subtree.value());
        let base: Option<AnyRef<'_>> = fields.next().transpose().map_err(bad)?;
        let base = base.ok_or_else(|| rule.found("a subtree without a base"))?;
        if fields.next().is_some() {
            return Err(rule.found("a subtree with a minimum or maximum"));
        }
        let base = GeneralName::read(base).map_err(bad)?;
        let (fine, text) = match base {
            GeneralName::Dns(dns) => (dns.is_empty() || is_dns_name(dns), dns),
            GeneralName::Mailbox(mailbox) => (is_mail_constraint(mailbox), mailbox),
            GeneralName::Uri(host) => (is_domain_or_host(host), host),
            GeneralName::Ip(network) => (is_network(network), &[][..]),
            GeneralName::Directory(_) | GeneralName::Other(_) => continue,
        };
        if !fine {
            let (kind, text) = (base.kind(), text.escape_ascii());
            return Err(rule.found(format!("the {kind} constraint \"{text}\" is malformed")));
        }
    }
    Ok(())
}

/// A mailbox, a host, or a domain with a leading period.
fn is_mail_constraint(constraint: &[u8]) -> bool {
    is_mailbox(constraint) || is_domain_or_host(constraint)
}

fn is_domain_or_host(constraint: &[u8]) -> bool {
    is_dns_name(constraint.strip_prefix(b".").unwrap_or(constraint))
}

/// An address and a mask of one row of ones (RFC 4632, 3.1).
fn is_network(network: &[u8]) -> bool {
    if !matches!(network.len(), 8 | 32) {
        return false;
    }
    let mask = &network[network.len() / 2..];
    let mut ended = false;
    mask.iter().all(|octet| {
        let fine = if ended {
            *octet == 0
        } else {
            octet.leading_ones() + octet.trailing_zeros().min(8) >= 8
        };
        ended |= *octet != 0xff;
        fine
    })
}
