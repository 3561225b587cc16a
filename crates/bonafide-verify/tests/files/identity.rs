//! Client certificates and keys: nothing of a chain is lost, and the error says what was found.

use std::error::Error as _;

use bonafide_verify::files::{FoundKind, PemFault};
use bonafide_verify::pins::{BundleKey, BundleSigner, PinAdvice, PinAdviceError};
use bonafide_verify::{ClientIdentity, ConfigError};

use crate::made::{Made, pkcs7, pkcs12, section};

/// What is not read, the fault, and the section.
fn fault(error: ConfigError) -> (&'static str, Option<PemFault>, Option<usize>) {
    match error {
        ConfigError::IdentityPem { what, source, .. } => (
            what,
            source.map(|source| source.fault()),
            source.and_then(|source| source.section()),
        ),
        ConfigError::EncryptedKey => ("encrypted key", None, None),
        _ => ("another error", None, None),
    }
}

#[test]
fn a_chain_keeps_its_leaf_however_it_is_labelled() {
    let made = Made::new();
    let (chain, key) = (made.client.chain_pem(), made.key());
    for text in [
        format!("\u{feff}{chain}"),
        chain.replace("CERTIFICATE", "X509 CERTIFICATE"),
        chain.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
        chain.replace('\n', "\n\t"),
        chain.replace("-----\n-----BEGIN", "----------BEGIN"),
        format!("{key}{chain}"),
        format!("{}{chain}", section("EC PARAMETERS")),
    ] {
        let identity = ClientIdentity::from_pem(&text, &key).unwrap();
        assert_eq!(identity.leaf(), made.client.leaf(), "{text}");
    }
}

#[test]
fn what_may_be_the_leaf_and_is_not_read_is_an_error() {
    let made = Made::new();
    let (chain, key) = (made.client.chain_pem(), made.key());
    let other = |kind| Some(PemFault::OtherKind(kind));
    for (before, expected, section) in [
        (
            section("CERTFICATE"),
            other(FoundKind::UnknownSection),
            Some(1),
        ),
        (
            key.clone() + &section("PKCS7"),
            other(FoundKind::Pkcs7),
            Some(2),
        ),
        (chain[1..].to_owned(), Some(PemFault::Begin), Some(1)),
        (
            chain.replace("-----END CERTIFICATE-----\n", ""),
            Some(PemFault::End),
            Some(1),
        ),
    ] {
        let error = ClientIdentity::from_pem(before.clone() + &chain, &key).unwrap_err();
        assert_eq!(
            fault(error),
            ("client certificate", expected, section),
            "{before}"
        );
    }
}

#[test]
fn the_error_names_what_stands_in_the_place_of_a_chain_or_a_key() {
    let made = Made::new();
    let (chain, key) = (made.client.chain_pem(), made.key());
    let utf16: Vec<u8> = key.encode_utf16().flat_map(u16::to_be_bytes).collect();
    // the text, what it is, in which section
    let table = [
        (pkcs12(), FoundKind::Pkcs12, None),
        (pkcs7(), FoundKind::Pkcs7, None),
        (section("PKCS7").into(), FoundKind::Pkcs7, Some(1)),
        (
            section("OPENSSH PRIVATE KEY").into(),
            FoundKind::OpenSshKey,
            Some(1),
        ),
        (
            section("CERTIFICATE REQUEST").into(),
            FoundKind::CertificateRequest,
            Some(1),
        ),
        (b"<html></html>".to_vec(), FoundKind::Html, None),
        (utf16, FoundKind::Utf16, None),
        (
            made.client.key().secret_der().to_vec(),
            FoundKind::Der,
            None,
        ),
        (
            vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2],
            FoundKind::JavaKeystore,
            None,
        ),
    ];
    for (text, kind, section) in &table {
        let expected = |what| (what, Some(PemFault::OtherKind(*kind)), *section);
        let of_chain = ClientIdentity::from_pem(text, &key).unwrap_err();
        assert_eq!(fault(of_chain), expected("client certificate"));
        let of_key = ClientIdentity::from_pem(&chain, text).unwrap_err();
        assert_eq!(fault(of_key), expected("private key"));
        let of_advice = PinAdvice::of_pem(text).unwrap_err();
        let PinAdviceError::Pem(of_advice) = of_advice else {
            // What the request holds is read, and is not one.
            assert_eq!(*kind, FoundKind::CertificateRequest);
            continue;
        };
        assert_eq!(of_advice.fault(), PemFault::OtherKind(*kind));
    }
    let swapped = ClientIdentity::from_pem(&key, &chain).unwrap_err();
    assert_eq!(
        swapped.to_string(),
        "cannot read a client certificate from the PEM"
    );
    assert_eq!(
        swapped.source().unwrap().to_string(),
        "section 1 is a private key"
    );
    let key_of_bundle = BundleKey::from_pem(&chain).unwrap_err().to_string();
    assert!(
        key_of_bundle.contains("(PEM: section 1 is a certificate)"),
        "{key_of_bundle}"
    );
    let signer = BundleSigner::from_pem(pkcs12()).unwrap_err().to_string();
    assert!(
        signer.contains("there is no private key in the PEM: the content is PKCS #12"),
        "{signer}"
    );
}

#[test]
fn both_kinds_of_encrypted_keys_are_told_as_such() {
    let made = Made::new();
    let chain = made.client.chain_pem();
    let header = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA";
    for key in [
        section("ENCRYPTED PRIVATE KEY"),
        section("EC PRIVATE KEY").replace("\nAAAA", header),
        section("EC PARAMETERS") + &section("EC PRIVATE KEY").replace("\nAAAA", header),
        section("RSA PRIVATE KEY")
            .replace("\nAAAA", header)
            .replace('\n', "\r\n"),
        section("RSA PRIVATE KEY").replace("\nAAAA", &header.replace(": ", ":")),
    ] {
        let error = ClientIdentity::from_pem(&chain, &key).unwrap_err();
        assert!(
            matches!(error, ConfigError::EncryptedKey),
            "{key}: {error:?}"
        );
        let advice = PinAdvice::of_pem(&key).unwrap_err();
        assert!(
            matches!(advice, PinAdviceError::EncryptedKey),
            "{key}: {advice:?}"
        );
    }
}
