//! The attributes of a distinguished name (RFC 5280, 4.1.2.4).

use der::asn1::AnyRef;
use der::{Decode as _, Tag};

use super::reading::{elements, first};

/// One attribute of a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    /// The content octets of the attribute type's object identifier.
    pub(crate) kind: &'a [u8],
    /// The value, whatever its type.
    pub(crate) value: AnyRef<'a>,
}

impl Attribute<'_> {
    /// `id-at-commonName`.
    pub(crate) const COMMON_NAME: &'static [u8] = &[0x55, 0x04, 0x03];
    /// `id-at-countryName`.
    pub(crate) const COUNTRY: &'static [u8] = &[0x55, 0x04, 0x06];
    /// `id-at-organizationName`.
    pub(crate) const ORGANIZATION: &'static [u8] = &[0x55, 0x04, 0x0a];
}

/// The attributes of a whole DER-encoded name, in their order.
pub(crate) fn attributes(name: &[u8]) -> impl Iterator<Item = Result<Attribute<'_>, der::Error>> {
    let content = AnyRef::from_der(name).map(|name| name.value());
    let (content, failure) = match content {
        Ok(content) => (content, None),
        Err(error) => (&[][..], Some(Err(error))),
    };
    failure.into_iter().chain(elements(content).flat_map(|set| {
        let (members, failure) = match set {
            Ok(set) => (set.value(), None),
            Err(error) => (&[][..], Some(Err(error))),
        };
        failure
            .into_iter()
            .chain(elements(members).map(|member| attribute(member?)))
    }))
}

fn attribute(member: AnyRef<'_>) -> Result<Attribute<'_>, der::Error> {
    let kind = first(member.value(), Tag::ObjectIdentifier)?;
    let mut fields = elements(member.value()).skip(1);
    let value = fields.next().unwrap_or_else(|| {
        Err(der::ErrorKind::Incomplete {
            expected_len: der::Length::ONE,
            actual_len: der::Length::ZERO,
        }
        .into())
    })?;
    Ok(Attribute {
        kind: kind.value(),
        value,
    })
}
