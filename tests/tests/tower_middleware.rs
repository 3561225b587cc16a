//! The middleware over hyper-util's client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::Arc;

use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::redirect::{RedirectError, RedirectLayer};
use bonafide_tower::require_https::{NotHttps, RequireHttpsLayer};
use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
use bonafide_verify::{Anchors, Code, Pins, Policy, PolicyBuilder, Receipt, Refusal};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use tower::{Service, ServiceBuilder, ServiceExt as _};

type Body = Empty<Bytes>;
type Response = http::Response<Incoming>;

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn carrying_receipts(policy: PolicyBuilder) -> Client<VerifiedConnector, Body> {
    let connector = VerifiedConnector::new(policy.build().unwrap());
    Client::builder(TokioExecutor::new()).build(connector)
}

/// hyper-util's client over hyper-rustls as it is: the policy verifies, and no code takes the
/// receipt.
fn without_receipts(policy: PolicyBuilder) -> Client<HttpsConnector<HttpConnector>, Body> {
    let config = policy.build().unwrap().client_config().unwrap();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .enable_http2()
        .build();
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn get<S>(service: S, url: String) -> Result<Response, S::Error>
where
    S: Service<Request<Body>, Response = Response>,
{
    let request = Request::get(url).body(Body::new()).unwrap();
    service.oneshot(request).await
}

fn refused<T: std::error::Error + 'static>(answer: Result<Response, BoxError>) -> T {
    *answer.unwrap_err().downcast::<T>().unwrap()
}

fn receipt(response: &Response) -> &Arc<Receipt> {
    response.extensions().get::<Arc<Receipt>>().unwrap()
}

