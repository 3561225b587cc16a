//! Whatever a server, a PEM file, a pin or a certificate holds, the answer is typed and never a
//! panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use bonafide::verify::host::{HostPattern, PatternError};
use bonafide::verify::pki_types::{CertificateDer, ServerName};
use bonafide::verify::x509::{Certificate, PinError, SpkiSha256};
use bonafide::verify::{Anchors, ClientIdentity, ConfigError, CustomCa, Peer, Policy};
use bonafide::{Client, Code, Kind, Phase};
use bonafide_testkit::{Ending, Identity, Recipe, TestCa, TestServer};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

static CA: LazyLock<TestCa> = LazyLock::new(TestCa::new);
static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    CA.intermediate("issuing")
        .issue(Recipe::for_hosts(["localhost", "127.0.0.1"]))
});
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::builder()
        .anchors(Anchors::only(CA.certificate().clone()))
        .build()
        .unwrap()
});

fn judge(chain: &[CertificateDer<'_>]) {
    let name = ServerName::try_from("localhost").unwrap();
    match POLICY.verify(&Peer::new(chain, &name)) {
        Ok(receipt) => assert!(receipt.is_verified()),
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_as_a_chain(chain in vec(vec(any::<u8>(), 0..300), 0..4)) {
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        judge(&chain);
        for certificate in &chain {
            let certificate = Certificate::from_der(certificate);
            let _ = certificate.map(|certificate| certificate.extensions().count());
        }
    }

    #[test]
    fn a_valid_chain_with_bytes_changed(
        which in 0usize..2,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let original = IDENTITY.chain();
        let mut chain: Vec<Vec<u8>> = original.iter().map(|der| der.to_vec()).collect();
        for (place, byte) in changes {
            let place = place.index(chain[which].len());
            chain[which][place] = byte;
        }
        let mut pairs = original.iter().zip(&chain);
        let unchanged = pairs.all(|(before, after)| before.as_ref() == after.as_slice());
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        let name = ServerName::try_from("localhost").unwrap();
        prop_assert_eq!(POLICY.verify(&Peer::new(&chain, &name)).is_ok(), unchanged);
    }

    #[test]
    fn a_valid_chain_cut_short_or_extended(
        length in any::<prop::sample::Index>(),
        extra in vec(any::<u8>(), 0..8),
    ) {
        let leaf = IDENTITY.leaf();
        let mut bytes = leaf[..length.index(leaf.len())].to_vec();
        bytes.extend(extra);
        judge(&[CertificateDer::from(bytes), IDENTITY.chain()[1].clone()]);
    }

    #[test]
    fn any_bytes_as_a_ca_file(bytes in vec(any::<u8>(), 0..500)) {
        let loaded = Anchors::only(CustomCa::pem("any", bytes)).load();
        let refused = matches!(loaded, Err(ConfigError::NoAnchors { .. }));
        prop_assert!(refused || loaded.is_ok());
    }

    #[test]
    fn any_text_between_pem_markers(text in "[A-Za-z0-9+/=\n-]{0,200}") {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let loaded = Anchors::only(CustomCa::pem("any", &pem)).load();
        prop_assert!(matches!(loaded, Err(ConfigError::NoAnchors { .. })), "{:?}", loaded);
        let key = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        let anchors = Anchors::only(CA.certificate().clone());
        let built = ClientIdentity::from_pem(IDENTITY.chain_pem(), key)
            .and_then(|identity| Policy::builder().anchors(anchors).identity(identity).build());
        prop_assert!(
            matches!(built, Err(ConfigError::IdentityPem { .. } | ConfigError::UnusableKey(_))),
            "{:?}", built
        );
    }

    #[test]
    fn any_text_as_a_pin(text in "\\PC{0,80}") {
        match text.parse::<SpkiSha256>() {
            Ok(pin) => prop_assert_eq!(pin.to_string().parse(), Ok(pin)),
            Err(PinError::Malformed { pin }) => prop_assert!(is_shown(&pin, &text), "{pin}"),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn any_text_as_a_host_pattern(text in "(\\*\\*?\\.)?\\PC{0,40}") {
        match text.parse::<HostPattern>() {
            Ok(pattern) => prop_assert_eq!(pattern.to_string().parse(), Ok(pattern)),
            Err(
                PatternError::Malformed { pattern } | PatternError::PublicSuffix { pattern, .. },
            ) => {
                prop_assert!(is_shown(&pattern, &text), "{pattern}");
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

/// Whether an error shows `text` as it is or, where it could be a secret, by its length.
fn is_shown(shown: &str, text: &str) -> bool {
    shown == text || shown == format!("({} characters)", text.chars().count())
}

/// A server that answers every connection with `bytes` and closes it.
async fn answering(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            // All of it, so that closing the connection does not reset it.
            let mut hello = [0; 4096];
            let _ = tcp.read(&mut hello).await;
            let _ = tcp.write_all(bytes).await;
        }
    });
    port
}

#[tokio::test]
async fn bytes_that_are_not_tls_are_a_handshake_error() {
    let client = Client::builder().policy(POLICY.clone()).build().unwrap();
    // what is answered, the code
    let cases: [(&[u8], Code); 5] = [
        (b"", Code::HandshakeClosed),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Code::NotTls),
        (b"\x15\x03\x03\x00\x02\x02\x28", Code::NoCommonParameters),
        (b"\x16\x03\x03\x40\x00garbage", Code::HandshakeClosed),
        (&[0xff; 64], Code::NotTls),
    ];
    for (bytes, code) in cases {
        let url = format!("https://127.0.0.1:{}/", answering(bytes).await);
        let error = client.get(&url).send().await.unwrap_err();
        assert_eq!(
            (error.phase(), error.kind(), error.code()),
            (Some(Phase::Tls), Kind::Tls, Some(code)),
            "{error}"
        );
        assert!(
            error.to_string().starts_with(&url) && !error.to_string().contains('\n'),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_reset_in_the_handshake_has_its_code_and_may_be_tried_again() {
    let server = TestServer::builder(IDENTITY.clone())
        .ending(Ending::ResetInHandshake)
        .start()
        .await;
    let client = Client::builder().policy(POLICY.clone()).build().unwrap();
    let request = client.get(server.url_for("127.0.0.1", "/")).send();
    let error = request.await.unwrap_err();
    assert_eq!(
        (
            error.phase(),
            error.kind(),
            error.code(),
            error.is_retryable()
        ),
        (
            Some(Phase::Tls),
            Kind::Tls,
            Some(Code::HandshakeReset),
            true
        ),
        "{error}"
    );
    server.shutdown().await;
}
