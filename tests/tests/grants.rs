//! Grants in the client: nothing is shared with them, and they say what they are.

#![cfg(feature = "danger-insecure-grants")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bonafide::Client;
use bonafide::danger::Grant;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Anchors, Code, Policy, PolicyBuilder};
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
