//! Bodies in both directions.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bonafide::{Body, Kind, Phase};
use bonafide_testkit::server::{BodySender, TestBody};
use bonafide_testkit::{Alpn, Ending};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Response, header};

use crate::support::{client, server};

#[tokio::test]
async fn a_streamed_request_arrives_whole() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|request| async move { Response::new(request.into_body()) })
            .start()
            .await;
        let chunks = (0..100).map(|n| Ok::<_, Infallible>(format!("{n},")));
        let expected: String = (0..100).map(|n| format!("{n},")).collect();
        let response = client()
            .post(server.url("/"))
            .body(Body::from_stream(stream::iter(chunks)))
            .send()
            .await
            .expect("a response");
        assert_eq!(response.text().await.expect("the echo"), expected);
        assert_eq!(
            server.requests()[0].headers.get(header::CONTENT_LENGTH),
            None
        );
    }
}

#[tokio::test]
async fn a_large_body_arrives_whole_both_ways() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|request| async move { Response::new(request.into_body()) })
            .start()
            .await;
        let sent: Vec<u8> = (0..5_000_000u32).map(|n| (n % 251) as u8).collect();
        let response = client()
            .post(server.url("/"))
            .body(sent.clone())
            .send()
            .await
            .expect("a response");
        let got = response.bytes().await.expect("the echo");
        assert!(
            got == sent,
            "{} bytes came back of {}",
            got.len(),
            sent.len()
        );
        let length = server.requests()[0].headers[header::CONTENT_LENGTH].clone();
        assert_eq!(length, "5000000");
    }
}

#[tokio::test]
async fn a_failing_request_stream_is_the_error_and_says_so() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let chunks = vec![Ok("start"), Err(io::Error::other("the disk is gone"))];
        let error = client()
            .post(server.url("/"))
            .body(Body::from_stream(stream::iter(chunks)))
            .send()
            .await
            .expect_err("the body cannot be sent");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Body, Some(Phase::Send))
        );
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the request's body could not be read: the disk is gone",
                server.url("/")
            )
        );
    }
}

#[tokio::test]
async fn a_response_is_read_piece_by_piece_as_it_comes() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let (sender, server) = streaming(alpn).await;
        let mut response = client()
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        let sender = sender.lock().expect("no panic").take().expect("the sender");
        for part in ["one", "two"] {
            assert!(sender.send(part));
            assert_eq!(
                response.chunk().await.expect("a chunk"),
                Some(Bytes::from(part))
            );
        }
        drop(sender);
        assert_eq!(response.chunk().await.expect("the end"), None);
        assert_eq!(response.chunk().await.expect("still the end"), None);
    }
}

#[tokio::test]
async fn a_stream_of_bytes_ends_with_the_body() {
    let (sender, server) = streaming(Alpn::Both).await;
    let response = client()
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    let mut pieces = response.bytes_stream();
    let sender = sender.lock().expect("no panic").take().expect("the sender");
    assert!(sender.send("piece"));
    assert_eq!(
        pieces.next().await.expect("a piece").expect("no error"),
        "piece"
    );
    sender.abort();
    let error = pieces.next().await.expect("an end").expect_err("cut off");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Body, Some(Phase::Body))
    );
    assert_eq!(error.url().expect("the URL").as_str(), server.url("/"));
    assert!(error.receipt().expect("verified").is_verified());
    assert!(pieces.next().await.is_none());
}

/// A server that gives a body which the test feeds.
async fn streaming(alpn: Alpn) -> (Arc<Mutex<Option<BodySender>>>, bonafide_testkit::TestServer) {
    let (sender, body) = TestBody::channel();
    let body = Mutex::new(Some(body));
    let server = server(alpn)
        .handler(move |_| {
            let body = body.lock().expect("no panic").take().unwrap_or_default();
            async { Response::new(body) }
        })
        .start()
        .await;
    (Arc::new(Mutex::new(Some(sender))), server)
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error_and_its_connection_is_not_used_again() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .endings([Ending::TruncatedBody {
                declared: 100,
                sent: 10,
            }])
            .start()
            .await;
        let client = client();
        let response = client.get(server.url("/")).send().await.expect("headers");
        assert_eq!(response.content_length(), Some(100));
        let error = response.bytes().await.expect_err("10 of 100 bytes");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Body, Some(Phase::Body))
        );
        assert!(!error.is_retryable());
        assert!(
            error
                .to_string()
                .starts_with(&format!("{}: the response's body ", server.url("/"))),
            "{error}"
        );
        client
            .get(server.url("/"))
            .send()
            .await
            .expect("another connection");
        assert_eq!(server.tcp_connections(), 2);
    }
}

#[tokio::test]
async fn a_body_ended_by_the_connection_needs_a_close_notify() {
    let server = server(Alpn::Http1)
        .endings([Ending::NoCloseNotify])
        .start()
        .await;
    let response = client().get(server.url("/")).send().await.expect("headers");
    let error = response
        .bytes()
        .await
        .expect_err("an attacker may have cut it");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Body, Some(Phase::Body))
    );
}

#[tokio::test]
async fn a_limit_holds_for_what_is_declared_and_for_what_comes() {
    let (sender, streamed) = streaming(Alpn::Http1).await;
    let fixed = server(Alpn::Http1).start().await;
    let response = client()
        .get(fixed.url("/"))
        .send()
        .await
        .expect("a response");
    assert_eq!(response.bytes_limited(2).await.expect("it fits"), "ok");
    let response = client()
        .get(fixed.url("/"))
        .send()
        .await
        .expect("a response");
    let error = response.bytes_limited(1).await.expect_err("2 bytes");
    assert_eq!(error.kind(), Kind::TooLarge);
    let response = client()
        .get(streamed.url("/"))
        .send()
        .await
        .expect("a response");
    let sender = sender.lock().expect("no panic").take().expect("the sender");
    assert!(sender.send("abc"));
    assert!(sender.send("def"));
    let error = response.bytes_limited(5).await.expect_err("6 bytes");
    assert_eq!(
        error.to_string(),
        format!("{}: the body is larger than 5 bytes", streamed.url("/"))
    );
}

#[tokio::test]
async fn json_that_is_none_is_a_decode_error() {
    let server = server(Alpn::Http1).start().await;
    let response = client()
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    let error = response.json::<u8>().await.expect_err("`ok` is no number");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Decode, Some(Phase::Body))
    );
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the response's body is not JSON of the expected type: line 1, column 1: this is not JSON",
            server.url("/")
        )
    );
}
