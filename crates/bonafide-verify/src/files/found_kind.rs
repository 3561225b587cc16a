//! The kind of what was found instead of the expected kind, without any of its content.

use std::fmt;

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, Tag};

/// The content of an object identifier of PKCS #7 (RFC 2315, 14), without its last arc.
const PKCS7: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
/// The content of an object identifier of PKCS #5 (RFC 8018, C), without its last arc.
const PKCS5: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
/// The content of an object identifier of encryption by PKCS #12 (RFC 7292, C), without its last
/// arc.
const PKCS12_PBE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];
/// The first bytes of a Java keystore.
const JAVA_KEYSTORE: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
/// The byte order mark, with which a text in UTF-8 may begin (RFC 3629, 6).
pub(crate) const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The kind of a PEM section, a file or bytes that were found where another kind was expected.
///
/// It is derived from the label or from the first fields: it is what the content claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FoundKind {
    /// A certificate (RFC 5280, 4).
    Certificate,
    /// A certificate request (RFC 2986).
    CertificateRequest,
    /// A certificate revocation list (RFC 5280, 5).
    RevocationList,
    /// A public key.
    PublicKey,
    /// A private key.
    PrivateKey,
    /// A private key that a password protects (RFC 5958, 3; RFC 1421, 4.6.1.1).
    EncryptedKey,
    /// A key in a format of OpenSSH.
    OpenSshKey,
    /// Parameters of a key exchange or a curve.
    Parameters,
    /// PKCS #7, which may contain certificates (RFC 5652).
    Pkcs7,
    /// PKCS #12, which contains certificates and keys under a password (RFC 7292).
    Pkcs12,
    /// A Java keystore.
    JavaKeystore,
    /// An OpenPGP block.
    OpenPgp,
    /// An HTML page.
    Html,
    /// Text in UTF-16.
    Utf16,
    /// Base64 without PEM markers.
    BareBase64,
    /// DER where PEM is expected.
    Der,
    /// A PEM section with an unknown label.
    UnknownSection,
}

impl FoundKind {
    /// The kind by the label of a PEM section (RFC 7468, 4).
    pub(crate) fn of_label(label: &[u8]) -> Self {
        match label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => Self::Certificate,
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Self::CertificateRequest,
            b"X509 CRL" => Self::RevocationList,
            b"PUBLIC KEY" | b"RSA PUBLIC KEY" => Self::PublicKey,
            b"ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            b"OPENSSH PRIVATE KEY" => Self::OpenSshKey,
            b"PKCS7" | b"PKCS #7 SIGNED DATA" | b"CMS" => Self::Pkcs7,
            b"PKCS12" => Self::Pkcs12,
            label if label.starts_with(b"PGP ") => Self::OpenPgp,
            label if label.ends_with(b"PRIVATE KEY") => Self::PrivateKey,
            label if label.ends_with(b" PARAMETERS") => Self::Parameters,
            _ => Self::UnknownSection,
        }
    }

    /// The kind of bytes that are neither of the expected kind nor contain a PEM section; `None` if
    /// it is unknown.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let text = bytes.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(bytes);
        let text = text.trim_ascii();
        match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'-', ..] | [b'-', 0, ..] => {
                return Some(Self::Utf16);
            }
            _ if bytes.starts_with(&JAVA_KEYSTORE) => return Some(Self::JavaKeystore),
            _ => {}
        }
        let begins = |begin: &&[u8]| {
            text.get(..begin.len())
                .is_some_and(|text| text.eq_ignore_ascii_case(begin))
        };
        let html: [&[u8]; 3] = [b"<!doctype html", b"<html", b"<head"];
        let ssh: [&[u8]; 4] = [b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-"];
        if html.iter().any(begins) {
            Some(Self::Html)
        } else if ssh.iter().any(begins) {
            Some(Self::OpenSshKey)
        } else if is_bare_base64(text) {
            Some(Self::BareBase64)
        } else {
            Self::of_der(bytes)
        }
    }

    /// The kind of DER by its first fields; `None` if it is unknown.
    pub(crate) fn of_der(der: &[u8]) -> Option<Self> {
        // Containers are BER with an indefinite length if the writer did not know the length
        // (X.690, 8.1.3.6).
        if let [0x30, 0x80, rest @ ..] = der {
            return match rest {
                [0x06, 9, rest @ ..] if rest.starts_with(&PKCS7) => Some(Self::Pkcs7),
                [0x02, 1, 3, 0x30, ..] => Some(Self::Pkcs12),
                _ => None,
            };
        }
        let mut fields = Fields::of(der)?;
        let first = fields.next()?;
        match first.tag {
            // A PKCS #7 ContentInfo: the content type and the content.
            Tag::ObjectIdentifier => first.content.starts_with(&PKCS7).then_some(Self::Pkcs7),
            Tag::Integer => match (first.content, fields.next()?) {
                // Version 3, and the encrypted content.
                ([3], second) => second
                    .first_identifier()?
                    .starts_with(&PKCS7)
                    .then_some(Self::Pkcs12),
                // The version of PKCS #8, PKCS #1 or SEC 1, and an algorithm, a modulus or a key.
                ([0 | 1], second) => match (second.tag, fields.next()) {
                    (Tag::Sequence, Some(third)) if third.tag == Tag::OctetString => {
                        Some(Self::PrivateKey)
                    }
                    (Tag::Integer, Some(third)) if third.tag == Tag::Integer => {
                        Some(Self::PrivateKey)
                    }
                    (Tag::OctetString, _) => Some(Self::PrivateKey),
                    _ => None,
                },
                _ => None,
            },
            Tag::Sequence => Self::of_two_or_three(&first, &fields.next()?),
            _ => None,
        }
    }

    /// The kind of a structure that begins with a sequence: keys begin with their algorithm, signed
    /// structures with the signed content.
    fn of_two_or_three(first: &Field<'_>, second: &Field<'_>) -> Option<Self> {
        let algorithm = first.first_identifier();
        match (algorithm, second.tag) {
            (Some(_), Tag::BitString) => Some(Self::PublicKey),
            (Some(algorithm), Tag::OctetString)
                if algorithm.starts_with(&PKCS5) || algorithm.starts_with(&PKCS12_PBE) =>
            {
                Some(Self::EncryptedKey)
            }
            (_, Tag::Sequence) => Self::of_signed(first),
            _ => None,
        }
    }

    /// The kind of a signed structure: a request has the subject after its version, a revocation
    /// list a time after its issuer.
    fn of_signed(content: &Field<'_>) -> Option<Self> {
        let mut fields = Fields(SliceReader::new(content.content).ok()?);
        let mut next = fields.next()?;
        if next.tag.is_context_specific() {
            return Some(Self::Certificate);
        }
        if next.tag == Tag::Integer {
            next = fields.next()?;
        }
        if next.first_identifier().is_none() {
            return (next.tag == Tag::Sequence).then_some(Self::CertificateRequest);
        }
        let (_issuer, after) = (fields.next()?, fields.next()?);
        match after.tag {
            Tag::UtcTime | Tag::GeneralizedTime => Some(Self::RevocationList),
            Tag::Sequence => Some(Self::Certificate),
            _ => None,
        }
    }

    /// Whether a file of certificates or revocation lists may also contain this kind: it can
    /// contain neither of them inside.
    pub(crate) fn is_beside(self) -> bool {
        match self {
            Self::Certificate
            | Self::CertificateRequest
            | Self::RevocationList
            | Self::PublicKey
            | Self::PrivateKey
            | Self::EncryptedKey
            | Self::OpenSshKey
            | Self::Parameters
            | Self::OpenPgp => true,
            Self::Pkcs7
            | Self::Pkcs12
            | Self::JavaKeystore
            | Self::Html
            | Self::Utf16
            | Self::BareBase64
            | Self::Der
            | Self::UnknownSection => false,
        }
    }
}

