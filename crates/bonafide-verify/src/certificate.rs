//! Reading the fields of one certificate that profiles, pins and explanations look at.
//!
//! Signatures and paths are rustls-webpki's business; this reader only borrows fields and is therefore cheap enough for
//! every handshake.

use std::time::Duration;

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged as _};
use rustls_pki_types::UnixTime;
use x509_cert::name::RdnSequence;

use crate::text::one_line;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// The fields of a certificate, borrowed from its DER.
///
/// Nothing here says that the certificate is trusted: see [`VerifiedPath`](crate::VerifiedPath) for that.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    serial: &'a [u8],
    signature_algorithm: ObjectIdentifier,
    issuer: &'a [u8],
    not_before: UnixTime,
    not_after: UnixTime,
    subject: &'a [u8],
    spki: &'a [u8],
    key: PublicKey<'a>,
    extensions: &'a [u8],
}

/// The algorithm of a public key, with what profiles judge it by.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<'a> {
    /// The algorithm of the key (RFC 5280, 4.1.2.7).
    pub algorithm: ObjectIdentifier,
    /// The named curve of an elliptic-curve key (RFC 5480, 2.1.1).
    pub curve: Option<ObjectIdentifier>,
    /// The size of the modulus in bits, of an RSA key.
    pub rsa_bits: Option<usize>,
    /// The key itself: the content of `subjectPublicKey`.
    pub bytes: &'a [u8],
}

