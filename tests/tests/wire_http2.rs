//! What an HTTP/2 peer may do frame by frame, and what the client makes of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::retry::Retry;
use bonafide::{Client, ClientBuilder, Error, Kind, Phase};
use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_tests::{Frame, Http2Peer, RawServer, trusting};
use http::Method;
use tokio::time::{Instant, sleep, timeout};

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

fn loopback() -> (ClientBuilder, Identity) {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let policy = trusting(&ca).build().unwrap();
    (Client::builder().policy(policy), identity)
}

/// A server that does `serve` with each connection and its number, and a client that trusts it.
async fn peer<F>(
    serve: impl Fn(usize, Http2Peer) -> F + Clone + Send + Sync + 'static,
) -> (ClientBuilder, RawServer)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let (client, identity) = loopback();
    let server = RawServer::tls(&identity, "h2", move |number, stream| {
        let serve = serve.clone();
        async move {
            if let Ok(peer) = Http2Peer::accept(stream).await {
                let _ = serve(number, peer).await;
            }
        }
    })
    .await;
    (client, server)
}

async fn read(client: &Client, url: &str) -> Result<String, Error> {
    client.get(url).send().await?.text().await
}

#[tokio::test]
async fn a_body_without_its_end_is_an_error_whatever_the_code_says() {
    for ending in [
        Frame::reset(1, NO_ERROR),
        Frame::goaway(0, NO_ERROR),
        Frame::reset(1, INTERNAL_ERROR),
    ] {
        let sent = ending.clone();
        let (client, server) = peer(move |_, mut peer| {
            let ending = ending.clone();
            async move {
                let stream = peer.request().await?;
                peer.send(Frame::status(stream, 8, 0)).await?;
                peer.send(Frame::data(stream, b"part", 0)).await?;
                peer.send(ending).await?;
                peer.drain().await;
                Ok(())
            }
        })
        .await;
        let client = client.build().unwrap();
        let error = read(&client, &server.url("/")).await.expect_err("cut off");
        assert_eq!(
            (error.kind(), error.phase(), error.is_retryable()),
            (Kind::Body, Some(Phase::Body), false),
            "{sent:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_whole_answer_counts_although_the_upload_is_refused() {
    let (client, server) = peer(|_, mut peer| async move {
        loop {
            let stream = peer.request().await?;
            peer.answer(stream, b"too large").await?;
            peer.send(Frame::reset(stream, NO_ERROR)).await?;
        }
    })
    .await;
    let client = client.build().unwrap();
    for _ in 0..20 {
        let request = client.post(server.url("/")).body(vec![0; 1 << 20]);
        let response = request.send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "too large");
    }
}

#[tokio::test]
async fn a_body_where_none_may_be_is_an_error() {
    // method, index of the status
    for (method, status) in [(Method::HEAD, 8), (Method::GET, 9), (Method::GET, 11)] {
        let (client, server) = peer(move |_, mut peer| async move {
            let stream = peer.request().await?;
            peer.send(Frame::status(stream, status, 0)).await?;
            peer.send(Frame::data(stream, b"body", Frame::END_STREAM))
                .await?;
            peer.drain().await;
            Ok(())
        })
        .await;
        let client = client.build().unwrap();
        let request = client.request(method.clone(), server.url("/"));
        let error = request.send().await.unwrap().bytes().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Protocol, Some(Phase::Body)),
            "{method} {status}: {error}"
        );
    }
}

#[tokio::test]
async fn a_request_beyond_the_last_stream_of_a_goaway_is_sent_again() {
    for code in [NO_ERROR, INTERNAL_ERROR, ENHANCE_YOUR_CALM] {
        for method in [Method::GET, Method::POST] {
            let (client, server) = peer(move |number, mut peer| async move {
                let stream = peer.request().await?;
                if number < 2 {
                    peer.send(Frame::goaway(0, code)).await?;
                } else {
                    peer.answer(stream, b"ok").await?;
                }
                peer.drain().await;
                Ok(())
            })
            .await;
            let client = client.build().unwrap();
            let request = client.request(method, server.url("/")).body("body");
            let response = request.send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), "ok");
            assert_eq!(server.connections(), 3);
        }
    }
}

#[tokio::test]
async fn a_server_that_only_refuses_is_asked_three_times() {
    for refusal in [Frame::goaway(0, NO_ERROR), Frame::reset(1, REFUSED_STREAM)] {
        let (client, server) = peer(move |_, mut peer| {
            let refusal = refusal.clone();
            async move {
                peer.request().await?;
                peer.send(refusal).await?;
                peer.drain().await;
                Ok(())
            }
        })
        .await;
        let client = client.build().unwrap();
        let error = client.post(server.url("/")).send().await.unwrap_err();
        assert!(error.is_retryable(), "nothing was processed: {error}");
        assert_eq!(server.connections(), 3);
    }
}

#[tokio::test]
async fn a_retry_of_the_caller_does_not_multiply_the_three_times() {
    let (client, server) = peer(|_, mut peer| async move {
        peer.request().await?;
        peer.send(Frame::reset(1, REFUSED_STREAM)).await?;
        peer.drain().await;
        Ok(())
    })
    .await;
    let client = client.retry(Retry::standard()).build().unwrap();
    for times in [3, 6] {
        client.get(server.url("/")).send().await.unwrap_err();
        assert_eq!(server.connections(), times);
    }
}

