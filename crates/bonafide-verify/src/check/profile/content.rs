//! Whether the content of an extension is what its specification says.

use std::fmt;

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode as _, Tag, TagNumber, Tagged as _};

use crate::certificate::{
    AuthorityKeyId, BasicConstraints, GeneralName, KeyUsage, Known, NameConstraints, elements,
    sequence,
};

/// What is wrong with the content of an extension.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is not the DER that it should be.
    Der(der::Error),
    /// It is, and says something that is not allowed.
    Said(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Der(error) => fmt::Display::fmt(error, f),
            Self::Said(what) => f.write_str(what),
        }
    }
}

impl From<der::Error> for Fault {
    fn from(error: der::Error) -> Self {
        Self::Der(error)
    }
}

type Check = fn(&[u8]) -> Result<(), Fault>;

const EMPTY: Fault = Fault::Said("it lists nothing");

/// The extensions whose content is looked at, each with how.
pub(super) const CHECKED: [(Known, Check); 16] = [
    (Known::AuthorityKeyId, authority_key_id),
    (Known::SubjectKeyId, subject_key_id),
    (Known::KeyUsage, |value| {
        KeyUsage::read(value)?;
        Ok(())
    }),
    (Known::BasicConstraints, |value| {
        BasicConstraints::read(value)?;
        Ok(())
    }),
    (Known::NameConstraints, |value| {
        NameConstraints::read(value)?;
        Ok(())
    }),
    (Known::SubjectAltName, general_names),
    (Known::IssuerAltName, general_names),
    (Known::ExtendedKeyUsage, |value| {
        row(
            sequence(value)?,
            |id| Ok(id.tag().assert_eq(Tag::ObjectIdentifier).map(drop)?),
            MAY_BE_EMPTY,
        )
    }),
    (Known::CertificatePolicies, |value| {
        row(sequence(value)?, policy, NOT_EMPTY)
    }),
    (Known::PolicyMappings, |value| {
        row(sequence(value)?, mapping, NOT_EMPTY)
    }),
    (Known::PolicyConstraints, |value| {
        row(sequence(value)?, skip_certs, NOT_EMPTY)
    }),
    (Known::InhibitAnyPolicy, |value| {
        u64::from_der(value)?;
        Ok(())
    }),
    (Known::CrlDistributionPoints, distribution_points),
    (Known::FreshestCrl, distribution_points),
    (Known::AuthorityInfoAccess, access_descriptions),
    (Known::SubjectInfoAccess, access_descriptions),
];

/// RFC 5280 gives nearly every list at least one member. The empty list of purposes has a code of its own.
const NOT_EMPTY: bool = false;
const MAY_BE_EMPTY: bool = true;

/// Checks every element of a list.
fn row(
    content: &[u8],
    check: fn(AnyRef<'_>) -> Result<(), Fault>,
    may_be_empty: bool,
) -> Result<(), Fault> {
    if content.is_empty() && !may_be_empty {
        return Err(EMPTY);
    }
    elements(content).try_for_each(|element| check(element?))
}

/// RFC 5280, 4.2.1.1: issuer and serial number are there together or not at all.
fn authority_key_id(value: &[u8]) -> Result<(), Fault> {
    let read = AuthorityKeyId::read(value)?;
    if read.has_issuer == read.has_serial {
        Ok(())
    } else {
        Err(Fault::Said(
            "an issuer and no serial number, or the reverse",
        ))
    }
}

fn subject_key_id(value: &[u8]) -> Result<(), Fault> {
    if <&OctetStringRef>::from_der(value)?.as_bytes().is_empty() {
        return Err(Fault::Said("it is empty"));
    }
    Ok(())
}

fn general_names(value: &[u8]) -> Result<(), Fault> {
    row(
        sequence(value)?,
        |name| {
            GeneralName::read(name)?;
            Ok(())
        },
        NOT_EMPTY,
    )
}

/// RFC 5280, 4.2.1.4: an identifier, and qualifiers where there are any.
fn policy(information: AnyRef<'_>) -> Result<(), Fault> {
    information.tag().assert_eq(Tag::Sequence)?;
    let mut fields = elements(information.value());
    expect(fields.next(), Tag::ObjectIdentifier)?;
    if let Some(qualifiers) = fields.next() {
        let qualifiers = qualifiers?;
        qualifiers.tag().assert_eq(Tag::Sequence)?;
        if qualifiers.value().is_empty() {
            return Err(EMPTY);
        }
    }
    end(fields.next())
}

/// RFC 5280, 4.2.1.5: two identifiers.
fn mapping(pair: AnyRef<'_>) -> Result<(), Fault> {
    pair.tag().assert_eq(Tag::Sequence)?;
    let mut fields = elements(pair.value());
    expect(fields.next(), Tag::ObjectIdentifier)?;
    expect(fields.next(), Tag::ObjectIdentifier)?;
    end(fields.next())
}

/// RFC 5280, 4.2.1.11: one or both of two counts.
fn skip_certs(field: AnyRef<'_>) -> Result<(), Fault> {
    match field.tag() {
        Tag::ContextSpecific {
            constructed: false,
            number: TagNumber(0 | 1),
        } if !field.value().is_empty() => Ok(()),
        _ => Err(Fault::Said("a field that it cannot have")),
    }
}

/// RFC 5280, 4.2.1.13: every point has a name or the name of who issues its list.
fn distribution_points(value: &[u8]) -> Result<(), Fault> {
    row(
        sequence(value)?,
        |point| {
            point.tag().assert_eq(Tag::Sequence)?;
            let mut names_something = false;
            for field in elements(point.value()) {
                names_something |= matches!(
                    field?.tag(),
                    Tag::ContextSpecific {
                        constructed: true,
                        number: TagNumber(0 | 2),
                    }
                );
            }
            if names_something {
                Ok(())
            } else {
                Err(Fault::Said("a distribution point that names nothing"))
            }
        },
        NOT_EMPTY,
    )
}

/// RFC 5280, 4.2.2.1: a method and a location.
fn access_descriptions(value: &[u8]) -> Result<(), Fault> {
    row(
        sequence(value)?,
        |description| {
            description.tag().assert_eq(Tag::Sequence)?;
            let mut fields = elements(description.value());
            expect(fields.next(), Tag::ObjectIdentifier)?;
            let location = fields
                .next()
                .ok_or(Fault::Said("an access description without a location"))?;
            GeneralName::read(location?)?;
            end(fields.next())
        },
        NOT_EMPTY,
    )
}

fn expect(field: Option<Result<AnyRef<'_>, der::Error>>, tag: Tag) -> Result<(), Fault> {
    field
        .ok_or(Fault::Said("a field is missing"))??
        .tag()
        .assert_eq(tag)?;
    Ok(())
}

fn end(field: Option<Result<AnyRef<'_>, der::Error>>) -> Result<(), Fault> {
    match field {
        None => Ok(()),
        Some(_) => Err(Fault::Said("a field too many")),
    }
}
