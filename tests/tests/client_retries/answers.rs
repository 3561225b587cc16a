//! Statuses, redirects and bodies: what is sent again, and how often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bonafide::retry::{Attempts, Retry};
use bonafide::{Body, Client, Delivery, Kind, StatusCode};
use bonafide_testkit::{Alpn, TestCa};
use bonafide_tests::{raw_http1, read_head};
use http::{Method, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tower::ServiceBuilder;

use crate::stage::{ALPNS, Reply, Script, builder, deaf, plain, quick, server};

#[tokio::test]
async fn what_is_idempotent_is_sent_again_and_nothing_else() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        // method, status, key, requests that arrive
        for (method, status, key, arrive) in [
            ("GET", 503, None, 2),
            ("PUT", 429, None, 2),
            ("DELETE", 502, None, 2),
            ("GET", 404, None, 1),
            ("GET", 501, None, 1),
            ("POST", 503, None, 1),
            ("PATCH", 500, None, 1),
            ("POST", 503, Some("\"order-7\""), 2),
            ("POST", 421, None, 2),
        ] {
            let server = server(&ca, alpn, 1).await;
            let client = builder(&ca).build().unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let mut request = client.request(method.clone(), server.url(&format!("/{status}")));
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let response = request.body("a body").send().await.unwrap();
            let expected = if arrive == 2 { 200 } else { status };
            assert_eq!(response.status().as_u16(), expected, "{method} {status}");
            assert_eq!(server.request_count(), arrive, "{method} {status}");
            let attempts = response.extensions().get::<Attempts>().unwrap();
            assert_eq!(attempts.made() as usize, arrive);
            assert_eq!(response.attempts() as usize, arrive);
            for request in server.requests() {
                assert_eq!(request.body, "a body");
                let sent = request.headers.get("idempotency-key");
                assert_eq!(sent.map(|value| value.to_str().unwrap()), key);
            }
        }
    }
}

#[tokio::test]
async fn attempts_end_after_three_and_each_hop_has_its_own() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 9).await;
    let client = builder(&ca).build().unwrap();
    let response = client.get(server.url("/away/503")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.redirects().len(), 1);
    assert_eq!(server.request_count(), 4, "one that leads away, and three");
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, 1).await;
    let client = builder(&ca).build().unwrap();
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("a piece")]);
    let request = client
        .put(server.url("/503"))
        .body(Body::from_stream(pieces));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_tried_three_times_and_its_error_is_kept() {
    let ca = TestCa::new();
    let client = builder(&ca).build().unwrap();
    let (url, _socket) = deaf();
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let counting = builder(&ca)
        .hop_layer(
            ServiceBuilder::new().map_request(move |request: Request<Body>| {
                counted.fetch_add(1, Ordering::SeqCst);
                request
            }),
        )
        .build()
        .unwrap();
    for client in [&client, &counting] {
        let error = client.post(&url).body("x").send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Connect, "{error}");
        assert_eq!((error.delivery(), error.attempts()), (Delivery::NotSent, 3));
    }
    assert_eq!(
        seen.load(Ordering::SeqCst),
        3,
        "a hop layer sees each attempt"
    );
}

#[tokio::test]
async fn a_wait_that_the_limit_of_the_call_does_not_leave_is_not_begun() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 9).await;
    let client = builder(&ca)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let start = Instant::now();
    let response = client.get(server.url("/later/503")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "Retry-After is 30 s"
    );
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn the_attempts_of_all_hops_are_one_count_and_each_hop_has_no_more_than_its_own() {
    let ca = TestCa::new();
    let (failing, last) = (Reply::Status(503), Reply::Status(200));
    let script = Script::new([
        failing.clone(),
        failing.clone(),
        Reply::Away("/second"),
        failing.clone(),
        Reply::Away("/third"),
        failing.clone(),
        failing,
        last,
    ]);
    let client = script.instead_of_servers(builder(&ca)).build().unwrap();
    let response = client.get("https://localhost/first").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.attempts(), 8);
    let asked = script.asked();
    let at = |path: &str| asked.iter().filter(|asked| asked.path == path).count();
    assert_eq!([at("/first"), at("/second"), at("/third")], [3, 2, 3]);
}

