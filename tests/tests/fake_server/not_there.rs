//! What a client over a fake server does without: connections, receipts, and the secrets that a
//! verified server alone gets.

use std::sync::Arc;

use bonafide::auth::{Bearer, Credential};
use bonafide::cookies::Jar;
use bonafide::hsts::HstsHosts;
use bonafide::testing::FakeServer;
use bonafide::{Body, Client, ConnectionInfo, Delivery, Kind, Receipt, StatusCode, Timings};
use bonafide_testkit::{Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
use http::{HeaderMap, Request, Response};
use tower::ServiceExt as _;

use crate::{URL, answering};

#[tokio::test]
async fn no_response_has_a_receipt_a_connection_or_timings() {
    let client = answering("hello").client();
    let response = client.get(URL).send().await.expect("a response");
    assert!(response.receipt().is_none());
    assert!(response.connection().is_none());
    assert!(response.timings().is_none());

    let request = Request::get(URL).body(Body::empty()).expect("a request");
    let response = client.oneshot(request).await.expect("a response");
    let extensions = response.extensions();
    assert!(extensions.get::<Arc<Receipt>>().is_none());
    assert!(extensions.get::<Arc<ConnectionInfo>>().is_none());
    assert!(extensions.get::<Timings>().is_none());
}

/// A response of a verified server, passed on by the closure, keeps its text and loses its proof.
#[tokio::test]
async fn a_receipt_of_another_client_is_not_passed_on() {
    let ca = TestCa::new();
    let real = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    let verified = Client::builder()
        .policy(trusting(&ca).build().expect("a policy"))
        .build()
        .expect("a client");
    let url = real.url("/");
    let server = FakeServer::new(move |_| {
        let request = Request::get(&url).body(Body::empty()).expect("a request");
        let sent = verified.clone().oneshot(request);
        async move {
            let response = sent.await.expect("a verified response");
            assert!(response.extensions().get::<Arc<Receipt>>().is_some());
            response
        }
    });
    let client = server.client();
    let response = client.get(URL).send().await.expect("a response");
    assert!(response.receipt().is_none());
    assert_eq!(response.url().as_str(), URL);
    assert_eq!(response.text().await.expect("a body"), "ok");
    let request = Request::get(URL).body(Body::empty()).expect("a request");
    let response = client.oneshot(request).await.expect("a response");
    assert!(response.extensions().get::<Arc<Receipt>>().is_none());
    real.shutdown().await;
}

#[tokio::test]
async fn a_layer_that_requires_a_verified_server_refuses_a_fake_one() {
    let client = Client::builder()
        .hop_layer(RequireVerifiedLayer::new())
        .answered_by(&answering("hello"))
        .build()
        .expect("a client");
    let error = client
        .get(URL)
        .send()
        .await
        .expect_err("nothing is verified");
    assert_eq!(error.kind(), Kind::Layer, "{error}");
    let source = std::error::Error::source(&error).expect("the layer's error");
    let refused = source.downcast_ref::<NotVerified>();
    assert!(
        matches!(refused, Some(NotVerified::NoReceipt)),
        "{source:?}"
    );
}

#[tokio::test]
async fn hsts_learns_nothing_from_a_fake_server() {
    let hosts = HstsHosts::new();
    let server = FakeServer::new(|_| async {
        Response::builder()
            .header("strict-transport-security", "max-age=1000")
            .body("")
            .expect("a response")
    });
    let client = Client::builder()
        .hsts(hosts.clone())
        .allow_plain_http()
        .answered_by(&server)
        .build()
        .expect("a client");
    for url in [URL, "http://shop.example/"] {
        let response = client.get(url).send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::OK);
    }
    let seen: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.uri().scheme_str().map(str::to_owned))
        .collect();
    let expected = ["https", "http"].map(|scheme| Some(scheme.to_owned()));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_fake_server_gets_and_sets_no_cookie() {
    let jar = Jar::new();
    let server = FakeServer::new(|_| async {
        let response = Response::builder().header("set-cookie", "id=1; Secure; Path=/");
        response.body("").expect("a response")
    });
    let client = Client::builder()
        .cookies(jar.clone())
        .answered_by(&server)
        .build()
        .expect("a client");
    for _ in 0..2 {
        client.get(URL).send().await.expect("a response");
    }
    assert!(jar.is_empty());
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(!requests[1].headers().contains_key("cookie"));
}

#[tokio::test]
async fn a_credential_of_the_client_is_refused_and_one_of_the_request_is_sent() {
    let server = answering("hello");
    let token = Bearer::new("s3cret").expect("a token");
    let client = Client::builder()
        .credential(Credential::for_origin(URL, token).expect("a credential"))
        .answered_by(&server)
        .build()
        .expect("a client");
    let error = client.get(URL).send().await.expect_err("not verified");
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::Auth, Delivery::NotSent)
    );
    assert_eq!(server.requests().len(), 0);

    let sent = client.get(URL).bearer_auth("of the request").send();
    sent.await.expect("a response");
    let requests = server.requests();
    let authorization = &requests[0].headers()["authorization"];
    assert_eq!(authorization, "Bearer of the request");
}

/// Not even to a server that runs, under a policy that trusts it.
#[tokio::test]
async fn no_connection_is_opened() {
    let ca = TestCa::new();
    let real = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    let client = Client::builder()
        .policy(trusting(&ca).build().expect("a policy"))
        .answered_by(&answering("fake"))
        .build()
        .expect("a client");
    let response = client.get(real.url("/")).send().await.expect("a response");
    assert_eq!(response.text().await.expect("a body"), "fake");
    let shared = client.clone();
    let request = Request::get(real.url("/"))
        .body(Body::empty())
        .expect("a request");
    shared.oneshot(request).await.expect("a response");
    assert_eq!(real.tcp_connections(), 0);
    real.shutdown().await;
}

#[tokio::test]
async fn a_client_without_a_policy_has_one_that_trusts_no_server() {
    let client = answering("").client();
    let policy = client.policy().expect("a policy").current();
    let zones: Vec<_> = policy.zones().map(|zone| zone.name().to_owned()).collect();
    assert_eq!(zones, ["nowhere.invalid"]);
}

#[tokio::test]
async fn debug_shows_a_count_and_no_header_of_the_requests() {
    let server = answering("");
    let mut defaults = HeaderMap::new();
    defaults.insert("x-api-key", "s3cret".parse().expect("a value"));
    let builder = Client::builder()
        .default_headers(defaults)
        .answered_by(&server);
    let shown = format!("{builder:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let client = builder.build().expect("a client");
    let sent = client.get(URL).bearer_auth("s3cret").send();
    sent.await.expect("a response");
    assert_eq!(format!("{server:?}"), "FakeServer { requests: 1, .. }");
    let shown = format!("{client:?}");
    assert!(
        shown.contains("FakeServer") && !shown.contains("s3cret"),
        "{shown}"
    );
}
