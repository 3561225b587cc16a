//! Responses that begin before the request's body has ended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::time::Duration;

use bonafide::{Body, Client, Error, Response, StatusCode};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Frame, Http2Peer, RawServer, RawStream, raw_http1, read_head, trusting};
use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

async fn write(stream: &mut RawStream, text: &str) {
    // The client may have gone.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
}

/// A server that does `serve` with each HTTP/2 connection, and a client that trusts it.
async fn http2<F>(
    serve: impl Fn(Http2Peer) -> F + Clone + Send + Sync + 'static,
) -> (Client, RawServer)
where
    F: Future<Output = ()> + Send + 'static,
{
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls(&identity, "h2", move |_, stream| {
        let serve = serve.clone();
        async move { serve(Http2Peer::accept(stream).await.unwrap()).await }
    })
    .await;
    let policy = trusting(&ca).build().unwrap();
    (Client::builder().policy(policy).build().unwrap(), server)
}

async fn in_time(call: impl Future<Output = Result<Response, Error>>) -> Response {
    timeout(PATIENCE, call).await.unwrap().unwrap()
}

/// Sends `one`, and each further piece only after the one before it has come back.
async fn converse(client: &Client, url: &str) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        let piece: &'static str = receiver.recv().await?;
        Some((Ok::<_, Infallible>(piece), receiver))
    });
    sender.send("one").unwrap();
    let request = client.post(url).body(Body::from_stream(pieces));
    let mut response = in_time(request.send()).await;
    for (echo, next) in [("one", "two"), ("two", "end")] {
        let piece = timeout(PATIENCE, response.chunk()).await.unwrap();
        assert_eq!(piece.unwrap(), Some(Bytes::from(echo)));
        sender.send(next).unwrap();
    }
    drop(sender);
    let rest = timeout(PATIENCE, response.text()).await.unwrap();
    assert_eq!(rest.unwrap(), "end");
}

#[tokio::test]
async fn a_response_is_read_over_http1_while_the_request_is_still_being_sent() {
    for tls in [false, true] {
        let (client, server) = raw_http1(tls, |_, mut stream| async move {
            while let Some(head) = read_head(&mut stream).await {
                assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
                write(
                    &mut stream,
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                )
                .await;
                // Three chunks, each `3\r\n…\r\n`, which go back as they are; then the last chunk.
                let mut chunk = [0; 8];
                for _ in 0..3 {
                    stream.read_exact(&mut chunk).await.unwrap();
                    stream.write_all(&chunk).await.unwrap();
                    stream.flush().await.unwrap();
                }
                stream.read_exact(&mut chunk[..5]).await.unwrap();
                write(&mut stream, "0\r\n\r\n").await;
            }
        })
        .await;
        let client = client.build().unwrap();
        for _ in 0..2 {
            converse(&client, &server.url("/")).await;
        }
        assert_eq!(server.connections(), 1, "the connection is kept");
    }
}

#[tokio::test]
async fn a_response_is_read_over_http2_while_the_request_is_still_being_sent() {
    let (client, server) = http2(|mut peer| async move {
        while let Ok(frame) = peer.receive().await {
            let stream = frame.stream;
            let answer = match frame.kind {
                Frame::HEADERS => Frame::status(stream, 8, 0),
                Frame::DATA => Frame::data(stream, &frame.payload, frame.flags),
                _ => continue,
            };
            peer.send(answer).await.unwrap();
        }
    })
    .await;
    for _ in 0..2 {
        converse(&client, &server.url("/")).await;
    }
    assert_eq!(server.connections(), 1);
}

/// The server reads nothing of the upload, and keeps the connection open.
#[tokio::test]
async fn a_refusal_over_http1_arrives_although_the_upload_never_ends() {
    for tls in [false, true] {
        let (client, server) = raw_http1(tls, |number, mut stream| async move {
            read_head(&mut stream).await;
            if number > 0 {
                write(
                    &mut stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                )
                .await;
                return;
            }
            write(
                &mut stream,
                "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno",
            )
            .await;
            std::future::pending::<()>().await;
        })
        .await;
        let client = client.build().unwrap();
        refused_and_next(&client, &server.url("/")).await;
        assert_eq!(
            server.connections(),
            2,
            "the first one is in the middle of a request"
        );
    }
}

#[tokio::test]
async fn a_refusal_over_http2_arrives_although_the_upload_never_ends() {
    let (client, server) = http2(|mut peer| async move {
        let upload = peer.request().await.unwrap();
        // The index of 400 in HPACK's static table.
        peer.send(Frame::status(upload, 12, 0)).await.unwrap();
        peer.send(Frame::data(upload, b"no", Frame::END_STREAM))
            .await
            .unwrap();
        let next = peer.request().await.unwrap();
        peer.answer(next, b"ok").await.unwrap();
        peer.drain().await;
    })
    .await;
    refused_and_next(&client, &server.url("/")).await;
    assert_eq!(server.connections(), 1, "the stream alone ends");
}

/// An upload without an end is refused, and another request is answered.
async fn refused_and_next(client: &Client, url: &str) {
    let piece = Bytes::from_static(&[7; 16 * 1024]);
    let endless = stream::repeat_with(move || Ok::<_, Infallible>(piece.clone()));
    let request = client.post(url).body(Body::from_stream(endless));
    let response = in_time(request.send()).await;
    assert!(response.status().is_client_error(), "{}", response.status());
    assert_eq!(response.text().await.unwrap(), "no");
    let response = in_time(client.get(url).send()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.text().await.unwrap(), "ok");
}
