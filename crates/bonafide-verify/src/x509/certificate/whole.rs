//! Structures that several extensions share, checked completely as DER (RFC 5280, 4.1.2.4 and
//! 4.2.1.6).

use der::asn1::AnyRef;
use der::{Decode as _, Tag, Tagged as _};

use super::Oid;
use super::reading::{bit_string, context, elements, natural, primitive};

/// Maximum depth of nesting: no structure in a certificate needs more.
const DEPTH: usize = 16;

/// Fields of a `SEQUENCE`, taken in their order.
pub(crate) struct Fields<I>(I);

/// The fields of an element that must be a `SEQUENCE`.
pub(crate) fn fields<'a>(
    any: AnyRef<'a>,
) -> Result<Fields<impl Iterator<Item = Result<AnyRef<'a>, der::Error>>>, der::Error> {
    any.tag().assert_eq(Tag::Sequence)?;
    Ok(fields_of(any.value()))
}

/// The fields of which `content` consists.
pub(crate) fn fields_of<'a>(
    content: &'a [u8],
) -> Fields<impl Iterator<Item = Result<AnyRef<'a>, der::Error>>> {
    Fields(elements(content))
}

impl<'a, I: Iterator<Item = Result<AnyRef<'a>, der::Error>>> Fields<I> {
    /// The next field, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<AnyRef<'a>>, der::Error> {
        self.0.next().transpose()
    }

    /// The next field, which is required.
    pub(crate) fn required(&mut self) -> Result<AnyRef<'a>, der::Error> {
        self.next()?
            .ok_or_else(|| Tag::Sequence.length_error().into())
    }

    /// Checks that no field follows.
    pub(crate) fn end(mut self) -> Result<(), der::Error> {
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(Tag::Sequence.length_error().into()),
        }
    }
}

/// A list with at least one element, each of which `read` accepts.
pub(crate) fn list(
    content: &[u8],
    read: impl Fn(AnyRef<'_>) -> Result<(), der::Error>,
) -> Result<(), der::Error> {
    if content.is_empty() {
        return Err(Tag::Sequence.length_error().into());
    }
    elements(content).try_for_each(|element| read(element?))
}

/// A value of any type, with all values nested in it.
pub(crate) fn any(value: AnyRef<'_>) -> Result<(), der::Error> {
    nested(value, DEPTH)
}

fn nested(value: AnyRef<'_>, depth: usize) -> Result<(), der::Error> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(value.tag().length_error().into());
    };
    let (tag, content) = (value.tag(), value.value());
    match tag {
        Tag::Boolean if matches!(content, [0 | 0xff]) => Ok(()),
        Tag::Null if content.is_empty() => Ok(()),
        Tag::Boolean | Tag::Null => Err(tag.value_error().into()),
        Tag::Integer | Tag::Enumerated => integer(content),
        Tag::BitString => bit_string(value).map(drop),
        Tag::ObjectIdentifier => Oid::read(value).map(drop),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString => text(value),
        tag if tag.is_constructed() => {
            elements(content).try_for_each(|element| nested(element?, depth))
        }
        _ => Ok(()),
    }
}

/// The content of an `INTEGER` in its shortest form.
pub(crate) fn integer(content: &[u8]) -> Result<(), der::Error> {
    match content {
        [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(Tag::Integer.value_error().into()),
        _ => Ok(()),
    }
}

/// A string with only the characters that its type allows.
fn text(value: AnyRef<'_>) -> Result<(), der::Error> {
    let (tag, content) = (value.tag(), value.value());
    let fits = match tag {
        Tag::Utf8String => std::str::from_utf8(content).is_ok(),
        // RFC 5280 does not allow `*`, `@` and `_` in a PrintableString. Certificates that contain
        // them are widespread, and other libraries accept them.
        Tag::PrintableString | Tag::VisibleString => {
            content.iter().all(|octet| (0x20..0x7f).contains(octet))
        }
        _ => content.is_ascii(),
    };
    if fits {
        Ok(())
    } else {
        Err(tag.value_error().into())
    }
}

/// The content of an `IA5String` with an implicit tag, which must not be empty.
pub(crate) fn ascii(content: &[u8]) -> Result<(), der::Error> {
    if content.is_ascii() && !content.is_empty() {
        Ok(())
    } else {
        Err(Tag::Ia5String.value_error().into())
    }
}

/// A `Name`: sets of attributes, no set empty (RFC 5280, 4.1.2.4).
pub(crate) fn name(value: AnyRef<'_>) -> Result<(), der::Error> {
    value.tag().assert_eq(Tag::Sequence)?;
    elements(value.value()).try_for_each(|set| {
        let set = set?;
        set.tag().assert_eq(Tag::Set)?;
        list(set.value(), attribute)
    })
}

/// An `AttributeTypeAndValue`.
pub(crate) fn attribute(value: AnyRef<'_>) -> Result<(), der::Error> {
    let mut fields = fields(value)?;
    Oid::read(fields.required()?)?;
    any(fields.required()?)?;
    fields.end()
}

/// One `GeneralName` (RFC 5280, 4.2.1.6), or the base of a name constraint.
pub(crate) fn general_name(value: AnyRef<'_>) -> Result<(), der::Error> {
    let content = value.value();
    match value.tag() {
        tag if tag == context(0) => {
            let mut fields = fields_of(content);
            Oid::read(fields.required()?)?;
            let explicit = fields.required()?;
            explicit.tag().assert_eq(context(0))?;
            any(AnyRef::from_der(explicit.value())?)?;
            fields.end()
        }
        tag if [1, 2, 6].map(primitive).contains(&tag) => {
            if content.is_ascii() {
                Ok(())
            } else {
                Err(Tag::Ia5String.value_error().into())
            }
        }
        tag if tag == context(4) => name(AnyRef::from_der(content)?),
        tag if tag == context(3) || tag == context(5) => any(value),
        tag if tag == primitive(7) => Ok(()),
        tag if tag == primitive(8) => {
            Oid::read(AnyRef::new(Tag::ObjectIdentifier, content)?).map(drop)
        }
        tag => Err(tag.unexpected_error(None).into()),
    }
}

/// The content of a `GeneralNames`.
pub(crate) fn general_names(content: &[u8]) -> Result<(), der::Error> {
    list(content, general_name)
}

/// An `INTEGER` that is not negative.
pub(crate) fn count(value: AnyRef<'_>) -> Result<(), der::Error> {
    natural(value).map(drop)
}
