//! Handshakes that end before there is TLS, and the key exchange groups that are offered in them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bonafide_testkit::{Ending, Recipe, TestCa, TestServer};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{
    Anchors, Code, ConfigError, HandshakeError, NamedGroup, Policy, PolicyBuilder, TlsError, Zone,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the provider of this build has, the preferred one first.
const GROUPS: &[NamedGroup] = if cfg!(feature = "aws-lc-rs") {
    &[
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::secp256r1,
        NamedGroup::secp384r1,
    ]
} else {
    &[
        NamedGroup::X25519,
        NamedGroup::secp256r1,
        NamedGroup::secp384r1,
    ]
};
/// What one packet holds, about.
const ONE_PACKET: usize = 1_400;
const HINT: &str = "; that is more than one packet, and some middleboxes drop such a ClientHello: `key_exchange_groups` \
                    without X25519MLKEM768 makes it smaller";

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

async fn failed(policy: &Policy, address: SocketAddr) -> HandshakeError {
    let tcp = TcpStream::connect(address).await.unwrap();
    match policy.connect(localhost(), tcp).await {
        Err(TlsError::Handshake(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// How the peer of one connection ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

/// A peer that reads a whole ClientHello, sends `answer` in pieces, and ends the connection; gives
/// the size of what it read.
async fn peer(answer: &'static [&'static [u8]], end: End) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let size = client_hello(&mut tcp).await.len();
        for piece in answer {
            tcp.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if end == End::Reset {
            tcp.set_zero_linger().unwrap();
        }
        size
    });
    (address, task)
}

/// The record that holds the ClientHello.
async fn client_hello(tcp: &mut TcpStream) -> Vec<u8> {
    let mut record = vec![0; 5];
    tcp.read_exact(&mut record).await.unwrap();
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    tcp.read_exact(&mut record[5..]).await.unwrap();
    record
}

#[tokio::test]
async fn an_answer_in_plain_http_or_in_another_protocol_is_said_to_be_that() {
    let policy = trusting(&TestCa::new()).build().unwrap();
    const HTTP: &str =
        "BF-NOT-TLS: the server answered in plain HTTP: it does not use TLS on this port";
    const OTHER: &str = "BF-NOT-TLS: the server's answer is not TLS";
    // what is answered, how the connection ends, the error
    let cases: [(&[&[u8]], End, &str); 7] = [
        (&[b"HTTP/1.1 400 Bad Request\r\n\r\n"], End::Close, HTTP),
        (&[b"HTTP/1.0 400 Bad Request\r\n\r\n"], End::Reset, HTTP),
        (
            &[b"HTTP", b"/1.1 400 Bad Request\r\n\r\n"],
            End::Close,
            HTTP,
        ),
        (&[b"HTTP"], End::Close, HTTP),
        (&[b"SSH-2.0-OpenSSH_9.2\r\n"], End::Close, OTHER),
        (&[b"220 mail.test ESMTP\r\n"], End::Reset, OTHER),
        // rustls looks at no second byte, which may be on its way.
        (
            &[b"H", b"TTP/1.1 400 Bad Request\r\n\r\n"],
            End::Close,
            OTHER,
        ),
    ];
    for (answer, end, expected) in cases {
        let (address, task) = peer(answer, end).await;
        let error = failed(&policy, address).await;
        assert_eq!(error.code(), Code::NotTls, "{answer:?}: {error:?}");
        assert_eq!(error.unanswered_client_hello_bytes(), None, "{answer:?}");
        assert_eq!(error.to_string(), expected, "{answer:?}");
        let explanation = error.explain().to_string();
        assert!(
            explanation.contains("enable TLS on this port"),
            "{explanation}"
        );
        task.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_in_tls_that_makes_no_sense_is_not_called_another_protocol() {
    let policy = trusting(&TestCa::new()).build().unwrap();
    let answer: &[&[u8]] = &[
        b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",
        b"HTTP/1.1 400\r\n\r\n",
    ];
    let (address, task) = peer(answer, End::Close).await;
    assert_eq!(failed(&policy, address).await.code(), Code::HandshakeFailed);
    task.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_ends_upon_the_client_hello_is_reported_with_its_size() {
    let small = trusting(&TestCa::new()).key_exchange_groups([NamedGroup::X25519]);
    let default = trusting(&TestCa::new());
    for (builder, is_large) in [(small, false), (default, GROUPS.len() == 4)] {
        let policy = builder.build().unwrap();
        for (end, code, begin) in [
            (End::Reset, Code::HandshakeReset, "the connection was reset"),
            (
                End::Close,
                Code::HandshakeClosed,
                "the server closed the connection",
            ),
        ] {
            let (address, task) = peer(&[], end).await;
            let error = failed(&policy, address).await;
            let size = task.await.unwrap();
            assert_eq!(
                (error.code(), error.unanswered_client_hello_bytes()),
                (code, Some(size))
            );
            assert_eq!(size > ONE_PACKET, is_large, "{size}");
            let hint = if is_large { HINT } else { "" };
            assert_eq!(
                error.to_string(),
                format!(
                    "{code}: {begin} after a ClientHello of {size} bytes, without an answer{hint}"
                )
            );
        }
    }
}

#[tokio::test]
async fn a_reset_is_the_error_of_the_transport_beneath_its_code() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .ending(Ending::ResetInHandshake)
        .start()
        .await;
    let error = failed(&trusting(&ca).build().unwrap(), server.addr()).await;
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::ConnectionReset);
    server.shutdown().await;
}

#[tokio::test]
async fn a_reset_after_the_server_has_answered_says_nothing_of_sizes() {
    let policy = trusting(&TestCa::new()).build().unwrap();
    let (address, task) = peer(&[b"\x16\x03\x03\x40\x00"], End::Reset).await;
    let error = failed(&policy, address).await;
    assert_eq!(error.unanswered_client_hello_bytes(), None);
    assert_eq!(
        error.to_string(),
        "BF-HANDSHAKE-RESET: the connection was reset during the handshake"
    );
    task.await.unwrap();
}

/// A middlebox that resets connections whose ClientHello does not fit into one packet.
#[cfg(feature = "aws-lc-rs")]
async fn middlebox(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let hello = client_hello(&mut tcp).await;
            if hello.len() > ONE_PACKET {
                tcp.set_zero_linger().unwrap();
                continue;
            }
            let mut onward = TcpStream::connect(server).await.unwrap();
            onward.write_all(&hello).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut tcp, &mut onward).await });
        }
    });
    address
}

