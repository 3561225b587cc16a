//! What is left of an HTTP/2 answer when its connection breaks during the upload.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bonafide::{Client, Error, Kind};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Frame, Http2Peer, RawServer, trusting};
use tokio::time::{sleep, timeout};

/// HEADERS with status 200 and `content-length: length`.
fn declaring(stream: u32, length: &str) -> Frame {
    let mut frame = Frame::status(stream, 8, 0);
    // A literal without indexing, its name the 28th of the static table.
    frame
        .payload
        .extend([0x0f, 0x0d, u8::try_from(length.len()).unwrap()]);
    frame.payload.extend(length.as_bytes());
    frame
}

/// A server that answers `body` when it has the head of a request, ends the stream if `whole`, and
/// closes the connection with the rest of the request unread.
async fn closing(declared: &'static str, body: &'static [u8], whole: bool) -> (Client, RawServer) {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls(&identity, "h2", move |_, stream| async move {
        let mut peer = Http2Peer::accept(stream).await.unwrap();
        let Ok(stream) = peer.request().await else {
            return;
        };
        let _ = peer.send(declaring(stream, declared)).await;
        let end = if whole { Frame::END_STREAM } else { 0 };
        let _ = peer.send(Frame::data(stream, body, end)).await;
        sleep(Duration::from_millis(10)).await;
    })
    .await;
    let policy = trusting(&ca).build().unwrap();
    (Client::builder().policy(policy).build().unwrap(), server)
}

async fn upload(client: &Client, url: &str, pause: u64) -> Result<String, Error> {
    let response = client.post(url).body(vec![0; 4 << 20]).send().await?;
    sleep(Duration::from_millis(pause)).await;
    response.text().await
}

#[tokio::test]
async fn an_answer_whose_length_has_come_is_whole_although_the_connection_broke() {
    for pause in [0, 100] {
        for _ in 0..10 {
            let (client, server) = closing("4", b"much", true).await;
            let text = upload(&client, &server.url("/"), pause).await.unwrap();
            assert_eq!(text, "much");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_shorter_than_declared_is_an_error_when_the_connection_broke() {
    for _ in 0..5 {
        let (client, server) = closing("5", b"much", false).await;
        let error = upload(&client, &server.url("/"), 100).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (Kind::Body, false),
            "{error}"
        );
    }
}

/// The first connection freezes in the middle of a body.
#[tokio::test]
async fn a_body_that_is_given_up_leaves_a_frozen_connection_in_doubt() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls(&identity, "h2", |number, stream| async move {
        let mut peer = Http2Peer::accept(stream).await.unwrap();
        while let Ok(stream) = peer.request().await {
            let _ = peer.send(Frame::status(stream, 8, 0)).await;
            if number == 0 {
                sleep(Duration::from_secs(600)).await;
            }
            let _ = peer
                .send(Frame::data(stream, b"ok", Frame::END_STREAM))
                .await;
        }
    })
    .await;
    let policy = trusting(&ca).build().unwrap();
    let client = Client::builder().policy(policy).http2_ping_interval(None);
    let client = client.build().unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    let patience = Duration::from_millis(1_200);
    assert!(timeout(patience, response.text()).await.is_err());
    let response = timeout(patience, client.get(server.url("/")).send()).await;
    let text = response.unwrap().unwrap().text().await.unwrap();
    assert_eq!((text.as_str(), server.connections()), ("ok", 2));
}
