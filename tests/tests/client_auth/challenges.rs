//! Challenges of a server, and what becomes of the 401.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bonafide::auth::{AuthError, Credential, Digest};
use bonafide::{Body, Delivery, StatusCode};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::{DigestGuard, Renewal};
use bytes::Bytes;
use futures_util::stream;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};

use crate::stage::{BOTH, all, ask, builder, cause, served};

/// A server behind `guard`, which it is returned with.
async fn guarded(ca: &TestCa, alpn: Alpn, guard: DigestGuard) -> (TestServer, Arc<DigestGuard>) {
    let guard = Arc::new(guard);
    let asked = Arc::clone(&guard);
    (
        served(ca, alpn, move |request| asked.answer(request)).await,
        guard,
    )
}

fn digest(server: &TestServer, password: &str) -> Credential {
    let digest = Digest::new("user", password).unwrap();
    Credential::for_origin(&server.url(""), digest).unwrap()
}

#[tokio::test]
async fn a_challenge_is_answered_and_its_connection_serves_on() {
    let ca = TestCa::new();
    for alpn in BOTH {
        for client in 0..3 {
            let guard = DigestGuard::new("user", "password", "SHA-256");
            let guard = guard.with_renewal(3, Renewal::Stale);
            let (server, guard) = guarded(&ca, alpn, guard).await;
            let credential = digest(&server, "password");
            let client = &all(|| builder(&ca).credential(credential.clone()))[client];
            for number in 0..6 {
                let text = format!("text {number}");
                let url = server.url(&format!("/a/{number}?b=%20c"));
                let response = client.post(url).body(text.clone()).send().await.unwrap();
                assert_eq!(response.text().await.unwrap(), text);
            }
            assert_eq!(guard.faults(), Vec::<String>::new());
            assert_eq!((guard.challenges(), guard.seen()), (2, (6, 6)), "{alpn:?}");
            assert_eq!(server.tcp_connections(), 1, "{alpn:?}");
        }
    }
}

#[tokio::test]
async fn a_401_that_is_not_answered_is_the_callers_with_its_body() {
    let ca = TestCa::new();
    for alpn in BOTH {
        let guard = DigestGuard::new("user", "password", "SHA-256");
        let (server, guard) = guarded(&ca, alpn, guard).await;
        let client = builder(&ca)
            .credential(digest(&server, "wrong"))
            .build()
            .unwrap();
        let response = client
            .post(server.url("/"))
            .body("text")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.bytes().await.unwrap().len(), 20_000);
        assert_eq!((guard.challenges(), guard.faults().len()), (2, 1));

        // A body that is sent once is not sent again, but the next request knows the nonce.
        let client = builder(&ca).credential(digest(&server, "password"));
        let client = client.build().unwrap();
        let once = Body::from_stream(stream::iter([Ok::<_, Infallible>("text")]));
        let response = client
            .post(server.url("/"))
            .body(once)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.bytes().await.unwrap().len(), 20_000);
        let response = client
            .post(server.url("/"))
            .body("text")
            .send()
            .await
            .unwrap();
        assert_eq!(response.text().await.unwrap(), "text");
        assert_eq!(guard.challenges(), 3);
    }
}

#[tokio::test]
async fn of_a_401_that_is_answered_as_much_is_read_as_keeps_the_connection_and_no_more() {
    let ca = TestCa::new();
    // path, bytes at once, when the body ends, connections then, bounds of the time in seconds
    for (path, bytes, ends_after, connections, least, most) in [
        ("/soon", 10, Some(Duration::from_millis(200)), 1, 0.2, 1.0),
        ("/never", 10, None, 2, 1.0, 5.0),
        ("/large", 100_000, None, 2, 0.0, 1.0),
    ] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(Alpn::Http1)
            .handler(move |request: Request<Bytes>| async move {
                if request.headers().contains_key(AUTHORIZATION) {
                    return Response::new(TestBody::from("in"));
                }
                let (sender, body) = TestBody::channel();
                sender.send(vec![b'x'; bytes]);
                tokio::spawn(async move {
                    match ends_after {
                        Some(ends_after) => tokio::time::sleep(ends_after).await,
                        None => pending().await,
                    }
                    drop(sender);
                });
                let challenge = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"";
                let response = Response::builder().status(StatusCode::UNAUTHORIZED);
                let response = response.header("www-authenticate", challenge);
                response.body(body).unwrap()
            })
            .start()
            .await;
        let client = builder(&ca).credential(digest(&server, "password"));
        let client = client.build().unwrap();
        let start = Instant::now();
        assert_eq!(ask(&client, &server.url(path)).await, "in", "{path}");
        let took = start.elapsed().as_secs_f64();
        assert!((least..most).contains(&took), "{path}: {took}");
        assert_eq!(server.tcp_connections(), connections, "{path}");
    }
}

#[tokio::test]
async fn each_attempt_has_a_count_and_a_cnonce_of_its_own() {
    let ca = TestCa::new();
    let guard = DigestGuard::new("user", "password", "SHA-256");
    let busy = AtomicBool::new(true);
    let guard = Arc::new(guard);
    let asked = Arc::clone(&guard);
    let server = served(&ca, Alpn::Http2, move |request| {
        let mut response = asked.answer(request);
        if response.status() == StatusCode::OK && busy.swap(false, Ordering::SeqCst) {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        response
    })
    .await;
    let credential = digest(&server, "password");
    let [.., client] = all(|| builder(&ca).credential(credential.clone()));
    assert_eq!(ask(&client, &server.url("/")).await, "");
    assert_eq!(guard.faults(), Vec::<String>::new());
    assert_eq!((guard.challenges(), guard.seen()), (1, (2, 2)));
}

#[tokio::test]
async fn a_server_that_does_not_prove_itself_is_an_error() {
    let ca = TestCa::new();
    let guard = DigestGuard::new("user", "s3cret", "SHA-256");
    let server = served(&ca, Alpn::Http2, move |request| {
        let mut response = guard.answer(request);
        if response.status() == StatusCode::OK {
            let info = HeaderValue::from_static("qop=auth, rspauth=\"00\"");
            response.headers_mut().insert("authentication-info", info);
        }
        response
    })
    .await;
    let client = builder(&ca)
        .credential(digest(&server, "s3cret"))
        .build()
        .unwrap();
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert!(
        matches!(cause(&error), AuthError::WrongProof { .. }),
        "{error}"
    );
    assert_eq!(error.delivery(), Delivery::Answered);
    assert_eq!(error.url().unwrap().as_str(), server.url("/"));
    let origin = server.url("");
    assert_eq!(
        error.to_string(),
        format!(
            "{origin}/: the request cannot be authenticated: {origin} did not prove that it knows \
             the password: its rspauth is wrong"
        )
    );
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}
