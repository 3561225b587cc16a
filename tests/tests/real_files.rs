//! Files as openssl writes them: what is read of each, and what the report or the error says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::OpenSslKeys;
use bonafide_verify::files::{FoundKind, PemError, PemFault};
use bonafide_verify::{Anchors, ClientIdentity, ConfigError, CustomCa};

/// openssl with the files `ca.pem`, `chain.pem` and `key.pem` in its folder.
async fn openssl() -> Option<(OpenSslKeys, TestCa, Vec<u8>)> {
    let openssl = OpenSslKeys::find()?;
    let ca = TestCa::new();
    let client = ca.issue(Recipe::for_host("client").client());
    openssl.write("ca.pem", ca.pem());
    openssl.write("chain.pem", client.chain_pem());
    openssl.write("key.pem", client.key_pem());
    Some((openssl, ca, client.chain_pem().into_bytes()))
}

/// What the report says of a source with this content.
fn report(content: &[u8]) -> String {
    match Anchors::only(CustomCa::pem("F", content)).load() {
        Ok(set) => set.report().to_string(),
        Err(error) => error.to_string(),
    }
}

fn other_kind(error: ConfigError) -> Option<FoundKind> {
    let ConfigError::IdentityPem { source, .. } = error else {
        return None;
    };
    match source.as_ref().map(PemError::fault) {
        Some(PemFault::OtherKind(kind)) => Some(kind),
        _ => None,
    }
}

#[tokio::test]
async fn of_a_trusted_certificate_of_openssl_the_certificate_is_read() {
    let Some((openssl, ca, _)) = openssl().await else {
        return;
    };
    let arguments = [
        "x509",
        "-in",
        "ca.pem",
        "-trustout",
        "-addtrust",
        "serverAuth",
        "-setalias",
        "corp",
    ];
    let trusted = openssl.run(&arguments, b"").await;
    assert!(trusted.starts_with(b"-----BEGIN TRUSTED CERTIFICATE-----"));
    let set = Anchors::only(CustomCa::pem("F", trusted)).load().unwrap();
    assert_eq!(set.anchors()[0].certificate(), ca.certificate());
    assert_eq!(set.report().to_string(), "memory (F): 1 loaded");
}

#[tokio::test]
async fn containers_of_openssl_are_named() {
    let Some((openssl, _, chain)) = openssl().await else {
        return;
    };
    let export = ["pkcs12", "-export", "-in", "chain.pem", "-inkey", "key.pem"];
    let pkcs12 = openssl
        .run(&[&export[..], &["-passout", "pass:secret"]].concat(), b"")
        .await;
    let bundle = ["crl2pkcs7", "-nocrl", "-certfile", "ca.pem"];
    let pkcs7 = openssl.run(&bundle, b"").await;
    let pkcs7_der = openssl
        .run(&[&bundle[..], &["-outform", "der"]].concat(), b"")
        .await;
    let key = openssl.read("key.pem");
    for (content, kind, place) in [
        (pkcs12, FoundKind::Pkcs12, "the content"),
        (pkcs7, FoundKind::Pkcs7, "PEM section 1"),
        (pkcs7_der, FoundKind::Pkcs7, "the content"),
    ] {
        let line = format!("F: {place} is {kind}, which is not expected here");
        let report = report(&content);
        assert!(report.ends_with(&line), "{report}");
        let of_chain = ClientIdentity::from_pem(&content, &key).unwrap_err();
        assert_eq!(other_kind(of_chain), Some(kind));
        let of_key = ClientIdentity::from_pem(&chain, &content).unwrap_err();
        assert_eq!(other_kind(of_key), Some(kind));
    }
}

#[tokio::test]
async fn keys_that_openssl_encrypts_are_told_as_encrypted() {
    let Some((openssl, _, chain)) = openssl().await else {
        return;
    };
    let password = ["-aes256", "-passout", "pass:secret"];
    let pkcs8 = ["pkey", "-in", "key.pem"];
    let sec1 = ["ec", "-in", "key.pem"];
    for (tool, begin) in [
        (&pkcs8, &b"-----BEGIN ENCRYPTED PRIVATE KEY-----"[..]),
        (
            &sec1,
            b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
        ),
    ] {
        let key = openssl.run(&[&tool[..], &password[..]].concat(), b"").await;
        assert!(key.starts_with(begin), "{tool:?}");
        for key in [key.clone(), crlf(&key)] {
            let error = ClientIdentity::from_pem(&chain, &key).unwrap_err();
            assert!(
                matches!(error, ConfigError::EncryptedKey),
                "{tool:?}: {error:?}"
            );
        }
    }
    let arguments = [
        "pkcs8", "-topk8", "-in", "key.pem", "-outform", "der", "-passout", "pass:x",
    ];
    let der = openssl.run(&arguments, b"").await;
    assert_eq!(
        report(&der),
        "no trust anchor could be loaded: memory (F): 0 loaded, F: the content is an encrypted private key, \
         which is not expected here"
    );
}

fn crlf(text: &[u8]) -> Vec<u8> {
    String::from_utf8(text.to_vec())
        .unwrap()
        .replace('\n', "\r\n")
        .into_bytes()
}

#[tokio::test]
async fn keys_and_requests_of_openssl_are_told_from_certificates_in_der() {
    let Some((openssl, _, _)) = openssl().await else {
        return;
    };
    let rsa = ["genrsa", "-traditional", "-out", "rsa.pem", "2048"];
    openssl.run(&rsa, b"").await;
    // the arguments, and what their output is
    let table: [(&[&str], FoundKind); 6] = [
        (
            &["pkey", "-in", "key.pem", "-outform", "der"],
            FoundKind::PrivateKey,
        ),
        (
            &["ec", "-in", "key.pem", "-outform", "der"],
            FoundKind::PrivateKey,
        ),
        (
            &["rsa", "-in", "rsa.pem", "-traditional", "-outform", "der"],
            FoundKind::PrivateKey,
        ),
        (
            &["pkey", "-in", "key.pem", "-pubout", "-outform", "der"],
            FoundKind::PublicKey,
        ),
        (
            &["pkey", "-in", "rsa.pem", "-pubout", "-outform", "der"],
            FoundKind::PublicKey,
        ),
        (
            &[
                "req", "-new", "-key", "key.pem", "-subj", "/CN=a", "-outform", "der",
            ],
            FoundKind::CertificateRequest,
        ),
    ];
    for (arguments, kind) in table {
        let der = openssl.run(arguments, b"").await;
        let expected = format!("F: the content is {kind}, which is not expected here");
        let report = report(&der);
        assert!(report.ends_with(&expected), "{arguments:?}: {report}");
    }
}
