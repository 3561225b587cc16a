//! Object identifiers, compared as bytes.

use std::fmt;

use der::asn1::AnyRef;
use der::{Decode as _, SliceReader, Tag, Tagged as _};

/// An object identifier as the content octets of its DER encoding (X.690, 8.19).
///
/// It is compared octet by octet and can have any length and arcs of any size, such as `2.999.1`
/// and identifiers with a UUID below `2.25`. `Display` prints it with dots.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid<'a>(&'a [u8]);

/// A constant [`Oid`], written with dots.
macro_rules! oid {
    ($dotted:literal) => {
        $crate::x509::certificate::Oid::known(
            const { &::der::asn1::ObjectIdentifier::new_unwrap($dotted) }.as_bytes(),
        )
    };
}
pub(crate) use oid;

impl<'a> Oid<'a> {
    /// An identifier whose content octets are known to be valid.
    pub(crate) const fn known(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The content octets, without tag and length.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Reads an element. It must not be empty, and every arc must be complete and without padding
    /// (X.690, 8.19.2).
    pub(crate) fn read(any: AnyRef<'a>) -> Result<Self, der::Error> {
        any.tag().assert_eq(Tag::ObjectIdentifier)?;
        let content = any.value();
        let mut begins = true;
        for octet in content {
            if begins && *octet == 0x80 {
                return Err(Tag::ObjectIdentifier.value_error().into());
            }
            begins = octet & 0x80 == 0;
        }
        if content.is_empty() || !begins {
            return Err(Tag::ObjectIdentifier.value_error().into());
        }
        Ok(Self(content))
    }

    /// Reads the next element.
    pub(crate) fn next(reader: &mut SliceReader<'a>) -> Result<Self, der::Error> {
        Self::read(AnyRef::decode(reader)?)
    }

    /// The arcs; `None` for an arc that does not fit into 128 bits.
    fn arcs(self) -> impl Iterator<Item = Option<u128>> + use<'a> {
        self.0
            .split_inclusive(|octet| octet & 0x80 == 0)
            .map(|arc| {
                arc.iter().try_fold(0_u128, |value, octet| {
                    Some(value.checked_mul(128)? | u128::from(octet & 0x7f))
                })
            })
    }
}

impl fmt::Display for Oid<'_> {
    /// A peer chooses the length. An identifier with more octets than `PRINTED`, or with an arc of
    /// more than 128 bits, is printed as the hexadecimal of its first octets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTED: usize = 64;
        if self.0.len() > PRINTED || self.arcs().any(|arc| arc.is_none()) {
            f.write_str("#")?;
            for octet in self.0.iter().take(PRINTED) {
                write!(f, "{octet:02x}")?;
            }
            return match self.0.len() > PRINTED {
                true => f.write_str("…"),
                false => Ok(()),
            };
        }
        for (index, arc) in self.arcs().flatten().enumerate() {
            match (index, arc) {
                (0, 0..=39) => write!(f, "0.{arc}")?,
                (0, 40..=79) => write!(f, "1.{}", arc - 40)?,
                (0, _) => write!(f, "2.{}", arc - 80)?,
                _ => write!(f, ".{arc}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Option<String> {
        let any = AnyRef::new(Tag::ObjectIdentifier, content).unwrap();
        Oid::read(any).ok().map(|oid| oid.to_string())
    }

    #[test]
    fn every_arc_is_printed_whatever_its_size() {
        for (content, dotted) in [
            (&[0x55, 0x1d, 0x0f][..], "2.5.29.15"),
            (&[0x2a, 0x86, 0x48], "1.2.840"),
            (&[0x00], "0.0"),
            (&[0x78], "2.40"),
            (&[0x78, 0x01], "2.40.1"),
            (&[0x88, 0x37, 0x01], "2.999.1"),
            (&[0x2a, 0x9f, 0xff, 0xff, 0xff, 0x7f], "1.2.8589934591"),
            // 2.25 and the UUID of all ones.
            (
                &[
                    0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
                ],
                "2.25.340282366920938463463374607431768211455",
            ),
        ] {
            assert_eq!(read(content).as_deref(), Some(dotted));
        }
        // An arc of 133 bits.
        assert_eq!(
            read(&[&[0x2a][..], &[0xff; 18], &[0x7f]].concat()),
            Some(format!("#2a{}7f", "ff".repeat(18)))
        );
        assert_eq!(read(&[1; 65]), Some(format!("#{}…", "01".repeat(64))));
    }

    #[test]
    fn an_identifier_that_is_empty_cut_off_or_padded_is_refused() {
        for content in [
            &[][..],
            &[0x88],
            &[0x2a, 0x86],
            &[0x80, 0x01],
            &[0x2a, 0x80, 0x01],
        ] {
            assert_eq!(read(content), None, "{content:x?}");
        }
    }
}
