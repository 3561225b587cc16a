//! Bodies that are decoded on their way from a server, over hyper-util's client.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::sync::Arc;

use async_compression::tokio::write::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use bonafide_testkit::server::{BodySender, TestBody};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::decompression::{
    Coding, DecodedBody, DecodingLimits, Decompression, DecompressionError, DecompressionLayer,
};
use bonafide_verify::{Anchors, Policy};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tower::{Layer as _, ServiceExt as _};

type Sending = Decompression<Client<VerifiedConnector, Empty<Bytes>>>;
type Answer = Response<DecodedBody<Incoming>>;

const VERSIONS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

fn client(ca: &TestCa, limits: DecodingLimits) -> Sending {
    let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
    let connector = VerifiedConnector::new(policy.build().unwrap());
    DecompressionLayer::new()
        .with_limits(limits)
        .layer(Client::builder(TokioExecutor::new()).build(connector))
}

async fn send(client: &Sending, method: Method, url: String) -> Answer {
    let request = Request::builder().method(method).uri(url);
    let request = request.body(Empty::new()).unwrap();
    client.clone().oneshot(request).await.unwrap()
}

async fn written<W: AsyncWrite + Unpin>(mut encoder: W, data: &[u8]) -> W {
    encoder.write_all(data).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder
}

/// `data` as the last segment of `path` names it.
async fn encoded(path: &str, data: &[u8]) -> Vec<u8> {
    let to = Vec::new();
    match path {
        "/br" => written(BrotliEncoder::new(to), data).await.into_inner(),
        "/bare" => written(DeflateEncoder::new(to), data).await.into_inner(),
        "/gzip" => written(GzipEncoder::new(to), data).await.into_inner(),
        "/zlib" => written(ZlibEncoder::new(to), data).await.into_inner(),
        "/zstd" => written(ZstdEncoder::new(to), data).await.into_inner(),
        other => panic!("{other}"),
    }
}

fn text() -> Vec<u8> {
    let lines = (0..20_000).map(|at| format!("line {at}\n"));
    lines.collect::<String>().into_bytes()
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-checksum", HeaderValue::from_static("7"));
    trailers
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// Answers `/NAME` with the text in that coding and with trailers.
async fn serving_text(ca: &TestCa, alpn: Alpn) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(|request| async move {
            let asked = request.headers().get("accept-encoding").cloned();
            let path = request.uri().path();
            let encoded = encoded(path, &text()).await;
            let pieces = encoded.chunks(1_000).map(Bytes::copy_from_slice);
            let frames: Vec<_> = pieces
                .map(Frame::data)
                .chain([Frame::trailers(trailers())])
                .map(Ok::<_, Infallible>)
                .collect();
            let body = TestBody::from_body(StreamBody::new(stream::iter(frames)));
            let mut response = Response::new(body);
            let headers = response.headers_mut();
            let coding = match path {
                "/bare" | "/zlib" => "deflate",
                other => &other[1..],
            };
            headers.insert("content-encoding", HeaderValue::from_str(coding).unwrap());
            set(headers, "trailer", "x-checksum");
            set(headers, "etag", "\"a\"");
            if let Some(asked) = asked {
                headers.insert("x-asked", asked);
            }
            response
        })
        .start()
        .await
}

#[tokio::test]
async fn each_coding_is_decoded_with_its_trailers_and_the_connection_kept() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let server = serving_text(&ca, alpn).await;
        let client = client(&ca, DecodingLimits::default());
        for path in ["/br", "/bare", "/gzip", "/zlib", "/zstd"] {
            let response = send(&client, Method::GET, server.url(path)).await;
            let headers = response.headers();
            assert_eq!(headers["x-asked"], "gzip, deflate, br, zstd");
            assert_eq!(headers["etag"], "\"a\"");
            assert!(!headers.contains_key("content-encoding"), "{alpn:?} {path}");
            let body = response.into_body().collect().await.unwrap();
            // Over HTTP/1.1 a server sends trailers to those who say `TE: trailers`.
            if alpn == Alpn::Http2 {
                assert_eq!(body.trailers(), Some(&trailers()), "{path}");
            }
            assert!(body.to_bytes() == text(), "{alpn:?} {path}");
        }
        assert_eq!(server.tcp_connections(), 1, "{alpn:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn an_answer_to_head_and_a_part_come_as_they_are() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(|request| async move {
                let mut response = Response::new("");
                if request.uri().path() == "/part" {
                    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                    *response.body_mut() = "encoded";
                }
                set(response.headers_mut(), "content-encoding", "gzip");
                set(response.headers_mut(), "content-length", "7");
                response
            })
            .start()
            .await;
        let client = client(&ca, DecodingLimits::default());
        for (method, path, expected) in [(Method::HEAD, "/", ""), (Method::GET, "/part", "encoded")]
        {
            let response = send(&client, method, server.url(path)).await;
            assert_eq!(response.headers()["content-encoding"], "gzip");
            assert_eq!(response.headers()["content-length"], "7");
            let body = response.into_body().collect().await.unwrap();
            assert_eq!(body.to_bytes(), expected, "{alpn:?}");
        }
        server.shutdown().await;
    }
}

