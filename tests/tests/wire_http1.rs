//! What an HTTP/1.1 peer may do byte by byte, and what the client makes of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::{Client, Error, Kind, Phase};
use bonafide_tests::{RawStream, raw_http1, read_head};
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

async fn write(stream: &mut RawStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).await.is_ok() && stream.flush().await.is_ok()
}

async fn read(client: &Client, url: &str) -> Result<String, Error> {
    client.get(url).send().await?.text().await
}

/// Answers each request with its own path.
async fn echo(mut stream: RawStream) {
    while let Some(head) = read_head(&mut stream).await {
        let path = head.split(' ').nth(1).unwrap();
        let length = path.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{path}");
        if !write(&mut stream, &answer).await {
            return;
        }
    }
}

/// The server sends more than was asked for while the client's runtime is busy.
#[tokio::test]
async fn a_response_that_no_request_asked_for_answers_none() {
    for tls in [false, true] {
        // The server on a runtime of its own, so that it goes on while the client's is busy.
        let serving = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (client, server) = serving
            .spawn(raw_http1(tls, |_, mut stream| async move {
                while let Some(head) = read_head(&mut stream).await {
                    let asked = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nasked";
                    write(&mut stream, asked).await;
                    if head.starts_with("GET /more ") {
                        sleep(Duration::from_millis(20)).await;
                        let unasked = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nunasked";
                        write(&mut stream, unasked).await;
                    }
                }
            }))
            .await
            .unwrap();
        let client = client.build().unwrap();
        for _ in 0..20 {
            assert_eq!(read(&client, &server.url("/more")).await.unwrap(), "asked");
            std::thread::sleep(Duration::from_millis(60));
            let posted = client.post(server.url("/")).send().await.unwrap();
            assert_eq!(posted.text().await.unwrap(), "asked", "tls: {tls}");
        }
        serving.shutdown_background();
    }
}

