//! Certificates signed with SHA-1. No library in use here signs with it any more, so
//! a finished certificate is taken apart, given other algorithm identifiers and signed
//! again.

use der::asn1::{Any, BitString, Null, ObjectIdentifier};
use der::{Decode as _, Encode as _};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rustls_pki_types::CertificateDer;
use sha1::{Digest as _, Sha1};

use super::key::{KeyKind, TestKey};

/// `sha1WithRSAEncryption`, RFC 3279 section 2.2.1.
const SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
/// `ecdsa-with-SHA1`, RFC 3279 section 2.2.3.
const ECDSA_WITH_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

/// The same certificate with a signature over SHA-1 by the key of its issuer.
pub(super) fn resign(
    certificate: &CertificateDer<'_>,
    issuer: &TestKey,
) -> CertificateDer<'static> {
    let outer = Vec::<Any>::from_der(certificate).expect("a certificate is a sequence");
    let tbs: Vec<Any> = outer[0]
        .decode_as()
        .expect("a TBSCertificate is a sequence");
    let algorithm = algorithm_identifier(issuer);

    // version, serialNumber, signature, …: RFC 5280 section 4.1.
    let mut changed = tbs;
    changed[2] = algorithm.clone();
    let changed = encode(&changed);

    let signature = sign(issuer, &changed);
    let signature = BitString::from_bytes(&signature).expect("a signature is whole bytes");
    let certificate = vec![
        Any::from_der(&changed).expect("a TBSCertificate is a sequence"),
        algorithm,
        Any::encode_from(&signature).expect("a bit string encodes"),
    ];
    CertificateDer::from(encode(&certificate))
}

fn algorithm_identifier(issuer: &TestKey) -> Any {
    let identifier = |oid: ObjectIdentifier| Any::encode_from(&oid).expect("an OID encodes");
    let fields = if issuer.is_rsa() {
        vec![
            identifier(SHA1_WITH_RSA),
            Any::encode_from(&Null).expect("NULL encodes"),
        ]
    } else {
        vec![identifier(ECDSA_WITH_SHA1)]
    };
    Any::from_der(&encode(&fields)).expect("an AlgorithmIdentifier is a sequence")
}

fn sign(issuer: &TestKey, message: &[u8]) -> Vec<u8> {
    if issuer.is_rsa() {
        let key = rsa::PrivateKey::from_pkcs8_der(issuer.pkcs8_der())
            .expect("an RSA key that was generated here can be read back");
        return rsa::pkcs1v15::SigningKey::<Sha1>::new(key)
            .sign(message)
            .to_vec();
    }
    assert!(
        issuer.kind() == KeyKind::EcdsaP256,
        "a SHA-1 signature needs an issuer with an RSA or a P-256 key, not {:?}",
        issuer.kind()
    );
    let key = p256::ecdsa::SigningKey::from_pkcs8_der(issuer.pkcs8_der())
        .expect("a P-256 key that was generated here can be read back");
    let signature: p256::ecdsa::DerSignature = key
        .sign_prehash(&Sha1::digest(message))
        .expect("P-256 signs a digest of 20 bytes");
    signature.as_bytes().to_vec()
}

fn encode(fields: &Vec<Any>) -> Vec<u8> {
    fields
        .to_der()
        .expect("a sequence of encoded values encodes")
}
