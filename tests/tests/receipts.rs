//! A receipt on every response: fresh, pooled, resumed and through a proxy, over both protocols.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use bonafide::verify::{Anchors, Policy, Receipt};
use bonafide::{Client, Proxy, Response};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestProxy, TestServer};
use http::Version;

fn trusting(ca: &TestCa) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .unwrap()
}

fn receipt(response: &Response) -> Arc<Receipt> {
    let receipt = response.receipt().unwrap();
    assert!(receipt.is_verified());
    assert!(Arc::ptr_eq(
        receipt,
        response.extensions().get::<Arc<Receipt>>().unwrap()
    ));
    Arc::clone(receipt)
}

#[tokio::test]
async fn fresh_and_pooled_responses_carry_the_receipt_of_their_connection() {
    let ca = TestCa::new();
    for (alpn, version) in [
        (Alpn::Http1, Version::HTTP_11),
        (Alpn::Http2, Version::HTTP_2),
    ] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .start()
            .await;
        let client = Client::builder().policy(trusting(&ca)).build().unwrap();
        let mut receipts = Vec::new();
        for _ in 0..3 {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.version(), version);
            receipts.push(receipt(&response));
            response.bytes().await.unwrap();
        }
        assert_eq!(server.tls_handshakes(), 1);
        assert!(
            receipts
                .iter()
                .all(|other| Arc::ptr_eq(other, &receipts[0]))
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_resumed_connection_carries_the_receipt_of_its_original_verification() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .start()
            .await;
        let client = Client::builder().policy(trusting(&ca)).build().unwrap();
        let mut receipts = Vec::new();
        for _ in 0..2 {
            let response = client.get(server.url("/")).send().await.unwrap();
            receipts.push(receipt(&response));
            response.bytes().await.unwrap();
            server.close_connections();
            server.wait_for(|stats| stats.open_connections == 0).await;
        }
        assert_eq!(
            (server.tls_handshakes(), server.resumed_handshakes()),
            (2, 1)
        );
        let resumed: Vec<_> = receipts
            .iter()
            .map(|receipt| receipt.connection().unwrap().resumed)
            .collect();
        assert_eq!(resumed, [false, true]);
        assert_eq!(receipts[0].time(), receipts[1].time());
        assert_eq!(receipts[0].checks(), receipts[1].checks());
        server.shutdown().await;
    }
}

#[tokio::test]
async fn through_a_proxy_the_receipt_is_the_servers() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let leaf = identity.leaf().clone();
    let server = TestServer::http2(identity).await;
    let proxy = TestProxy::start().await;
    let client = Client::builder()
        .policy(trusting(&ca))
        .proxy(Proxy::http(&format!("http://{}", proxy.addr())).unwrap())
        .build()
        .unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    let receipt = receipt(&response);
    assert_eq!(receipt.path().unwrap().certificates()[0], leaf);
    assert_eq!(proxy.stats().tunnels, 1);
    server.shutdown().await;
}
