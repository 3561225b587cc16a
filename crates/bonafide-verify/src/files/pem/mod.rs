//! Reads PEM (RFC 7468), with errors that contain nothing of the text.
//!
//! The errors of rustls-pki-types contain the malformed line. In a private key whose line breaks
//! were lost, that line is the whole key.

mod error;
mod scan;

use rustls_pki_types::pem::{PemObject, SectionKind};

pub use self::error::{PemError, PemFault};
use self::scan::{Block, Scan};
use crate::files::found_kind::{FoundKind, outer_length};

/// The sections of a text, in their order, each with its number from 1. A section that is not a `T`
/// is a [`PemFault::OtherKind`], so that a caller has to skip it explicitly.
pub(crate) fn sections<T: PemObject>(text: &[u8]) -> impl Iterator<Item = Result<T, PemError>> {
    Scan::new(text).zip(1..).map(|(scanned, number)| {
        let at = |fault| PemError::new(fault, number);
        let block = scanned.map_err(at)?;
        let kind = kind_of(&block);
        let (kind_here, der) = match section_kind(&block, kind) {
            Some(kind) => (kind, decoded(&block, kind).map_err(at)?),
            None => return Err(at(PemFault::OtherKind(kind))),
        };
        T::from_pem(kind_here, der).ok_or_else(|| at(PemFault::OtherKind(kind)))
    })
}

/// The first section of one kind, if there is one. Only errors before it are returned.
pub(crate) fn first<T: PemObject>(text: &[u8]) -> Result<Option<T>, PemError> {
    for section in sections(text) {
        match section {
            Err(error) if error.other_kind().is_some() => {}
            section => return section.map(Some),
        }
    }
    Ok(None)
}

/// What a text without the expected kind contains instead: the kind of its first section or of the
/// whole text; `None` if it is unknown.
pub(crate) fn instead(text: &[u8]) -> Option<PemError> {
    let section = sections::<Nothing>(text).find_map(Result::err);
    section.or_else(|| {
        let kind = match FoundKind::of_bytes(text)? {
            kind if FoundKind::of_der(text) == Some(kind) && kind.is_beside() => FoundKind::Der,
            kind => kind,
        };
        Some(PemError::new(PemFault::OtherKind(kind), None))
    })
}

/// Whether there is a section of this kind.
pub(crate) fn has(text: &[u8], kind: FoundKind) -> bool {
    sections::<Nothing>(text)
        .any(|section| section.is_err_and(|error| error.other_kind() == Some(kind)))
}

/// A type that no section is converted to.
struct Nothing;

impl PemObject for Nothing {
    fn from_pem(_: SectionKind, _: Vec<u8>) -> Option<Self> {
        None
    }
}

fn kind_of(block: &Block<'_>) -> FoundKind {
    match FoundKind::of_label(block.label) {
        FoundKind::PrivateKey if is_encrypted(&block.body) => FoundKind::EncryptedKey,
        kind => kind,
    }
}

/// Whether the first line is the header of an encrypted key (RFC 1421, 4.6.1.1).
fn is_encrypted(body: &[u8]) -> bool {
    let first = body.split(|byte| *byte == b'\n').next();
    let value = first.and_then(|line| line.strip_prefix(b"Proc-Type:"));
    value.is_some_and(|value| value.ends_with(b",ENCRYPTED"))
}

/// The label under which rustls-pki-types reads the content; `None` if it is not read.
fn section_kind(block: &Block<'_>, kind: FoundKind) -> Option<SectionKind> {
    match kind {
        FoundKind::Certificate => Some(SectionKind::Certificate),
        FoundKind::CertificateRequest => Some(SectionKind::Csr),
        FoundKind::EncryptedKey => None,
        _ => SectionKind::try_from(block.label).ok(),
    }
}

/// The content. Private keys are decoded by rustls-pki-types in constant time.
fn decoded(block: &Block<'_>, kind: SectionKind) -> Result<Vec<u8>, PemFault> {
    let label: &[u8] = match kind {
        SectionKind::Certificate => b"CERTIFICATE",
        SectionKind::Csr => b"CERTIFICATE REQUEST",
        _ => block.label,
    };
    let mut text = Vec::with_capacity(block.body.len() + 2 * label.len() + 32);
    for (part, body) in [(&b"-----BEGIN "[..], &block.body[..]), (b"-----END ", b"")] {
        text.extend_from_slice(part);
        text.extend_from_slice(label);
        text.extend_from_slice(b"-----\n");
        text.extend_from_slice(body);
    }
    let (_, mut der) = <(SectionKind, Vec<u8>)>::from_pem_slice(&text)
        .map_err(|error| PemError::of(&error, None).fault())?;
    if block.label == b"TRUSTED CERTIFICATE" {
        // OpenSSL's trust settings follow the certificate.
        der.truncate(outer_length(&der).unwrap_or(der.len()));
    }
    Ok(der)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use rustls_pki_types::PrivatePkcs8KeyDer;

    use super::*;

    fn error(text: &str) -> (PemFault, Option<usize>) {
        let error = first::<PrivatePkcs8KeyDer<'_>>(text.as_bytes()).unwrap_err();
        (error.fault(), error.section())
    }

    #[test]
    fn each_fault_is_reported_with_the_number_of_its_section() {
        let whole = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        // the text, what is wrong with it, in which section
        for (text, fault, section) in [
            ("-----BEGIN PRIVATE KEY----- AAAA", PemFault::Begin, 1),
            (
                r"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                PemFault::Begin,
                1,
            ),
            (
                &format!("{whole}-----BEGIN PRIVATE KEY-----\nAAAA\n"),
                PemFault::End,
                2,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n",
                PemFault::Base64,
                1,
            ),
        ] {
            assert_eq!(error(text), (fault, Some(section)), "{text}");
        }
        let none = first::<PrivatePkcs8KeyDer<'_>>(whole.as_bytes());
        assert_eq!(none.unwrap(), None);
    }
}
