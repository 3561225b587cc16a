use bonafide_testkit::{Identity, KeyKind, Recipe};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};

use crate::openssl::OpenSsl;

fn identity(kind: KeyKind) -> Identity {
    Identity::self_signed(Recipe::for_host("localhost").key(kind))
}

#[test]
fn openssl_reads_every_encoding_and_finds_the_same_key() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa1024,
        KeyKind::Rsa2048,
    ] {
        let identity = identity(kind);
        let certified = openssl.text("x509 -noout -pubkey", &identity.chain_pem());
        let mut encodings = vec![(identity.key_pem(), "BEGIN PRIVATE KEY")];
        match kind {
            KeyKind::EcdsaP256 | KeyKind::EcdsaP384 => {
                encodings.push((identity.key_pem_sec1(), "BEGIN EC PRIVATE KEY"));
            }
            KeyKind::Rsa1024 | KeyKind::Rsa2048 => {
                encodings.push((identity.key_pem_pkcs1(), "BEGIN RSA PRIVATE KEY"));
            }
            _ => {}
        }
        for (pem, label) in encodings {
            assert!(pem.contains(label), "{pem}");
            assert_eq!(
                openssl.text("pkey -pubout", &pem),
                certified,
                "{kind:?} in {label}"
            );
        }
    }
}

#[test]
fn rustls_reads_every_encoding() {
    let ecdsa = identity(KeyKind::EcdsaP256);
    let rsa = identity(KeyKind::Rsa2048);
    let ed25519 = identity(KeyKind::Ed25519);
    for pem in [
        ecdsa.key_pem(),
        ecdsa.key_pem_sec1(),
        rsa.key_pem(),
        rsa.key_pem_pkcs1(),
        ed25519.key_pem(),
    ] {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).expect("the PEM is well formed");
        rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).expect("rustls takes the key");
    }
}

#[test]
#[should_panic(expected = "Ed25519 has no SEC1 form, only ECDSA has")]
fn an_ed25519_key_has_no_sec1_form() {
    identity(KeyKind::Ed25519).key_pem_sec1();
}

#[test]
#[should_panic(expected = "EcdsaP256 has no PKCS#1 form, only RSA has")]
fn an_ecdsa_key_has_no_pkcs1_form() {
    identity(KeyKind::EcdsaP256).key_pem_pkcs1();
}

#[test]
fn an_rsa_key_of_8192_bits_takes_no_time_and_is_one() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let identity = identity(KeyKind::Rsa8192);
    let text = openssl.text("rsa -check -noout -text", &identity.key_pem());
    assert!(text.contains("8192 bit"), "{text}");
    assert!(text.contains("RSA key ok"), "{text}");
}