/// One extension of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    /// Its identifier.
    pub id: ObjectIdentifier,
    /// Whether a reader that does not know it must refuse (RFC 5280, 4.2).
    pub critical: bool,
    /// The content of `extnValue`.
    pub value: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads a certificate from its DER encoding (RFC 5280, 4.1).
    ///
    /// # Errors
    /// [`der::Error`] names the field that is not well-formed and where it stands.
    pub fn from_der(der: &'a [u8]) -> Result<Self, der::Error> {
        let mut outer = SliceReader::new(der)?;
        let certificate = AnyRef::decode(&mut outer)?;
        outer.finish()?;
        let mut certificate = body(certificate, Tag::Sequence)?;
        let tbs = AnyRef::decode(&mut certificate)?;
        let signature_algorithm = algorithm(AnyRef::decode(&mut certificate)?)?.0;

        let mut tbs = body(tbs, Tag::Sequence)?;
        if peek(&tbs) == Some(context(0)) {
            AnyRef::decode(&mut tbs)?;
        }
        let serial = AnyRef::decode(&mut tbs)?;
        serial.tag().assert_eq(Tag::Integer)?;
        AnyRef::decode(&mut tbs)?;
        let issuer = tbs.tlv_bytes()?;
        let mut validity = body(AnyRef::decode(&mut tbs)?, Tag::Sequence)?;
        let not_before = time(AnyRef::decode(&mut validity)?)?;
        let not_after = time(AnyRef::decode(&mut validity)?)?;
        let subject = tbs.tlv_bytes()?;
        let spki = tbs.tlv_bytes()?;
        let key = PublicKey::from_spki(spki)?;

        let mut extensions: &[u8] = &[];
        while let Some(tag) = peek(&tbs) {
            let field = AnyRef::decode(&mut tbs)?;
            if tag == context(3) {
                extensions = AnyRef::from_der(field.value())?.value();
            }
        }
        Ok(Self {
            serial: serial.value(),
            signature_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            spki,
            key,
            extensions,
        })
    }

    /// The content octets of the serial number, big-endian.
    pub fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The algorithm that the issuer signed with, from the outer `signatureAlgorithm`.
    pub fn signature_algorithm(&self) -> ObjectIdentifier {
        self.signature_algorithm
    }

    /// The whole DER encoding of the issuer's name.
    pub fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// The whole DER encoding of the subject's name.
    pub fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// The first second at which the certificate is valid.
    pub fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// The last second at which the certificate is valid.
    pub fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// The whole DER encoding of `SubjectPublicKeyInfo`: what a pin is the hash of.
    pub fn subject_public_key_info(&self) -> &'a [u8] {
        self.spki
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey<'a> {
        self.key
    }

    /// The extensions in their order; ends after the first one that is malformed, which it yields as an error.
    pub fn extensions(&self) -> impl Iterator<Item = Result<Extension<'a>, der::Error>> + use<'a> {
        let mut reader = SliceReader::new(self.extensions).ok();
        std::iter::from_fn(move || {
            let current = reader.as_mut()?;
            if current.is_finished() {
                return None;
            }
            let extension = extension(current);
            if extension.is_err() {
                reader = None;
            }
            Some(extension)
        })
    }

    /// Whether the certificate has a subject alternative name extension (RFC 5280, 4.2.1.6).
    pub fn has_subject_alt_name(&self) -> bool {
        self.has_extension(SUBJECT_ALT_NAME)
    }

    /// The purposes of the extended key usage extension (RFC 5280, 4.2.1.12), if there is one.
    ///
    /// # Errors
    /// [`der::Error`] when the extension or one before it is malformed.
    pub fn extended_key_usage(&self) -> Result<Option<Vec<ObjectIdentifier>>, der::Error> {
        for extension in self.extensions() {
            let extension = extension?;
            if extension.id == EXTENDED_KEY_USAGE {
                return Vec::<ObjectIdentifier>::from_der(extension.value).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether subject and issuer are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    fn has_extension(&self, id: ObjectIdentifier) -> bool {
        self.extensions()
            .any(|extension| extension.is_ok_and(|extension| extension.id == id))
    }
}

impl<'a> PublicKey<'a> {
    fn from_spki(spki: &'a [u8]) -> Result<Self, der::Error> {
        let mut info = body(AnyRef::from_der(spki)?, Tag::Sequence)?;
        let (id, parameters) = algorithm(AnyRef::decode(&mut info)?)?;
        let bits = BitStringRef::decode(&mut info)?;
        let curve = parameters
            .filter(|parameters| parameters.tag() == Tag::ObjectIdentifier)
            .map(|parameters| parameters.decode_as::<ObjectIdentifier>())
            .transpose()?;
        let rsa_bits = if id == RSA_ENCRYPTION {
            Some(modulus_bits(bits.raw_bytes())?)
        } else {
            None
        };
        Ok(Self {
            algorithm: id,
            curve,
            rsa_bits,
            bytes: bits.raw_bytes(),
        })
    }
}

/// The whole encodings of issuer and subject, of whatever begins as a certificate does. Nothing else is looked at: for counting before judging.
pub(crate) fn names(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let read = || {
        let mut certificate = body(AnyRef::decode(&mut SliceReader::new(der)?)?, Tag::Sequence)?;
        let mut tbs = body(AnyRef::decode(&mut certificate)?, Tag::Sequence)?;
        if peek(&tbs) == Some(context(0)) {
            tbs.tlv_bytes()?;
        }
        for _serial_and_signature in 0..2 {
            tbs.tlv_bytes()?;
        }
        let issuer = tbs.tlv_bytes()?;
        tbs.tlv_bytes()?;
        Ok::<_, der::Error>((issuer, tbs.tlv_bytes()?))
    };
    read().ok()
}

/// The content of one DER element, without its tag and length.
pub(crate) fn content(element: &[u8]) -> Option<&[u8]> {
    AnyRef::from_der(element).ok().map(|any| any.value())
}

/// Prints a DER-encoded name as RFC 4514 does, or as hex where it is malformed.
pub(crate) fn name_text(name: &[u8]) -> String {
    match RdnSequence::from_der(name) {
        Ok(name) if name.is_empty() => "(empty name)".to_owned(),
        Ok(name) => one_line(&name.to_string()),
        Err(_) => format!("#{}", base16(name)),
    }
}

/// The subject of a certificate as text, whatever the certificate holds.
pub(crate) fn subject_text(der: &[u8]) -> String {
    Certificate::from_der(der).map_or_else(
        |_| "(malformed certificate)".to_owned(),
        |certificate| name_text(certificate.subject()),
    )
}

pub(crate) fn base16(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn body(any: AnyRef<'_>, tag: Tag) -> Result<SliceReader<'_>, der::Error> {
    any.tag().assert_eq(tag)?;
    SliceReader::new(any.value())
}

fn peek<'r>(reader: &impl Reader<'r>) -> Option<Tag> {
    if reader.is_finished() {
        None
    } else {
        Tag::peek(reader).ok()
    }
}

const fn context(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

fn algorithm(any: AnyRef<'_>) -> Result<(ObjectIdentifier, Option<AnyRef<'_>>), der::Error> {
    let mut reader = body(any, Tag::Sequence)?;
    let id = ObjectIdentifier::decode(&mut reader)?;
    let parameters = if reader.is_finished() {
        None
    } else {
        Some(AnyRef::decode(&mut reader)?)
    };
    Ok((id, parameters))
}

fn time(any: AnyRef<'_>) -> Result<UnixTime, der::Error> {
    let since_epoch: Duration = match any.tag() {
        Tag::UtcTime => any.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => any.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(UnixTime::since_unix_epoch(since_epoch))
}

fn modulus_bits(key: &[u8]) -> Result<usize, der::Error> {
    let mut key = body(AnyRef::from_der(key)?, Tag::Sequence)?;
    let modulus = AnyRef::decode(&mut key)?;
    modulus.tag().assert_eq(Tag::Integer)?;
    let bytes = modulus.value();
    let leading = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes[leading..].first().map_or(0, |first| {
        (bytes.len() - leading) * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    }))
}

fn extension<'a>(reader: &mut SliceReader<'a>) -> Result<Extension<'a>, der::Error> {
    let mut reader = body(AnyRef::decode(reader)?, Tag::Sequence)?;
    let id = ObjectIdentifier::decode(&mut reader)?;
    let critical = if peek(&reader) == Some(Tag::Boolean) {
        bool::decode(&mut reader)?
    } else {
        false
    };
    let value: &OctetStringRef = Decode::decode(&mut reader)?;
    Ok(Extension {
        id,
        critical,
        value: value.as_bytes(),
    })
}
