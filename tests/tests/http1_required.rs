//! Servers that answer over HTTP/1.1 alone, although they selected HTTP/2 (RFC 9113 section 7).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::events::Event;
use bonafide::{Body, Client, ClientBuilder, Delivery, Kind, Phase, Version};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Frame, Http2Peer, RawServer, RawStream, read_head, trusting};
use bytes::Bytes;
use futures_util::stream;
use tokio::io::AsyncWriteExt as _;

const NO_ERROR: u32 = 0;
const HTTP_1_1_REQUIRED: u32 = 0xd;

/// How the server ends the first request of a connection.
#[derive(Clone, Copy, Debug)]
enum End {
    Reset,
    GoAway,
}

impl End {
    fn frame(self, stream: u32) -> Frame {
        match self {
            Self::Reset => Frame::reset(stream, HTTP_1_1_REQUIRED),
            Self::GoAway => Frame::goaway(0, HTTP_1_1_REQUIRED),
        }
    }
}

/// Ends the first stream of each HTTP/2 connection as `end` says, and answers further ones.
async fn serve_http2(stream: RawStream, end: End) {
    let mut peer = Http2Peer::accept(stream).await.unwrap();
    let mut end = Some(end);
    while let Ok(stream) = peer.request().await {
        let frame = end.take().map_or_else(
            || Frame::status(stream, 8, Frame::END_STREAM),
            |end| end.frame(stream),
        );
        if peer.send(frame).await.is_err() {
            return;
        }
    }
}

/// Answers the requests of an HTTP/1.1 connection; `/moved` leads to `/`.
async fn serve_http1(mut stream: RawStream) {
    while let Some(head) = read_head(&mut stream).await {
        let first = match head.contains(" /moved ") {
            true => "302 Found\r\nlocation: /",
            false => "200 OK",
        };
        let answer = format!("HTTP/1.1 {first}\r\ncontent-length: 2\r\n\r\nok");
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// A server that supports HTTP/2 and HTTP/1.1, and requires the latter.
async fn server(end: End) -> (RawServer, ClientBuilder) {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls_by_alpn(
        &identity,
        &["h2", "http/1.1"],
        move |_, stream| async move {
            match stream.alpn() {
                Some(b"h2") => serve_http2(stream, end).await,
                _ => serve_http1(stream).await,
            }
        },
    )
    .await;
    let policy = trusting(&ca).build().unwrap();
    (server, Client::builder().policy(policy))
}

#[tokio::test]
async fn a_request_that_requires_http1_is_sent_again_over_http1_by_every_client() {
    for end in [End::Reset, End::GoAway] {
        let (server, builder) = server(end).await;
        let client = builder.build().unwrap();
        let request = client.post(server.url("/")).body("once");
        let response = request.send().await.unwrap();
        assert_eq!(response.version(), Version::HTTP_11, "{end:?}");
        assert_eq!(response.text().await.unwrap(), "ok", "{end:?}");
        assert_eq!(server.connections(), 2, "{end:?}");
    }
}

#[tokio::test]
async fn after_a_reset_that_requires_http1_the_http2_connection_serves_other_requests() {
    let (server, builder) = server(End::Reset).await;
    let client = builder.build().unwrap();
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.version(), version);
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn listeners_are_notified_that_a_request_is_sent_again_within_its_attempt() {
    let (server, builder) = server(End::Reset).await;
    let decisions = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&decisions);
    let client = builder.event_listener(move |event: &Event<'_>| {
        if let Event::RetryDecision {
            delivery,
            status,
            again,
            ..
        } = event
        {
            seen.lock().unwrap().push((*delivery, *status, *again));
        }
    });
    let client = client.build().unwrap();
    client.post(server.url("/")).send().await.unwrap();
    let at_once = Some(Duration::ZERO);
    assert_eq!(
        *decisions.lock().unwrap(),
        [(Delivery::RefusedUnprocessed, None, at_once)]
    );
}

/// HTTP_1_1_REQUIRED is about one request.
#[tokio::test]
async fn the_target_of_a_redirect_may_use_http2_again() {
    let (server, builder) = server(End::Reset).await;
    let client = builder.build().unwrap();
    let response = client.get(server.url("/moved")).send().await.unwrap();
    assert_eq!(response.redirects().len(), 1);
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_request_that_may_use_http2_alone_fails_where_http1_is_required() {
    for end in [End::Reset, End::GoAway] {
        let (server, builder) = server(end).await;
        let client = builder.build().unwrap();
        let request = client.get(server.url("/")).http2_only();
        let error = request.send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase(), error.delivery()),
            (
                Kind::Protocol,
                Some(Phase::Headers),
                Delivery::RefusedUnprocessed
            ),
            "{end:?}: {error}"
        );
        assert!(error.to_string().contains("HTTP_1_1_REQUIRED"), "{error}");
        assert!(!error.is_retryable(), "the same request ends the same way");
        assert_eq!(server.connections(), 1, "{end:?}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_repeated_is_not_sent_over_http1() {
    let (server, builder) = server(End::Reset).await;
    let client = builder.build().unwrap();
    let once = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"once"))]);
    let request = client.post(server.url("/")).body(Body::from_stream(once));
    let error = request.send().await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::RefusedUnprocessed, "{error}");
    assert_eq!(server.connections(), 1);
}

/// RFC 9113 section 6.8: the streams above the last one of GOAWAY were not processed.
#[tokio::test]
async fn a_post_beyond_the_last_stream_of_a_goaway_is_repeated_on_another_connection() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls(&identity, "h2", |number, stream| async move {
        let mut peer = Http2Peer::accept(stream).await.unwrap();
        while let Ok(stream) = peer.request().await {
            let frame = if number == 0 {
                Frame::goaway(0, NO_ERROR)
            } else {
                Frame::status(stream, 8, Frame::END_STREAM)
            };
            let _ = peer.send(frame).await;
        }
    })
    .await;
    let policy = trusting(&ca).build().unwrap();
    let client = Client::builder().policy(policy).build().unwrap();
    let request = client.post(server.url("/")).body("once");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(server.connections(), 2);
}

/// RFC 9113 section 6.8: the streams up to the last one of GOAWAY may have been processed, whatever
/// the code is.
#[tokio::test]
async fn a_post_that_a_goaway_leaves_in_is_not_sent_again_though_the_code_requires_http1() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    for code in [NO_ERROR, HTTP_1_1_REQUIRED, 0x2, 0x7] {
        let alpn = &["h2", "http/1.1"];
        let server = RawServer::tls_by_alpn(&identity, alpn, move |_, stream| async move {
            if stream.alpn() != Some(b"h2") {
                return serve_http1(stream).await;
            }
            let mut peer = Http2Peer::accept(stream).await.unwrap();
            if let Ok(stream) = peer.request().await {
                let _ = peer.send(Frame::goaway(stream, code)).await;
            }
        })
        .await;
        let policy = trusting(&ca).build().unwrap();
        let client = Client::builder().policy(policy).build().unwrap();
        let request = client.post(server.url("/")).body("once");
        let error = request.send().await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::MaybeProcessed, "{code} {error}");
        assert_eq!(server.connections(), 1, "{code}");
    }
}
