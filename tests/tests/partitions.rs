//! Connections are never shared between policies, zones or hosts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bonafide::Client;
use bonafide::verify::{Anchors, Pins, Policy, PolicyBuilder, Zone};
use bonafide_testkit::{Alpn, Identity, Recipe, TestCa, TestServer};

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn loopback(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_hosts([
        "localhost",
        "127.0.0.1",
        "a.test",
        "b.test",
    ]))
}

#[tokio::test]
async fn two_policies_for_one_authority_never_share_a_connection() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let identity = loopback(&ca);
        let pins = Pins::for_host("localhost")
            .leaf(identity.spki_pin())
            .without_backup()
            .never_expires()
            .build()
            .unwrap();
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let plain = Client::builder()
            .policy(trusting(&ca).build().unwrap())
            .build()
            .unwrap();
        let pinned = Client::builder()
            .policy(trusting(&ca).pins(pins).build().unwrap())
            .build()
            .unwrap();
        for client in [&plain, &pinned, &plain, &pinned] {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(
                response.receipt().unwrap().epoch(),
                client.policy().unwrap().epoch()
            );
            response.bytes().await.unwrap();
        }
        assert_eq!(
            (server.tls_handshakes(), server.resumed_handshakes()),
            (2, 0)
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn two_zones_at_one_address_never_share_a_connection_nor_a_ticket() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(loopback(&ca)).alpn(alpn).start().await;
        let policy = trusting(&ca)
            .zone(Zone::for_host("a.test"))
            .zone(Zone::for_host("b.test"))
            .build()
            .unwrap();
        let client = Client::builder()
            .policy(policy)
            .resolve("a.test", server.addr())
            .resolve("b.test", server.addr())
            .build()
            .unwrap();
        for host in ["a.test", "b.test", "a.test", "b.test"] {
            let response = client.get(server.url_for(host, "/")).send().await.unwrap();
            assert_eq!(response.receipt().unwrap().zone(), host);
            response.bytes().await.unwrap();
        }
        assert_eq!(
            (server.tls_handshakes(), server.resumed_handshakes()),
            (2, 0)
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn two_hosts_of_one_certificate_do_not_share_an_http2_connection() {
    let ca = TestCa::new();
    let server = TestServer::http2(loopback(&ca)).await;
    let client = Client::builder()
        .policy(trusting(&ca).build().unwrap())
        .build()
        .unwrap();
    for host in ["localhost", "127.0.0.1"] {
        client
            .get(server.url_for(host, "/"))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
    }
    assert_eq!(server.tls_handshakes(), 2);
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_is_not_handed_out_past_the_deadline_of_its_receipt() {
    use bonafide::verify::pins::OnExpiredPins;
    use bonafide::verify::pki_types::UnixTime;
    use bonafide::verify::{Clock, Code};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    let ca = TestCa::new();
    let identity = loopback(&ca);
    let now = UnixTime::now().as_secs();
    let at = |seconds: u64| UnixTime::since_unix_epoch(Duration::from_secs(now + seconds));
    let pins = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .expires(at(1), OnExpiredPins::Refuse)
        .without_backup()
        .build()
        .unwrap();
    let server = TestServer::http2(identity).await;
    let shown = Arc::new(Mutex::new(at(0)));
    let clock = Arc::clone(&shown);
    let policy = trusting(&ca)
        .pins(pins)
        .clock(Clock::from_fn("movable", move || *clock.lock().unwrap()))
        .build()
        .unwrap();
    let client = Client::builder().policy(policy).build().unwrap();
    client
        .get(server.url("/"))
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();

    // The pins expire by the policy's clock, and as much time passes for the pool.
    *shown.lock().unwrap() = at(2);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!(error.code(), Some(Code::PinsExpired));
    assert_eq!(server.request_count(), 1);
    server.shutdown().await;
}
