//! What is said of certificates that openssl signs with RSASSA-PSS.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bonafide_tests::OpenSslKeys;
use bonafide_verify::pki_types::pem::PemObject as _;
use bonafide_verify::pki_types::{CertificateDer, ServerName};
use bonafide_verify::refusal::Reason;
use bonafide_verify::{Anchors, Code, CustomCa, Peer, Policy};

/// A server's certificate that openssl signs with these options, under an authority whose key is
/// made with this algorithm; and what is said of it.
async fn refusal(
    openssl: &OpenSslKeys,
    algorithm: &str,
    options: &[&str],
) -> Option<(Code, String)> {
    let key = [
        "genpkey",
        "-algorithm",
        algorithm,
        "-pkeyopt",
        "rsa_keygen_bits:2048",
    ];
    openssl
        .run(&[&key[..], &["-out", "ca.key"]].concat(), b"")
        .await;
    let ca = [
        "req",
        "-x509",
        "-new",
        "-key",
        "ca.key",
        "-subj",
        "/CN=corp root",
        "-days",
        "30",
    ];
    openssl
        .run(&[&ca[..], &["-out", "ca.pem"]].concat(), b"")
        .await;
    let key = [
        "genpkey",
        "-algorithm",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ];
    openssl
        .run(&[&key[..], &["-out", "leaf.key"]].concat(), b"")
        .await;
    let leaf = [
        "req",
        "-x509",
        "-new",
        "-key",
        "leaf.key",
        "-subj",
        "/CN=api.test",
        "-days",
        "10",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        "subjectAltName=DNS:api.test",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ];
    let leaf = openssl.run(&[&leaf[..], options].concat(), b"").await;
    let leaf = CertificateDer::from_pem_slice(&leaf).unwrap();
    let anchors = Anchors::only(CustomCa::pem("corp", openssl.read("ca.pem")));
    let policy = Policy::builder().anchors(anchors).build().unwrap();
    let name = ServerName::try_from("api.test").unwrap();
    let refusal = policy.verify(&Peer::new(&[leaf], &name)).err()?;
    if let Reason::UnsupportedSignature { algorithm } = refusal.reason() {
        assert_eq!(algorithm, "RSASSA-PSS");
    }
    Some((refusal.code(), refusal.explain().remedy.text))
}

#[tokio::test]
async fn rsassa_pss_is_named_and_its_remedy_is_true() {
    let Some(openssl) = OpenSslKeys::find() else {
        return;
    };
    let pss = ["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt"];
    let with_salt = |salt| [&pss[..], &[salt]].concat();
    // the kind of the authority's key, the options of the signature, whether it is verified
    let table = [
        ("RSA", with_salt("rsa_pss_saltlen:32"), true),
        ("RSA", with_salt("rsa_pss_saltlen:20"), false),
        ("RSA-PSS", with_salt("rsa_pss_saltlen:32"), false),
    ];
    for (algorithm, options, is_verified) in table {
        let refusal = refusal(&openssl, algorithm, &options).await;
        match refusal {
            None => assert!(is_verified, "{algorithm} {options:?}"),
            Some((code, remedy)) => {
                assert!(!is_verified, "{algorithm} {options:?}: {code} {remedy}");
                assert_eq!(code, Code::UnsupportedSignature);
                assert!(remedy.contains("a salt as long as the hash"), "{remedy}");
            }
        }
    }
}
