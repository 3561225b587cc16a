//! Responses that bonafide's client decodes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::error::Error as _;
use std::time::Duration;

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use bonafide::decompression::{DecodingLimits, DecompressionError, MAX_CODINGS};
use bonafide::{Client, ClientBuilder, Delivery, Kind, Phase};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tower::ServiceBuilder;

const ALL: &str = "br,deflate,gzip,zstd";

async fn written<W: AsyncWrite + Unpin>(mut encoder: W, data: &[u8]) -> W {
    encoder.write_all(data).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder
}

async fn encoded(coding: &str, data: &[u8]) -> Vec<u8> {
    match coding {
        "br" => written(BrotliEncoder::new(Vec::new()), data)
            .await
            .into_inner(),
        "deflate" => written(ZlibEncoder::new(Vec::new()), data)
            .await
            .into_inner(),
        "gzip" => written(GzipEncoder::new(Vec::new()), data)
            .await
            .into_inner(),
        "zstd" => written(ZstdEncoder::new(Vec::new()), data)
            .await
            .into_inner(),
        other => panic!("no coding {other}"),
    }
}

/// A server that answers `/CODING/SIZE` with that many zeros in the coding, `/partial/…` with 206,
/// `/cut/…` without the last byte, `/many/…` with more codings than are decoded, and `/away/PATH`
/// with a redirect to `/PATH`.
async fn server(ca: &TestCa, alpn: Alpn) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(|request| async move {
            let path = request.uri().path()[1..].to_owned();
            let (head, rest) = path.split_once('/').unwrap();
            if head == "away" {
                let mut response = Response::new(TestBody::from("moved"));
                *response.status_mut() = StatusCode::FOUND;
                let location = HeaderValue::from_str(&format!("/{rest}")).unwrap();
                response.headers_mut().insert("location", location);
                return response;
            }
            let (status, coding) = match head {
                "partial" => (StatusCode::PARTIAL_CONTENT, "gzip"),
                "cut" | "many" => (StatusCode::OK, "gzip"),
                coding => (StatusCode::OK, coding),
            };
            let mut body = encoded(coding, &vec![0; rest.parse().unwrap()]).await;
            if head == "cut" {
                body.pop();
            }
            let mut response = Response::new(TestBody::from(body));
            *response.status_mut() = status;
            let coding = match head {
                "many" => [coding; 9].join(", "),
                _ => coding.to_owned(),
            };
            let coding = HeaderValue::from_str(&coding).unwrap();
            response.headers_mut().insert("content-encoding", coding);
            response
        })
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

#[tokio::test]
async fn every_coding_is_asked_for_and_decoded() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(&ca, alpn).await;
        let client = builder(&ca).build().unwrap();
        for coding in ALL.split(',') {
            let response = client
                .get(server.url(&format!("/away/{coding}/70000")))
                .send()
                .await;
            let response = response.unwrap();
            assert_eq!(response.redirects().len(), 1);
            assert!(
                !response.headers().contains_key("content-encoding"),
                "{coding}"
            );
            assert!(
                !response.headers().contains_key("content-length"),
                "{coding}"
            );
            assert_eq!(response.content_length(), None);
            assert_eq!(response.bytes().await.unwrap(), vec![0; 70_000], "{coding}");
        }
        for request in server.requests() {
            let asked = request.headers["accept-encoding"].to_str().unwrap();
            let mut asked: Vec<_> = asked.split(',').map(str::trim).collect();
            asked.sort_unstable();
            assert_eq!(asked.join(","), ALL);
        }
        assert_eq!(server.tcp_connections(), 1, "the connection is used again");
    }
}

