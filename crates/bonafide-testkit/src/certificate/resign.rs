//! Certificates that no library in use here makes: signed over another digest than the
//! key's usual one, or wrong in a way that only shows in the bytes. A finished
//! certificate is taken apart, changed and signed again.

use der::asn1::{Any, BitString, Null, ObjectIdentifier};
use der::{Decode as _, Encode as _, Tag, TagNumber, Tagged as _};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use rcgen::SigningKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rustls_pki_types::CertificateDer;
use sha1::{Digest as _, Sha1};
use sha2::{Sha384, Sha512};

use super::key::{KeyKind, TestKey};

/// `version` and `extensions` of a TBSCertificate, RFC 5280 section 4.1.
const VERSION: TagNumber = TagNumber(0);
const EXTENSIONS: TagNumber = TagNumber(3);

/// A digest to sign over in place of the one that goes with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha384,
    Sha512,
}

impl Digest {
    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// RFC 3279 sections 2.2.1 and 2.2.3, RFC 4055 section 5, RFC 5758 section 3.2.
    fn algorithm(self, issuer: &TestKey) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match (self, issuer.is_rsa()) {
            (Self::Sha1, true) => "1.2.840.113549.1.1.5",
            (Self::Sha384, true) => "1.2.840.113549.1.1.12",
            (Self::Sha512, true) => "1.2.840.113549.1.1.13",
            (Self::Sha1, false) => "1.2.840.10045.4.1",
            (Self::Sha384, false) => "1.2.840.10045.4.3.3",
            (Self::Sha512, false) => "1.2.840.10045.4.3.4",
        })
    }
}

/// What is wrong with the bytes of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A bit of the signature is another one.
    TamperedSignature,
    /// The signed algorithm is not the one that the signature is made with.
    OtherAlgorithmInside,
    /// Version 1, which has no extensions.
    Version1,
}

/// What becomes of a certificate after it has been signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) digest: Option<Digest>,
    pub(super) flaw: Option<Flaw>,
}

impl Finish {
    pub(super) fn apply(
        self,
        certificate: CertificateDer<'static>,
        issuer: &TestKey,
    ) -> CertificateDer<'static> {
        match self {
            Self {
                digest: None,
                flaw: None,
            } => certificate,
            Self { digest, flaw } => resign(&certificate, issuer, digest, flaw),
        }
    }
}

fn resign(
    certificate: &CertificateDer<'_>,
    issuer: &TestKey,
    digest: Option<Digest>,
    flaw: Option<Flaw>,
) -> CertificateDer<'static> {
    let outer = Vec::<Any>::from_der(certificate).expect("a certificate is a sequence");
    let mut tbs: Vec<Any> = outer[0]
        .decode_as()
        .expect("a TBSCertificate is a sequence");
    let algorithm = digest.map_or_else(
        || outer[1].clone(),
        |digest| algorithm_identifier(digest.algorithm(issuer), issuer),
    );

    // version, serialNumber, signature, …: RFC 5280 section 4.1.
    tbs[2] = algorithm.clone();
    match flaw {
        Some(Flaw::OtherAlgorithmInside) => {
            tbs[2] = algorithm_identifier(Digest::Sha512.algorithm(issuer), issuer);
        }
        Some(Flaw::Version1) => {
            tbs.retain(|field| !(is_field(field, VERSION) || is_field(field, EXTENSIONS)));
        }
        Some(Flaw::TamperedSignature) | None => {}
    }
    let tbs = encode(&tbs);

    let mut signature = sign(issuer, digest, &tbs);
    if let (Some(Flaw::TamperedSignature), Some(last)) = (flaw, signature.last_mut()) {
        *last ^= 1;
    }
    let signature = BitString::from_bytes(&signature).expect("a signature is whole bytes");
    let certificate = vec![
        Any::from_der(&tbs).expect("a TBSCertificate is a sequence"),
        algorithm,
        Any::encode_from(&signature).expect("a bit string encodes"),
    ];
    CertificateDer::from(encode(&certificate))
}

fn is_field(field: &Any, wanted: TagNumber) -> bool {
    matches!(field.tag(), Tag::ContextSpecific { number, .. } if number == wanted)
}

fn algorithm_identifier(algorithm: ObjectIdentifier, issuer: &TestKey) -> Any {
    let mut fields = vec![Any::encode_from(&algorithm).expect("an OID encodes")];
    if issuer.is_rsa() {
        fields.push(Any::encode_from(&Null).expect("NULL encodes"));
    }
    Any::from_der(&encode(&fields)).expect("an AlgorithmIdentifier is a sequence")
}

fn sign(issuer: &TestKey, digest: Option<Digest>, message: &[u8]) -> Vec<u8> {
    let Some(digest) = digest else {
        return issuer
            .sign(message)
            .expect("a key that was made here can sign");
    };
    if issuer.is_rsa() {
        let key = rsa::PrivateKey::from_pkcs8_der(issuer.pkcs8_der())
            .expect("an RSA key that was generated here can be read back");
        return match digest {
            Digest::Sha1 => rsa::pkcs1v15::SigningKey::<Sha1>::new(key)
                .sign(message)
                .to_vec(),
            Digest::Sha384 => rsa::pkcs1v15::SigningKey::<Sha384>::new(key)
                .sign(message)
                .to_vec(),
            Digest::Sha512 => rsa::pkcs1v15::SigningKey::<Sha512>::new(key)
                .sign(message)
                .to_vec(),
        };
    }
    assert!(
        issuer.kind() == KeyKind::EcdsaP256,
        "a {} signature needs an issuer with an RSA or a P-256 key, not {:?}",
        digest.name(),
        issuer.kind()
    );
    let key = p256::ecdsa::SigningKey::from_pkcs8_der(issuer.pkcs8_der())
        .expect("a P-256 key that was generated here can be read back");
    let prehash = match digest {
        Digest::Sha1 => Sha1::digest(message).to_vec(),
        Digest::Sha384 => Sha384::digest(message).to_vec(),
        Digest::Sha512 => Sha512::digest(message).to_vec(),
    };
    let signature: p256::ecdsa::DerSignature = key
        .sign_prehash(&prehash)
        .expect("P-256 signs any digest of 16 bytes or more");
    signature.as_bytes().to_vec()
}

fn encode(fields: &Vec<Any>) -> Vec<u8> {
    fields
        .to_der()
        .expect("a sequence of encoded values encodes")
}
