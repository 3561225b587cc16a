//! Reads the fields of one certificate that profiles, pins and explanations use.
//!
//! rustls-webpki verifies signatures and builds paths. This reader only borrows fields, so it is
//! cheap enough for every handshake.

mod attributes;
mod extensions;
mod general_name;
mod oid;
mod reading;
pub(crate) mod whole;

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::UnixTime;
use x509_cert::name::RdnSequence;

pub(crate) use self::attributes::{Attribute, attributes};
pub(crate) use self::extensions::{
    AuthorityKeyId, BasicConstraints, Extensions, KeyUsage, Known, NameConstraints, sequence,
};
pub(crate) use self::general_name::GeneralName;
pub use self::oid::Oid;
pub(crate) use self::oid::oid;
use self::reading::algorithm;
pub(crate) use self::reading::{
    bit_string, body, context, elements, first, natural, natural_content, octets_of_bits, peek,
    primitive, time,
};
use crate::text::one_line;

const RSA_ENCRYPTION: Oid<'static> = oid!("1.2.840.113549.1.1.1");
const SUBJECT_ALT_NAME: Oid<'static> = oid!("2.5.29.17");
const EXTENDED_KEY_USAGE: Oid<'static> = oid!("2.5.29.37");

/// The fields of a certificate, borrowed from its DER.
///
/// A value of this type does not mean that the certificate is trusted; see
/// [`VerifiedPath`](crate::VerifiedPath) for that.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    version: u8,
    serial: &'a [u8],
    signature_algorithm_identifier: &'a [u8],
    signature_algorithm: Oid<'a>,
    issuer: &'a [u8],
    not_before: UnixTime,
    not_after: UnixTime,
    time_tags: [Tag; 2],
    subject: &'a [u8],
    spki: &'a [u8],
    key: PublicKey<'a>,
    extensions: &'a [u8],
}

/// A public key with its algorithm and the parameters that profiles judge.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<'a> {
    /// The algorithm of the key (RFC 5280, 4.1.2.7).
    pub algorithm: Oid<'a>,
    /// The named curve of an elliptic-curve key (RFC 5480, 2.1.1).
    pub curve: Option<Oid<'a>>,
    /// The whole content of the key's `AlgorithmIdentifier`, parameters included.
    pub algorithm_identifier: &'a [u8],
    /// The size of the modulus in bits, of an RSA key.
    pub rsa_bits: Option<usize>,
    /// The public exponent of an RSA key, big-endian.
    pub rsa_exponent: Option<&'a [u8]>,
    /// The key itself: the content of `subjectPublicKey`.
    pub bytes: &'a [u8],
}

/// One extension of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    /// Its identifier.
    pub id: Oid<'a>,
    /// Whether a reader that does not know it must refuse (RFC 5280, 4.2).
    pub critical: bool,
    /// The content of `extnValue`.
    pub value: &'a [u8],
    /// Whether `critical` is encoded as `FALSE`, which DER forbids (X.690, 11.5).
    pub(crate) writes_default: bool,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate from its DER encoding (RFC 5280, 4.1).
    ///
    /// # Errors
    /// [`der::Error`] with the position of the malformed field.
    pub fn from_der(der: &'a [u8]) -> Result<Self, der::Error> {
        let mut outer = SliceReader::new(der)?;
        let certificate = AnyRef::decode(&mut outer)?;
        outer.finish()?;
        let mut certificate = body(certificate, Tag::Sequence)?;
        let tbs = AnyRef::decode(&mut certificate)?;
        let signature_algorithm_identifier = AnyRef::decode(&mut certificate)?;
        let signature_algorithm = algorithm(signature_algorithm_identifier)?.0;

        let mut tbs = body(tbs, Tag::Sequence)?;
        let mut version = 1;
        if peek(&tbs) == Some(context(0)) {
            let field = AnyRef::decode(&mut tbs)?;
            version = u8::from_der(field.value())?.saturating_add(1);
        }
        let serial = AnyRef::decode(&mut tbs)?;
        serial.tag().assert_eq(Tag::Integer)?;
        whole::integer(serial.value())?;
        AnyRef::decode(&mut tbs)?;
        let issuer = tbs.tlv_bytes()?;
        let mut validity = body(AnyRef::decode(&mut tbs)?, Tag::Sequence)?;
        let begins = AnyRef::decode(&mut validity)?;
        let ends = AnyRef::decode(&mut validity)?;
        validity.finish()?;
        let subject = tbs.tlv_bytes()?;
        let spki = tbs.tlv_bytes()?;
        let key = PublicKey::from_spki(spki)?;

        let mut extensions: &[u8] = &[];
        for unique_identifier in [primitive(1), primitive(2)] {
            if peek(&tbs) == Some(unique_identifier) {
                AnyRef::decode(&mut tbs)?;
            }
        }
        if peek(&tbs) == Some(context(3)) {
            extensions = sequence(AnyRef::decode(&mut tbs)?.value())?;
        }
        tbs.finish()?;
        Ok(Self {
            version,
            serial: serial.value(),
            signature_algorithm_identifier: signature_algorithm_identifier.value(),
            signature_algorithm,
            issuer,
            not_before: time(begins)?,
            not_after: time(ends)?,
            time_tags: [begins.tag(), ends.tag()],
            subject,
            spki,
            key,
            extensions,
        })
    }

    /// The version of X.509: 1, 2 or 3 (RFC 5280, 4.1.2.1).
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The content octets of the serial number, big-endian.
    pub fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The algorithm that the issuer signed with, from the outer `signatureAlgorithm`.
    pub fn signature_algorithm(&self) -> Oid<'a> {
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

    /// The whole DER encoding of `SubjectPublicKeyInfo`, of which a pin is the hash.
    pub fn subject_public_key_info(&self) -> &'a [u8] {
        self.spki
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey<'a> {
        self.key
    }

    /// The extensions in their order. The first malformed one is returned as an error and ends the
    /// iteration.
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
    pub fn extended_key_usage(&self) -> Result<Option<Vec<Oid<'a>>>, der::Error> {
        for extension in self.extensions() {
            let extension = extension?;
            if extension.id == EXTENDED_KEY_USAGE {
                let purposes = elements(sequence(extension.value)?);
                return purposes
                    .map(|purpose| Oid::read(purpose?))
                    .collect::<Result<_, _>>()
                    .map(Some);
            }
        }
        Ok(None)
    }

    /// The whole content of the signature's `AlgorithmIdentifier`, parameters included.
    pub(crate) fn signature_algorithm_identifier(&self) -> &'a [u8] {
        self.signature_algorithm_identifier
    }

    /// The times of the validity period; each with a flag whether it is encoded as a `UTCTime`.
    pub(crate) fn encoded_times(&self) -> [(UnixTime, bool); 2] {
        let [begins, ends] = self.time_tags;
        [
            (self.not_before, begins == Tag::UtcTime),
            (self.not_after, ends == Tag::UtcTime),
        ]
    }

    /// Whether subject and issuer are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    fn has_extension(&self, id: Oid<'_>) -> bool {
        self.extensions()
            .any(|extension| extension.is_ok_and(|extension| extension.id == id))
    }
}

