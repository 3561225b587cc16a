//! Reads what a pin's advice needs from certificates, requests and keys.

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, Tag};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::error::PinAdviceError;
use super::{PinAdvice, PinSource, PinWarning};
use crate::check::{MIN_RSA_BITS, forbidden_kind};
use crate::config::provider::Provider;
use crate::files::found_kind::FoundKind;
use crate::files::pem;
use crate::pins::entry::{MAX_PINS, PinRole};
use crate::x509::certificate::{
    BasicConstraints, Certificate, Extensions, Known, Oid, PublicKey, body, name_text, oid,
};
use crate::x509::signature::Signed;
use crate::x509::spki::SpkiSha256;

const P256: Oid<'static> = oid!("1.2.840.10045.3.1.7");
const P384: Oid<'static> = oid!("1.3.132.0.34");
const P521: Oid<'static> = oid!("1.3.132.0.35");
const ED25519: Oid<'static> = oid!("1.3.101.112");
/// The first arcs of the CA/Browser Forum's policies for servers' certificates, 2.23.140.1.2, as
/// the content of an object identifier.
const FORUM_POLICIES: [u8; 5] = [0x67, 0x81, 0x0c, 0x01, 0x02];

const CERTIFICATE: &str = "certificate";
const REQUEST: &str = "certificate request";
const PUBLIC_KEY: &str = "public key";

