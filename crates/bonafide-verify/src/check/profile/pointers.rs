//! Rules on pointers: where issuers, responders and revocation lists are found.

use der::asn1::AnyRef;
use der::{Tag, TagNumber, Tagged as _};

use super::extensions::malformed;
use super::rule::{Rule, Scope};
use super::subject::{PathRole, Subject};
use super::validity::is_short_lived;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{GeneralName, Known, elements};

/// `id-ad-ocsp` (RFC 5280, 4.2.2.1).
const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1];

pub(super) static AUTHORITY_INFO: Rule = Rule::certificate(
    Code::NoAuthorityInfo,
    "CA/B BR 7.1.2.7.6 and 7.1.2.7.7",
    "the leaf says where its issuer's certificate or an OCSP responder is",
    Scope::Leaf,
    authority_info,
);

pub(super) static REVOCATION_POINTER: Rule = Rule::certificate(
    Code::NoCrlPointer,
    "CA/B BR 7.1.2.11.2",
    "every certificate below the anchor says where its revocation is published, except a \
     short-lived leaf",
    Scope::Presented,
    revocation_pointer,
);

pub(super) static HTTP_POINTERS: Rule = Rule::certificate(
    Code::PointerScheme,
    "CA/B BR 7.1.2.7.7 and 7.1.2.11.2",
    "pointers to issuers, responders and lists are `http` URIs",
    Scope::Presented,
    http_pointers,
);

fn authority_info(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::AuthorityInfoAccess) {
        return Ok(());
    }
    Err(AUTHORITY_INFO.found("no authority information access"))
}

fn revocation_pointer(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::CrlDistributionPoints) {
        return Ok(());
    }
    if subject.role == PathRole::Leaf && (is_short_lived(subject) || has_responder(subject)?) {
        return Ok(());
    }
    Err(REVOCATION_POINTER.found("no CRL distribution point"))
}

fn has_responder(subject: &Subject<'_>) -> Result<bool, Reason> {
    let bad = |error: der::Error| malformed(Known::AuthorityInfoAccess, &error);
    for description in elements(subject.list(Known::AuthorityInfoAccess)?) {
        let method = elements(description.map_err(bad)?.value()).next();
        if method
            .transpose()
            .map_err(bad)?
            .is_some_and(|id| id.value() == OCSP)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn http_pointers(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let bad = |error: der::Error| malformed(Known::AuthorityInfoAccess, &error);
    for description in elements(subject.list(Known::AuthorityInfoAccess)?) {
        if let Some(location) = elements(description.map_err(bad)?.value()).nth(1) {
            demand_http(GeneralName::read(location.map_err(bad)?).map_err(bad)?)?;
        }
    }
    let bad = |error: der::Error| malformed(Known::CrlDistributionPoints, &error);
    for point in elements(subject.list(Known::CrlDistributionPoints)?) {
        for name in full_names(point.map_err(bad)?).map_err(bad)? {
            demand_http(name.map_err(bad)?)?;
        }
    }
    Ok(())
}

/// The names under `distributionPoint` and `fullName` (RFC 5280, 4.2.1.13).
fn full_names(
    point: AnyRef<'_>,
) -> Result<impl Iterator<Item = Result<GeneralName<'_>, der::Error>>, der::Error> {
    let tagged_0 = |field: &AnyRef<'_>| {
        matches!(
            field.tag(),
            Tag::ContextSpecific {
                constructed: true,
                number: TagNumber(0),
            }
        )
    };
    let mut content: &[u8] = point.value();
    for _distribution_point_then_full_name in 0..2 {
        let field = elements(content).next().transpose()?.filter(tagged_0);
        content = field.map_or(&[][..], |field| field.value());
    }
    Ok(GeneralName::all(content))
}

fn demand_http(name: GeneralName<'_>) -> Result<(), Reason> {
    match name {
        GeneralName::Uri(uri)
            if uri
                .get(..7)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"http://")) =>
        {
            Ok(())
        }
        GeneralName::Uri(uri) => {
            let uri = uri.escape_ascii();
            Err(HTTP_POINTERS.found(format!("the pointer \"{uri}\" is not an http URI")))
        }
        other => Err(HTTP_POINTERS.found(format!("a pointer of the kind {}", other.kind()))),
    }
}
