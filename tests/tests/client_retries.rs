//! Requests that bonafide's client sends again.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bonafide::retry::{Attempts, Backoff, Retry, RetryLayer};
use bonafide::{Body, Client, ClientBuilder, Kind, StatusCode};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::{HeaderValue, Method, Request, Response};
use tower::{ServiceBuilder, ServiceExt as _};

const VERSIONS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

/// A server that answers the first `failing` requests to `/STATUS` with that status, and any other
/// with `ok`; `/away/STATUS` leads to `/STATUS`, and `/later/STATUS` asks to wait 30 s.
async fn server(ca: &TestCa, alpn: Alpn, failing: usize) -> TestServer {
    let asked = Arc::new(AtomicUsize::new(0));
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(move |request| {
            let path = request.uri().path()[1..].to_owned();
            let asked = Arc::clone(&asked);
            async move {
                let mut response = Response::new(TestBody::from("ok"));
                if let Some(to) = path.strip_prefix("away/") {
                    let to = HeaderValue::from_str(&format!("/{to}")).unwrap();
                    response.headers_mut().insert("location", to);
                    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                } else if asked.fetch_add(1, Ordering::SeqCst) < failing {
                    let status = path.trim_start_matches("later/");
                    if status.len() < path.len() {
                        let wait = HeaderValue::from_static("30");
                        response.headers_mut().insert("retry-after", wait);
                    }
                    *response.status_mut() = StatusCode::from_bytes(status.as_bytes()).unwrap();
                }
                response
            }
        })
        .start()
        .await
}

fn quick() -> Retry {
    Retry::standard().with_backoff(Backoff::new(
        Duration::from_millis(1),
        Duration::from_millis(5),
    ))
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder()
        .policy(trusting(ca).build().unwrap())
        .retry(quick())
}

#[tokio::test]
async fn what_is_idempotent_is_sent_again_and_nothing_else() {
    let ca = TestCa::new();
    for alpn in VERSIONS {
        // method, status, key, requests that arrive
        for (method, status, key, arrive) in [
            ("GET", 503, None, 2),
            ("PUT", 429, None, 2),
            ("DELETE", 502, None, 2),
            ("GET", 404, None, 1),
            ("GET", 501, None, 1),
            ("POST", 503, None, 1),
            ("PATCH", 500, None, 1),
            ("POST", 503, Some("\"order-7\""), 2),
            ("POST", 421, None, 2),
        ] {
            let server = server(&ca, alpn, 1).await;
            let client = builder(&ca).build().unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let mut request = client.request(method.clone(), server.url(&format!("/{status}")));
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let response = request.body("a body").send().await.unwrap();
            let expected = if arrive == 2 { 200 } else { status };
            assert_eq!(response.status().as_u16(), expected, "{method} {status}");
            assert_eq!(server.request_count(), arrive, "{method} {status}");
            let attempts = response.extensions().get::<Attempts>().unwrap();
            assert_eq!(attempts.made() as usize, arrive);
            for request in server.requests() {
                assert_eq!(request.body, "a body");
                let sent = request.headers.get("idempotency-key");
                assert_eq!(sent.map(|value| value.to_str().unwrap()), key);
            }
        }
    }
}

#[tokio::test]
async fn attempts_end_after_three_and_each_hop_has_its_own() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 9).await;
    let client = builder(&ca).build().unwrap();
    let response = client.get(server.url("/away/503")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.redirects().len(), 1);
    assert_eq!(server.request_count(), 4, "one that leads away, and three");
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, 1).await;
    let client = builder(&ca).build().unwrap();
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("a piece")]);
    let request = client
        .put(server.url("/503"))
        .body(Body::from_stream(pieces));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn a_server_that_is_refused_is_asked_once() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 0).await;
    let client = builder(&TestCa::new()).build().unwrap();
    let error = client.get(server.url("/503")).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!((server.tcp_connections(), server.request_count()), (1, 0));
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_tried_three_times_and_its_error_is_kept() {
    let ca = TestCa::new();
    let client = builder(&ca).build().unwrap();
    // A port that is bound and does not listen.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("https://127.0.0.1:{}/", socket.local_addr().unwrap().port());
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let counting = builder(&ca)
        .hop_layer(
            ServiceBuilder::new().map_request(move |request: Request<Body>| {
                counted.fetch_add(1, Ordering::SeqCst);
                request
            }),
        )
        .build()
        .unwrap();
    for client in [&client, &counting] {
        let error = client.post(&url).body("x").send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Connect, "{error}");
    }
    assert_eq!(
        seen.load(Ordering::SeqCst),
        3,
        "a hop layer sees each attempt"
    );
}

#[tokio::test]
async fn a_wait_that_the_limit_of_the_call_does_not_leave_is_not_begun() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 9).await;
    let client = builder(&ca)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let start = Instant::now();
    let response = client.get(server.url("/later/503")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "Retry-After is 30 s"
    );
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn an_outer_retry_does_not_multiply_the_attempts() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 99).await;
    let client = builder(&ca).build().unwrap();
    let outer = ServiceBuilder::new()
        .layer(RetryLayer::new().with_retry(quick()))
        .service(client);
    let request = Request::get(server.url("/503"))
        .body(Body::empty())
        .unwrap();
    let response = outer.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.request_count(), 3);
}