#[tokio::test]
async fn records_without_plaintext_do_not_cost_a_kept_connection() {
    let (client, server) = raw_http1(true, |_, mut stream| async move {
        while read_head(&mut stream).await.is_some() {
            write(
                &mut stream,
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            )
            .await;
            sleep(Duration::from_millis(20)).await;
            if let RawStream::Tls(tls) = &mut stream {
                // A KeyUpdate (RFC 8446 section 4.6.3).
                tls.get_mut().1.refresh_traffic_keys().unwrap();
                tls.flush().await.unwrap();
            }
        }
    })
    .await;
    let client = client.build().unwrap();
    for _ in 0..5 {
        assert_eq!(read(&client, &server.url("/")).await.unwrap(), "ok");
        // Other tasks run, and then the client's runtime is busy while the record arrives.
        tokio::task::yield_now().await;
        sleep(Duration::from_millis(40)).await;
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn framing_that_can_be_read_in_two_ways_ends_the_response_or_the_connection() {
    const CODED: &str = "the response has transfer codings other than \"chunked\"";
    const SWITCHED: &str = "the server switched protocols without being asked";
    // head, body, what the client gives, connections for two requests
    for (head, body, expected, connections) in [
        ("content-length: 2", "ok", Ok("ok"), 1),
        (
            "transfer-encoding: chunked",
            "2\r\nok\r\n0\r\n\r\n",
            Ok("ok"),
            1,
        ),
        (
            "transfer-encoding: chunked\r\ncontent-length: 2",
            "2\r\nok\r\n0\r\n\r\n",
            Ok("ok"),
            2,
        ),
        (
            "content-length: 99\r\ntransfer-encoding: chunked",
            "2\r\nok\r\n0\r\n\r\n",
            Ok("ok"),
            2,
        ),
        (
            "transfer-encoding: gzip, chunked",
            "2\r\nok\r\n0\r\n\r\n",
            Err(CODED),
            2,
        ),
        (
            "transfer-encoding: chunked, chunked",
            "2\r\nok\r\n0\r\n\r\n",
            Err(CODED),
            2,
        ),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            "2\r\nok\r\n0\r\n\r\n",
            Err(CODED),
            2,
        ),
        ("transfer-encoding: identity", "ok", Err(CODED), 2),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
        let (client, server) = raw_http1(false, move |_, mut stream| {
            let answer = answer.clone();
            async move {
                while read_head(&mut stream).await.is_some() {
                    write(&mut stream, &answer).await;
                }
            }
        })
        .await;
        let client = client.build().unwrap();
        for _ in 0..2 {
            match (read(&client, &server.url("/")).await, expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{head}"),
                (Err(error), Err(what)) => {
                    assert_eq!(
                        (error.kind(), error.phase()),
                        (Kind::Protocol, Some(Phase::Headers)),
                        "{head}"
                    );
                    assert!(error.to_string().ends_with(what), "{head}: {error}");
                    assert!(!error.is_retryable());
                }
                (other, _) => panic!("{head} gave {other:?}"),
            }
        }
        assert_eq!(server.connections(), connections, "{head}");
    }
    let (client, server) = raw_http1(false, |_, mut stream| async move {
        read_head(&mut stream).await;
        let switched =
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
        write(&mut stream, switched).await;
        sleep(Duration::from_secs(5)).await;
    })
    .await;
    let client = client.build().unwrap();
    let error = read(&client, &server.url("/")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(error.to_string().ends_with(SWITCHED), "{error}");
}

/// What follows a response that has no body is no answer to the next request.
#[tokio::test]
async fn bytes_after_a_response_without_a_body_end_the_connection() {
    for (method, status) in [
        ("HEAD", "200 OK"),
        ("GET", "204 No Content"),
        ("GET", "304 Not Modified"),
    ] {
        let (client, server) = raw_http1(false, move |_, mut stream| async move {
            while let Some(head) = read_head(&mut stream).await {
                if head.contains(" /bodiless ") {
                    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: 46\r\n\r\n{smuggled}");
                    write(&mut stream, &answer).await;
                } else {
                    write(
                        &mut stream,
                        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                    )
                    .await;
                }
            }
        })
        .await;
        let client = client.build().unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = client.request(method, server.url("/bodiless"));
        assert_eq!(
            request.send().await.unwrap().bytes().await.unwrap().len(),
            0
        );
        assert_eq!(
            read(&client, &server.url("/next")).await.unwrap(),
            "ok",
            "{status}"
        );
    }
}

/// A server that answers when it has read the head, and closes with the rest of the request unread:
/// the client's system learns by a reset that is never read.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_half_a_request_arrives_although_the_upload_fails() {
    for tls in [false, true] {
        let (client, server) = raw_http1(tls, |_, mut stream| async move {
            read_head(&mut stream).await;
            let answer = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 4\r\n\r\nmuch";
            write(&mut stream, answer).await;
            // Time to fill the buffers, so that the reset meets a write.
            sleep(Duration::from_millis(2)).await;
        })
        .await;
        let client = client.build().unwrap();
        let upload = vec![7; 20 << 20];
        let rounds = if std::env::var_os("BONAFIDE_LONG_TESTS").is_some() {
            200
        } else {
            40
        };
        for round in 0..rounds {
            let request = client.post(server.url("/")).body(upload.clone());
            let response = timeout(Duration::from_secs(20), request.send())
                .await
                .unwrap()
                .unwrap_or_else(|error| panic!("round {round}, tls: {tls}: {error}"));
            assert_eq!(response.status(), 413);
            assert_eq!(response.text().await.unwrap(), "much");
        }
        assert_eq!(
            server.connections(),
            rounds,
            "no such connection is used again"
        );
    }
}

/// Requests of five methods to a server that closes each connection shortly after an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_request_is_lost_with_a_connection_that_closes_at_that_moment() {
    const CALLERS: usize = 32;
    let total = if std::env::var_os("BONAFIDE_LONG_TESTS").is_some() {
        100_000
    } else {
        8_000
    };
    let seen: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let log = Arc::clone(&seen);
    let (client, server) = raw_http1(false, move |number, mut stream| {
        let log = Arc::clone(&log);
        async move {
            let answers = 1 + number % 3;
            for _ in 0..answers {
                let Some(head) = read_head(&mut stream).await else {
                    return;
                };
                if head.contains("content-length: 4") {
                    let mut body = [0; 4];
                    if stream.read_exact(&mut body).await.is_err() {
                        return;
                    }
                }
                let line = head.lines().next().unwrap().to_owned();
                *log.lock().unwrap().entry(line).or_default() += 1;
                let body = if head.starts_with("HEAD") { "" } else { "ok" };
                write(
                    &mut stream,
                    &format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{body}"),
                )
                .await;
            }
            let pause = Duration::from_micros((number as u64 * 37) % 400);
            let start = std::time::Instant::now();
            while start.elapsed() < pause {
                std::hint::spin_loop();
            }
        }
    })
    .await;
    let client = client.build().unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    let failed = Arc::new(Mutex::new(HashMap::<(String, Kind), usize>::new()));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (client, next, failed) = (client.clone(), Arc::clone(&next), Arc::clone(&failed));
            let url = server.url("/");
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= total {
                        return;
                    }
                    let method = ["GET", "HEAD", "PUT", "DELETE", "POST"][number % 5];
                    let mut request = client.request(
                        Method::from_bytes(method.as_bytes()).unwrap(),
                        format!("{url}{number}"),
                    );
                    if matches!(method, "PUT" | "POST") {
                        request = request.body("body");
                    }
                    let call = async { request.send().await?.bytes().await };
                    let outcome = timeout(Duration::from_secs(20), call)
                        .await
                        .unwrap_or_else(|_| panic!("{method} {number} is lost"));
                    if let Err(error) = outcome {
                        assert!(!error.is_retryable(), "{method} {number}: {error}");
                        let failure = (method.to_owned(), error.kind());
                        *failed.lock().unwrap().entry(failure).or_default() += 1;
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let seen = seen.lock().unwrap();
    let twice: Vec<_> = seen
        .iter()
        .filter(|(line, count)| line.starts_with("POST") && **count > 1)
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
    let failed = failed.lock().unwrap();
    eprintln!(
        "{total} requests, {} connections, failed: {failed:?}",
        server.connections()
    );
    for ((method, kind), _) in failed.iter() {
        assert_eq!(*kind, Kind::Closed, "{method}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_the_runtime_was_busy_costs_no_post() {
    let serving = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (client, server) = serving
        .spawn(raw_http1(true, |number, mut stream| async move {
            if number % 2 == 1 {
                return echo(stream).await;
            }
            read_head(&mut stream).await;
            write(
                &mut stream,
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            )
            .await;
            sleep(Duration::from_millis(10)).await;
        }))
        .await
        .unwrap();
    // Connections with even numbers close after one answer; each round makes two.
    let client = client
        .pool_idle_timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    for _ in 0..10 {
        read(&client, &server.url("/")).await.unwrap();
        std::thread::sleep(Duration::from_millis(40));
        let posted = client.post(server.url("/posted")).send().await.unwrap();
        assert_eq!(posted.text().await.unwrap(), "/posted");
    }
    serving.shutdown_background();
}
