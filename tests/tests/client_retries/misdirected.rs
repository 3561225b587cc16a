//! 421 Misdirected Request (RFC 9110 section 15.5.20): once more, over a new connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::auth::{Credential, Digest};
use bonafide::retry::{Attempts, Retry};
use bonafide::{Body, ClientBuilder, Kind, StatusCode};
use bonafide_testkit::{Alpn, TestCa, TestServer};
use http::{Method, Response};

use crate::stage::{ALPNS, Log, builder, plain, quick, server, serving};

/// The number of the connection on which each request arrived.
fn connections(server: &TestServer) -> Vec<u64> {
    let requests = server.requests().into_iter();
    requests.map(|request| request.connection).collect()
}

/// A server that misdirects `failing` requests, and a client with a connection to it already.
async fn warm(ca: &TestCa, alpn: Alpn, failing: usize, client: ClientBuilder) -> Warm {
    let server = server(ca, alpn, failing).await;
    let client = client.build().unwrap();
    // The redirect is not counted among the requests that fail.
    let request = client.get(server.url("/away/421"));
    let first = request.retry(Retry::none()).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::MISDIRECTED_REQUEST);
    first.bytes().await.unwrap();
    Warm { server, client }
}

struct Warm {
    server: TestServer,
    client: bonafide::Client,
}

#[tokio::test]
async fn a_misdirected_request_of_any_method_is_sent_once_more_over_a_new_connection() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        for method in ["GET", "PUT", "DELETE", "POST", "PATCH"] {
            let Warm { server, client } = warm(&ca, alpn, 2, builder(&ca)).await;
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = client.request(method.clone(), server.url("/421"));
            let response = request.body("a body").send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{alpn:?} {method}");
            assert_eq!(response.attempts(), 2, "{alpn:?} {method}");
            let attempts = response.extensions().get::<Attempts>().unwrap().made();
            assert_eq!(attempts, 2, "{alpn:?} {method}");
            response.bytes().await.unwrap();
            // Two requests of the first call, the misdirected one, and its repetition.
            assert_eq!(connections(&server), [0, 0, 0, 1], "{alpn:?} {method}");
            for request in &server.requests()[2..] {
                assert_eq!((&request.method, &*request.body), (&method, &b"a body"[..]));
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_is_misdirected_again_is_not_sent_a_third_time() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        let Warm { server, client } = warm(&ca, alpn, 9, builder(&ca)).await;
        let response = client.post(server.url("/421")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(response.attempts(), 2, "{alpn:?}");
        assert_eq!(connections(&server), [0, 0, 0, 1], "{alpn:?}");
        let error = response.error_for_status().unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::Status, 2));
    }
}

/// The new connection is for the repetition alone, and not for what follows it within the hop.
#[tokio::test]
async fn a_challenge_on_the_new_connection_is_answered_without_a_third_one() {
    const CHALLENGE: &str = r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#;
    let ca = TestCa::new();
    for alpn in ALPNS {
        let made = AtomicUsize::new(0);
        let server = serving(&ca, alpn).handler(move |_| {
            let number = made.fetch_add(1, Ordering::SeqCst);
            async move {
                let response = Response::builder();
                let response = match number {
                    1 => response.status(StatusCode::MISDIRECTED_REQUEST),
                    2 => {
                        let response = response.status(StatusCode::UNAUTHORIZED);
                        response.header("www-authenticate", CHALLENGE)
                    }
                    _ => response,
                };
                response.body("").unwrap()
            }
        });
        let server = server.start().await;
        let digest = Digest::new("user", "password").unwrap();
        let credential = Credential::for_origin(&server.url(""), digest).unwrap();
        let client = builder(&ca).credential(credential).build().unwrap();
        for _ in 0..2 {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{alpn:?}");
            response.bytes().await.unwrap();
        }
        let numbers = connections(&server);
        assert!(
            matches!(numbers[..], [0, 0, 1, 0 | 1]),
            "{alpn:?} {numbers:?}"
        );
    }
}

#[tokio::test]
async fn without_a_rule_and_for_a_body_that_is_sent_once_a_421_is_the_response() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        for (client, body) in [
            (plain(&ca), Body::from("a body")),
            (builder(&ca), once()),
            (builder(&ca).retry(quick().with_max_attempts(1)), "x".into()),
        ] {
            let log = Log::default();
            let client = client.retry_observer(log.clone());
            let Warm { server, client } = warm(&ca, alpn, 9, client).await;
            let request = client.post(server.url("/421")).body(body);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
            assert_eq!(connections(&server), [0, 0, 0], "{alpn:?} {:?}", log.all());
        }
    }
}

fn once() -> Body {
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("a piece")]);
    Body::from_stream(pieces)
}
