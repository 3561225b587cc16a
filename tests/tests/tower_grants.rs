//! The middleware refuses what a grant lets through, over both clients.

#![cfg(feature = "danger-insecure-grants")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bonafide_testkit::{Alpn, Identity, Recipe, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::assurance::Assurance;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::cookies::{CookiesLayer, Jar};
use bonafide_tower::hsts::{HstsHosts, HstsLayer};
use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
use bonafide_tower::store::Partition;
use bonafide_verify::danger::Grant;
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::{Anchors, Clock, Code, CustomCa, Policy, Receipt, Refusal};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{ServiceBuilder, ServiceExt as _};
use url::Url;

const HOUR: u64 = 3600;

type HyperClient = Client<VerifiedConnector, Empty<Bytes>>;

fn stranger() -> Identity {
    Identity::self_signed(Recipe::for_host("localhost"))
}

/// A clock that the test can move, and a policy that lets `localhost` pass for an hour of it.
fn granting() -> (Arc<AtomicU64>, Policy) {
    let now = Arc::new(AtomicU64::new(UnixTime::now().as_secs()));
    let shown = Arc::clone(&now);
    let time = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let clock = Clock::from_fn("test", move || time(shown.load(Ordering::SeqCst)));
    let grant = Grant::for_host("localhost")
        .forgive(Code::SelfSigned)
        .because("a test of grants")
        .until(time(now.load(Ordering::SeqCst) + HOUR));
    let elsewhere = bonafide_testkit::TestCa::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(CustomCa::pem("elsewhere", elsewhere.pem())))
        .clock(clock)
        .danger_grant(grant)
        .build()
        .unwrap();
    (now, policy)
}

fn hyper_client(policy: Policy) -> HyperClient {
    Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy))
}

fn assert_granted(error: &BoxError) {
    match error.downcast_ref::<NotVerified>() {
        Some(refusal @ NotVerified::Granted { receipt }) => {
            assert!(receipt.is_granted());
            assert_eq!(
                refusal.to_string(),
                "localhost was not verified; a grant allowed the connection"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_receipt_of_a_grant_is_refused_over_hyper_utils_client() {
    let server = TestServer::http2(stranger()).await;
    let client = hyper_client(granting().1);
    for layer in [
        RequireVerifiedLayer::new(),
        RequireVerifiedLayer::new().pinned(),
    ] {
        let client = ServiceBuilder::new().layer(layer).service(client.clone());
        let request = Request::get(server.url("/")).body(Empty::new()).unwrap();
        assert_granted(&client.oneshot(request).await.unwrap_err());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn the_receipt_of_a_grant_is_refused_over_bonafides_client() {
    let server = TestServer::http2(stranger()).await;
    let client = bonafide::Client::builder()
        .policy(granting().1)
        .build()
        .unwrap();
    let client = ServiceBuilder::new()
        .layer(RequireVerifiedLayer::new())
        .service(client);
    let request = Request::get(server.url("/"))
        .body(bonafide::Body::empty())
        .unwrap();
    assert_granted(&client.oneshot(request).await.unwrap_err());
    server.shutdown().await;
}

#[tokio::test]
async fn a_granted_connection_is_not_reused_by_hyper_utils_pool_and_ends_with_the_grant() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(stranger()).alpn(alpn).start().await;
        let (now, policy) = granting();
        let client = hyper_client(policy);
        for handshakes in 1..=2 {
            let response = client.get(server.url("/").parse().unwrap()).await.unwrap();
            let receipt = response.extensions().get::<Arc<Receipt>>().unwrap();
            assert!(receipt.is_granted());
            response.into_body().collect().await.unwrap();
            assert_eq!(server.tls_handshakes(), handshakes, "{alpn:?}");
        }
        now.fetch_add(HOUR, Ordering::SeqCst);
        let error = client
            .get(server.url("/").parse().unwrap())
            .await
            .unwrap_err();
        let refusal = Refusal::find_in(&error).unwrap();
        assert_eq!(refusal.code(), Code::SelfSigned);
        assert_eq!(server.request_count(), 2);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_connection_under_a_grant_sets_no_cookie_gets_none_and_teaches_no_host() {
    let server = TestServer::builder(stranger())
        .handler(|request| async move {
            let cookie = request.headers().get("cookie").map(HeaderValue::as_bytes);
            let mut response = Response::new(Bytes::copy_from_slice(cookie.unwrap_or(b"none")));
            let headers = response.headers_mut();
            headers.insert("set-cookie", HeaderValue::from_static("id=7"));
            let field = HeaderValue::from_static("max-age=100");
            headers.insert("strict-transport-security", field);
            response
        })
        .start()
        .await;
    let (jar, hosts) = (Jar::new(), HstsHosts::new());
    let client = ServiceBuilder::new()
        .layer(HstsLayer::new(hosts.clone()))
        .layer(CookiesLayer::new(jar.clone()).with_expectation(|_| Assurance::Unverified))
        .service(hyper_client(granting().1));
    let ask = async || {
        let request = Request::get(server.url("/")).body(Empty::new()).unwrap();
        let response = client.clone().oneshot(request).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    };
    assert_eq!(ask().await, "none");
    assert!(jar.is_empty() && hosts.is_empty());
    // What a verified server has set for the host does not go there either.
    let (url, user) = (Url::parse(&server.url("/")).unwrap(), Partition::default());
    jar.set(&url, &user, Assurance::Verified, b"id=8", SystemTime::now())
        .unwrap();
    assert_eq!(ask().await, "none");
    assert_eq!(jar.all(&user, SystemTime::now())[0].value(), Some("8"));
}
