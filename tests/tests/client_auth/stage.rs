//! Servers, and clients with credentials for them.

use std::error::Error as _;
use std::future::ready;
use std::time::Duration;

use bonafide::auth::{AuthError, Bearer, Credential};
use bonafide::retry::{Backoff, Retry};
use bonafide::{Body, Client, ClientBuilder, Error, Kind, StatusCode};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use tower::util::MapRequestLayer;

pub(crate) const BOTH: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

pub(crate) async fn served(
    ca: &TestCa,
    alpn: Alpn,
    answer: impl Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .alpn(alpn)
        .handler(move |request: Request<Bytes>| ready(answer(&request)))
        .start()
        .await
}

/// Answers with the `Authorization` that it was sent; `/to/URL` leads to that URL.
pub(crate) fn echo(request: &Request<Bytes>) -> Response<Bytes> {
    if let Some(url) = request.uri().path().strip_prefix("/to/") {
        let response = Response::builder().status(StatusCode::TEMPORARY_REDIRECT);
        return response.header("location", url).body(Bytes::new()).unwrap();
    }
    let fields = request.headers().get_all(AUTHORIZATION).iter();
    let fields: Vec<_> = fields.map(HeaderValue::as_bytes).collect();
    Response::new(fields.join(&b" | "[..]).into())
}

pub(crate) fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

/// A layer around hops, which sees no credential.
pub(crate) fn blind() -> MapRequestLayer<fn(Request<Body>) -> Request<Body>> {
    MapRequestLayer::new(|request: Request<Body>| {
        let shown = format!("{:?} {:?}", request.headers(), request.extensions());
        assert!(!request.headers().contains_key(AUTHORIZATION), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
        request
    })
}

/// The client as it is, with a hop layer, and with retries too.
pub(crate) fn all(builder: impl Fn() -> ClientBuilder) -> [Client; 3] {
    let quick = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    [
        builder(),
        builder().hop_layer(blind()),
        builder()
            .hop_layer(blind())
            .retry(Retry::standard().with_backoff(quick)),
    ]
    .map(|builder| builder.build().unwrap())
}

pub(crate) fn bearer(token: &str) -> Bearer {
    Bearer::new(token).unwrap()
}

pub(crate) fn at(server: &TestServer, token: &str) -> Credential {
    Credential::for_origin(&server.url(""), bearer(token)).unwrap()
}

pub(crate) async fn ask(client: &Client, url: &str) -> String {
    let response = client.get(url).send().await.unwrap();
    response.text().await.unwrap()
}

/// The rule's own error within the client's.
pub(crate) fn cause(error: &Error) -> &AuthError {
    assert_eq!(error.kind(), Kind::Auth, "{error}");
    error.source().unwrap().downcast_ref().unwrap()
}
