//! Which certificates a list speaks of, and why it may speak of none (RFC 5280, 5.2 and 6.3.3).

use std::fmt;

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Tag};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{CrlDistributionPoints, IssuingDistributionPoint};
use x509_cert::name::Name;

use crate::certificate::Known;
use crate::check::revocation::question::Question;

/// Why a list that is well-formed says nothing about any certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limitation {
    /// It may list certificates of other issuers, which is not supported (RFC 5280, 5.2.5).
    Indirect,
    /// It lists changes only, which is not supported (RFC 5280, 5.2.4).
    Delta,
    /// It lists certificates that were revoked for some reasons only, which is not supported (RFC 5280, 5.2.5).
    SomeReasons,
    /// It lists attribute certificates only (RFC 5280, 5.2.5).
    AttributeCertificates,
    /// It, or an entry of it, has a critical extension that is not understood (RFC 5280, 5.2 and 5.3).
    CriticalExtension(ObjectIdentifier),
}

/// Which certificates of its issuer a list speaks of.
#[derive(Debug, Default)]
pub(super) struct Scope {
    kind: Kind,
    point: Option<DistributionPointName>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Kind {
    #[default]
    All,
    User,
    Ca,
}

impl Scope {
    /// Reads an IssuingDistributionPoint.
    pub(super) fn parse(value: &[u8]) -> Result<(Self, Option<Limitation>), der::Error> {
        let point = IssuingDistributionPoint::from_der(value)?;
        let limitation = if point.indirect_crl {
            Some(Limitation::Indirect)
        } else if point.only_some_reasons.is_some() {
            Some(Limitation::SomeReasons)
        } else if point.only_contains_attribute_certs {
            Some(Limitation::AttributeCertificates)
        } else {
            None
        };
        let kind = match (point.only_contains_user_certs, point.only_contains_ca_certs) {
            (false, false) => Kind::All,
            (true, false) => Kind::User,
            (false, true) => Kind::Ca,
            (true, true) => return Err(Tag::Boolean.value_error().into()),
        };
        let point = point.distribution_point;
        Ok((Self { kind, point }, limitation))
    }

    /// Whether the list speaks of the certificate (RFC 5280, 6.3.3 (b)).
    pub(super) fn covers(&self, question: &Question<'_>) -> bool {
        let kind_fits = match self.kind {
            Kind::All => true,
            Kind::User => !question.is_ca(),
            Kind::Ca => question.is_ca(),
        };
        kind_fits
            && self
                .point
                .as_ref()
                .is_none_or(|point| leads_to(question, names_of(point)))
    }
}

fn names_of(point: &DistributionPointName) -> &[GeneralName] {
    match point {
        DistributionPointName::FullName(names) => names,
        // A name below the issuer's is not supported, and so covers nothing.
        DistributionPointName::NameRelativeToCRLIssuer(_) => &[],
    }
}

/// Whether the certificate names one of these as the place of its list. Its issuer's name is one for every certificate. Points that are for some reasons only, or for
/// lists of another issuer, do not count.
fn leads_to(question: &Question<'_>, names: &[GeneralName]) -> bool {
    let issuer = Name::from_der(question.certificate.issuer()).ok();
    let is_the_issuers = |name: &GeneralName| matches!((name, &issuer), (GeneralName::DirectoryName(directory), Some(issuer)) if directory == issuer);
    if names.iter().any(is_the_issuers) {
        return true;
    }
    let Some(points) = question
        .extension(Known::CrlDistributionPoints)
        .and_then(|value| CrlDistributionPoints::from_der(value).ok())
    else {
        return false;
    };
    points
        .0
        .iter()
        .filter(|point| point.reasons.is_none() && point.crl_issuer.is_none())
        .filter_map(|point| point.distribution_point.as_ref())
        .any(|point| names_of(point).iter().any(|name| names.contains(name)))
}

impl fmt::Display for Limitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Indirect => f.write_str("is an indirect one, which is not supported"),
            Self::Delta => f.write_str("lists changes only, which is not supported"),
            Self::SomeReasons => f.write_str("is for some reasons only, which is not supported"),
            Self::AttributeCertificates => f.write_str("is for attribute certificates only"),
            Self::CriticalExtension(id) => {
                write!(
                    f,
                    "has the critical extension {id}, which is not understood"
                )
            }
        }
    }
}
