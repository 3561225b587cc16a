use std::sync::Arc;

use bonafide_testkit::{ClientAuth, Identity, KeyKind, Recipe, TestCa, TestServer};
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, ClientConfig, Error, ProtocolVersion};
use tokio::io::AsyncReadExt as _;

use crate::client::{config, connect, connect_as, connect_to, get, http1, tls_error};

fn localhost(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_host("localhost"))
}

fn only_version(
    ca: &TestCa,
    version: &'static rustls::SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("the provider has suites for it")
        .with_root_certificates(ca.root_store())
        .with_no_client_auth();
    Arc::new(config)
}

#[tokio::test]
async fn a_server_speaks_the_versions_it_was_given() {
    let ca = TestCa::new();
    let (tls12, tls13) = (&rustls::version::TLS12, &rustls::version::TLS13);
    for (spoken, asked, expected) in [
        (&[tls12][..], tls12, Some(ProtocolVersion::TLSv1_2)),
        (&[tls13], tls13, Some(ProtocolVersion::TLSv1_3)),
        (&[tls12, tls13], tls12, Some(ProtocolVersion::TLSv1_2)),
        (&[tls13], tls12, None),
    ] {
        let server = TestServer::builder(localhost(&ca))
            .tls_versions(spoken)
            .start()
            .await;
        match (connect(&server, &only_version(&ca, asked)).await, expected) {
            (Ok(tls), Some(_)) => assert_eq!(tls.get_ref().1.protocol_version(), expected),
            (Err(error), None) => assert_eq!(
                tls_error(&error),
                &Error::AlertReceived(AlertDescription::ProtocolVersion)
            ),
            (outcome, _) => panic!("{outcome:?} where {expected:?} was due"),
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn every_good_key_shakes_hands_in_both_versions() {
    let ca = TestCa::new();
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa3072,
    ] {
        let server = TestServer::http1(ca.issue(Recipe::for_host("localhost").key(kind))).await;
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            connect(&server, &only_version(&ca, version))
                .await
                .unwrap_or_else(|error| panic!("{kind:?} in {version:?}: {error}"));
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn the_server_name_decides_which_certificate_is_shown() {
    let ca = TestCa::new();
    let (default, named) = (
        ca.issue(Recipe::for_host("a.test")),
        ca.issue(Recipe::for_host("b.test")),
    );
    let server = TestServer::builder(default.clone())
        .sni("B.test", named.clone())
        .start()
        .await;
    let config = config(&ca, &[]);
    for (name, shown) in [("a.test", &default), ("b.test", &named)] {
        let tls = connect_as(&server, &config, name)
            .await
            .expect("a connection");
        assert_eq!(tls.get_ref().1.peer_certificates(), Some(shown.chain()));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn an_identity_can_be_replaced_while_the_server_runs() {
    let ca = TestCa::new();
    let (old, new) = (localhost(&ca), localhost(&ca));
    let server = TestServer::builder(old.clone()).tickets(0).start().await;
    let config = config(&ca, &[]);
    let shown = async || {
        let tls = connect(&server, &config).await.expect("a connection");
        tls.get_ref().1.peer_certificates().map(<[_]>::to_vec)
    };
    assert_eq!(shown().await.as_deref(), Some(old.chain()));
    server.set_identity(&new);
    assert_eq!(shown().await.as_deref(), Some(new.chain()));
    server.shutdown().await;
}

/// Shows one identity whatever the server would accept, as rustls' own does not.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesClientCert for Always {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// What a client that shows an identity, or none, reads from a server that demands one:
/// its leaf as recorded, or the alert.
async fn as_client(
    server: &TestServer,
    ca: &TestCa,
    identity: Option<&Identity>,
) -> Result<Option<Identity>, Error> {
    let mut config = ca.client_config();
    if let Some(identity) = identity {
        config.client_auth_cert_resolver = Arc::new(Always(identity.certified_key()));
    }
    let tls = connect(server, &Arc::new(config))
        .await
        .expect("TLS 1.3 asks after the handshake");
    let sent = http1(tls).await.send_request(get("/")).await;
    match sent {
        Ok(_) => {
            let recorded = server.requests().pop().expect("the request was recorded");
            assert_eq!(
                recorded.peer_identity.as_ref(),
                identity.map(Identity::leaf)
            );
            Ok(identity.cloned())
        }
        Err(error) => {
            let io: &std::io::Error = std::error::Error::source(&error)
                .and_then(|source| source.downcast_ref())
                .expect("the connection failed in TLS");
            Err(tls_error(io).clone())
        }
    }
}

#[tokio::test]
async fn client_certificates_are_demanded_and_recorded() {
    let (ca, clients) = (TestCa::new(), TestCa::named("clients"));
    let known = clients.issue(Recipe::for_host("alice").client());
    let unknown = TestCa::new().issue(Recipe::for_host("mallory").client());
    let anchor = clients.certificate().clone();

    let required = TestServer::builder(localhost(&ca))
        .client_auth(ClientAuth::Required(anchor.clone()))
        .start()
        .await;
    assert!(
        as_client(&required, &ca, Some(&known))
            .await
            .is_ok_and(|shown| shown.is_some())
    );
    assert_eq!(
        as_client(&required, &ca, None).await.map(|_| ()),
        Err(Error::AlertReceived(AlertDescription::CertificateRequired))
    );
    assert_eq!(
        as_client(&required, &ca, Some(&unknown)).await.map(|_| ()),
        Err(Error::AlertReceived(AlertDescription::UnknownCA))
    );

    let optional = TestServer::builder(localhost(&ca))
        .client_auth(ClientAuth::Optional(anchor))
        .start()
        .await;
    assert!(
        as_client(&optional, &ca, Some(&known))
            .await
            .is_ok_and(|shown| shown.is_some())
    );
    assert!(
        as_client(&optional, &ca, None)
            .await
            .is_ok_and(|shown| shown.is_none())
    );

    required.shutdown().await;
    optional.shutdown().await;
}

#[tokio::test]
async fn a_clients_refusal_is_remembered_with_its_alert() {
    let ca = TestCa::new();
    let server = TestServer::http1(localhost(&TestCa::new())).await;
    let error = connect(&server, &config(&ca, &[]))
        .await
        .expect_err("the root is unknown");
    assert_eq!(
        tls_error(&error),
        &Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)
    );
    let stats = server.wait_for(|stats| stats.failed_handshakes == 1).await;
    assert_eq!(stats.tls_handshakes, 0);
    assert_eq!(
        server.handshake_failures(),
        ["received fatal alert: UnknownCA"]
    );
    server.shutdown().await;
}

#[tokio::test]
async fn held_handshakes_wait_for_their_release() {
    let ca = TestCa::new();
    let server = TestServer::builder(localhost(&ca))
        .hold_handshakes()
        .start()
        .await;
    let config = config(&ca, &[]);
    let clients: Vec<_> = (0..3)
        .map(|_| {
            tokio::spawn(connect_to(
                server.addr(),
                Arc::clone(&config),
                "localhost".into(),
            ))
        })
        .collect();
    let held = server.wait_for(|stats| stats.waiting_handshakes == 3).await;
    assert_eq!((held.tcp_connections, held.tls_handshakes), (3, 0));
    server.release_handshakes();
    for client in clients {
        client.await.expect("no panic").expect("a connection");
    }
    server
        .wait_for(|stats| stats.tls_handshakes == 3 && stats.waiting_handshakes == 0)
        .await;

    server.hold_handshakes();
    let mut late = tokio::net::TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    server.wait_for(|stats| stats.waiting_handshakes == 1).await;
    server.shutdown().await;
    let mut rest = Vec::new();
    assert_eq!(late.read_to_end(&mut rest).await.expect("the end"), 0);
}
