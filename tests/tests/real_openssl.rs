//! Connections to `openssl s_server`: versions of TLS, kinds of keys, addresses, client
//! certificates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};

use bonafide::verify::{ClientIdentity, HandshakeError, NamedGroup, Policy, TlsError, Zone};
use bonafide::{Client, Code, Kind, Phase};
use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa};
use bonafide_tests::{
    OpenSslClient, OpenSslServer, Opinion, Version, connect, converse, ipv6_loopback, trusting,
};
use rustls::ProtocolVersion;

/// An identity for the loopback, by name and by address.
fn loopback(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1", "::1"]))
}

/// A client that finds localhost where the servers of the tests listen.
fn client(policy: &Policy) -> Client {
    Client::builder()
        .policy(policy.clone())
        .resolve("localhost", (Ipv4Addr::LOCALHOST, 0).into())
        .build()
        .unwrap()
}

#[tokio::test]
async fn servers_of_tls_1_0_and_1_1_are_refused_with_a_code_that_says_so() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let Some(openssl) = OpenSslClient::find() else {
        return;
    };
    for version in [Version::Tls10, Version::Tls11] {
        let builder = OpenSslServer::presenting(&loopback(&ca)).speaking(version);
        let Some(server) = builder.start().await else {
            return;
        };
        // A client that is willing finds nothing wrong: the version alone is what is refused.
        let willing = openssl
            .ask_in(version, server.address(), "localhost", &ca.pem())
            .await;
        assert_eq!(willing, Opinion::Accepted, "{version:?}");

        let error = connect(&policy, server.address(), "localhost").await;
        let error = error.unwrap_err();
        assert!(matches!(error, TlsError::Handshake(_)), "{error:?}");
        assert_eq!(error.code(), Some(Code::ProtocolVersion), "{version:?}");

        let request = client(&policy).get(server.url("localhost")).send();
        let error = request.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase(), error.code()),
            (Kind::Tls, Some(Phase::Tls), Some(Code::ProtocolVersion)),
            "{version:?}: {error}"
        );
    }
}

#[tokio::test]
async fn servers_of_tls_1_2_and_1_3_are_believed_and_the_receipt_says_which() {
    let ca = TestCa::new();
    for (version, expected) in [
        (Version::Tls12, ProtocolVersion::TLSv1_2),
        (Version::Tls13, ProtocolVersion::TLSv1_3),
    ] {
        let builder = OpenSslServer::presenting(&loopback(&ca)).speaking(version);
        let Some(server) = builder.start().await else {
            return;
        };
        let policy = trusting(&ca).build().unwrap();
        let mut stream = connect(&policy, server.address(), "localhost")
            .await
            .unwrap();
        assert!(stream.receipt().is_verified());
        assert_eq!(stream.receipt().connection().unwrap().version, expected);
        let page = converse(&mut stream).await.unwrap();
        assert!(page.starts_with("HTTP/1.0 200 ok"), "{page}");
        drop(stream);

        let request = client(&policy).get(server.url("localhost")).send();
        let response = request.await.unwrap();
        let receipt = response.receipt().unwrap().clone();
        assert!(receipt.is_verified());
        assert_eq!(receipt.connection().unwrap().version, expected);
        let page = response.text().await.unwrap();
        let name = match version {
            Version::Tls12 => "TLSv1.2",
            _ => "TLSv1.3",
        };
        assert!(page.contains(&format!("Protocol  : {name}")), "{page}");
    }
}

#[tokio::test]
async fn the_groups_of_a_policy_are_what_openssl_sees() {
    let ca = TestCa::new();
    // In TLS 1.2 the groups are for the curve of an ECDSA key too (RFC 8422, 5.1.1).
    let identity = ca.issue(Recipe::for_host("localhost").key(KeyKind::Rsa2048));
    let classical = [NamedGroup::X25519, NamedGroup::secp384r1];
    // the groups of the server, those of the policy, the one that is used
    for (theirs, ours, expected) in [
        (
            "P-384",
            vec![NamedGroup::secp384r1],
            Ok(NamedGroup::secp384r1),
        ),
        // The server asks for another key share than the first (RFC 8446, 4.1.4).
        ("P-384", classical.to_vec(), Ok(NamedGroup::secp384r1)),
        ("X25519:P-384", classical.to_vec(), Ok(NamedGroup::X25519)),
        (
            "P-384",
            vec![NamedGroup::X25519],
            Err(Code::NoCommonParameters),
        ),
    ] {
        for version in [Version::Tls12, Version::Tls13] {
            let builder = OpenSslServer::presenting(&identity);
            let Some(server) = builder.groups(theirs).speaking(version).start().await else {
                return;
            };
            let policy = trusting(&ca).key_exchange_groups(ours.clone()).build();
            let stream = connect(&policy.unwrap(), server.address(), "localhost").await;
            let group = match &stream {
                Ok(stream) => Ok(stream.receipt().connection().unwrap().group.unwrap()),
                Err(error) => Err(error.code().unwrap()),
            };
            assert_eq!(group, expected, "{theirs} and {ours:?} in {version:?}");
        }
    }
}

#[tokio::test]
async fn keys_of_every_kind_are_believed_in_both_versions() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
        KeyKind::Rsa3072,
    ] {
        let identity = ca.issue(Recipe::for_host("localhost").key(kind));
        for version in [Version::Tls12, Version::Tls13] {
            let builder = OpenSslServer::presenting(&identity).speaking(version);
            let Some(server) = builder.start().await else {
                return;
            };
            let stream = connect(&policy, server.address(), "localhost").await;
            let stream = stream.unwrap_or_else(|error| panic!("{kind:?} {version:?}: {error}"));
            let path = stream.receipt().path().unwrap();
            assert_eq!(path.keys()[0].to_string(), identity.spki_pin());
            assert_eq!(path.keys()[1].to_string(), ca.spki_pin());
        }
    }
}