/// A server that gives the test the body of each response, to be fed.
async fn streaming(ca: &TestCa, alpn: Alpn) -> (TestServer, mpsc::UnboundedReceiver<BodySender>) {
    let (bodies, receiver) = mpsc::unbounded_channel();
    let bodies = Arc::new(bodies);
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(move |_| {
            let bodies = Arc::clone(&bodies);
            async move {
                let (sender, body) = TestBody::channel();
                bodies.send(sender).unwrap();
                let mut response = Response::new(body);
                set(response.headers_mut(), "content-encoding", "gzip");
                response
            }
        })
        .start()
        .await;
    (server, receiver)
}

async fn next_text(body: &mut DecodedBody<Incoming>) -> String {
    let frame = body.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

/// As Kubernetes does it in a watch.
#[tokio::test]
async fn each_event_of_a_watch_arrives_before_the_next_one_is_sent() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let (server, mut bodies) = streaming(&ca, alpn).await;
        let client = client(&ca, DecodingLimits::default());
        let mut body = send(&client, Method::GET, server.url("/watch"))
            .await
            .into_body();
        let sender = bodies.recv().await.unwrap();
        for at in 0..50 {
            let event = format!("{{\"type\":\"ADDED\",\"at\":{at}}}\n");
            assert!(sender.send(encoded("/gzip", event.as_bytes()).await));
            assert_eq!(next_text(&mut body).await, event, "{alpn:?}");
        }
        drop(sender);
        assert!(body.frame().await.is_none());
        server.shutdown().await;
    }
}

#[tokio::test]
async fn what_an_encoder_flushes_arrives_before_the_member_ends() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let (server, mut bodies) = streaming(&ca, alpn).await;
        let client = client(&ca, DecodingLimits::default());
        let mut body = send(&client, Method::GET, server.url("/events"))
            .await
            .into_body();
        let sender = bodies.recv().await.unwrap();
        let mut encoder = GzipEncoder::new(Vec::new());
        for at in 0..20 {
            let event = format!("event {at}\n");
            encoder.write_all(event.as_bytes()).await.unwrap();
            encoder.flush().await.unwrap();
            assert!(sender.send(std::mem::take(encoder.get_mut())));
            assert_eq!(next_text(&mut body).await, event, "{alpn:?}");
        }
        encoder.shutdown().await.unwrap();
        assert!(sender.send(encoder.into_inner()));
        drop(sender);
        assert!(body.frame().await.is_none());
        server.shutdown().await;
    }
}

async fn fault(body: DecodedBody<Incoming>) -> DecompressionError {
    let error: BoxError = body.collect().await.unwrap_err();
    *error.downcast::<DecompressionError>().unwrap()
}

#[tokio::test]
async fn a_body_that_http_ends_well_and_its_coding_does_not_is_an_error() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let (server, mut bodies) = streaming(&ca, alpn).await;
        let client = client(&ca, DecodingLimits::default());
        let body = send(&client, Method::GET, server.url("/"))
            .await
            .into_body();
        let mut member = encoded("/gzip", b"hello").await;
        member.pop();
        bodies.recv().await.unwrap().send(member);
        match fault(body).await {
            DecompressionError::Truncated { coding } => assert_eq!(coding, Coding::Gzip),
            other => panic!("{other:?}"),
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_by_its_server_is_the_error_of_the_client() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let (server, mut bodies) = streaming(&ca, alpn).await;
        let client = client(&ca, DecodingLimits::default());
        let body = send(&client, Method::GET, server.url("/"))
            .await
            .into_body();
        let sender = bodies.recv().await.unwrap();
        sender.send(encoded("/gzip", b"hello").await);
        sender.abort();
        let error: BoxError = body.collect().await.unwrap_err();
        assert!(error.is::<hyper::Error>(), "{alpn:?}: {error:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_bomb_is_refused_and_the_server_learns_that_no_one_reads_on() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let (server, mut bodies) = streaming(&ca, alpn).await;
        let limits = DecodingLimits::default().with_max_bytes(10_000_000);
        let client = client(&ca, limits);
        let body = send(&client, Method::GET, server.url("/"))
            .await
            .into_body();
        let sender = bodies.recv().await.unwrap();
        let member = encoded("/gzip", &text()).await;
        for _ in 0..100 {
            assert!(sender.send(member.clone()));
        }
        match fault(body).await {
            DecompressionError::TooLarge { limit } => assert_eq!(limit, 10_000_000),
            other => panic!("{other:?}"),
        }
        sender.closed().await;
        server.shutdown().await;
    }
}
