//! Real handshakes: receipts on fresh and resumed connections, versions, signatures, providers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide_testkit::{Alpn, ClientAuth, Recipe, TestCa, TestServer};
use bonafide_verify::pins::OnExpiredPins;
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::{
    Anchors, ClientIdentity, Clock, Code, Intermediates, Peer, Pins, Policy, PolicyBuilder,
    Receipt, Refusal, TlsError, TlsVersion, VerifiedStream, Zone,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{HandshakeKind, NamedGroup, ProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the provider of this build is called, and which group it offers first.
const BUILT_IN: (&str, NamedGroup) = if cfg!(feature = "aws-lc-rs") {
    ("aws-lc-rs", NamedGroup::X25519MLKEM768)
} else {
    ("ring", NamedGroup::X25519)
};

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

async fn connect(
    policy: &Policy,
    server: &TestServer,
) -> Result<VerifiedStream<TcpStream>, TlsError> {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    policy.connect_alpn(localhost(), tcp, &[b"http/1.1"]).await
}

/// Sends a request and reads the whole answer, after which any session ticket has arrived.
async fn converse(stream: &mut VerifiedStream<TcpStream>) -> String {
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_verified_stream_carries_data_and_its_receipt() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let policy = trusting(&ca).build().unwrap();
    let mut stream = connect(&policy, &server).await.unwrap();
    assert!(converse(&mut stream).await.starts_with("HTTP/1.1 200"));
    let receipt = stream.receipt();
    assert!(receipt.is_verified());
    assert_eq!(
        (receipt.host(), receipt.zone(), receipt.epoch()),
        (Some("localhost"), "default", policy.epoch())
    );
    let connection = receipt.connection().unwrap();
    assert_eq!(connection.version, ProtocolVersion::TLSv1_3);
    assert_eq!(connection.group, Some(BUILT_IN.1));
    assert_eq!(connection.alpn.as_deref(), Some(&b"http/1.1"[..]));
    assert!(!connection.resumed);
    server.shutdown().await;
}

#[tokio::test]
async fn the_debug_of_a_policy_has_no_bytes_of_certificates_however_much_it_has_seen() {
    let ca = TestCa::new();
    let intermediate = ca.intermediate("issuing");
    let given = ca.intermediate("given");
    let server = TestServer::http1(intermediate.issue(Recipe::for_host("localhost"))).await;
    let intermediates = Intermediates::pem("given", given.pem()).remember_verified();
    let builder = trusting(&ca).intermediates(intermediates);
    let policy = builder.clone().build().unwrap();
    connect(&policy, &server).await.unwrap();
    let seen = format!("{policy:?}");
    assert!(seen.contains("given: BySubject(1)"), "{seen}");
    assert!(seen.contains("Remembered(BySubject(1))"), "{seen}");
    assert!(seen.contains("Kept { receipts: 1, "), "{seen}");
    let built = format!("{builder:?}");
    let of_anchors = r#"Certificates { label: "certificates", count: 1 }"#;
    assert!(built.contains(of_anchors), "{built}");
    for text in [seen, built] {
        assert!(!text.contains("Der("), "{text}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_resumed_connection_carries_the_receipt_of_its_original_verification() {
    let ca = TestCa::new();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(Alpn::Http1)
            .tls_versions(&[version])
            .start()
            .await;
        let policy = trusting(&ca).build().unwrap();
        let mut receipts: Vec<Arc<Receipt>> = Vec::new();
        for _ in 0..2 {
            let mut stream = connect(&policy, &server).await.unwrap();
            converse(&mut stream).await;
            receipts.push(Arc::clone(stream.receipt()));
        }
        assert_eq!(server.resumed_handshakes(), 1);
        let resumed: Vec<_> = receipts
            .iter()
            .map(|receipt| receipt.connection().unwrap().resumed)
            .collect();
        assert_eq!(resumed, [false, true]);
        assert!(receipts[1].is_verified());
        assert_eq!(receipts[0].time(), receipts[1].time());
        assert_eq!(receipts[0].checks(), receipts[1].checks());
        server.shutdown().await;
    }
}

#[tokio::test]
async fn two_policies_and_two_zones_never_share_a_ticket() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"]))).await;
    let one = trusting(&ca)
        .zone(Zone::for_host("127.0.0.1"))
        .build()
        .unwrap();
    let other = trusting(&ca).build().unwrap();
    for policy in [&one, &other] {
        converse(&mut connect(policy, &server).await.unwrap()).await;
    }
    let address = ServerName::try_from("127.0.0.1").unwrap();
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let mut stream = one
        .connect_alpn(address, tcp, &[b"http/1.1"])
        .await
        .unwrap();
    converse(&mut stream).await;
    assert_eq!(
        (server.tls_handshakes(), server.resumed_handshakes()),
        (3, 0)
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_refused_peer_receives_no_byte_of_the_application() {
    let ca = TestCa::new();
    let server = TestServer::http1(TestCa::new().issue(Recipe::for_host("localhost"))).await;
    let error = connect(&trusting(&ca).build().unwrap(), &server)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::UnknownIssuer));
    assert_eq!(error.receipt().unwrap().host(), Some("localhost"));
    assert_eq!(
        Refusal::find_in(&error).map(Refusal::code),
        Some(Code::UnknownIssuer)
    );
    server.wait_for(|stats| stats.failed_handshakes == 1).await;
    assert_eq!(server.request_count(), 0);
    server.shutdown().await;
}

/// A server that presents `chain` and signs with a key of its own.
async fn impostor(
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    version: &'static rustls::SupportedProtocolVersion,
) -> std::net::SocketAddr {
    let stranger = TestCa::new().issue(Recipe::for_host("localhost"));
    let key = Arc::clone(&stranger.certified_key().key);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(
            chain, key,
        ))));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = acceptor.accept(tcp).await;
        }
    });
    address
}

