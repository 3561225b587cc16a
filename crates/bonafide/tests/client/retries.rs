//! Nothing is sent twice, unless that is safe.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::{Body, Client, Error, Kind, Phase};
use bonafide_testkit::{Alpn, Ending};
use futures_util::stream;
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{builder, client, server};

/// A plain HTTP/1.1 server that answers the first request of each connection and closes the
/// connection when a second one has come. `answers_second` says from which connection on it answers
/// all.
async fn closes_on_the_second(always_answers_from: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut first = true;
                while read_request(&mut stream).await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    if !first && number < always_answers_from {
                        return;
                    }
                    first = false;
                    let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    stream
                        .write_all(response)
                        .await
                        .expect("a client that reads");
                }
            });
        }
    });
    (address, requests)
}

/// Reads a request whose body, if any, is `body` in one chunk or by length.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut text = Vec::new();
    loop {
        let mut byte = [0];
        if stream.read(&mut byte).await.unwrap_or(0) == 0 {
            return false;
        }
        text.push(byte[0]);
        if let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..end]).to_lowercase();
            let body = &text[end + 4..];
            let complete = if head.contains("transfer-encoding: chunked") {
                body.ends_with(b"0\r\n\r\n")
            } else if head.contains("content-length: 4") {
                body.len() == 4
            } else {
                true
            };
            if complete {
                return true;
            }
        }
    }
}

async fn send(client: &Client, method: &str, address: SocketAddr, body: Body) -> Result<(), Error> {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let response = client
        .request(method, format!("http://{address}/"))
        .body(body)
        .send()
        .await?;
    assert_eq!(response.text().await?, "ok");
    Ok(())
}

#[tokio::test]
async fn a_kept_connection_that_closes_costs_an_idempotent_request_one_more_try() {
    // method, body, requests that arrive, whether there is a response
    for (method, body, arrived, answered) in [
        ("GET", "", 3, true),
        ("PUT", "body", 3, true),
        ("DELETE", "", 3, true),
        ("POST", "body", 2, false),
        ("PATCH", "body", 2, false),
    ] {
        let (address, requests) = closes_on_the_second(1).await;
        let client = builder().allow_plain_http().build().expect("a client");
        send(&client, "GET", address, Body::empty())
            .await
            .expect("a response");
        let outcome = send(&client, method, address, body.into()).await;
        assert_eq!(requests.load(Ordering::SeqCst), arrived, "{method}");
        match outcome {
            Ok(()) => assert!(answered, "{method}"),
            Err(error) => {
                assert!(!answered, "{method}: {error}");
                assert_eq!(
                    (error.kind(), error.phase()),
                    (Kind::Closed, Some(Phase::Headers))
                );
                assert!(
                    !error.is_retryable(),
                    "it is unknown whether it was processed"
                );
            }
        }
    }
    // A body that cannot be repeated is not.
    let streamed = Body::from_stream(stream::iter([Ok::<_, Infallible>("body")]));
    let (address, requests) = closes_on_the_second(1).await;
    let client = builder().allow_plain_http().build().expect("a client");
    send(&client, "GET", address, Body::empty())
        .await
        .expect("a response");
    let error = send(&client, "PUT", address, streamed)
        .await
        .expect_err("no response");
    assert_eq!(error.kind(), Kind::Closed);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_request_is_tried_again_once_and_not_twice() {
    let (address, requests) = closes_on_the_second(usize::MAX).await;
    let client = builder().allow_plain_http().build().expect("a client");
    // Two kept connections, each of which closes on its next request.
    let (one, two) = tokio::join!(
        client.get(format!("http://{address}/")).send(),
        client.get(format!("http://{address}/")).send(),
    );
    for response in [one, two] {
        response.expect("a response").bytes().await.expect("a body");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 2);
    let error = send(&client, "GET", address, Body::empty())
        .await
        .expect_err("twice closed");
    assert_eq!(error.kind(), Kind::Closed);
    assert_eq!(requests.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_new_connection_that_closes_is_an_error_at_once() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).ending(Ending::CloseAfterRequest).start().await;
        let error = client()
            .get(server.url("/"))
            .send()
            .await
            .expect_err("no response");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Closed, Some(Phase::Headers))
        );
        assert_eq!(server.request_count(), 1);
        assert!(
            error.to_string().starts_with(&format!(
                "{}: the connection closed before a response came",
                server.url("/")
            )),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced_without_an_error() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let client = client();
        for round in 1..=5 {
            let response = client
                .post(server.url("/"))
                .body("body")
                .send()
                .await
                .expect("a response");
            assert_eq!(response.text().await.expect("a body"), "ok");
            assert_eq!(server.request_count(), round);
            server.close_connections();
            server.wait_for(|stats| stats.open_connections == 0).await;
        }
    }
}

#[tokio::test]
async fn a_reset_connection_is_a_closed_one() {
    let server = server(Alpn::Http1).ending(Ending::Reset).start().await;
    let error = client()
        .post(server.url("/"))
        .body("x")
        .send()
        .await
        .expect_err("no response");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Closed, Some(Phase::Headers))
    );
    assert_eq!(server.request_count(), 1);
}
