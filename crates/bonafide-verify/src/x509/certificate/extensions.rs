//! The extensions of a certificate, read in one pass.

use der::asn1::AnyRef;
use der::{Decode as _, Tag, Tagged as _};

use super::reading::{bit_string, context, elements, primitive};
use super::{Certificate, Extension, Oid, oid};

/// Extensions that rules know (RFC 5280, 4.2; RFC 7633; RFC 6962).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    AuthorityKeyId,
    SubjectKeyId,
    KeyUsage,
    CertificatePolicies,
    PolicyMappings,
    SubjectAltName,
    IssuerAltName,
    SubjectDirectoryAttributes,
    BasicConstraints,
    NameConstraints,
    PolicyConstraints,
    ExtendedKeyUsage,
    CrlDistributionPoints,
    InhibitAnyPolicy,
    FreshestCrl,
    AuthorityInfoAccess,
    SubjectInfoAccess,
    TlsFeature,
    SignedCertificateTimestamps,
}

impl Known {
    const COUNT: usize = 19;

    /// Its identifier.
    pub(crate) fn id(self) -> Oid<'static> {
        KNOWN[self as usize].0
    }

    /// Its name in its specification.
    pub(crate) fn as_str(self) -> &'static str {
        KNOWN[self as usize].2
    }

    /// The extension with this object identifier.
    fn of(id: Oid<'_>) -> Option<Self> {
        let (_, known, _) = KNOWN.iter().find(|(known, ..)| *known == id)?;
        Some(*known)
    }
}

/// The extensions that rules know, each with its identifier and its name, in their order.
const KNOWN: [(Oid<'static>, Known, &str); Known::COUNT] = [
    (
        oid!("2.5.29.35"),
        Known::AuthorityKeyId,
        "authorityKeyIdentifier",
    ),
    (
        oid!("2.5.29.14"),
        Known::SubjectKeyId,
        "subjectKeyIdentifier",
    ),
    (oid!("2.5.29.15"), Known::KeyUsage, "keyUsage"),
    (
        oid!("2.5.29.32"),
        Known::CertificatePolicies,
        "certificatePolicies",
    ),
    (oid!("2.5.29.33"), Known::PolicyMappings, "policyMappings"),
    (oid!("2.5.29.17"), Known::SubjectAltName, "subjectAltName"),
    (oid!("2.5.29.18"), Known::IssuerAltName, "issuerAltName"),
    (
        oid!("2.5.29.9"),
        Known::SubjectDirectoryAttributes,
        "subjectDirectoryAttributes",
    ),
    (
        oid!("2.5.29.19"),
        Known::BasicConstraints,
        "basicConstraints",
    ),
    (oid!("2.5.29.30"), Known::NameConstraints, "nameConstraints"),
    (
        oid!("2.5.29.36"),
        Known::PolicyConstraints,
        "policyConstraints",
    ),
    (oid!("2.5.29.37"), Known::ExtendedKeyUsage, "extKeyUsage"),
    (
        oid!("2.5.29.31"),
        Known::CrlDistributionPoints,
        "cRLDistributionPoints",
    ),
    (
        oid!("2.5.29.54"),
        Known::InhibitAnyPolicy,
        "inhibitAnyPolicy",
    ),
    (oid!("2.5.29.46"), Known::FreshestCrl, "freshestCRL"),
    (
        oid!("1.3.6.1.5.5.7.1.1"),
        Known::AuthorityInfoAccess,
        "authorityInfoAccess",
    ),
    (
        oid!("1.3.6.1.5.5.7.1.11"),
        Known::SubjectInfoAccess,
        "subjectInfoAccess",
    ),
    (oid!("1.3.6.1.5.5.7.1.24"), Known::TlsFeature, "TLS feature"),
    (
        oid!("1.3.6.1.4.1.11129.2.4.2"),
        Known::SignedCertificateTimestamps,
        "signed certificate timestamps",
    ),
];

/// One present extension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// The extensions of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Extensions<'a> {
    slots: [Option<Slot<'a>>; Known::COUNT],
    /// A known extension that is present twice.
    pub(crate) duplicate: Option<Known>,
    /// The first critical extension that is not a known one.
    pub(crate) unknown_critical: Option<Extension<'a>>,
    /// Whether an extension encodes the default of `critical`.
    pub(crate) writes_default: bool,
    /// How many extensions are not known ones.
    pub(crate) unknown: usize,
}

impl<'a> Extensions<'a> {
    /// Reads the extensions.
    ///
    /// # Errors
    /// [`der::Error`] of the first malformed one.
    pub(crate) fn of(certificate: &Certificate<'a>) -> Result<Self, der::Error> {
        let mut found = Self {
            slots: [None; Known::COUNT],
            duplicate: None,
            unknown_critical: None,
            writes_default: false,
            unknown: 0,
        };
        for extension in certificate.extensions() {
            let extension = extension?;
            found.writes_default |= extension.writes_default;
            match Known::of(extension.id) {
                Some(known) => {
                    let slot = &mut found.slots[known as usize];
                    if slot.is_some() {
                        found.duplicate.get_or_insert(known);
                        continue;
                    }
                    *slot = Some(Slot {
                        critical: extension.critical,
                        value: extension.value,
                    });
                }
                None => {
                    found.unknown += 1;
                    if extension.critical {
                        found.unknown_critical.get_or_insert(extension);
                    }
                }
            }
        }
        Ok(found)
    }

    /// One extension, if it is present.
    pub(crate) fn get(&self, known: Known) -> Option<Slot<'a>> {
        self.slots[known as usize]
    }
}

