//! The names in extensions (RFC 5280, 4.2.1.6).

use der::asn1::AnyRef;
use der::{ErrorKind, Tagged as _};

use super::reading::{context, elements, primitive};

/// One `GeneralName`, or the base of a name constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    /// `rfc822Name`: a mailbox.
    Mailbox(&'a [u8]),
    /// `dNSName`.
    Dns(&'a [u8]),
    /// `directoryName`: the whole encoding of the name.
    Directory(&'a [u8]),
    /// `uniformResourceIdentifier`.
    Uri(&'a [u8]),
    /// `iPAddress`, or a network with its mask.
    Ip(&'a [u8]),
    /// A kind whose content no rule reads, with the name of the kind.
    Other(&'static str),
}

impl<'a> GeneralName<'a> {
    /// Reads one name.
    pub(crate) fn read(any: AnyRef<'a>) -> Result<Self, der::Error> {
        let value = any.value();
        Ok(match any.tag() {
            tag if tag == primitive(1) => Self::Mailbox(value),
            tag if tag == primitive(2) => Self::Dns(value),
            tag if tag == context(4) => Self::Directory(value),
            tag if tag == primitive(6) => Self::Uri(value),
            tag if tag == primitive(7) => Self::Ip(value),
            tag if tag == context(0) => Self::Other("otherName"),
            tag if tag == context(3) => Self::Other("x400Address"),
            tag if tag == context(5) => Self::Other("ediPartyName"),
            tag if tag == primitive(8) => Self::Other("registeredID"),
            actual => {
                return Err(ErrorKind::TagUnexpected {
                    expected: Some(primitive(2)),
                    actual,
                }
                .into());
            }
        })
    }

    /// The names of the content of a `GeneralNames`.
    pub(crate) fn all(content: &'a [u8]) -> impl Iterator<Item = Result<Self, der::Error>> {
        elements(content).map(|element| Self::read(element?))
    }

    /// The name of the kind in RFC 5280.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Mailbox(_) => "rfc822Name",
            Self::Dns(_) => "dNSName",
            Self::Directory(_) => "directoryName",
            Self::Uri(_) => "uniformResourceIdentifier",
            Self::Ip(_) => "iPAddress",
            Self::Other(kind) => kind,
        }
    }
}
