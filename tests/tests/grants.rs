//! Grants in the client: nothing is shared with them, and they say what they are.

#![cfg(feature = "danger-insecure-grants")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use bonafide::Client;
use bonafide::danger::Grant;
use bonafide::verify::events::Event;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Anchors, Clock, Code, Policy, PolicyBuilder, PolicyHandle};
use bonafide_testkit::{Alpn, Identity, Recipe, TestCa, TestServer};

fn in_ten_minutes() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + 600))
}

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn grant(code: Code) -> Grant {
    Grant::for_host("localhost")
        .forgive(code)
        .because("a test")
        .until(in_ten_minutes())
}

fn client(policy: PolicyBuilder) -> Client {
    Client::builder()
        .policy(policy.build().unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_granted_connection_is_never_reused_by_a_verifying_client() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(Identity::self_signed(Recipe::for_host("localhost")))
            .alpn(alpn)
            .start()
            .await;
        let granted = client(trusting(&ca).danger_grant(grant(Code::SelfSigned)));
        let verifying = client(trusting(&ca));
        let response = granted.get(server.url("/")).send().await.unwrap();
        assert!(response.receipt().unwrap().is_granted());
        response.bytes().await.unwrap();
        let error = verifying.get(server.url("/")).send().await.unwrap_err();
        assert_eq!(error.code(), Some(Code::SelfSigned));
        assert_eq!((server.request_count(), server.tcp_connections()), (1, 2));
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_good_peer_under_a_grant_is_verified_and_shares_nothing_either() {
    let ca = TestCa::new();
    let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    for client in [
        client(trusting(&ca).danger_grant(grant(Code::Expired))),
        client(trusting(&ca)),
    ] {
        let response = client.get(server.url("/")).send().await.unwrap();
        assert!(response.receipt().unwrap().is_verified());
        response.bytes().await.unwrap();
    }
    assert_eq!(
        (server.tls_handshakes(), server.resumed_handshakes()),
        (2, 0)
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_redirect_from_a_granted_host_leads_to_a_host_that_is_verified() {
    let ca = TestCa::new();
    let target = TestServer::http2(Identity::self_signed(Recipe::for_host("127.0.0.1"))).await;
    let location = target.url_for("127.0.0.1", "/");
    let server = TestServer::builder(Identity::self_signed(Recipe::for_host("localhost")))
        .handler(move |_| {
            let location = location.clone();
            async move {
                http::Response::builder()
                    .status(302)
                    .header("location", location)
                    .body(bytes::Bytes::new())
                    .unwrap()
            }
        })
        .start()
        .await;
    let error = client(trusting(&ca).danger_grant(grant(Code::SelfSigned)))
        .get(server.url("/"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::SelfSigned));
    assert_eq!(error.url().unwrap().host_str(), Some("127.0.0.1"));
    assert_eq!((server.request_count(), target.request_count()), (1, 0));
    server.shutdown().await;
    target.shutdown().await;
}

#[tokio::test]
async fn each_connection_under_a_grant_is_an_event_and_a_kept_one_is_not_another() {
    let (sender, events) = sync_channel(10);
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(Identity::self_signed(Recipe::for_host("localhost")))
            .alpn(alpn)
            .start()
            .await;
        let policy = trusting(&TestCa::new()).danger_grant(grant(Code::SelfSigned));
        let client = client(policy.events(sender.clone()));
        for connections in 1..=2 {
            for _ in 0..2 {
                let response = client.get(server.url("/")).send().await.unwrap();
                response.bytes().await.unwrap();
            }
            assert_eq!(server.tls_handshakes(), connections);
            // That the grant expires soon is reported as well.
            let seen: Vec<_> = events
                .try_iter()
                .filter(|event| !matches!(event, Event::Expiring(_)))
                .collect();
            let [Event::GrantedConnection(event)] = &seen[..] else {
                unreachable!("one event for two requests, not {seen:?}");
            };
            assert_eq!(event.host, "localhost");
            assert_eq!(event.forgiven, [Code::SelfSigned]);
            assert_eq!(event.reason, "a test");
            server.close_connections();
            while server.open_connections() > 0 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(server.resumed_handshakes(), 1, "and the second was resumed");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_grant_that_expires_takes_its_pooled_connections_and_its_tickets_along() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(Identity::self_signed(Recipe::for_host("localhost")))
            .alpn(alpn)
            .start()
            .await;
        let now = Arc::new(AtomicU64::new(UnixTime::now().as_secs()));
        let shown = Arc::clone(&now);
        let clock = Clock::from_fn("test", move || {
            UnixTime::since_unix_epoch(Duration::from_secs(shown.load(Ordering::SeqCst)))
        });
        let policy = trusting(&TestCa::new())
            .clock(clock)
            .danger_grant(grant(Code::SelfSigned));
        let client = client(policy);
        let response = client.get(server.url("/")).send().await.unwrap();
        assert!(response.receipt().unwrap().is_granted());
        response.bytes().await.unwrap();
        now.fetch_add(600, Ordering::SeqCst);
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert_eq!(error.code(), Some(Code::SelfSigned), "{alpn:?}");
        assert_eq!(
            (server.request_count(), server.resumed_handshakes()),
            (1, 0),
            "{alpn:?}"
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_grant_that_is_withdrawn_is_gone_with_the_next_request() {
    let ca = TestCa::new();
    let server = TestServer::http2(Identity::self_signed(Recipe::for_host("localhost"))).await;
    let granting = trusting(&ca).danger_grant(grant(Code::SelfSigned));
    let handle = PolicyHandle::new(granting.build().unwrap());
    let client = Client::builder().policy(handle.clone()).build().unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    response.bytes().await.unwrap();
    handle.replace(trusting(&ca).build().unwrap()).unwrap();
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!(error.code(), Some(Code::SelfSigned));
    assert_eq!(server.request_count(), 1);
    server.shutdown().await;
}

#[test]
fn what_prints_a_client_or_a_policy_shows_its_grants() {
    let policy = trusting(&TestCa::new()).danger_grant(grant(Code::SelfSigned));
    let policy = policy.build().unwrap();
    let client = Client::builder().policy(policy.clone()).build().unwrap();
    for text in [format!("{policy:?}"), format!("{client:?}")] {
        assert!(
            text.contains(
                "Grant { host: \"localhost\", forgiven: [SelfSigned], reason: \"a test\""
            ),
            "{text}"
        );
    }
}