/// Basic constraints (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u64>,
}

impl BasicConstraints {
    pub(crate) fn read(value: &[u8]) -> Result<Self, der::Error> {
        let mut read = Self {
            ca: false,
            path_length: None,
        };
        for (index, field) in elements(sequence(value)?).enumerate() {
            let field = field?;
            match field.tag() {
                Tag::Boolean if index == 0 => read.ca = field.decode_as()?,
                _ if read.path_length.is_none() => read.path_length = Some(field.decode_as()?),
                tag => return Err(tag.unexpected_error(None).into()),
            }
        }
        Ok(read)
    }
}

/// Key usage (RFC 5280, 4.2.1.3), its bits from the highest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyUsage(u16);

impl KeyUsage {
    pub(crate) const DIGITAL_SIGNATURE: Self = Self(1 << 15);
    pub(crate) const NON_REPUDIATION: Self = Self(1 << 14);
    pub(crate) const KEY_ENCIPHERMENT: Self = Self(1 << 13);
    pub(crate) const DATA_ENCIPHERMENT: Self = Self(1 << 12);
    pub(crate) const KEY_AGREEMENT: Self = Self(1 << 11);
    pub(crate) const KEY_CERT_SIGN: Self = Self(1 << 10);
    pub(crate) const CRL_SIGN: Self = Self(1 << 9);
    pub(crate) const ENCIPHER_ONLY: Self = Self(1 << 8);
    pub(crate) const DECIPHER_ONLY: Self = Self(1 << 7);

    pub(crate) fn read(value: &[u8]) -> Result<Self, der::Error> {
        let bits = bit_string(AnyRef::from_der(value)?)?;
        let bytes = bits.raw_bytes();
        let byte = |index: usize| u16::from(bytes.get(index).copied().unwrap_or(0));
        Ok(Self(byte(0) << 8 | byte(1)))
    }

    pub(crate) fn has(self, usage: Self) -> bool {
        self.0 & usage.0 != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the bits that are set.
    pub(crate) fn names(self) -> impl Iterator<Item = (Self, &'static str)> {
        [
            (Self::DIGITAL_SIGNATURE, "digitalSignature"),
            (Self::NON_REPUDIATION, "nonRepudiation"),
            (Self::KEY_ENCIPHERMENT, "keyEncipherment"),
            (Self::DATA_ENCIPHERMENT, "dataEncipherment"),
            (Self::KEY_AGREEMENT, "keyAgreement"),
            (Self::KEY_CERT_SIGN, "keyCertSign"),
            (Self::CRL_SIGN, "cRLSign"),
            (Self::ENCIPHER_ONLY, "encipherOnly"),
            (Self::DECIPHER_ONLY, "decipherOnly"),
        ]
        .into_iter()
        .filter(move |(usage, _)| self.has(*usage))
    }
}

/// Authority key identifier (RFC 5280, 4.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuthorityKeyId<'a> {
    pub(crate) key_id: Option<&'a [u8]>,
    pub(crate) has_issuer: bool,
    pub(crate) has_serial: bool,
}

impl<'a> AuthorityKeyId<'a> {
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, der::Error> {
        let mut read = Self {
            key_id: None,
            has_issuer: false,
            has_serial: false,
        };
        for field in elements(sequence(value)?) {
            let field = field?;
            match field.tag() {
                tag if tag == primitive(0) => read.key_id = Some(field.value()),
                tag if tag == context(1) => read.has_issuer = true,
                tag if tag == primitive(2) => read.has_serial = true,
                tag => return Err(tag.unexpected_error(None).into()),
            }
        }
        Ok(read)
    }
}

/// Name constraints (RFC 5280, 4.2.1.10): the content of either list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameConstraints<'a> {
    pub(crate) permitted: Option<&'a [u8]>,
    pub(crate) excluded: Option<&'a [u8]>,
}

impl<'a> NameConstraints<'a> {
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, der::Error> {
        let mut read = Self {
            permitted: None,
            excluded: None,
        };
        for field in elements(sequence(value)?) {
            let field = field?;
            match field.tag() {
                tag if tag == context(0) => read.permitted = Some(field.value()),
                tag if tag == context(1) => read.excluded = Some(field.value()),
                tag => return Err(tag.unexpected_error(None).into()),
            }
        }
        Ok(read)
    }

    /// The subtrees of both lists, each as the elements of its `GeneralSubtree`.
    pub(crate) fn subtrees(&self) -> impl Iterator<Item = Result<AnyRef<'a>, der::Error>> {
        elements(self.permitted.unwrap_or_default())
            .chain(elements(self.excluded.unwrap_or_default()))
    }
}

/// The content of a `SEQUENCE`, from its whole encoding.
pub(crate) fn sequence(value: &[u8]) -> Result<&[u8], der::Error> {
    let any = AnyRef::from_der(value)?;
    any.tag().assert_eq(Tag::Sequence)?;
    Ok(any.value())
}