impl fmt::Display for FoundKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate",
            Self::CertificateRequest => "a certificate request",
            Self::RevocationList => "a revocation list",
            Self::PublicKey => "a public key",
            Self::PrivateKey => "a private key",
            Self::EncryptedKey => "an encrypted private key",
            Self::OpenSshKey => "an OpenSSH key",
            Self::Parameters => "key parameters",
            Self::Pkcs7 => "PKCS #7 (extract certificates with `openssl pkcs7 -print_certs`)",
            Self::Pkcs12 => "PKCS #12 (convert it to PEM with `openssl pkcs12 -nodes`)",
            Self::JavaKeystore => {
                "a Java keystore (export a certificate with `keytool -exportcert -rfc`)"
            }
            Self::OpenPgp => "an OpenPGP block",
            Self::Html => "an HTML page",
            Self::Utf16 => "text in UTF-16 (PEM is ASCII)",
            Self::BareBase64 => "Base64 without PEM markers",
            Self::Der => "DER instead of PEM",
            Self::UnknownSection => "an object with an unknown label",
        })
    }
}

/// One field of DER.
struct Field<'a> {
    tag: Tag,
    content: &'a [u8],
}

impl<'a> Field<'a> {
    /// The content of the object identifier that is its first field.
    fn first_identifier(&self) -> Option<&'a [u8]> {
        if self.tag != Tag::Sequence {
            return None;
        }
        let first = Fields(SliceReader::new(self.content).ok()?).next()?;
        (first.tag == Tag::ObjectIdentifier).then_some(first.content)
    }
}

/// The fields of a sequence, as far as they can be read.
struct Fields<'a>(SliceReader<'a>);

impl<'a> Fields<'a> {
    fn of(der: &'a [u8]) -> Option<Self> {
        let bytes = outer_length(der).and_then(|length| der.get(..length));
        let outer = AnyRef::from_der(bytes?).ok()?;
        match outer.header().tag() {
            Tag::Sequence => Some(Self(SliceReader::new(outer.value()).ok()?)),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Field<'a>> {
        let field = AnyRef::decode(&mut self.0).ok()?;
        Some(Field {
            tag: field.header().tag(),
            content: field.value(),
        })
    }
}

/// The size in bytes of the first element of `der`, with its tag and length; `None` if its length
/// cannot be read or is larger than `der`.
pub(crate) fn outer_length(der: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(der).ok()?;
    let element = reader.tlv_bytes().ok()?;
    Some(element.len())
}

/// Whether the text consists of Base64 alone and is long enough to be DER.
fn is_bare_base64(text: &[u8]) -> bool {
    const MIN_LENGTH: usize = 64;
    text.len() >= MIN_LENGTH
        && text.starts_with(b"MI")
        && text.iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'+' | b'/' | b'=')
                || byte.is_ascii_whitespace()
        })
}
