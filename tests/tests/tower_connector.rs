//! Receipts on hyper-util's own client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::error::Error as _;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bonafide_testkit::server::TestServerBuilder;
use bonafide_testkit::{Alpn, ClientAuth, Ending, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tower::connector::{ConnectError, Protocols, VerifiedConnector};
use bonafide_tower::require_https::NotHttps;
use bonafide_verify::{
    Anchors, ClientIdentity, Code, ConfigError, HandshakeError, Policy, PolicyBuilder, Receipt,
    Refusal, TlsVersion, Zone,
};
use bytes::Bytes;
use http::{Uri, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::{Builder, Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Plain = Client<VerifiedConnector, Empty<Bytes>>;

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn builder() -> Builder {
    Client::builder(TokioExecutor::new())
}

fn client(policy: PolicyBuilder) -> Plain {
    builder().build(VerifiedConnector::new(policy.build().unwrap()))
}

fn server(ca: &TestCa) -> TestServerBuilder {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1", "::1"])))
}

/// Reads a response to its end, so that its connection is free, and gives its receipt.
async fn receipt_of(client: &Plain, url: &str) -> Arc<Receipt> {
    let response = client.get(url.parse().unwrap()).await.unwrap();
    let receipt = Arc::clone(response.extensions().get::<Arc<Receipt>>().unwrap());
    response.into_body().collect().await.unwrap();
    receipt
}

async fn failure(client: &Plain, url: &str) -> Error {
    client.get(url.parse().unwrap()).await.unwrap_err()
}

fn connect_error(error: &Error) -> &ConnectError {
    assert!(error.is_connect(), "{error:?}");
    error.source().unwrap().downcast_ref().unwrap()
}

#[tokio::test]
async fn every_response_of_a_connection_carries_its_receipt() {
    for (alpn, negotiated) in [(Alpn::Http1, "http/1.1"), (Alpn::Http2, "h2")] {
        let ca = TestCa::new();
        let server = server(&ca).alpn(alpn).start().await;
        let client = client(trusting(&ca));
        let first = receipt_of(&client, &server.url("/")).await;
        let second = receipt_of(&client, &server.url("/")).await;
        assert!(first.is_verified());
        let connection = first.connection().unwrap();
        assert_eq!(connection.alpn.as_deref(), Some(negotiated.as_bytes()));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(server.tls_handshakes(), 1);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_resumed_connection_carries_a_receipt() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let ca = TestCa::new();
        let server = server(&ca).tls_versions(&[version]).start().await;
        let connector =
            VerifiedConnector::new(trusting(&ca).build().unwrap()).with_protocols(Protocols::Http1);
        let client = builder().pool_max_idle_per_host(0).build(connector);
        let full = receipt_of(&client, &server.url("/")).await;
        let resumed = receipt_of(&client, &server.url("/")).await;
        assert_eq!(server.tls_handshakes(), 2);
        assert_eq!(server.resumed_handshakes(), 1);
        assert!(!full.connection().unwrap().resumed);
        assert!(resumed.connection().unwrap().resumed);
        assert!(resumed.is_verified());
        assert_eq!(resumed.epoch(), full.epoch());
        server.shutdown().await;
    }
}

#[tokio::test]
async fn each_choice_of_protocols_is_what_is_spoken() {
    for (protocols, version) in [
        (Protocols::Http2OrHttp1, Version::HTTP_2),
        (Protocols::Http2, Version::HTTP_2),
        (Protocols::Http1, Version::HTTP_11),
    ] {
        let ca = TestCa::new();
        let server = server(&ca).start().await;
        let connector =
            VerifiedConnector::new(trusting(&ca).build().unwrap()).with_protocols(protocols);
        assert_eq!(connector.protocols(), protocols);
        let client: Plain = builder()
            .http2_only(protocols == Protocols::Http2)
            .build(connector);
        let response = client.get(server.url("/").parse().unwrap()).await.unwrap();
        assert_eq!(response.version(), version, "{protocols:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_refusal_is_found_behind_the_error_of_the_client_and_no_request_was_sent() {
    let ca = TestCa::new();
    let server = server(&ca).start().await;
    let error = failure(&client(trusting(&TestCa::new())), &server.url("/")).await;
    let refusal = Refusal::find_in(&error).unwrap();
    assert_eq!(refusal.code(), Code::UnknownIssuer);
    let error = connect_error(&error);
    assert_eq!(error.code(), Some(Code::UnknownIssuer));
    assert_eq!(error.receipt().unwrap().host(), Some("localhost"));
    assert_eq!(error.to_string(), "the server of localhost is not trusted");
    assert_eq!(error.source().unwrap().to_string(), refusal.to_string());
    server.wait_for(|stats| stats.failed_handshakes == 1).await;
    assert_eq!(server.request_count(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn addresses_and_absolute_names_are_verified_as_what_they_are() {
    let ca = TestCa::new();
    let server = server(&ca).start().await;
    let address = server.addr();
    // The names of this test are not looked up: not every resolver knows `localhost.`.
    let transport = tower::service_fn(move |_: Uri| async move {
        Ok::<_, io::Error>(TokioIo::new(TcpStream::connect(address).await?))
    });
    let connector = VerifiedConnector::over(transport, trusting(&ca).build().unwrap());
    let client: Client<_, Empty<Bytes>> = builder().build(connector);
    for (asked, verified) in [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("localhost.", "localhost"),
        ("LocalHost", "localhost"),
    ] {
        let url = server.url_for(asked, "/").parse().unwrap();
        let response = client.get(url).await.unwrap();
        let receipt = response.extensions().get::<Arc<Receipt>>().unwrap();
        assert_eq!(receipt.host(), Some(verified));
        assert!(receipt.is_verified());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_reset_in_the_handshake_has_its_code_and_the_error_of_the_transport() {
    let ca = TestCa::new();
    let server = server(&ca).ending(Ending::ResetInHandshake).start().await;
    let error = failure(&client(trusting(&ca)), &server.url("/")).await;
    match connect_error(&error) {
        ConnectError::Handshake { host, source } => {
            assert_eq!(
                (host.as_str(), source.code()),
                ("localhost", Code::HandshakeReset)
            );
            let source = source.source().unwrap();
            let source = source.downcast_ref::<io::Error>().unwrap();
            assert_eq!(source.kind(), io::ErrorKind::ConnectionReset);
        }
        other => panic!("{other:?}"),
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_without_tls_is_said_to_be_one() {
    let ca = TestCa::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let _ = tcp.read(&mut [0; 4096]).await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let error = failure(&client(trusting(&ca)), &url).await;
    assert_eq!(connect_error(&error).code(), Some(Code::NotTls));
    answering.await.unwrap();
}

#[tokio::test]
async fn an_ipv6_literal_is_verified_as_an_address() {
    let ca = TestCa::new();
    let Some(address) = bonafide_tests::ipv6_loopback() else {
        return;
    };
    let address = SocketAddr::from((address, 0));
    let server = server(&ca).bind(address).start().await;
    let receipt = receipt_of(&client(trusting(&ca)), &server.url_for("::1", "/")).await;
    assert_eq!(receipt.host(), Some("::1"));
    server.shutdown().await;
}

#[tokio::test]
async fn only_the_zone_that_names_a_client_certificate_shows_it() {
    let ca = TestCa::new();
    let clients = TestCa::new();
    let server = server(&ca)
        .client_auth(ClientAuth::Optional(clients.certificate().clone()))
        .start()
        .await;
    let shown = clients.issue(Recipe::for_host("client.example").client());
    let identity = ClientIdentity::from_pem(shown.chain_pem(), shown.key_pem()).unwrap();
    let policy = trusting(&ca).zone(Zone::for_host("localhost").identity(identity));
    let one_for_all = policy.clone().build().unwrap().client_config().unwrap_err();
    assert!(
        matches!(one_for_all, ConfigError::ZoneNeedsOwnConfig { .. }),
        "{one_for_all:?}"
    );

    let client = client(policy);
    let in_zone = receipt_of(&client, &server.url_for("localhost", "/")).await;
    let outside = receipt_of(&client, &server.url_for("127.0.0.1", "/")).await;
    assert_eq!((in_zone.zone(), outside.zone()), ("localhost", "default"));
    assert!(!in_zone.connection().unwrap().client_identity.is_none());
    assert!(outside.connection().unwrap().client_identity.is_none());
    let certificates: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.peer_identity)
        .collect();
    assert_eq!(certificates, [Some(shown.leaf().clone()), None]);
    server.shutdown().await;
}

#[tokio::test]
async fn the_lowest_tls_version_of_a_zone_holds_in_it_alone() {
    let ca = TestCa::new();
    let server = server(&ca)
        .tls_versions(&[&rustls::version::TLS12])
        .start()
        .await;
    let zone = Zone::for_host("localhost").min_tls_version(TlsVersion::Tls13);
    let client = client(trusting(&ca).zone(zone));

    let error = failure(&client, &server.url_for("localhost", "/")).await;
    let handshake = HandshakeError::find_in(&error).unwrap();
    assert_eq!(handshake.code(), Code::ProtocolVersion);
    assert_eq!(connect_error(&error).code(), Some(Code::ProtocolVersion));
    assert_eq!(
        connect_error(&error).to_string(),
        "the TLS handshake with localhost failed"
    );

    let outside = receipt_of(&client, &server.url_for("127.0.0.1", "/")).await;
    assert!(outside.is_verified());
    server.shutdown().await;
}

#[tokio::test]
async fn a_closed_policy_refuses_other_hosts_without_connecting() {
    let ca = TestCa::new();
    let server = server(&ca).start().await;
    let policy = trusting(&ca)
        .zone(Zone::for_host("api.example.com"))
        .closed();
    let error = failure(&client(policy), &server.url("/")).await;
    let refusal = connect_error(&error).refusal().unwrap();
    assert_eq!(refusal.code(), Code::HostNotInPolicy);
    assert_eq!(server.tcp_connections(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn plain_http_is_refused_unless_it_is_named() {
    let server = PlainServer::start().await;
    let policy = trusting(&TestCa::new()).build().unwrap();
    let connector = VerifiedConnector::new(policy);

    let refusing: Plain = builder().build(connector.clone());
    let error = failure(&refusing, &server.url("/")).await;
    match connect_error(&error) {
        ConnectError::NotHttps(NotHttps::PlainHttp { host }) => assert_eq!(host, "localhost"),
        other => panic!("{other:?}"),
    }
    assert_eq!(connect_error(&error).code(), Some(Code::PlainHttp));
    assert_eq!(server.tcp_connections(), 0);

    let allowing: Plain = builder().build(connector.allow_plain_http());
    let response = allowing
        .get(server.url("/").parse().unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.extensions().get::<Arc<Receipt>>().is_none());
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_that_closes_in_the_handshake_is_told_from_a_transport_that_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let closing = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.shutdown().await.unwrap();
        tcp.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let client = client(trusting(&TestCa::new()));
    let (error, ()) = tokio::join!(failure(&client, &url), closing);
    match connect_error(&error) {
        ConnectError::Handshake { host, source } => {
            assert_eq!(host, "127.0.0.1");
            assert_eq!(source.code(), Code::HandshakeClosed);
        }
        other => panic!("{other:?}"),
    }

    let transport = tower::service_fn(|_: Uri| {
        let closed = io::Error::from(io::ErrorKind::UnexpectedEof);
        ready(Err::<TokioIo<TcpStream>, _>(closed))
    });
    let connector = VerifiedConnector::over(transport, trusting(&TestCa::new()).build().unwrap());
    let client: Client<_, Empty<Bytes>> = builder().build(connector);
    let error = client
        .get(Uri::from_static("https://localhost/"))
        .await
        .unwrap_err();
    match connect_error(&error) {
        ConnectError::Transport { host, source } => {
            assert_eq!(host, "localhost");
            let source = source.downcast_ref::<io::Error>().unwrap();
            assert_eq!(source.kind(), io::ErrorKind::UnexpectedEof);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(connect_error(&error).code(), None);
}

#[tokio::test]
async fn a_host_that_is_no_name_is_a_fault_of_the_configuration() {
    let error = failure(&client(trusting(&TestCa::new())), "https://a..b/").await;
    match connect_error(&error) {
        ConnectError::Config {
            source: ConfigError::InvalidHost { host },
            ..
        } => assert_eq!(host, "a..b"),
        other => panic!("{other:?}"),
    }
}