#[tokio::test]
async fn a_chain_of_redirects_that_fails_at_each_hop_is_bounded() {
    let ca = TestCa::new();
    let hop = [Reply::Status(503), Reply::Status(503), Reply::Away("/on")];
    let script = Script::new(hop.iter().cycle().take(99).cloned());
    let client = script.instead_of_servers(builder(&ca)).build().unwrap();
    let error = client.get("https://localhost/").send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooManyRedirects);
    // Ten redirects are followed, and each hop has three attempts.
    assert_eq!((error.attempts(), script.asked().len()), (33, 33));
}

#[tokio::test]
async fn the_rule_of_a_request_takes_the_place_of_the_clients() {
    let ca = TestCa::new();
    // rule of the client, rule of the request, requests that arrive, attempts that are counted
    for (client, request, arrive, counted) in [
        (None, None, 1, 0),
        (None, Some(quick()), 3, 3),
        (Some(quick()), None, 3, 3),
        (Some(quick()), Some(Retry::none()), 1, 1),
        (Some(quick()), Some(quick().with_max_attempts(5)), 5, 5),
        (Some(Retry::none()), Some(quick()), 3, 3),
    ] {
        for layered in [false, true] {
            let script = Script::new([Reply::Status(503)]);
            let mut builder = script.instead_of_servers(plain(&ca));
            if let Some(rule) = client {
                builder = builder.retry(rule);
            }
            if layered {
                builder = builder.layer(tower::layer::util::Identity::new());
            }
            let row = format!("{client:?} {request:?} {layered}");
            let client = builder.build().unwrap();
            let mut get = client.get("https://localhost/");
            if let Some(rule) = request {
                get = get.retry(rule);
            }
            let response = get.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{row}");
            assert_eq!(script.asked().len(), arrive, "{row}");
            assert_eq!(response.attempts(), counted, "{row}");
            let error = response.error_for_status().unwrap_err();
            assert_eq!(error.attempts(), counted, "{row}");
        }
    }
}

#[tokio::test]
async fn the_error_of_the_last_attempt_says_how_far_an_earlier_one_got() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        drop(listener);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(tcp.read_u8().await.unwrap());
        }
        let answer = b"HTTP/1.1 503 Later\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        tcp.write_all(answer).await.unwrap();
    });
    let client = Client::builder().allow_plain_http().retry(quick());
    let error = client.build().unwrap().get(&url).send().await.unwrap_err();
    server.await.unwrap();
    assert_eq!(error.kind(), Kind::Connect, "{error}");
    assert_eq!(
        (error.delivery(), error.is_retryable()),
        (Delivery::Answered, false)
    );
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn an_interim_response_does_not_end_an_attempt() {
    let (client, server) = raw_http1(true, move |_, mut stream| async move {
        let final_responses = [
            "HTTP/1.1 503 Later\r\ncontent-length: 5\r\n\r\nlater",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        ];
        for response in final_responses {
            if read_head(&mut stream).await.is_none() {
                return;
            }
            let early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
            let both = format!("{early}{response}");
            stream.write_all(both.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
    })
    .await;
    let client = client.retry(quick()).build().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let request = client.get(server.url("/"));
    let request = request.on_informational(move |status, _| noted.lock().unwrap().push(status));
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status(), response.attempts()),
        (StatusCode::OK, 2)
    );
    assert_eq!(*seen.lock().unwrap(), [StatusCode::EARLY_HINTS; 2]);
    // The body of the 503 was read, so that its connection served the next attempt.
    assert_eq!(server.connections(), 1);
}
