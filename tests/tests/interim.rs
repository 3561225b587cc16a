//! Interim responses, and bodies that wait for one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bonafide::{Body, StatusCode};
use bonafide_testkit::{Alpn, Recipe, Scripted, TestCa, TestServer};
use bonafide_tests::{RawStream, raw_http1, read_head};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn write(stream: &mut RawStream, text: &str) {
    // The client may have gone.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
}

/// Whether nothing arrives for a while.
async fn is_silent(stream: &mut RawStream) -> bool {
    timeout(Duration::from_millis(150), stream.read_u8())
        .await
        .is_err()
}

async fn read_body(stream: &mut RawStream, length: usize) -> String {
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn a_body_that_expects_to_be_asked_for_is_sent_when_it_is() {
    for tls in [false, true] {
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let (client, server) = raw_http1(tls, move |_, mut stream| {
            let seen = Arc::clone(&seen);
            async move {
                while let Some(head) = read_head(&mut stream).await {
                    assert!(head.contains("expect: 100-continue\r\n"), "{head}");
                    assert!(head.contains("content-length: 5\r\n"), "{head}");
                    let silent = is_silent(&mut stream).await;
                    // Only 100 asks for the body.
                    write(&mut stream, "HTTP/1.1 102 Processing\r\n\r\n").await;
                    let still = is_silent(&mut stream).await;
                    write(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
                    let body = read_body(&mut stream, 5).await;
                    seen.lock().unwrap().push((silent, still, body));
                    write(&mut stream, OK).await;
                }
            }
        })
        .await;
        let client = client.expect_continue_timeout(None).build().unwrap();
        for _ in 0..2 {
            let request = client.post(server.url("/")).body("hello").expect_continue();
            let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
            assert_eq!(response.text().await.unwrap(), "ok");
        }
        let expected = (true, true, "hello".to_owned());
        assert_eq!(*log.lock().unwrap(), [expected.clone(), expected]);
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_body_is_sent_if_the_server_does_not_answer_for_a_while() {
    let (client, server) = raw_http1(false, |_, mut stream| async move {
        while read_head(&mut stream).await.is_some() {
            assert_eq!(read_body(&mut stream, 5).await, "hello");
            write(&mut stream, OK).await;
        }
    })
    .await;
    let limit = Duration::from_millis(300);
    let client = client.expect_continue_timeout(limit).build().unwrap();
    let start = Instant::now();
    let request = client.post(server.url("/")).body("hello").expect_continue();
    let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(start.elapsed() >= limit, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_final_status_instead_ends_the_connection_and_the_body_is_not_sent() {
    for tls in [false, true] {
        for length in [0, 6] {
            let sent = Arc::new(Mutex::new(Vec::new()));
            let after = Arc::clone(&sent);
            let (client, server) = raw_http1(tls, move |number, mut stream| {
                let after = Arc::clone(&after);
                async move {
                    read_head(&mut stream).await;
                    if number == 0 {
                        let head = "HTTP/1.1 413 Too Large\r\n";
                        let body = &"refuse"[..length];
                        let answer = format!("{head}content-length: {length}\r\n\r\n{body}");
                        write(&mut stream, &answer).await;
                        // The client closes, which ends the reading.
                        let mut rest = Vec::new();
                        let _ = stream.read_to_end(&mut rest).await;
                        after.lock().unwrap().push(rest);
                    } else {
                        write(&mut stream, OK).await;
                    }
                }
            })
            .await;
            let client = client.expect_continue_timeout(None).build().unwrap();
            let request = client.post(server.url("/")).body("hello").expect_continue();
            let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(response.text().await.unwrap(), &"refuse"[..length]);
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(server.connections(), 2);
            let closed = async {
                while sent.lock().unwrap().is_empty() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(PATIENCE, closed)
                .await
                .expect("the connection is closed");
            assert_eq!(*sent.lock().unwrap(), [b""], "tls: {tls}");
        }
    }
}

/// The kept connection is closed while the client's runtime is busy, so that hyper gives the
/// request back.
#[tokio::test]
async fn a_body_that_a_dead_connection_gave_back_waits_on_the_next_one() {
    // The server on a runtime of its own, so that it goes on while the client's is busy.
    let serving = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (client, server) = serving
        .spawn(raw_http1(false, |number, mut stream| async move {
            read_head(&mut stream).await;
            if number == 0 {
                write(&mut stream, OK).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                return;
            }
            assert!(is_silent(&mut stream).await);
            write(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
            assert_eq!(read_body(&mut stream, 5).await, "hello");
            write(&mut stream, OK).await;
        }))
        .await
        .unwrap();
    let client = client.expect_continue_timeout(None).build().unwrap();
    let first = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(first.text().await.unwrap(), "ok");
    tokio::time::sleep(Duration::from_millis(5)).await;
    std::thread::sleep(Duration::from_millis(80));
    let once = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("hello")]);
    let body = Body::sized_stream(once, 5);
    let request = client.post(server.url("/")).body(body).expect_continue();
    let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
    assert_eq!(response.text().await.unwrap(), "ok");
    assert_eq!(server.connections(), 2);
    serving.shutdown_background();
}

#[tokio::test]
async fn over_http2_and_without_a_body_the_field_is_not_sent() {
    for (alpn, body) in [
        (Alpn::Http2, Body::from("hello")),
        (Alpn::Http2, Body::empty()),
        (Alpn::Http1, Body::empty()),
    ] {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let policy = bonafide_tests::trusting(&ca).build().unwrap();
        let client = bonafide::Client::builder()
            .policy(policy)
            .expect_continue_timeout(None)
            .build()
            .unwrap();
        let request = client.post(server.url("/")).body(body).expect_continue();
        timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        assert_eq!(server.requests()[0].headers.get("expect"), None);
    }
}

#[tokio::test]
async fn interim_responses_are_reported_up_to_32() {
    let (client, server) = raw_http1(true, |_, mut stream| async move {
        while read_head(&mut stream).await.is_some() {
            for number in 0..40 {
                let hint = format!("HTTP/1.1 103 Early Hints\r\nlink: <{number}>\r\n\r\n");
                write(&mut stream, &hint).await;
            }
            write(&mut stream, OK).await;
        }
    })
    .await;
    let client = client.build().unwrap();
    let hints = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&hints);
    let request = client
        .get(server.url("/"))
        .on_informational(move |status, headers| {
            let link = headers["link"].to_str().unwrap().to_owned();
            seen.lock().unwrap().push((status.as_u16(), link));
        });
    let again = request.try_clone().unwrap();
    for request in [request, again] {
        let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        assert_eq!(response.text().await.unwrap(), "ok");
        let hints = std::mem::take(&mut *hints.lock().unwrap());
        let expected: Vec<_> = (0..32).map(|n| (103, format!("<{n}>"))).collect();
        assert_eq!(hints, expected);
    }
}

#[tokio::test]
async fn interim_responses_are_passed_over_and_reported_over_http1_alone() {
    for (alpn, reported) in [(Alpn::Http1, 2), (Alpn::Http2, 0)] {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let hint = [("link", "</style.css>; rel=preload")];
        let scripted = Scripted::ok("ok").interim(103, &hint).interim(102, &[]);
        let server = TestServer::builder(identity).alpn(alpn).script([scripted]);
        let server = server.start().await;
        let policy = bonafide_tests::trusting(&ca).build().unwrap();
        let client = bonafide::Client::builder().policy(policy).build().unwrap();
        let hints = Arc::new(Mutex::new(0));
        let seen = Arc::clone(&hints);
        let request = client.get(server.url("/"));
        let request = request.on_informational(move |_, _| *seen.lock().unwrap() += 1);
        let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{alpn:?}");
        assert_eq!(response.headers().get("link"), None, "{alpn:?}");
        assert_eq!(response.text().await.unwrap(), "ok", "{alpn:?}");
        assert_eq!(*hints.lock().unwrap(), reported, "{alpn:?}");
    }
}