#[cfg(feature = "aws-lc-rs")]
#[tokio::test]
async fn classical_groups_pass_a_middlebox_that_drops_large_client_hellos() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let address = middlebox(server.addr()).await;
    let error = failed(&trusting(&ca).build().unwrap(), address).await;
    assert_eq!(error.code(), Code::HandshakeReset);
    assert!(error.to_string().ends_with(HINT), "{error}");

    let classical = [NamedGroup::X25519, NamedGroup::secp256r1];
    let zone = Zone::for_host("localhost").key_exchange_groups(classical);
    let policy = trusting(&ca).zone(zone).build().unwrap();
    let tcp = TcpStream::connect(address).await.unwrap();
    let stream = policy.connect(localhost(), tcp).await.unwrap();
    let group = stream.receipt().connection().unwrap().group;
    assert_eq!(group, Some(NamedGroup::X25519));
    drop(stream);
    server.shutdown().await;
}

#[tokio::test]
async fn the_first_group_that_is_named_is_preferred_and_no_other_is_offered() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    for groups in [
        vec![NamedGroup::secp384r1, NamedGroup::X25519],
        vec![NamedGroup::X25519, NamedGroup::secp384r1],
        // One that is named twice is offered once.
        vec![NamedGroup::secp256r1, NamedGroup::secp256r1],
    ] {
        let policy = trusting(&ca)
            .key_exchange_groups(groups.clone())
            .build()
            .unwrap();
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let stream = policy.connect(localhost(), tcp).await.unwrap();
        let used = stream.receipt().connection().unwrap().group;
        assert_eq!(used, groups.first().copied());
    }
    server.shutdown().await;
}

#[test]
fn groups_that_cannot_be_offered_do_not_build() {
    let ca = TestCa::new();
    let build = |groups: Vec<NamedGroup>| {
        let zone = Zone::for_host("a.test").key_exchange_groups(groups);
        trusting(&ca).zone(zone).build().map(drop).unwrap_err()
    };
    match build(Vec::new()) {
        ConfigError::NoKeyExchangeGroup { zone } => assert_eq!(zone, "a.test"),
        other => panic!("{other:?}"),
    }
    match build(vec![NamedGroup::X25519, NamedGroup::X448]) {
        ConfigError::UnsupportedKeyExchangeGroup { zone, group, known } => {
            assert_eq!((zone.as_str(), group), ("a.test", NamedGroup::X448));
            assert_eq!(known, GROUPS);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_configuration_does_not_serve_zones_with_other_groups() {
    let ca = TestCa::new();
    let zone = |groups: &[NamedGroup]| {
        let zone = Zone::for_host("a.test").key_exchange_groups(groups.iter().copied());
        trusting(&ca).zone(zone).build().unwrap()
    };
    assert!(zone(GROUPS).client_config().is_ok());
    let policy = zone(&[NamedGroup::X25519]);
    match policy.client_config() {
        Err(ConfigError::ZoneNeedsOwnConfig { zone, facet }) => assert_eq!(
            (zone.as_str(), facet),
            ("a.test", "list of key exchange groups")
        ),
        other => panic!("{other:?}"),
    }
    let config = policy.client_config_for("a.test").unwrap();
    let offered: Vec<_> = config
        .crypto_provider()
        .kx_groups
        .iter()
        .map(|group| group.name())
        .collect();
    assert_eq!(offered, [NamedGroup::X25519]);
}
