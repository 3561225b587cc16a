//! What keeps an HTTP/2 connection in use, and what ends it: cancelled requests, and pings.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future;
use std::time::Duration;

use bonafide::{Client, Kind, Phase};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Frame, Http2Peer, RawServer, trusting};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

const CANCEL: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_request_that_is_given_up_resets_its_stream_and_the_connection_serves_others() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let server = RawServer::tls(&identity, "h2", move |_, stream| {
        let arrived = arrived.clone();
        async move {
            let mut peer = Http2Peer::accept(stream).await.unwrap();
            // The first request gets no answer.
            while let Ok(frame) = peer.receive().await {
                let is_second = frame.kind == Frame::HEADERS && frame.stream > 1;
                if is_second {
                    peer.answer(frame.stream, b"ok").await.unwrap();
                }
                let _ = arrived.send(frame);
            }
        }
    })
    .await;
    let policy = trusting(&ca).build().unwrap();
    let client = Client::builder().policy(policy).build().unwrap();
    let given_up = tokio::spawn(client.get(server.url("/")).send());
    let mut next = async |kind| loop {
        let frame = timeout(PATIENCE, arrivals.recv()).await.unwrap().unwrap();
        if frame.kind == kind {
            return frame;
        }
    };
    let headers = next(Frame::HEADERS).await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    assert_eq!(
        next(Frame::RST_STREAM).await,
        Frame::reset(headers.stream, CANCEL)
    );
    let response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "ok");
    assert_eq!(server.connections(), 1);
}

/// The first connection answers once and is frozen then: it reads nothing, and answers no ping.
#[tokio::test]
async fn a_connection_that_answers_no_ping_is_closed_and_another_is_made() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls(&identity, "h2", |number, stream| async move {
        let mut peer = Http2Peer::accept(stream).await.unwrap();
        let first = peer.request().await.unwrap();
        peer.answer(first, b"ok").await.unwrap();
        if number == 0 {
            future::pending::<()>().await;
        }
        while let Ok(stream) = peer.request().await {
            peer.answer(stream, b"ok").await.unwrap();
        }
    })
    .await;
    let policy = trusting(&ca).build().unwrap();
    let client = Client::builder()
        .policy(policy)
        .http2_ping_interval(Duration::from_millis(200))
        .http2_ping_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let read = || async {
        let response = client.get(server.url("/")).send().await?;
        response.text().await
    };
    assert_eq!(read().await.unwrap(), "ok");
    let start = Instant::now();
    // A POST is not sent twice, so its error says how the connection ended.
    let waiting = client.post(server.url("/")).send();
    let error = timeout(PATIENCE, waiting).await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Headers)),
        "{error}"
    );
    assert!(error.to_string().contains("does not answer HTTP/2 pings"));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(read().await.unwrap(), "ok");
    assert_eq!(server.connections(), 2);
}
