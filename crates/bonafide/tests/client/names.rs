//! A program with `bonafide` as its only dependency: every name in it starts there, the test kit's
//! aside.

use std::time::Duration;

use bonafide::http::header::HeaderValue;
use bonafide::http::{HeaderMap, Request};
use bonafide::{
    Body, Bytes, Client, ClientBuilder, Error, IntoUrl, Kind, Method, Response, StatusCode, Url,
    Version, header,
};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};

/// The caller's own wrapper over any form of a URL.
async fn fetch(client: &Client, url: impl IntoUrl) -> Result<(Url, Response), Error> {
    let mut url = url.into_url()?;
    url.set_path("/items");
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/plain"));
    let response = client
        .request(Method::PUT, &url)
        .headers(headers)
        .body(Bytes::from_static(b"tea"))
        .timeout(Duration::from_secs(60))
        .send()
        .await?;
    Ok((url, response))
}

#[tokio::test]
async fn a_program_names_all_it_needs_through_this_crate() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http1)
        .start()
        .await;
    let anchors = bonafide::verify::CustomCa::pem("test", ca.pem());
    let policy = bonafide::Policy::builder()
        .anchors(bonafide::verify::Anchors::only(anchors))
        .build()
        .expect("one anchor is enough");
    let client = Client::builder().policy(policy).build().expect("a client");

    let (url, response) = fetch(&client, server.url("/")).await.expect("a response");
    assert_eq!(url.as_str(), server.url("/items"));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.version(), Version::HTTP_11);
    let body: Bytes = response.bytes().await.expect("a body");
    assert_eq!(body, "ok");

    let request = client.get(url).build().expect("a request");
    let request: Request<Body> = request.try_into().expect("a URI");
    assert_eq!(request.method(), Method::GET);

    let requests = server.requests();
    assert_eq!(requests[0].method, Method::PUT);
    assert_eq!(requests[0].headers[header::ACCEPT], "text/plain");
    assert_eq!(requests[0].body, Bytes::from_static(b"tea"));

    let error = fetch(&client, "ftp://h/").await.expect_err("not HTTP");
    assert_eq!(error.kind(), Kind::Url);
    server.shutdown().await;
}

#[test]
fn a_builder_that_was_taken_out_of_a_struct_leaves_the_default_settings() {
    let minute = Duration::from_secs(60);
    let mut kept = ClientBuilder::default().timeout(minute);
    let changed = std::mem::take(&mut kept).max_body_bytes(7);
    let at_once = Client::builder().timeout(minute).max_body_bytes(7);
    assert_eq!(format!("{changed:?}"), format!("{at_once:?}"));
    assert_eq!(format!("{kept:?}"), format!("{:?}", Client::builder()));
    assert_ne!(format!("{kept:?}"), format!("{changed:?}"));
}