#[tokio::test]
async fn an_intermediate_that_openssl_sends_stands_in_the_path() {
    let ca = TestCa::new();
    let issuing = ca.intermediate("issuing");
    let identity = issuing.issue(Recipe::for_host("localhost"));
    let Some(server) = OpenSslServer::presenting(&identity).start().await else {
        return;
    };
    let policy = trusting(&ca).build().unwrap();
    let stream = connect(&policy, server.address(), "localhost")
        .await
        .unwrap();
    let path = stream.receipt().path().unwrap();
    let keys: Vec<_> = path.keys().iter().map(ToString::to_string).collect();
    assert_eq!(
        keys,
        [identity.spki_pin(), issuing.spki_pin(), ca.spki_pin()]
    );
}

#[tokio::test]
async fn literal_addresses_are_proved_by_the_addresses_of_the_certificate() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let Some(ipv6) = ipv6_loopback() else { return };
    let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(ipv6)];
    for address in addresses {
        let host = address.to_string();
        let identity = ca.issue(Recipe::for_host(&host));
        let builder = OpenSslServer::presenting(&identity).on(address);
        let Some(server) = builder.start().await else {
            return;
        };
        let stream = connect(&policy, server.address(), &host).await.unwrap();
        assert_eq!(stream.receipt().host(), Some(host.as_str()));
        drop(stream);

        let request = client(&policy).get(server.url(&host)).send();
        let response = request.await.unwrap();
        assert!(response.receipt().unwrap().is_verified());
        assert_eq!(response.receipt().unwrap().host(), Some(host.as_str()));
        assert_eq!(response.remote_addr(), Some(server.address()));
    }
}

/// A server that demands a client certificate of `clients`, in both versions in turn.
async fn demanding_openssl_server(
    ca: &TestCa,
    clients: &TestCa,
    version: Version,
) -> Option<OpenSslServer> {
    OpenSslServer::presenting(&loopback(ca))
        .speaking(version)
        .demanding_clients_of(clients)
        .start()
        .await
}

#[tokio::test]
async fn the_client_certificate_of_a_zone_opens_a_server_that_demands_one() {
    let (ca, clients) = (TestCa::new(), TestCa::new());
    for kind in [KeyKind::EcdsaP256, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let alice = clients.issue(Recipe::for_host("alice").client().key(kind));
        let identity = ClientIdentity::from_pem(alice.chain_pem(), alice.key_pem()).unwrap();
        let zone = Zone::for_host("localhost").identity(identity);
        let policy = trusting(&ca).zone(zone).build().unwrap();
        for version in [Version::Tls12, Version::Tls13] {
            let Some(server) = demanding_openssl_server(&ca, &clients, version).await else {
                return;
            };
            let mut stream = connect(&policy, server.address(), "localhost")
                .await
                .unwrap();
            let connection = stream.receipt().connection().unwrap().clone();
            assert!(connection.client_identity.shown().is_some());
            let page = converse(&mut stream).await.unwrap();
            assert!(page.contains(alice.chain_pem().trim()), "{page}");
            drop(stream);

            let request = client(&policy).get(server.url("localhost")).send();
            let response = request.await.unwrap();
            assert_eq!(response.receipt().unwrap().zone(), "localhost");
            let page = response.text().await.unwrap();
            assert!(page.contains(alice.chain_pem().trim()), "{page}");
        }
    }
}

/// The code with which a stream, opened and then used, fails.
async fn failure_of_stream(policy: &Policy, server: &OpenSslServer) -> Option<Code> {
    match connect(policy, server.address(), "localhost").await {
        Err(error) => error.code(),
        Ok(mut stream) => {
            let error = converse(&mut stream).await.unwrap_err();
            HandshakeError::find_in(&error).map(|error| error.code())
        }
    }
}

#[tokio::test]
async fn without_the_client_certificate_that_a_server_demands_the_code_says_so() {
    let (ca, clients) = (TestCa::new(), TestCa::new());
    let policy = trusting(&ca).build().unwrap();
    for version in [Version::Tls12, Version::Tls13] {
        let Some(server) = demanding_openssl_server(&ca, &clients, version).await else {
            return;
        };
        let code = failure_of_stream(&policy, &server).await;
        assert_eq!(code, Some(Code::ClientCertificate), "{version:?}");

        // In TLS 1.3 the client learns it after the handshake, in place of the response.
        let request = client(&policy).get(server.url("localhost")).send();
        let error = request.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase(), error.code()),
            (Kind::Tls, Some(Phase::Tls), Some(Code::ClientCertificate)),
            "{version:?}: {error}"
        );
        let log = server.log();
        assert!(log.contains("peer did not return a certificate"), "{log}");
    }
}

#[tokio::test]
async fn a_client_certificate_of_a_foreign_authority_is_refused_with_the_same_code() {
    let (ca, clients) = (TestCa::new(), TestCa::new());
    let mallory = TestCa::new().issue(Recipe::for_host("mallory").client());
    let identity = ClientIdentity::from_pem(mallory.chain_pem(), mallory.key_pem()).unwrap();
    let policy = trusting(&ca).identity(identity).build().unwrap();
    for version in [Version::Tls12, Version::Tls13] {
        let Some(server) = demanding_openssl_server(&ca, &clients, version).await else {
            return;
        };
        let code = failure_of_stream(&policy, &server).await;
        assert_eq!(code, Some(Code::ClientCertificate), "{version:?}");
    }
}
