//! Fields after a body, in both directions.

use std::convert::Infallible;

use bonafide::{Body, Kind};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, TestServer};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use http_body::Frame;
use http_body_util::StreamBody;

use crate::support::{client, server};

fn sum(value: &'static str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static(value));
    trailers
}

#[tokio::test]
async fn trailers_of_a_request_are_announced_and_sent() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        for (method, body) in [
            (Method::POST, Body::from("abc")),
            (Method::POST, Body::empty()),
            (Method::GET, Body::from("abc")),
            (
                Method::POST,
                Body::replayable(|| stream::iter([Ok::<_, Infallible>("abc")])),
            ),
        ] {
            let whole = body.as_bytes().unwrap_or(b"abc").to_vec();
            let server = server(alpn).start().await;
            let body = body.with_trailers(sum("7")).expect("a trailer");
            let again = body.try_clone().expect("repeatable");
            for body in [body, again.on_progress(|_, _| {})] {
                let request = client().request(method.clone(), server.url("/"));
                request.body(body).send().await.expect("a response");
            }
            let requests = server.requests();
            assert_eq!(requests.len(), 2);
            for request in requests {
                assert_eq!(request.body, whole);
                assert_eq!(request.headers[header::TRAILER], "x-sum");
                assert_eq!(request.headers.get(header::CONTENT_LENGTH), None);
                assert_eq!(request.trailers, Some(sum("7")), "{alpn:?} {method}");
            }
        }
    }
}

#[test]
fn fields_that_are_needed_before_the_content_are_not_trailers() {
    for name in [
        "content-length",
        "transfer-encoding",
        "host",
        "authorization",
        "trailer",
        "te",
    ] {
        let mut trailers = sum("7");
        trailers.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        let error = Body::from("abc").with_trailers(trailers).expect_err(name);
        assert_eq!(error.kind(), Kind::Request);
        assert_eq!(
            error.to_string(),
            format!("the field {name} cannot be sent as a trailer")
        );
    }
}

#[tokio::test]
async fn a_request_with_trailers_has_no_length() {
    let server = server(Alpn::Http1).start().await;
    let body = Body::from("abc")
        .with_trailers(sum("7"))
        .expect("a trailer");
    let request = client().post(server.url("/")).header("content-length", "3");
    let error = request.body(body).send().await.expect_err("no length");
    assert_eq!(error.kind(), Kind::Request);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: a request with trailers cannot have a Content-Length",
            server.url("/")
        )
    );
    assert_eq!(server.request_count(), 0);
}

/// A server whose responses have two pieces and a trailer.
async fn summing(alpn: Alpn) -> TestServer {
    server(alpn)
        .handler(|_| async {
            let frames = [
                Frame::data(Bytes::from_static(b"ca")),
                Frame::data(Bytes::from_static(b"ke")),
                Frame::trailers(sum("9")),
            ];
            let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
            Response::builder()
                .header(header::TRAILER, "x-sum")
                .body(TestBody::from_body(body))
                .expect("a response")
        })
        .start()
        .await
}

#[tokio::test]
async fn trailers_of_a_response_are_there_after_its_body() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = summing(alpn).await;
        let client = client();
        let get = || client.get(server.url("/")).header("te", "trailers").send();
        let mut response = get().await.expect("a response");
        assert!(response.chunk().await.expect("a piece").is_some());
        for _ in 0..2 {
            let trailers = response.trailers().await.expect("the rest");
            assert_eq!(trailers, Some(sum("9")), "{alpn:?}");
        }
        assert_eq!(response.chunk().await.expect("the end"), None);
        let response = get().await.expect("a response");
        let whole = response.bytes_with_trailers().await.expect("a body");
        assert_eq!(whole, (Bytes::from("cake"), Some(sum("9"))));
        let response = get().await.expect("a response").on_progress(|_, _| {});
        let whole = response.bytes_with_trailers().await.expect("a body");
        assert_eq!(whole, (Bytes::from("cake"), Some(sum("9"))));
    }
}

#[tokio::test]
async fn a_response_without_trailers_has_none() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let mut response = client()
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        assert_eq!(response.trailers().await.expect("the end"), None);
    }
}