pub(super) fn chain(chain: &[CertificateDer<'_>]) -> Result<Vec<PinAdvice>, PinAdviceError> {
    bounded(chain.len())?;
    let mut certificates = Vec::with_capacity(chain.len());
    for (index, der) in chain.iter().enumerate() {
        let certificate = Certificate::from_der(der).map_err(malformed(CERTIFICATE, index + 1))?;
        certificates.push((certificate, der));
    }
    let Some((first, _)) = certificates.first() else {
        return Err(PinAdviceError::NothingFound);
    };
    let public = is_public(first);
    Ok(certificates
        .iter()
        .map(|(certificate, der)| of_certificate(certificate, der, public))
        .collect())
}

fn of_certificate(certificate: &Certificate<'_>, der: &[u8], public: bool) -> PinAdvice {
    let spki = certificate.subject_public_key_info();
    let own_root = certificate.is_self_issued() && is_signed_by(der, spki);
    let (source, role) = match (is_ca(certificate), own_root) {
        (false, _) => (PinSource::Leaf, PinRole::Leaf),
        (true, false) => (PinSource::Intermediate, PinRole::Ca),
        (true, true) => (PinSource::Root, PinRole::Ca),
    };
    let mut warnings = Vec::new();
    match source {
        PinSource::Leaf if own_root => warnings.push(PinWarning::SelfSigned),
        PinSource::Leaf => warnings.push(PinWarning::RenewedWithNewKey),
        PinSource::Intermediate if public => warnings.push(PinWarning::PublicIntermediate),
        PinSource::Root => warnings.push(PinWarning::OwnRoot),
        _ => {}
    }
    PinAdvice {
        not_after: Some(certificate.not_after()),
        ..of_key(
            source,
            role,
            Some(name_text(certificate.subject())),
            spki,
            &certificate.public_key(),
            warnings,
        )
    }
}

pub(super) fn request(der: &[u8], position: usize) -> Result<PinAdvice, PinAdviceError> {
    let read = || -> Result<_, der::Error> {
        let mut outer = SliceReader::new(der)?;
        let request = AnyRef::decode(&mut outer)?;
        outer.finish()?;
        let mut request = body(request, Tag::Sequence)?;
        let mut info = body(AnyRef::decode(&mut request)?, Tag::Sequence)?;
        let _version = info.tlv_bytes()?;
        let subject = info.tlv_bytes()?;
        let spki = info.tlv_bytes()?;
        Ok((subject, spki, PublicKey::from_spki(spki)?))
    };
    let (subject, spki, key) = read().map_err(malformed(REQUEST, position))?;
    let mut warnings = Vec::new();
    if !is_signed_by(der, spki) {
        warnings.push(PinWarning::RequestNotSigned);
    }
    let subject = Some(name_text(subject));
    Ok(of_key(
        PinSource::Request,
        PinRole::Leaf,
        subject,
        spki,
        &key,
        warnings,
    ))
}

pub(super) fn public_key(spki: &[u8], position: usize) -> Result<PinAdvice, PinAdviceError> {
    let key = PublicKey::from_spki(spki).map_err(malformed(PUBLIC_KEY, position))?;
    Ok(of_key(
        PinSource::Key,
        PinRole::Leaf,
        None,
        spki,
        &key,
        Vec::new(),
    ))
}

pub(super) fn private_key(key: &PrivateKeyDer<'_>) -> Result<PinAdvice, PinAdviceError> {
    let provider = Provider::built_in().map_err(PinAdviceError::Provider)?;
    let key = provider
        .shared()
        .key_provider
        .load_private_key(key.clone_key())
        .map_err(PinAdviceError::Key)?;
    let spki = key.public_key().ok_or(PinAdviceError::NoPublicKey)?;
    public_key(&spki, 1)
}

pub(super) fn pem(text: &[u8]) -> Result<Vec<PinAdvice>, PinAdviceError> {
    let mut certificates = Vec::new();
    let mut rest = Vec::new();
    let (mut requests, mut public_keys) = (0, 0);
    for section in pem::sections::<(SectionKind, Vec<u8>)>(text) {
        let (kind, der) = match section {
            Err(error) if error.other_kind().is_some_and(FoundKind::is_beside) => continue,
            section => section.map_err(PinAdviceError::Pem)?,
        };
        bounded(certificates.len() + rest.len() + 1)?;
        match kind {
            SectionKind::Certificate => certificates.push(CertificateDer::from(der)),
            SectionKind::Csr => {
                requests += 1;
                rest.push(request(&der, requests)?);
            }
            SectionKind::PublicKey => {
                public_keys += 1;
                rest.push(public_key(&der, public_keys)?);
            }
            SectionKind::PrivateKey | SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey => {
                if let Some(key) = PrivateKeyDer::from_pem(kind, der) {
                    rest.push(private_key(&key)?);
                }
            }
            _ => {}
        }
    }
    let mut advice = match certificates.is_empty() {
        true => Vec::new(),
        false => chain(&certificates)?,
    };
    advice.append(&mut rest);
    if !advice.is_empty() {
        return Ok(advice);
    }
    if pem::has(text, FoundKind::EncryptedKey) {
        return Err(PinAdviceError::EncryptedKey);
    }
    Err(pem::instead(text).map_or(PinAdviceError::NothingFound, PinAdviceError::Pem))
}

fn of_key(
    source: PinSource,
    role: PinRole,
    subject: Option<String>,
    spki: &[u8],
    key: &PublicKey<'_>,
    mut warnings: Vec<PinWarning>,
) -> PinAdvice {
    let weak = key.rsa_bits.is_some_and(|bits| bits < MIN_RSA_BITS);
    if weak || forbidden_kind(key).is_some() {
        warnings.push(PinWarning::WeakKey);
    }
    PinAdvice {
        pin: SpkiSha256::of_spki(spki),
        source,
        role,
        subject,
        key: key_text(key),
        not_after: None,
        warnings,
    }
}

fn key_text(key: &PublicKey<'_>) -> String {
    match (key.rsa_bits, key.curve) {
        (Some(bits), _) => format!("RSA, {bits} bits"),
        (None, Some(P256)) => "ECDSA on P-256".to_owned(),
        (None, Some(P384)) => "ECDSA on P-384".to_owned(),
        (None, Some(P521)) => "ECDSA on P-521".to_owned(),
        (None, Some(curve)) => format!("ECDSA on {curve}"),
        (None, None) if key.algorithm == ED25519 => "Ed25519".to_owned(),
        (None, None) => key.algorithm.to_string(),
    }
}

/// Whether basic constraints mark the certificate as a CA certificate (RFC 5280, 4.2.1.9).
fn is_ca(certificate: &Certificate<'_>) -> bool {
    let extensions = Extensions::of(certificate).ok();
    extensions
        .and_then(|extensions| extensions.get(Known::BasicConstraints))
        .and_then(|slot| BasicConstraints::read(slot.value).ok())
        .is_some_and(|constraints| constraints.ca)
}

/// Whether a public CA probably issued the certificate: private CAs do not log certificates and do
/// not use the forum's policies.
fn is_public(leaf: &Certificate<'_>) -> bool {
    let Ok(extensions) = Extensions::of(leaf) else {
        return false;
    };
    let of_forum = |policies: &[u8]| {
        policies
            .windows(FORUM_POLICIES.len())
            .any(|part| part == FORUM_POLICIES)
    };
    extensions.get(Known::SignedCertificateTimestamps).is_some()
        || extensions
            .get(Known::CertificatePolicies)
            .is_some_and(|slot| of_forum(slot.value))
}

/// Whether the key of `spki` signed a certificate or a request; both have the same outermost
/// fields.
fn is_signed_by(der: &[u8], spki: &[u8]) -> bool {
    let read = || -> Result<_, der::Error> {
        let mut outer = body(AnyRef::from_der(der)?, Tag::Sequence)?;
        Signed::read(&mut outer)
    };
    let (Ok(signed), Ok(provider)) = (read(), Provider::built_in()) else {
        return false;
    };
    signed
        .verify(provider.signature_algorithms().all, spki)
        .is_ok()
}

fn bounded(found: usize) -> Result<(), PinAdviceError> {
    match found > MAX_PINS {
        true => Err(PinAdviceError::TooMany { limit: MAX_PINS }),
        false => Ok(()),
    }
}

fn malformed(what: &'static str, position: usize) -> impl Fn(der::Error) -> PinAdviceError {
    move |source| PinAdviceError::Malformed {
        what,
        position,
        source,
    }
}