#[tokio::test]
async fn a_peer_that_does_not_hold_the_key_of_its_certificate_is_refused() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let chain = ca.issue(Recipe::for_host("localhost")).chain().to_vec();
        let tcp = TcpStream::connect(impostor(chain, version).await)
            .await
            .unwrap();
        let error = policy.connect(localhost(), tcp).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::BadHandshakeSignature), "{error}");
    }
}

#[tokio::test]
async fn a_zones_lowest_version_is_kept() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .tls_versions(&[&rustls::version::TLS12])
        .start()
        .await;
    assert!(
        connect(&trusting(&ca).build().unwrap(), &server)
            .await
            .is_ok()
    );
    let strict = trusting(&ca)
        .min_tls_version(TlsVersion::Tls13)
        .build()
        .unwrap();
    assert_eq!(
        connect(&strict, &server).await.unwrap_err().code(),
        Some(Code::ProtocolVersion)
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_certificate_is_offered_in_its_zone_only() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .client_auth(ClientAuth::Optional(ca.certificate().clone()))
        .start()
        .await;
    let client = ca.issue(Recipe::for_host("client").client());
    let identity = ClientIdentity::from_pem(client.chain_pem(), client.key_pem()).unwrap();
    let policy = trusting(&ca)
        .zone(Zone::for_host("localhost").identity(identity))
        .build()
        .unwrap();
    for (host, offered) in [
        ("localhost", Some(client.leaf().clone())),
        ("127.0.0.1", None),
    ] {
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let mut stream = policy
            .connect(ServerName::try_from(host).unwrap(), tcp)
            .await
            .unwrap();
        converse(&mut stream).await;
        assert_eq!(
            server.requests().last().unwrap().peer_identity,
            offered,
            "{host}"
        );
        assert_eq!(
            stream
                .receipt()
                .connection()
                .unwrap()
                .client_identity
                .shown()
                .is_some(),
            offered.is_some()
        );
    }
    server.shutdown().await;
}

#[tokio::test]
async fn two_crypto_providers_linked_into_one_program_do_not_panic() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let ring = trusting(&ca)
        .crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
        .unwrap();
    let built_in = trusting(&ca).build().unwrap();
    assert!(
        rustls::crypto::CryptoProvider::get_default().is_none(),
        "nobody has installed a default"
    );
    let by_ring = connect(&ring, &server).await.unwrap();
    let by_built_in = connect(&built_in, &server).await.unwrap();
    assert_eq!(
        (
            by_ring.receipt().provider(),
            by_built_in.receipt().provider()
        ),
        ("custom", BUILT_IN.0)
    );
    assert_eq!(
        by_ring.receipt().connection().unwrap().group,
        Some(NamedGroup::X25519)
    );
    server.shutdown().await;
}

#[tokio::test]
async fn the_refusal_is_found_behind_the_error_of_any_rustls_client() {
    let ca = TestCa::new();
    let server = TestServer::http1(TestCa::new().issue(Recipe::for_host("localhost"))).await;
    let config = Arc::new(trusting(&ca).build().unwrap().client_config().unwrap());
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let error = tokio_rustls::TlsConnector::from(config)
        .connect(localhost(), tcp)
        .await
        .unwrap_err();
    assert_eq!(
        Refusal::find_in(&error).map(Refusal::code),
        Some(Code::UnknownIssuer)
    );
    server.shutdown().await;
}