#[tokio::test]
async fn what_the_caller_asks_for_is_left_as_it_is() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let client = builder(&ca).build().unwrap();
    let sent = encoded("gzip", &[0; 500]).await;
    let off = builder(&ca).no_decompression().build().unwrap();
    let defaults = HeaderValue::from_static("identity, gzip;q=0.1");
    let defaults = HeaderMap::from_iter([(ACCEPT_ENCODING, defaults)]);
    let by_default = builder(&ca).default_headers(defaults).build().unwrap();
    let url = server.url("/gzip/500");
    for (request, asked) in [
        (
            client.get(&url).header("accept-encoding", "gzip"),
            Some("gzip"),
        ),
        (client.get(&url).header("range", "bytes=0-"), None),
        (off.get(&url), None),
        (by_default.get(&url), Some("identity, gzip;q=0.1")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(response.bytes().await.unwrap(), sent);
        let arrived = server.requests().pop().unwrap();
        let encoding = arrived.headers.get("accept-encoding");
        assert_eq!(encoding.map(|value| value.to_str().unwrap()), asked);
    }
    let partial = client.get(server.url("/partial/500")).send().await.unwrap();
    assert_eq!(partial.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(partial.headers()["content-encoding"], "gzip");
    assert_eq!(partial.bytes().await.unwrap(), sent);
}

#[tokio::test]
async fn a_body_that_grows_too_much_or_is_cut_off_is_an_error_that_says_so() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1).await;
    let client = builder(&ca).build().unwrap();
    let low = DecodingLimits::default().with_max_bytes(99);
    let low = builder(&ca).decoding_limits(low).build().unwrap();
    let capped = builder(&ca).max_body_bytes(99).build().unwrap();
    for (client, path, kind, text) in [
        (
            &client,
            "/gzip/9000000",
            Kind::Decode,
            "more than 1000 times its size",
        ),
        (
            &client,
            "/cut/500",
            Kind::Decode,
            "ends before its gzip data is complete",
        ),
        (&low, "/gzip/100", Kind::Decode, "larger than 99 bytes"),
        (&capped, "/gzip/100", Kind::TooLarge, ""),
    ] {
        let response = client.get(server.url(path)).send().await.unwrap();
        let error = response.bytes().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.delivery()),
            (kind, Delivery::Answered),
            "{error}"
        );
        assert!(error.receipt().is_some());
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        assert!(source.contains(text), "{path}: {source}");
        let typed = error
            .source()
            .and_then(|source| source.downcast_ref::<DecompressionError>());
        assert_eq!(typed.is_some(), kind == Kind::Decode);
    }
}

#[tokio::test]
async fn a_response_with_too_many_codings_is_an_error_that_knows_the_server_and_the_times() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let client = builder(&ca).build().unwrap();
    let request = client.get(server.url("/away/many/100"));
    let error = request.send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.phase(), error.delivery()),
        (Kind::Decode, Some(Phase::Headers), Delivery::Answered)
    );
    let source = error.source().unwrap().downcast_ref().unwrap();
    assert!(matches!(
        source,
        DecompressionError::TooManyCodings { limit: MAX_CODINGS }
    ));
    assert_eq!(error.url().unwrap().as_str(), server.url("/many/100"));
    assert_eq!(error.redirects().len(), 1);
    assert!(error.receipt().unwrap().is_verified());
    assert!(error.timings().unwrap().wait() > Duration::ZERO);
}

#[tokio::test]
async fn a_layer_around_calls_sees_a_decoded_response_and_one_around_hops_what_was_sent() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let (outside, inside) = (Seen::default(), Seen::default());
    let client = builder(&ca)
        .layer(ServiceBuilder::new().map_response(outside.note()))
        .hop_layer(ServiceBuilder::new().map_response(inside.note()))
        .build()
        .unwrap();
    let response = client.get(server.url("/br/500")).send().await.unwrap();
    assert_eq!(response.bytes().await.unwrap(), [0; 500][..]);
    assert_eq!(
        (outside.take(), inside.take()),
        (vec![None], vec![Some("br".to_owned())])
    );
}

/// The `Content-Encoding` of each response that a layer has seen.
#[derive(Clone, Default)]
struct Seen(std::sync::Arc<std::sync::Mutex<Vec<Option<String>>>>);

impl Seen {
    fn note<B>(&self) -> impl Fn(Response<B>) -> Response<B> + Clone + use<B> {
        let seen = self.clone();
        move |response| {
            let coding = response.headers().get("content-encoding");
            let coding = coding.map(|value| value.to_str().unwrap().to_owned());
            seen.0.lock().unwrap().push(coding);
            response
        }
    }

    fn take(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
