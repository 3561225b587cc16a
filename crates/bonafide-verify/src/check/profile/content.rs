//! Whether the content of an extension follows its specification.

use std::fmt;

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode as _, Tag, Tagged as _};

use crate::verdict::refusal::sct::{SctListError, read_list};
use crate::x509::certificate::whole::{any, attribute, count, fields, general_name};
use crate::x509::certificate::whole::{ascii, general_names, list};
use crate::x509::certificate::{
    Known, Oid, bit_string, context, elements, natural_content, primitive, sequence,
};

/// What is wrong with the content of an extension.
#[derive(Debug)]
pub(super) enum ContentError {
    /// It is not the DER that its specification defines.
    Der(der::Error),
    /// It is well-formed DER with a value that is not allowed.
    Said(&'static str),
    /// A list of certificate timestamps that cannot be read.
    Timestamps(SctListError),
}

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Der(error) => fmt::Display::fmt(error, f),
            Self::Said(what) => f.write_str(what),
            Self::Timestamps(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl From<der::Error> for ContentError {
    fn from(error: der::Error) -> Self {
        Self::Der(error)
    }
}

type Check = fn(&[u8]) -> Result<(), ContentError>;

const EMPTY: ContentError = ContentError::Said("it is an empty list");

/// The extensions that rules know, each with the function that checks its whole content.
pub(super) const CHECKED: [(Known, Check); 19] = [
    (Known::AuthorityKeyId, authority_key_id),
    (Known::SubjectKeyId, subject_key_id),
    (Known::KeyUsage, key_usage),
    (Known::BasicConstraints, basic_constraints),
    (Known::NameConstraints, name_constraints),
    (Known::SubjectAltName, alternative_names),
    (Known::IssuerAltName, alternative_names),
    (Known::SubjectDirectoryAttributes, |value| {
        row(value, directory_attribute)
    }),
    // An empty list of purposes has a code of its own.
    (Known::ExtendedKeyUsage, |value| {
        elements(sequence(value)?).try_for_each(|id| Ok(Oid::read(id?).map(drop)?))
    }),
    (Known::CertificatePolicies, |value| row(value, policy)),
    (Known::PolicyMappings, |value| row(value, mapping)),
    (Known::PolicyConstraints, policy_constraints),
    (Known::InhibitAnyPolicy, |value| {
        Ok(count(AnyRef::from_der(value)?)?)
    }),
    (Known::CrlDistributionPoints, |value| {
        row(value, distribution_point)
    }),
    (Known::FreshestCrl, |value| row(value, distribution_point)),
    (Known::AuthorityInfoAccess, |value| {
        row(value, access_description)
    }),
    (Known::SubjectInfoAccess, |value| {
        row(value, access_description)
    }),
    (Known::TlsFeature, |value| row(value, feature)),
    (Known::SignedCertificateTimestamps, timestamps),
];

/// Checks every element of a list that has at least one.
fn row(
    value: &[u8],
    check: fn(AnyRef<'_>) -> Result<(), ContentError>,
) -> Result<(), ContentError> {
    let content = sequence(value)?;
    if content.is_empty() {
        return Err(EMPTY);
    }
    elements(content).try_for_each(|element| check(element?))
}

/// RFC 5280, 4.2.1.1: issuer and serial number are both present or both absent.
fn authority_key_id(value: &[u8]) -> Result<(), ContentError> {
    let mut has = [false; 3];
    for field in elements(sequence(value)?) {
        let field = field?;
        let number = match field.tag() {
            tag if tag == primitive(0) => 0,
            tag if tag == context(1) => 1,
            tag if tag == primitive(2) => 2,
            _ => return Err(UNKNOWN_FIELD),
        };
        if has[number..].contains(&true) {
            return Err(OUT_OF_ORDER);
        }
        has[number] = true;
        match number {
            0 if field.value().is_empty() => {
                return Err(ContentError::Said("an empty key identifier"));
            }
            1 => general_names(field.value())?,
            2 => any(AnyRef::new(Tag::Integer, field.value())?)?,
            _ => {}
        }
    }
    if has[1] == has[2] {
        Ok(())
    } else {
        Err(ContentError::Said(
            "an issuer without a serial number, or the reverse",
        ))
    }
}

const UNKNOWN_FIELD: ContentError = ContentError::Said("a field that is not allowed");
const OUT_OF_ORDER: ContentError = ContentError::Said("fields out of order, or a repeated field");

fn subject_key_id(value: &[u8]) -> Result<(), ContentError> {
    if <&OctetStringRef>::from_der(value)?.as_bytes().is_empty() {
        return Err(ContentError::Said("it is empty"));
    }
    Ok(())
}

/// RFC 5280, 4.2.1.3: a named bit list, which ends with its last bit that is set (X.690, 11.2.2).
fn key_usage(value: &[u8]) -> Result<(), ContentError> {
    named_bits(AnyRef::from_der(value)?)
}

fn named_bits(value: AnyRef<'_>) -> Result<(), ContentError> {
    let bits = bit_string(value)?;
    let ends_in_one = match bits.raw_bytes().last() {
        Some(last) => last >> bits.unused_bits() & 1 == 1,
        None => true,
    };
    if ends_in_one {
        Ok(())
    } else {
        Err(ContentError::Said("a bit list that ends with a zero bit"))
    }
}

/// RFC 5280, 4.2.1.9.
fn basic_constraints(value: &[u8]) -> Result<(), ContentError> {
    let mut fields = fields(AnyRef::from_der(value)?)?;
    let mut field = fields.next()?;
    if let Some(ca) = field.filter(|field| field.tag() == Tag::Boolean) {
        if ca.value() != [0xff] {
            return Err(EXPLICIT_DEFAULT);
        }
        field = fields.next()?;
    }
    if let Some(length) = field {
        count(length)?;
    }
    Ok(fields.end()?)
}

/// DER omits a field that has its default value (X.690, 11.5).
pub(super) const EXPLICIT_DEFAULT: ContentError =
    ContentError::Said("an explicit FALSE, which DER omits");

/// RFC 5280, 4.2.1.10. Other rules check that a list is not empty and that bases have the right
/// syntax.
fn name_constraints(value: &[u8]) -> Result<(), ContentError> {
    let mut last = None;
    for field in elements(sequence(value)?) {
        let field = field?;
        let number = match field.tag() {
            tag if tag == context(0) => 0,
            tag if tag == context(1) => 1,
            _ => return Err(UNKNOWN_FIELD),
        };
        if last.is_some_and(|last| last >= number) {
            return Err(OUT_OF_ORDER);
        }
        last = Some(number);
        for subtree in elements(field.value()) {
            let mut subtree = fields(subtree?)?;
            if let Some(base) = subtree.next()? {
                general_name(base)?;
            }
            // Minimum and maximum, which another rule refuses.
            while let Some(bound) = subtree.next()? {
                natural_content(bound.value())?;
            }
        }
    }
    Ok(())
}

fn alternative_names(value: &[u8]) -> Result<(), ContentError> {
    row(value, |name| Ok(general_name(name)?))
}

/// RFC 5280, 4.2.1.8: a type, and a set of values that is not empty.
fn directory_attribute(value: AnyRef<'_>) -> Result<(), ContentError> {
    let mut fields = fields(value)?;
    Oid::read(fields.required()?)?;
    let values = fields.required()?;
    values.tag().assert_eq(Tag::Set)?;
    list(values.value(), any)?;
    Ok(fields.end()?)
}

/// RFC 5280, 4.2.1.4: an identifier, and optional qualifiers.
fn policy(information: AnyRef<'_>) -> Result<(), ContentError> {
    let mut fields = fields(information)?;
    Oid::read(fields.required()?)?;
    if let Some(qualifiers) = fields.next()? {
        qualifiers.tag().assert_eq(Tag::Sequence)?;
        if qualifiers.value().is_empty() {
            return Err(EMPTY);
        }
        elements(qualifiers.value()).try_for_each(|one| qualifier(one?))?;
    }
    Ok(fields.end()?)
}

/// A `PolicyQualifierInfo`: a pointer to a statement, a notice, or an unknown qualifier.
fn qualifier(value: AnyRef<'_>) -> Result<(), ContentError> {
    const STATEMENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];
    const NOTICE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 2];
    let mut fields = fields(value)?;
    let id = Oid::read(fields.required()?)?;
    let content = fields.required()?;
    any(content)?;
    match id.as_bytes() {
        STATEMENT => content.tag().assert_eq(Tag::Ia5String).map(drop)?,
        NOTICE => content.tag().assert_eq(Tag::Sequence).map(drop)?,
        _ => {}
    }
    Ok(fields.end()?)
}

/// RFC 5280, 4.2.1.5: two identifiers.
fn mapping(pair: AnyRef<'_>) -> Result<(), ContentError> {
    let mut fields = fields(pair)?;
    Oid::read(fields.required()?)?;
    Oid::read(fields.required()?)?;
    Ok(fields.end()?)
}

/// RFC 5280, 4.2.1.11: one or both of two counts.
fn policy_constraints(value: &[u8]) -> Result<(), ContentError> {
    let content = sequence(value)?;
    if content.is_empty() {
        return Err(EMPTY);
    }
    let mut last = None;
    for field in elements(content) {
        let field = field?;
        let number = match field.tag() {
            tag if tag == primitive(0) => 0,
            tag if tag == primitive(1) => 1,
            _ => return Err(UNKNOWN_FIELD),
        };
        if last.is_some_and(|last| last >= number) {
            return Err(OUT_OF_ORDER);
        }
        last = Some(number);
        natural_content(field.value())?;
    }
    Ok(())
}

/// RFC 5280, 4.2.1.13: every point has a name or the name of its list's issuer.
fn distribution_point(point: AnyRef<'_>) -> Result<(), ContentError> {
    point.tag().assert_eq(Tag::Sequence)?;
    let mut has = [false; 3];
    for field in elements(point.value()) {
        let field = field?;
        let number = match field.tag() {
            tag if tag == context(0) => 0,
            tag if tag == primitive(1) => 1,
            tag if tag == context(2) => 2,
            _ => return Err(UNKNOWN_FIELD),
        };
        if has[number..].contains(&true) {
            return Err(OUT_OF_ORDER);
        }
        has[number] = true;
        match number {
            0 => point_name(AnyRef::from_der(field.value())?)?,
            1 => named_bits(AnyRef::new(Tag::BitString, field.value())?)?,
            _ => general_names(field.value())?,
        }
    }
    if has[0] || has[2] {
        Ok(())
    } else {
        Err(ContentError::Said("a distribution point without a name"))
    }
}

/// A `DistributionPointName`: names, or attributes below the issuer's name.
fn point_name(name: AnyRef<'_>) -> Result<(), ContentError> {
    match name.tag() {
        tag if tag == context(0) => Ok(general_names(name.value())?),
        tag if tag == context(1) => Ok(list(name.value(), attribute)?),
        _ => Err(UNKNOWN_FIELD),
    }
}

/// RFC 5280, 4.2.2.1: a method and a location.
fn access_description(description: AnyRef<'_>) -> Result<(), ContentError> {
    let mut fields = fields(description)?;
    Oid::read(fields.required()?)?;
    let location = fields.required()?;
    general_name(location)?;
    if location.tag() == primitive(6) {
        ascii(location.value())?;
    }
    Ok(fields.end()?)
}

/// RFC 7633, 4.1: the number of a TLS extension, of 16 bits.
fn feature(value: AnyRef<'_>) -> Result<(), ContentError> {
    value.tag().assert_eq(Tag::Integer)?;
    match natural_content(value.value())? {
        [_] | [_, _] | [0, _, _] => Ok(()),
        _ => Err(ContentError::Said(
            "a feature that is not the number of a TLS extension",
        )),
    }
}

/// RFC 6962, 3.3: a list of TLS in an `OCTET STRING`.
fn timestamps(value: &[u8]) -> Result<(), ContentError> {
    let list = <&OctetStringRef>::from_der(value)?.as_bytes();
    read_list(list).map_err(ContentError::Timestamps).map(drop)
}
