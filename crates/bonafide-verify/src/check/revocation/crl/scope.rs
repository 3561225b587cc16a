//! Which certificates a list covers, and what it can prove about them (RFC 5280, 5.2.5 and 6.3.3).

use der::asn1::AnyRef;
use der::{Decode as _, Tag, Tagged as _};

use crate::check::revocation::question::Question;
use crate::files::load_report::CrlProblem;
use crate::x509::certificate::{
    GeneralName, Known, bit_string, context, elements, primitive, sequence,
};

/// Which certificates of its issuer a list covers.
#[derive(Debug, Default)]
pub(super) struct Scope {
    kind: Kind,
    reasons: Reasons,
    point: Option<Point>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    All,
    User,
    Ca,
    Attribute,
}

/// The revocation reasons that a list covers (RFC 5280, 5.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reasons {
    #[default]
    All,
    Some,
}

/// A `DistributionPointName` (RFC 5280, 4.2.1.13).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Point {
    /// The content of the `GeneralNames`.
    Full(Box<[u8]>),
    /// Relative to the issuer of the list.
    Relative,
}

/// What a list can prove about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    /// That it is revoked, and that it is not.
    Whole,
    /// Only that it is revoked: a missing entry proves nothing.
    EntriesAlone,
    /// Nothing, for this reason.
    None(&'static str),
}

const OTHERS: Coverage = Coverage::None("does not cover this certificate");

impl Scope {
    /// Reads an `IssuingDistributionPoint`.
    pub(super) fn parse(value: &[u8]) -> Result<Self, CrlProblem> {
        let mut scope = Self::default();
        let mut last = None;
        for field in elements(sequence(value)?) {
            let field = field?;
            let tag = field.tag();
            // Every field occurs at most once, in the defined order.
            if last.is_some_and(|last| last >= tag.number()) {
                return Err(CrlProblem::Malformed(tag.value_error().into()));
            }
            last = Some(tag.number());
            let said = |field: AnyRef<'_>| match field.value() {
                [0] => Ok(false),
                [0xff] => Ok(true),
                _ => Err(der::Error::from(Tag::Boolean.value_error())),
            };
            match tag {
                tag if tag == context(0) => scope.point = Some(Point::read(field)?),
                tag if tag == primitive(1) && said(field)? => {
                    scope.kind = scope.only(Kind::User)?
                }
                tag if tag == primitive(2) && said(field)? => scope.kind = scope.only(Kind::Ca)?,
                tag if tag == primitive(3) => {
                    bit_string(AnyRef::new(Tag::BitString, field.value())?)?;
                    scope.reasons = Reasons::Some;
                }
                tag if tag == primitive(4) && said(field)? => return Err(CrlProblem::Indirect),
                tag if tag == primitive(5) && said(field)? => {
                    scope.kind = scope.only(Kind::Attribute)?;
                }
                tag if [1, 2, 4, 5].map(primitive).contains(&tag) => {}
                tag => return Err(der::Error::from(tag.unexpected_error(None)).into()),
            }
        }
        Ok(scope)
    }

    /// RFC 5280, 5.2.5: a list is restricted to at most one kind of certificates.
    fn only(&self, kind: Kind) -> Result<Kind, der::Error> {
        match self.kind {
            Kind::All => Ok(kind),
            Kind::User | Kind::Ca | Kind::Attribute => Err(Tag::Boolean.value_error().into()),
        }
    }

    /// What the list can prove about the certificate (RFC 5280, 6.3.3 (b) and (d)).
    pub(super) fn coverage(&self, question: &Question<'_>) -> Coverage {
        match self.kind {
            Kind::Attribute => return Coverage::None("is for attribute certificates only"),
            Kind::User if question.is_ca() => return OTHERS,
            Kind::Ca if !question.is_ca() => return OTHERS,
            Kind::All | Kind::User | Kind::Ca => {}
        }
        let coverage = match &self.point {
            None => Coverage::Whole,
            Some(Point::Relative) => Coverage::None(
                "names its distribution point relative to its issuer, a form that is not supported",
            ),
            Some(Point::Full(names)) => leads_to(question, names),
        };
        match (coverage, self.reasons) {
            (Coverage::Whole, Reasons::Some) => Coverage::EntriesAlone,
            (coverage, _) => coverage,
        }
    }
}

impl Point {
    /// Reads the `[0]` around a name.
    fn read(field: AnyRef<'_>) -> Result<Self, der::Error> {
        let name = AnyRef::from_der(field.value())?;
        match name.tag() {
            tag if tag == context(0) => {
                for name in GeneralName::all(name.value()) {
                    name?;
                }
                Ok(Self::Full(Box::from(name.value())))
            }
            tag if tag == context(1) => Ok(Self::Relative),
            tag => Err(tag.unexpected_error(None).into()),
        }
    }
}

/// Whether the certificate names one of these as its distribution point. The issuer's name counts
/// as a distribution point of every certificate. Points for lists of another issuer do not count;
/// points for some reasons only prove that a certificate is revoked.
fn leads_to(question: &Question<'_>, names: &[u8]) -> Coverage {
    let issuer = question.certificate.issuer();
    let is_the_issuers = |name: Result<GeneralName<'_>, der::Error>| {
        let name = name.ok();
        matches!(name, Some(GeneralName::Directory(name)) if name == issuer)
    };
    if GeneralName::all(names).any(is_the_issuers) {
        return Coverage::Whole;
    }
    let points = question.extension(Known::CrlDistributionPoints);
    let points = points.and_then(|points| sequence(points).ok());
    let mut found = OTHERS;
    for point in elements(points.unwrap_or_default()) {
        let (mut name, mut for_some_reasons, mut of_another) = (None, false, false);
        let Ok(point) = point else { break };
        for field in elements(point.value()).map_while(Result::ok) {
            match field.tag() {
                tag if tag == context(0) => name = Point::read(field).ok(),
                tag if tag == primitive(1) => for_some_reasons = true,
                _ => of_another = true,
            }
        }
        match name {
            _ if of_another => {}
            Some(Point::Full(own)) if share_a_name(&own, names) => {
                if !for_some_reasons {
                    return Coverage::Whole;
                }
                found = Coverage::EntriesAlone;
            }
            Some(Point::Relative) if found == OTHERS => {
                found = Coverage::None(
                    "does not cover this certificate, which names its distribution point relative \
                     to its issuer, a form that is not supported",
                );
            }
            _ => {}
        }
    }
    found
}

/// Whether two `GeneralNames` have a name in common.
fn share_a_name(one: &[u8], other: &[u8]) -> bool {
    let names = |content| GeneralName::all(content).map_while(Result::ok);
    names(one).any(|name| names(other).any(|other| name == other))
}