#[tokio::test]
async fn a_request_that_a_goaway_covers_is_not_sent_again() {
    let (client, server) = peer(|_, mut peer| async move {
        let stream = peer.request().await?;
        peer.send(Frame::goaway(stream, NO_ERROR)).await
    })
    .await;
    let client = client.build().unwrap();
    let error = client.post(server.url("/")).send().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (Kind::Closed, false));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_breaks_the_rules_is_named_and_not_asked_again() {
    // A body of a stream that was never opened; headers of the connection.
    let faults = [
        Frame::data(99, b"x", 0),
        Frame::data(0, b"x", 0),
        Frame::status(0, 8, 0),
    ];
    for fault in faults {
        let (client, server) = peer(move |_, mut peer| {
            let fault = fault.clone();
            async move {
                let first = peer.request().await?;
                peer.answer(first, b"ok").await?;
                peer.request().await?;
                peer.send(fault).await?;
                peer.drain().await;
                Ok(())
            }
        })
        .await;
        let client = client.build().unwrap();
        read(&client, &server.url("/")).await.unwrap();
        let error = read(&client, &server.url("/")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (Kind::Protocol, false),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains(": the server broke the rules of HTTP/2: "),
            "{text}"
        );
        assert!(text.contains("connection error detected: "), "{text}");
        assert_eq!(server.connections(), 1, "a GET on a kept connection");
    }
}

/// A server whose first connection answers once and is frozen then; the others answer. Counts what
/// they answer.
async fn freezing() -> (ClientBuilder, RawServer) {
    peer(|number, mut peer| async move {
        let first = peer.request().await?;
        peer.answer(first, b"ok").await?;
        if number == 0 {
            sleep(Duration::from_secs(600)).await;
        }
        loop {
            let stream = peer.request().await?;
            peer.answer(stream, b"ok").await?;
        }
    })
    .await
}

#[tokio::test]
async fn a_frozen_connection_costs_the_requests_that_met_it_and_no_later_ones() {
    let (client, server) = freezing().await;
    let client = client
        .headers_timeout(Duration::from_millis(1_100))
        .http2_ping_interval(None)
        .build()
        .unwrap();
    read(&client, &server.url("/")).await.unwrap();
    let mut failures = 0;
    for _ in 0..20 {
        if let Err(error) = read(&client, &server.url("/")).await {
            assert_eq!(
                (error.kind(), error.phase()),
                (Kind::Timeout, Some(Phase::Headers))
            );
            failures += 1;
        }
    }
    assert_eq!(failures, 1);
    assert_eq!(server.connections(), 2, "one replacement");
}

#[tokio::test]
async fn requests_that_are_given_up_leave_a_frozen_connection_in_doubt_too() {
    let (client, server) = freezing().await;
    let client = client.http2_ping_interval(None).build().unwrap();
    read(&client, &server.url("/")).await.unwrap();
    let patience = Duration::from_millis(1_100);
    let given_up = timeout(patience, read(&client, &server.url("/"))).await;
    assert!(given_up.is_err());
    timeout(patience, read(&client, &server.url("/")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_short_limit_of_one_caller_benches_no_healthy_connection() {
    let (client, server) = peer(|_, mut peer| async move {
        let first = peer.request().await?;
        peer.answer(first, b"ok").await?;
        // Kept waiting longer than its caller likes.
        let slow = peer.request().await?;
        sleep(Duration::from_millis(300)).await;
        peer.answer(slow, b"late").await?;
        loop {
            let stream = peer.request().await?;
            peer.answer(stream, b"ok").await?;
        }
    })
    .await;
    let client = client.build().unwrap();
    read(&client, &server.url("/")).await.unwrap();
    let hasty = client
        .get(server.url("/"))
        .headers_timeout(Duration::from_millis(50));
    let error = hasty.send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(read(&client, &server.url("/")).await.unwrap(), "ok");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_never_sends_settings_keeps_nobody_else_waiting() {
    let (client, identity) = loopback();
    let server = RawServer::tls(&identity, "h2", |number, stream| async move {
        if number == 0 {
            let mut mute = Http2Peer::without_settings(stream).await.unwrap();
            mute.drain().await;
            return;
        }
        let mut peer = Http2Peer::accept(stream).await.unwrap();
        while let Ok(stream) = peer.request().await {
            peer.answer(stream, b"ok").await.unwrap();
        }
    })
    .await;
    let client = client.http2_ping_interval(None).build().unwrap();
    let first = {
        let (client, url) = (client.clone(), server.url("/first"));
        tokio::spawn(async move { read(&client, &url).await })
    };
    sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    let answered = Arc::new(AtomicUsize::new(0));
    let others: Vec<_> = (0..8)
        .map(|_| {
            let (client, url) = (client.clone(), server.url("/"));
            let answered = Arc::clone(&answered);
            tokio::spawn(async move {
                read(&client, &url).await.unwrap();
                answered.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    for other in others {
        timeout(Duration::from_secs(10), other)
            .await
            .unwrap()
            .unwrap();
    }
    assert_eq!(answered.load(Ordering::SeqCst), 8);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(server.connections(), 2, "one replacement");
    first.abort();
}