#[tokio::test]
async fn plain_http_is_refused_before_a_connection_is_made() {
    let server = PlainServer::start().await;
    let client = ServiceBuilder::new()
        .layer(RequireHttpsLayer::new())
        .service(without_receipts(trusting(&TestCa::new())));
    let refusal = refused::<NotHttps>(get(client, server.url("/")).await);
    let host = "localhost".to_owned();
    assert_eq!(refusal, NotHttps::PlainHttp { host });
    assert_eq!(refusal.code(), Some(Code::PlainHttp));
    assert_eq!(server.tcp_connections(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn a_verified_response_passes_both_layers_over_http1_and_http2() {
    for (alpn, version) in [
        (Alpn::Http1, Version::HTTP_11),
        (Alpn::Http2, Version::HTTP_2),
    ] {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let client = ServiceBuilder::new()
            .layer(RequireHttpsLayer::new())
            .layer(RequireVerifiedLayer::new())
            .service(carrying_receipts(trusting(&ca)));
        let response = get(client, server.url("/")).await.unwrap();
        assert_eq!(response.version(), version);
        let receipt = Arc::clone(receipt(&response));
        assert!(receipt.is_verified());
        assert_eq!(receipt.host(), Some("localhost"));
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "ok");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_client_without_receipts_is_refused_though_it_verifies() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let bare = without_receipts(trusting(&ca));
        assert_eq!(
            get(bare.clone(), server.url("/")).await.unwrap().status(),
            200
        );
        let client = ServiceBuilder::new()
            .layer(RequireVerifiedLayer::new())
            .service(bare);
        let refusal = refused::<NotVerified>(get(client, server.url("/")).await);
        assert!(matches!(refusal, NotVerified::NoReceipt), "{refusal:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_response_over_plain_http_is_refused_for_want_of_a_receipt() {
    let server = PlainServer::start().await;
    let policy = trusting(&TestCa::new()).build().unwrap();
    let connector = VerifiedConnector::new(policy).allow_plain_http();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let client = ServiceBuilder::new()
        .layer(RequireVerifiedLayer::new())
        .service(client);
    let refusal = refused::<NotVerified>(get(client, server.url("/")).await);
    assert!(matches!(refusal, NotVerified::NoReceipt), "{refusal:?}");
    assert_eq!(server.request_count(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_demanded_pin_is_missed_where_there_is_none_and_found_where_there_is_one() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let pins = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .ca(ca.spki_pin())
        .never_expires()
        .build()
        .unwrap();
    let server = TestServer::http2(identity).await;
    let demanding = || ServiceBuilder::new().layer(RequireVerifiedLayer::new().pinned());

    let unpinned = demanding().service(carrying_receipts(trusting(&ca)));
    let refusal = refused::<NotVerified>(get(unpinned, server.url("/")).await);
    match &refusal {
        NotVerified::NotPinned { receipt } => assert!(receipt.is_verified()),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        refusal.to_string(),
        "localhost was verified without a pin, and a pin is required"
    );

    let pinned = demanding().service(carrying_receipts(trusting(&ca).pins(pins)));
    let response = get(pinned, server.url("/")).await.unwrap();
    assert!(receipt(&response).is_pinned());
    server.shutdown().await;
}

#[tokio::test]
async fn a_refusal_of_the_server_passes_through_both_layers() {
    let server = TestServer::http2(TestCa::new().issue(Recipe::for_host("localhost"))).await;
    let client = ServiceBuilder::new()
        .layer(RequireHttpsLayer::new())
        .layer(RequireVerifiedLayer::new())
        .service(carrying_receipts(trusting(&TestCa::new())));
    let error = get(client, server.url("/")).await.unwrap_err();
    assert!(error.is::<legacy::Error>());
    let refusal = Refusal::find_in(&*error).unwrap();
    assert_eq!(refusal.code(), Code::UnknownIssuer);
    assert_eq!(server.request_count(), 0);
    server.shutdown().await;
}

/// What the whole stack fails with, each part by its type.
#[derive(Debug)]
enum Failed {
    NotHttps(NotHttps),
    NotVerified(NotVerified),
    Redirect(RedirectError),
    Client(legacy::Error),
}

impl From<NotHttps> for Failed {
    fn from(refusal: NotHttps) -> Self {
        Self::NotHttps(refusal)
    }
}

impl From<NotVerified> for Failed {
    fn from(refusal: NotVerified) -> Self {
        Self::NotVerified(refusal)
    }
}

impl From<RedirectError> for Failed {
    fn from(error: RedirectError) -> Self {
        Self::Redirect(error)
    }
}

impl From<legacy::Error> for Failed {
    fn from(error: legacy::Error) -> Self {
        Self::Client(error)
    }
}

#[tokio::test]
async fn layers_inside_of_redirects_judge_every_hop_and_need_no_boxed_errors() {
    let ca = TestCa::new();
    let pinned = ca.issue(Recipe::for_host("localhost"));
    let pins = Pins::for_host("localhost")
        .leaf(pinned.spki_pin())
        .without_backup()
        .never_expires()
        .build()
        .unwrap();
    let unpinned = TestServer::http2(ca.issue(Recipe::for_host("127.0.0.1"))).await;
    let there = unpinned.url_for("127.0.0.1", "/");
    let plain = PlainServer::start().await;
    let insecure = plain.url("/");
    let server = TestServer::builder(pinned)
        .handler(move |request| {
            let mut response = http::Response::new("");
            let location = match request.uri().path() {
                "/there" => Some(&there),
                "/plain" => Some(&insecure),
                _ => None,
            };
            if let Some(location) = location {
                *response.status_mut() = StatusCode::FOUND;
                let location = HeaderValue::from_str(location).unwrap();
                response.headers_mut().insert("location", location);
            }
            async { response }
        })
        .start()
        .await;
    let client = ServiceBuilder::new()
        .layer(RedirectLayer::new().with_error::<Failed>())
        .layer(RequireHttpsLayer::new().with_error::<Failed>())
        .layer(RequireVerifiedLayer::new().pinned().with_error::<Failed>())
        .service(carrying_receipts(trusting(&ca).pins(pins)));

    let response = get(client.clone(), server.url("/")).await.unwrap();
    assert!(receipt(&response).is_pinned());
    match get(client.clone(), server.url("/there")).await {
        Err(Failed::NotVerified(NotVerified::NotPinned { receipt })) => {
            assert_eq!(receipt.host(), Some("127.0.0.1"));
        }
        other => panic!("{other:?}"),
    }
    match get(client.clone(), server.url("/plain")).await {
        Err(Failed::Redirect(error @ RedirectError::Insecure { .. })) => {
            assert_eq!(error.code(), Some(Code::RedirectToHttp));
        }
        other => panic!("{other:?}"),
    }
    match get(client.clone(), plain.url("/")).await {
        Err(Failed::NotHttps(NotHttps::PlainHttp { host })) => assert_eq!(host, "localhost"),
        other => panic!("{other:?}"),
    }
    let stranger = TestServer::http2(TestCa::new().issue(Recipe::for_host("localhost"))).await;
    match get(client, stranger.url("/")).await {
        Err(Failed::Client(error)) => {
            assert_eq!(
                Refusal::find_in(&error).unwrap().code(),
                Code::UnknownIssuer
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(plain.tcp_connections(), 0);
}