#[tokio::test]
async fn the_receipt_of_any_rustls_clients_connection_is_had_by_name() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let policy = trusting(&ca).build().unwrap();
    let config = Arc::new(policy.client_config().unwrap());
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let stream = tokio_rustls::TlsConnector::from(config)
        .connect(localhost(), tcp)
        .await
        .unwrap();
    let receipt = policy.receipt_of(&localhost(), stream.get_ref().1).unwrap();
    assert!(receipt.is_verified());
    server.shutdown().await;
}

#[tokio::test]
async fn no_client_resumes_past_the_deadline_of_the_verdict() {
    let ca = TestCa::new();
    let start = UnixTime::now().as_secs();
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(start + seconds));
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let identity = ca.issue(Recipe::for_host("localhost"));
        let pins = Pins::for_host("localhost")
            .leaf(identity.spki_pin())
            .without_backup()
            .expires(at(60), OnExpiredPins::Refuse)
            .build()
            .unwrap();
        let server = TestServer::builder(identity)
            .alpn(Alpn::Http1)
            .tls_versions(&[version])
            .start()
            .await;
        let shown = Arc::new(Mutex::new(at(0)));
        let clock = Arc::clone(&shown);
        let policy = trusting(&ca)
            .pins(pins)
            .clock(Clock::from_fn("movable", move || *clock.lock().unwrap()))
            .build()
            .unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(policy.client_config().unwrap()));
        // seconds passed, whether the connection is resumed; refused at the end
        for (seconds, expected) in [(0, Some(false)), (59, Some(true)), (60, None)] {
            *shown.lock().unwrap() = at(seconds);
            let tcp = TcpStream::connect(server.addr()).await.unwrap();
            match connector.connect(localhost(), tcp).await {
                Ok(mut stream) => {
                    let kind = stream.get_ref().1.handshake_kind();
                    assert_eq!(
                        Some(kind == Some(HandshakeKind::Resumed)),
                        expected,
                        "{seconds}"
                    );
                    stream
                        .write_all(
                            b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
                        )
                        .await
                        .unwrap();
                    stream.read_to_end(&mut Vec::new()).await.unwrap();
                }
                Err(error) => {
                    assert_eq!(expected, None, "{seconds}");
                    assert_eq!(
                        Refusal::find_in(&error).map(Refusal::code),
                        Some(Code::PinsExpired)
                    );
                }
            }
        }
        server.shutdown().await;
    }
}

#[tokio::test]
#[ignore = "run by the next test, in a process without a system store"]
async fn connect_to_a_zone_with_anchors_beside_one_without() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let policy = Policy::builder()
        .zone(Zone::for_host("localhost").anchors(Anchors::system().plus(ca.certificate().clone())))
        .build()
        .unwrap();
    assert!(
        connect(&policy, &server)
            .await
            .unwrap()
            .receipt()
            .is_verified()
    );
    let default_zone = policy.load().unwrap_err();
    println!("<{default_zone}>");
    server.shutdown().await;
}

#[test]
fn a_zone_without_anchors_does_not_stop_the_others() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("connect_to_a_zone_with_anchors_beside_one_without")
        .env("SSL_CERT_FILE", "/nonexistent/ca.pem")
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("<no trust anchor could be loaded: SSL_CERT_FILE: 0 loaded"),
        "{printed}"
    );
}

#[tokio::test]
async fn an_audit_at_another_time_leaves_no_receipt_for_connections() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let server = TestServer::http1(identity.clone()).await;
    let policy = trusting(&ca).build().unwrap();
    converse(&mut connect(&policy, &server).await.unwrap()).await;
    let tomorrow =
        UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + 86_400));
    let audit = policy
        .verify(&Peer::new(identity.chain(), &localhost()).at(tomorrow))
        .unwrap();
    assert_eq!((audit.time(), audit.clock()), (tomorrow, "given"));
    let resumed = connect(&policy, &server).await.unwrap();
    assert!(resumed.receipt().connection().unwrap().resumed);
    assert!(resumed.receipt().time() < tomorrow);
    server.shutdown().await;
}

#[tokio::test]
async fn a_configuration_for_one_zone_refuses_hosts_of_another() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"]))).await;
    let policy = trusting(&ca)
        .zone(Zone::for_host("127.0.0.1"))
        .build()
        .unwrap();
    let config = Arc::new(policy.client_config_for("127.0.0.1").unwrap());
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let error = tokio_rustls::TlsConnector::from(config)
        .connect(localhost(), tcp)
        .await
        .unwrap_err();
    assert_eq!(
        Refusal::find_in(&error).map(Refusal::code),
        Some(Code::HostNotInPolicy)
    );
    server.shutdown().await;
}
