//! The middleware over bonafide's client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::Arc;

use bonafide::{Body, Client, Kind};
use bonafide_testkit::{Alpn, Identity, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::require_https::{NotHttps, RequireHttpsLayer};
use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
use bonafide_verify::{Anchors, Code, Pins, Policy, PolicyBuilder, Receipt};
use http::{Request, Response, Version};
use http_body_util::BodyExt as _;
use tower::{Service, ServiceBuilder, ServiceExt as _};

fn identity(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_host("localhost"))
}

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn client(policy: PolicyBuilder) -> Client {
    let builder = Client::builder().policy(policy.build().unwrap());
    builder.allow_plain_http().build().unwrap()
}

async fn get<S>(service: S, url: String) -> Result<Response<Body>, BoxError>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    let request = Request::get(url).body(Body::empty()).unwrap();
    service.oneshot(request).await
}

fn not_verified(answer: Result<Response<Body>, BoxError>) -> NotVerified {
    *answer.unwrap_err().downcast::<NotVerified>().unwrap()
}

#[tokio::test]
async fn a_verified_response_passes_both_layers_over_http1_and_http2() {
    for (alpn, version) in [
        (Alpn::Http1, Version::HTTP_11),
        (Alpn::Http2, Version::HTTP_2),
    ] {
        let ca = TestCa::new();
        let server = TestServer::builder(identity(&ca)).alpn(alpn).start().await;
        let client = ServiceBuilder::new()
            .layer(RequireHttpsLayer::new())
            .layer(RequireVerifiedLayer::new())
            .service(client(trusting(&ca)));
        // The second response comes over the same connection.
        for _ in 0..2 {
            let response = get(client.clone(), server.url("/")).await.unwrap();
            assert_eq!(response.version(), version);
            let receipt = response.extensions().get::<Arc<Receipt>>().unwrap();
            assert!(receipt.is_verified());
            let body = response.into_body().collect().await.unwrap();
            assert_eq!(body.to_bytes(), "ok");
        }
        assert_eq!(server.tls_handshakes(), 1);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn plain_http_is_refused_though_the_client_allows_it() {
    let server = PlainServer::start().await;
    let client = client(trusting(&TestCa::new()));

    let asking = ServiceBuilder::new()
        .layer(RequireHttpsLayer::new())
        .service(client.clone());
    let error = get(asking, server.url("/")).await.unwrap_err();
    let host = "localhost".to_owned();
    assert_eq!(error.downcast_ref(), Some(&NotHttps::PlainHttp { host }));
    assert_eq!(server.tcp_connections(), 0);

    let answered = ServiceBuilder::new()
        .layer(RequireVerifiedLayer::new())
        .service(client);
    let refusal = not_verified(get(answered, server.url("/")).await);
    assert!(matches!(refusal, NotVerified::NoReceipt), "{refusal:?}");
    assert_eq!(server.request_count(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_demanded_pin_is_missed_where_there_is_none_and_found_where_there_is_one() {
    let ca = TestCa::new();
    let identity = identity(&ca);
    let pins = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .ca(ca.spki_pin())
        .never_expires()
        .build()
        .unwrap();
    let server = TestServer::http2(identity).await;
    let demanding = || ServiceBuilder::new().layer(RequireVerifiedLayer::new().pinned());

    let unpinned = demanding().service(client(trusting(&ca)));
    match not_verified(get(unpinned, server.url("/")).await) {
        NotVerified::NotPinned { receipt } => assert!(receipt.is_verified()),
        other => panic!("{other:?}"),
    }

    let pinned = demanding().service(client(trusting(&ca).pins(pins)));
    let response = get(pinned, server.url("/")).await.unwrap();
    let receipt = response.extensions().get::<Arc<Receipt>>().unwrap();
    assert!(receipt.is_pinned());
    server.shutdown().await;
}

#[tokio::test]
async fn a_refusal_of_the_server_passes_through_both_layers() {
    let server = TestServer::http2(identity(&TestCa::new())).await;
    let client = ServiceBuilder::new()
        .layer(RequireHttpsLayer::new())
        .layer(RequireVerifiedLayer::new())
        .service(client(trusting(&TestCa::new())));
    let error = get(client, server.url("/")).await.unwrap_err();
    let client_error = error.downcast_ref::<bonafide::Error>().unwrap();
    assert_eq!(client_error.kind(), Kind::Refused);
    assert_eq!(client_error.code(), Some(Code::UnknownIssuer));
    assert!(client_error.refusal().is_some());
    assert_eq!(server.request_count(), 0);
    server.shutdown().await;
}
