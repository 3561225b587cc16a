//! Private keys: how each kind is made, what it signs with, and the encodings that
//! other programs read.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Decode as _;
use der::asn1::{Any, OctetString};
use der::pem::LineEnding;
use rcgen::{KeyPair, PublicKeyData, RsaKeySize, SignatureAlgorithm, SigningKey};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::public_primes::rsa8192_pkcs8;
use super::weak_rsa::WeakRsaKey;

/// What kind of key a certificate holds.
///
/// ```
/// use bonafide_testkit::{KeyKind, Recipe, TestCa};
///
/// let ca = TestCa::builder().key(KeyKind::EcdsaP384).build();
/// let server = ca.issue(Recipe::for_host("localhost").key(KeyKind::Rsa2048));
/// assert_eq!(server.key_kind(), KeyKind::Rsa2048);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// ECDSA over P-256 with SHA-256. Quick to make: the default.
    #[default]
    EcdsaP256,
    /// ECDSA over P-384 with SHA-384.
    EcdsaP384,
    /// Ed25519. Browsers refuse it, most TLS libraries take it.
    Ed25519,
    /// RSA with 2048 bits, signing with SHA-256.
    Rsa2048,
    /// RSA with 3072 bits, signing with SHA-256.
    Rsa3072,
    /// RSA with 4096 bits, signing with SHA-256. Takes a noticeable part of a second
    /// to make.
    Rsa4096,
    /// RSA with 8192 bits, signing with SHA-256. It would take half a minute to make, so
    /// its primes are two that everybody knows, and every one is the same key.
    Rsa8192,
    /// RSA with 1024 bits, signing with SHA-256: half of what the CA/Browser Forum
    /// Baseline Requirements demand in section 6.1.5. Every one in a process is the same
    /// key.
    Rsa1024,
}

/// A private key that can sign certificates and handshakes.
#[derive(Debug)]
pub(crate) struct TestKey {
    kind: KeyKind,
    holder: Holder,
}

#[derive(Debug)]
enum Holder {
    Ordinary(KeyPair),
    Weak(WeakRsaKey),
}

impl TestKey {
    pub(crate) fn generate(kind: KeyKind) -> Arc<Self> {
        let holder = match kind {
            KeyKind::EcdsaP256 => Holder::Ordinary(generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)),
            KeyKind::EcdsaP384 => Holder::Ordinary(generate_for(&rcgen::PKCS_ECDSA_P384_SHA384)),
            KeyKind::Ed25519 => Holder::Ordinary(generate_ed25519()),
            KeyKind::Rsa2048 => Holder::Ordinary(generate_rsa(RsaKeySize::_2048)),
            KeyKind::Rsa3072 => Holder::Ordinary(generate_rsa(RsaKeySize::_3072)),
            KeyKind::Rsa4096 => Holder::Ordinary(generate_rsa(RsaKeySize::_4096)),
            KeyKind::Rsa8192 => Holder::Ordinary(rsa_from(rsa8192_pkcs8())),
            KeyKind::Rsa1024 => Holder::Weak(WeakRsaKey::generate()),
        };
        Arc::new(Self { kind, holder })
    }

    pub(crate) fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(crate) fn is_rsa(&self) -> bool {
        matches!(
            self.kind,
            KeyKind::Rsa1024
                | KeyKind::Rsa2048
                | KeyKind::Rsa3072
                | KeyKind::Rsa4096
                | KeyKind::Rsa8192
        )
    }

    pub(crate) fn pkcs8_der(&self) -> &[u8] {
        match &self.holder {
            Holder::Ordinary(key) => key.serialized_der(),
            Holder::Weak(key) => key.pkcs8_der(),
        }
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.pkcs8_der().to_vec()).into()
    }

    pub(crate) fn pkcs8_pem(&self) -> String {
        pem("PRIVATE KEY", self.pkcs8_der())
    }

    /// RFC 5915 `ECPrivateKey`, for the kinds that have it.
    pub(crate) fn sec1_pem(&self) -> Option<String> {
        let algorithm: &'static EcdsaSigningAlgorithm = match self.kind {
            KeyKind::EcdsaP256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            KeyKind::EcdsaP384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            _ => return None,
        };
        let key = EcdsaKeyPair::from_pkcs8(algorithm, self.pkcs8_der())
            .expect("a key that was generated here can be read back");
        let der: EcPrivateKeyRfc5915Der<'_> = key
            .private_key()
            .as_der()
            .expect("an ECDSA key has an RFC 5915 form");
        Some(pem("EC PRIVATE KEY", der.as_ref()))
    }

    /// RFC 8017 `RSAPrivateKey`, for the kinds that have it: the content of the
    /// PKCS#8 structure's third field.
    pub(crate) fn pkcs1_pem(&self) -> Option<String> {
        if !self.is_rsa() {
            return None;
        }
        let fields = Vec::<Any>::from_der(self.pkcs8_der()).expect("PKCS#8 is a sequence");
        let pkcs1: OctetString = fields[2]
            .decode_as()
            .expect("the third field of PKCS#8 is an octet string");
        Some(pem("RSA PRIVATE KEY", pkcs1.as_bytes()))
    }

    /// The key for a TLS handshake.
    pub(crate) fn handshake_key(&self) -> Arc<dyn rustls::sign::SigningKey> {
        match &self.holder {
            Holder::Ordinary(_) => {
                rustls::crypto::aws_lc_rs::sign::any_supported_type(&self.private_key())
                    .expect("rustls signs with every kind of key but 1024-bit RSA")
            }
            Holder::Weak(key) => Arc::new(key.clone()),
        }
    }

    /// `sha256/BASE64` over the whole SubjectPublicKeyInfo.
    pub(crate) fn spki_pin(&self) -> String {
        let spki = self.subject_public_key_info();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &spki);
        format!("sha256/{}", STANDARD.encode(digest))
    }
}

impl PublicKeyData for TestKey {
    fn der_bytes(&self) -> &[u8] {
        match &self.holder {
            Holder::Ordinary(key) => key.der_bytes(),
            Holder::Weak(key) => key.public_key_pkcs1(),
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match &self.holder {
            Holder::Ordinary(key) => key.algorithm(),
            Holder::Weak(_) => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

impl SigningKey for TestKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        match &self.holder {
            Holder::Ordinary(key) => key.sign(message),
            Holder::Weak(key) => Ok(key.sign_pkcs1_sha256(message)),
        }
    }
}

pub(crate) fn pem(label: &'static str, der: &[u8]) -> String {
    der::pem::encode_string(label, LineEnding::LF, der).expect("PEM labels here are well formed")
}

fn generate_for(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).expect("the operating system gives random numbers")
}

fn generate_rsa(size: RsaKeySize) -> KeyPair {
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size)
        .expect("the operating system gives random numbers")
}

fn rsa_from(pkcs8: &[u8]) -> KeyPair {
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8), &rcgen::PKCS_RSA_SHA256)
        .expect("a key that was put together here can be read back")
}

/// PKCS#8 version 1, since OpenSSL 3.0 does not read version 2.
fn generate_ed25519() -> KeyPair {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
        .expect("the operating system gives random numbers");
    KeyPair::from_pkcs8_der_and_sign_algo(
        &PrivatePkcs8KeyDer::from(pkcs8.as_ref()),
        &rcgen::PKCS_ED25519,
    )
    .expect("a key that was generated here can be read back")
}
