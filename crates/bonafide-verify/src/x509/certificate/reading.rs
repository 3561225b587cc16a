//! Functions for reading DER that several fields use.

use std::time::Duration;

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged as _};
use rustls_pki_types::UnixTime;

use super::Oid;

/// The content of an element that must have this tag.
pub(crate) fn body(any: AnyRef<'_>, tag: Tag) -> Result<SliceReader<'_>, der::Error> {
    any.tag().assert_eq(tag)?;
    SliceReader::new(any.value())
}

/// The tag of the next element, if there is one.
pub(crate) fn peek<'r>(reader: &impl Reader<'r>) -> Option<Tag> {
    if reader.is_finished() {
        None
    } else {
        Tag::peek(reader).ok()
    }
}

/// The tag `[number]` of a constructed element.
pub(crate) const fn context(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

/// The tag `[number]` of a primitive element.
pub(crate) const fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: false,
        number: TagNumber(number),
    }
}

/// An `AlgorithmIdentifier` (RFC 5280, 4.1.1.2).
pub(super) fn algorithm(any: AnyRef<'_>) -> Result<(Oid<'_>, Option<AnyRef<'_>>), der::Error> {
    let mut reader = body(any, Tag::Sequence)?;
    let id = Oid::next(&mut reader)?;
    let parameters = if reader.is_finished() {
        None
    } else {
        Some(AnyRef::decode(&mut reader)?)
    };
    reader.finish()?;
    Ok((id, parameters))
}

/// The content of a non-negative `INTEGER` in its shortest form (X.690, 8.3.2).
pub(crate) fn natural(any: AnyRef<'_>) -> Result<&[u8], der::Error> {
    any.tag().assert_eq(Tag::Integer)?;
    natural_content(any.value())
}

/// The same for the content only, for integers with an implicit tag.
pub(crate) fn natural_content(content: &[u8]) -> Result<&[u8], der::Error> {
    match content {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => Err(Tag::Integer.value_error().into()),
        content => Ok(content),
    }
}

/// A `BIT STRING` in DER: the unused bits of its last octet are zero (X.690, 11.2.1).
pub(crate) fn bit_string(any: AnyRef<'_>) -> Result<BitStringRef<'_>, der::Error> {
    let bits: BitStringRef<'_> = any.decode_as()?;
    let padding = match bits.raw_bytes().last() {
        Some(last) => last & !(0xff_u8 << bits.unused_bits()),
        None => 0,
    };
    match padding {
        0 => Ok(bits),
        _ => Err(Tag::BitString.value_error().into()),
    }
}

/// The octets of a `BIT STRING` of whole octets: a key or a signature.
pub(crate) fn octets_of_bits(any: AnyRef<'_>) -> Result<&[u8], der::Error> {
    let octets = bit_string(any)?.as_bytes();
    octets.ok_or_else(|| Tag::BitString.value_error().into())
}

/// A `Time` (RFC 5280, 4.1.2.5).
pub(crate) fn time(any: AnyRef<'_>) -> Result<UnixTime, der::Error> {
    let since_epoch: Duration = match any.tag() {
        Tag::UtcTime => any.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => any.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(UnixTime::since_unix_epoch(since_epoch))
}

/// The elements of which `content` consists. The first malformed one is returned as an error and
/// ends the iteration.
pub(crate) fn elements(content: &[u8]) -> impl Iterator<Item = Result<AnyRef<'_>, der::Error>> {
    let mut reader = SliceReader::new(content).ok();
    std::iter::from_fn(move || {
        let current = reader.as_mut()?;
        if current.is_finished() {
            return None;
        }
        let element = AnyRef::decode(current);
        if element.is_err() {
            reader = None;
        }
        Some(element)
    })
}

/// The first element of `content`, which must have this tag.
pub(crate) fn first(content: &[u8], tag: Tag) -> Result<AnyRef<'_>, der::Error> {
    let element = AnyRef::decode(&mut SliceReader::new(content)?)?;
    element.tag().assert_eq(tag)?;
    Ok(element)
}
