//! What a log signs: the certificate, or the precertificate from which it was issued (RFC 6962,
//! 3.2).

use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};

use crate::verdict::refusal::sct::{Sct, SctListError};
use crate::x509::certificate::{Oid, oid};

/// The extension with embedded timestamps (RFC 6962, 3.3).
const SCT_LIST: Oid<'static> = oid!("1.3.6.1.4.1.11129.2.4.2");
const EXTENSIONS: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(3),
};

/// What a timestamp's signature covers.
pub(super) enum Entry<'a> {
    /// The certificate, for timestamps sent beside it.
    Certificate(&'a [u8]),
    /// The TBSCertificate without its timestamps, for timestamps embedded in it.
    Precertificate {
        /// The SHA-256 of the issuer's SubjectPublicKeyInfo.
        issuer_key: [u8; 32],
        tbs: Vec<u8>,
    },
}

impl Entry<'_> {
    /// The bytes that the signature of `sct` covers; none for an entry that is too large for its
    /// length field.
    pub(super) fn signed_by(&self, sct: &Sct<'_>) -> Option<Vec<u8>> {
        const VERSION_1: u8 = 0;
        const CERTIFICATE_TIMESTAMP: u8 = 0;
        const X509_ENTRY: u16 = 0;
        const PRECERT_ENTRY: u16 = 1;
        let mut message = vec![VERSION_1, CERTIFICATE_TIMESTAMP];
        message.extend(sct.timestamp.to_be_bytes());
        let logged = match self {
            Self::Certificate(certificate) => {
                message.extend(X509_ENTRY.to_be_bytes());
                certificate
            }
            Self::Precertificate { issuer_key, tbs } => {
                message.extend(PRECERT_ENTRY.to_be_bytes());
                message.extend(issuer_key);
                tbs.as_slice()
            }
        };
        let [0, length @ ..] = u32::try_from(logged.len()).ok()?.to_be_bytes() else {
            return None;
        };
        message.extend(length);
        message.extend(logged);
        message.extend(u16::try_from(sct.extensions.len()).ok()?.to_be_bytes());
        message.extend(sct.extensions);
        Some(message)
    }
}

/// A certificate's embedded list of timestamps, and its TBSCertificate without it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Embedded<'a> {
    pub(super) list: &'a [u8],
    pub(super) tbs: Vec<u8>,
}

/// Why the embedded timestamps cannot be judged.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EmbeddedError {
    Certificate(der::Error),
    List(SctListError),
}

impl From<der::Error> for EmbeddedError {
    fn from(error: der::Error) -> Self {
        Self::Certificate(error)
    }
}

/// Removes the list from a certificate; none if it has none. All other bytes and their order stay
/// the same; only the enclosing lengths change.
pub(super) fn embedded(certificate: &[u8]) -> Result<Option<Embedded<'_>>, EmbeddedError> {
    let certificate = sequence(AnyRef::from_der(certificate)?)?;
    let tbs = AnyRef::decode(&mut SliceReader::new(certificate)?)?;
    let mut fields = SliceReader::new(sequence(tbs)?)?;
    let mut kept = Vec::new();
    let mut list = None;
    while !fields.is_finished() {
        let field = fields.tlv_bytes()?;
        let parsed = AnyRef::from_der(field)?;
        if parsed.tag() != EXTENSIONS {
            kept.extend_from_slice(field);
            continue;
        }
        let mut extensions = SliceReader::new(sequence(AnyRef::from_der(parsed.value())?)?)?;
        let mut others = Vec::new();
        while !extensions.is_finished() {
            let extension = extensions.tlv_bytes()?;
            match list_in(extension)? {
                None => others.extend_from_slice(extension),
                Some(_) if list.is_some() => {
                    return Err(EmbeddedError::List(SctListError::Extension));
                }
                found => list = found,
            }
        }
        if !others.is_empty() {
            let others = AnyRef::new(Tag::Sequence, &others)?.to_der()?;
            kept.extend(AnyRef::new(EXTENSIONS, &others)?.to_der()?);
        }
    }
    let Some(list) = list else { return Ok(None) };
    let tbs = AnyRef::new(Tag::Sequence, &kept)?.to_der()?;
    Ok(Some(Embedded { list, tbs }))
}

/// The list of timestamps in the extension, if it is the SCT list extension.
fn list_in(extension: &[u8]) -> Result<Option<&[u8]>, EmbeddedError> {
    let mut extension = SliceReader::new(sequence(AnyRef::from_der(extension)?)?)?;
    if Oid::next(&mut extension)? != SCT_LIST {
        return Ok(None);
    }
    let mut value = AnyRef::decode(&mut extension)?;
    if value.tag() == Tag::Boolean {
        value = AnyRef::decode(&mut extension)?;
    }
    extension.finish()?;
    let octets = |any: AnyRef<'_>| any.tag() == Tag::OctetString;
    Some(value)
        .filter(|value| octets(*value))
        .and_then(|value| AnyRef::from_der(value.value()).ok())
        .filter(|list| octets(*list))
        .map(|list| Some(list.value()))
        .ok_or(EmbeddedError::List(SctListError::Extension))
}

fn sequence(any: AnyRef<'_>) -> Result<&[u8], der::Error> {
    any.tag().assert_eq(Tag::Sequence)?;
    Ok(any.value())
}
