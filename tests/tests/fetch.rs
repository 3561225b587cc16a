//! A request and its whole response as one unit.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::redirect::Redirects;
use bonafide::retry::{Backoff, Budget, IdempotencyKey, Retry};
use bonafide::{
    Client, ClientBuilder, Delivery, Kind, Phase, RequestBuilder, StatusCode, blocking,
};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::{HeaderValue, Response};

const VERSIONS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

/// A server whose first `failing` bodies end too early: they break off, and those of `/stall` stop.
/// `/away` leads to `/`.
async fn server(ca: &TestCa, alpn: Alpn, failing: usize) -> TestServer {
    let asked = Arc::new(AtomicUsize::new(0));
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(move |request| {
            let path = request.uri().path().to_owned();
            let asked = Arc::clone(&asked);
            async move {
                let (sender, body) = TestBody::channel();
                let mut response = Response::new(body);
                if path == "/away" {
                    let home = HeaderValue::from_static("/");
                    response.headers_mut().insert("location", home);
                    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                    return response;
                }
                if path == "/404" {
                    *response.status_mut() = StatusCode::NOT_FOUND;
                }
                let number = asked.fetch_add(1, Ordering::SeqCst);
                sender.send("[1,");
                tokio::spawn(async move {
                    if number >= failing {
                        sender.send("2]");
                    } else if path == "/stall" {
                        sender.closed().await;
                    } else {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        sender.abort();
                    }
                });
                response
            }
        })
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

fn quick() -> Retry {
    Retry::standard().with_backoff(Backoff::new(
        Duration::from_millis(1),
        Duration::from_millis(5),
    ))
}

#[tokio::test]
async fn a_body_that_breaks_off_is_asked_for_again_and_arrives_whole() {
    for alpn in VERSIONS {
        let ca = TestCa::new();
        let server = server(&ca, alpn, 2).await;
        let client = builder(&ca).retry(quick()).build().unwrap();
        let response = client.get(server.url("/")).fetch().await.unwrap();
        assert_eq!(response.attempts(), 3, "{alpn:?}");
        assert!(response.receipt().unwrap().is_verified());
        assert_eq!(response.content_length(), Some(5));
        server.shutdown().await;
        // Nothing is left to read from the server.
        assert_eq!(response.json::<Vec<u8>>().await.unwrap(), [1, 2]);
    }
}

#[tokio::test]
async fn without_a_rule_and_after_a_bare_send_a_broken_body_is_an_error() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, usize::MAX).await;
    let client = builder(&ca).build().unwrap();
    let error = client.get(server.url("/")).fetch().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.phase(), error.delivery()),
        (Kind::Body, Some(Phase::Body), Delivery::Answered)
    );
    assert_eq!(error.url().unwrap().as_str(), server.url("/"));
    assert!(error.receipt().unwrap().is_verified());
    assert_eq!(server.request_count(), 1);
    let client = builder(&ca).retry(quick()).build().unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap_err().kind(), Kind::Body);
    assert_eq!(server.request_count(), 2);
}

#[tokio::test]
async fn what_is_not_idempotent_is_not_asked_for_again_and_a_key_makes_it_so() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 2).await;
    let client = builder(&ca).retry(quick()).build().unwrap();
    let post = || client.post(server.url("/")).body("tea");
    let error = post().fetch().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Body, 1));
    let key = IdempotencyKey::random().unwrap();
    let response = post().idempotency_key(key).fetch().await.unwrap();
    assert_eq!(response.attempts(), 2);
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_body_that_stalls_is_asked_for_again_within_the_budget() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, usize::MAX).await;
    let client = builder(&ca)
        .read_timeout(Duration::from_millis(100))
        .retry(quick())
        .retry_budget(Budget::new(1, 0))
        .build()
        .unwrap();
    let error = client.get(server.url("/stall")).fetch().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Body))
    );
    assert_eq!(server.request_count(), 2);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_asked_for_again() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, 0).await;
    let client = builder(&ca).retry(quick()).max_body_bytes(4);
    let client = client.build().unwrap();
    let error = client.get(server.url("/")).fetch().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::TooLarge, 1));
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn redirects_are_followed_and_error_statuses_returned_as_after_send() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 1).await;
    let client = builder(&ca).retry(quick()).build().unwrap();
    let response = client.get(server.url("/away")).fetch().await.unwrap();
    assert_eq!(response.redirects().len(), 1);
    assert_eq!(response.text().await.unwrap(), "[1,2]");
    let response = client.get(server.url("/404")).fetch().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.text().await.unwrap(), "[1,2]");
}

#[tokio::test]
async fn a_request_that_was_built_before_is_fetched_again_by_its_own_rule_and_by_the_clients() {
    let ca = TestCa::new();
    let bare = builder(&ca).build().unwrap();
    let retrying = builder(&ca).retry(quick()).build().unwrap();
    // the rule of the request, the client that fetches it, whether its body arrives
    for (rule, client, arrives) in [
        (Some(quick()), &bare, true),
        (None, &retrying, true),
        (None, &bare, false),
        (Some(Retry::none()), &retrying, false),
    ] {
        let server = server(&ca, Alpn::Http2, 1).await;
        let mut request = bare.get(server.url("/"));
        if let Some(rule) = rule {
            request = request.retry(rule);
        }
        let request = RequestBuilder::from_parts(client.clone(), request.build().unwrap());
        match request.fetch().await {
            Ok(response) => {
                assert!(arrives, "{rule:?}");
                assert_eq!(response.attempts(), 2);
                assert_eq!(response.text().await.unwrap(), "[1,2]");
            }
            Err(error) => {
                assert!(!arrives, "{rule:?} {error}");
                assert_eq!(error.kind(), Kind::Body);
            }
        }
        assert_eq!(server.request_count(), if arrives { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_blocking_client_fetches_a_request_that_was_built_before_over_its_own_connections() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 1).await;
    let client = builder(&ca).build().unwrap();
    // This opens a connection of this runtime, which the blocking client must not use.
    let away = client.get(server.url("/away")).redirects(Redirects::none());
    away.send().await.unwrap().bytes().await.unwrap();
    let url = server.url("/");
    let client = blocking::Client::from(client);
    let fetched = tokio::task::spawn_blocking(move || {
        let request = client.get(url).retry(quick()).build().unwrap();
        let response = RequestBuilder::from_parts(client, request).fetch().unwrap();
        (response.attempts(), response.text().unwrap())
    });
    assert_eq!(fetched.await.unwrap(), (2, "[1,2]".to_owned()));
    assert_eq!(server.tcp_connections(), 2);
}
