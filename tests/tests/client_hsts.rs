//! Hosts that bonafide's client requests over https alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use bonafide::hsts::HstsHosts;
use bonafide::{Client, ClientBuilder, Kind, StatusCode};
use bonafide_testkit::{PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::{HeaderValue, Response};

/// A server that says `max-age=FIELD` to `/FIELD`, and leads `/to/PORT` to http at that port.
async fn server(ca: &TestCa) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request| async move {
            let path = request.uri().path()[1..].to_owned();
            let mut response = Response::new("ok");
            let (name, value) = match path.strip_prefix("to/") {
                Some(port) => {
                    *response.status_mut() = StatusCode::FOUND;
                    ("location", format!("http://localhost:{port}/"))
                }
                None => ("strict-transport-security", format!("max-age={path}")),
            };
            let value = HeaderValue::from_str(&value).unwrap();
            response.headers_mut().insert(name, value);
            response
        })
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder()
        .policy(trusting(ca).build().unwrap())
        .hsts(HstsHosts::new())
}

#[tokio::test]
async fn a_host_that_said_so_is_requested_over_https_until_it_takes_it_back() {
    let ca = TestCa::new();
    let server = server(&ca).await;
    let client = builder(&ca).build().unwrap();
    let http = server.url("/9999").replace("https://", "http://");

    let error = client.get(&http).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    client.get(server.url("/9999")).send().await.unwrap();
    let response = client.get(&http).send().await.unwrap();
    assert_eq!(response.url().as_str(), server.url("/9999"));
    assert!(
        response
            .receipt()
            .is_some_and(|receipt| receipt.is_verified())
    );

    client.get(server.url("/0")).send().await.unwrap();
    let error = client.get(&http).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn nothing_is_sent_over_http_to_a_known_host_though_http_is_allowed() {
    let ca = TestCa::new();
    let (server, plain) = (server(&ca).await, PlainServer::start().await);
    let client = builder(&ca).allow_plain_http().build().unwrap();
    let http = plain.url("/").replace("127.0.0.1", "localhost");
    client.get(&http).send().await.unwrap();
    assert_eq!(plain.request_count(), 1);

    client.get(server.url("/9999")).send().await.unwrap();
    let error = client.get(&http).send().await.unwrap_err();
    assert!(
        error.is_connect(),
        "the plain server does not speak TLS: {error}"
    );
    assert_eq!(plain.request_count(), 1);

    let port = http
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let error = client
        .get(server.url(&format!("/to/{port}")))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::InsecureRedirect);
}