impl<'a> PublicKey<'a> {
    pub(crate) fn from_spki(spki: &'a [u8]) -> Result<Self, der::Error> {
        let mut info = body(AnyRef::from_der(spki)?, Tag::Sequence)?;
        let identifier = AnyRef::decode(&mut info)?;
        let (id, parameters) = algorithm(identifier)?;
        let bytes = octets_of_bits(AnyRef::decode(&mut info)?)?;
        info.finish()?;
        let curve = parameters
            .filter(|parameters| parameters.tag() == Tag::ObjectIdentifier)
            .map(Oid::read)
            .transpose()?;
        let (rsa_bits, rsa_exponent) = if id == RSA_ENCRYPTION {
            let (bits, exponent) = rsa_numbers(bytes)?;
            (Some(bits), Some(exponent))
        } else {
            (None, None)
        };
        Ok(Self {
            algorithm: id,
            algorithm_identifier: identifier.value(),
            curve,
            rsa_bits,
            rsa_exponent,
            bytes,
        })
    }
}

/// The whole encodings of issuer and subject of DER that begins like a certificate. Nothing else is
/// read. For counting certificates before they are judged.
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

/// Whether a name is empty: it has no attribute, or none with a value.
pub(crate) fn is_empty_name(name: &[u8]) -> bool {
    !attributes(name).any(|attribute| {
        attribute.is_err() || attribute.is_ok_and(|it| !it.value.value().is_empty())
    })
}

/// The content of one DER element, without its tag and length.
pub(crate) fn content(element: &[u8]) -> Option<&[u8]> {
    AnyRef::from_der(element).ok().map(|any| any.value())
}

/// Prints a DER-encoded name in the form of RFC 4514, or in hexadecimal if it is malformed.
pub(crate) fn name_text(name: &[u8]) -> String {
    match RdnSequence::from_der(name) {
        Ok(name) if name.is_empty() => "(empty name)".to_owned(),
        Ok(name) => one_line(&name.to_string()),
        Err(_) => plain_name_text(name).unwrap_or_else(|| format!("#{}", base16(name))),
    }
}

/// The same for a name with an attribute whose identifier is too long for `RdnSequence`: types are
/// printed with dots, and values as text if they are UTF-8.
fn plain_name_text(name: &[u8]) -> Option<String> {
    let attributes: Vec<_> = attributes(name).collect::<Result<_, _>>().ok()?;
    let texts = attributes.iter().rev().map(|attribute| {
        let value = attribute.value.value();
        let value = match std::str::from_utf8(value) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("#{}", base16(value)),
        };
        format!("{}={value}", Oid::known(attribute.kind))
    });
    Some(one_line(&texts.collect::<Vec<_>>().join(",")))
}

/// The subject of a certificate as text, also for a malformed certificate.
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

/// The size of the modulus in bits, and the exponent.
fn rsa_numbers(key: &[u8]) -> Result<(usize, &[u8]), der::Error> {
    let mut key = body(AnyRef::from_der(key)?, Tag::Sequence)?;
    let modulus = AnyRef::decode(&mut key)?;
    modulus.tag().assert_eq(Tag::Integer)?;
    let exponent = AnyRef::decode(&mut key)?;
    exponent.tag().assert_eq(Tag::Integer)?;
    key.finish()?;
    let (bytes, exponent) = (natural(modulus)?, natural(exponent)?);
    let leading = bytes.iter().take_while(|byte| **byte == 0).count();
    let bits = bytes[leading..].first().map_or(0, |first| {
        (bytes.len() - leading) * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    });
    Ok((bits, exponent))
}

pub(crate) fn extension<'a>(reader: &mut SliceReader<'a>) -> Result<Extension<'a>, der::Error> {
    let mut reader = body(AnyRef::decode(reader)?, Tag::Sequence)?;
    let id = Oid::next(&mut reader)?;
    let written = match peek(&reader) {
        Some(Tag::Boolean) => Some(bool::decode(&mut reader)?),
        _ => None,
    };
    let value: &OctetStringRef = Decode::decode(&mut reader)?;
    reader.finish()?;
    Ok(Extension {
        id,
        critical: written == Some(true),
        value: value.as_bytes(),
        writes_default: written == Some(false),
    })
}
