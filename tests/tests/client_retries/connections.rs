//! Retries that need another connection: after 421 a fresh one. What a server takes over HTTP/1.1
//! alone is sent over it within an attempt.

use std::io;
use std::sync::{Arc, Mutex};

use bonafide::retry::{Budget, GiveUp, RetryLayer};
use bonafide::{Body, Client, ClientBuilder, Delivery, Kind, StatusCode, Version};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Frame, Http2Peer, RawServer, RawStream, raw_http1, read_head, trusting};
use http::{Method, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::layer::util::Identity;
use tower::{ServiceBuilder, ServiceExt as _};

use crate::stage::{Log, quick};

const HTTP_1_1_REQUIRED: u32 = 13;

/// What a server saw: the number of the connection, and the request line or `h2`.
type Seen = Arc<Mutex<Vec<(usize, String)>>>;

fn seen(seen: &Seen) -> Vec<(usize, String)> {
    seen.lock().unwrap().clone()
}

/// The next request of HTTP/1.1, with its body.
async fn read_request(stream: &mut RawStream) -> Option<String> {
    let head = read_head(stream).await?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(head.lines().next().unwrap_or_default().to_owned())
}

async fn answer(stream: &mut RawStream, status: u16) {
    let text = format!("HTTP/1.1 {status} Status\r\ncontent-length: 4\r\n\r\nbody");
    // The client may have gone.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
}

/// A server of HTTP/1.1 that answers `/warm` with 200, and anything else with 421 on its first
/// `misdirected` connections.
async fn misdirecting(misdirected: usize) -> (ClientBuilder, RawServer, Seen) {
    let log = Seen::default();
    let shared = Arc::clone(&log);
    let (client, server) = raw_http1(true, move |number, mut stream| {
        let log = Arc::clone(&shared);
        async move {
            while let Some(line) = read_request(&mut stream).await {
                let status = match line.contains(" /warm ") || number >= misdirected {
                    true => 200,
                    false => 421,
                };
                if !line.contains(" /warm ") {
                    log.lock().unwrap().push((number, line));
                }
                answer(&mut stream, status).await;
            }
        }
    })
    .await;
    (client, server, log)
}

/// Two kept connections.
async fn warm(client: &Client, server: &RawServer) {
    let get = || client.get(server.url("/warm")).send();
    let (one, two) = tokio::join!(get(), get());
    for response in [one.unwrap(), two.unwrap()] {
        assert_eq!(response.text().await.unwrap(), "body");
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_421_is_answered_with_one_attempt_over_a_fresh_connection_whatever_the_method() {
    for method in [Method::GET, Method::POST, Method::PATCH] {
        for layered in [false, true] {
            let (client, server, log) = misdirecting(2).await;
            let mut client = client.retry(quick());
            if layered {
                client = client.hop_layer(Identity::new());
            }
            let client = client.build().unwrap();
            warm(&client, &server).await;
            let request = client.request(method.clone(), server.url("/"));
            let response = request.body("x").send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{method}");
            assert_eq!(response.attempts(), 2, "{method}");
            let numbers: Vec<_> = seen(&log).iter().map(|(number, _)| *number).collect();
            assert!(matches!(numbers[..], [0 | 1, 2]), "{method}: {numbers:?}");
        }
    }
}

#[tokio::test]
async fn a_second_421_ends_the_call() {
    let (client, server, log) = misdirecting(99).await;
    let decisions = Log::default();
    let client = client.retry(quick()).retry_observer(decisions.clone());
    let client = client.build().unwrap();
    for attempts in [2, 4] {
        let response = client.post(server.url("/")).body("x").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(response.attempts(), 2);
        assert_eq!(seen(&log).len(), attempts);
        assert_eq!(decisions.why(), Some(GiveUp::Repeated));
    }
}

#[tokio::test]
async fn a_stream_is_not_sent_again_after_a_421() {
    let (client, server, log) = misdirecting(99).await;
    let decisions = Log::default();
    let client = client.retry(quick()).retry_observer(decisions.clone());
    let stream = futures_util::stream::iter([Ok::<_, io::Error>("x")]);
    let body = Body::sized_stream(stream, 1);
    let client = client.build().unwrap();
    let response = client
        .post(server.url("/"))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!((seen(&log).len(), decisions.why()), (1, Some(GiveUp::Body)));
}

#[tokio::test]
async fn the_client_gives_a_retrying_layer_around_it_the_connection_that_it_asks_for() {
    // Whether the retrying layer is inside of the client, and whether it has others.
    for (inside, layered) in [(false, false), (false, true), (true, false)] {
        let (mut client, server, log) = misdirecting(2).await;
        if layered {
            client = client.layer(Identity::new()).hop_layer(Identity::new());
        }
        let layer = RetryLayer::new().with_retry(quick());
        let client = match inside {
            true => client.hop_layer(layer.clone()).build().unwrap(),
            false => client.build().unwrap(),
        };
        warm(&client, &server).await;
        let request = Request::post(server.url("/"))
            .body(Body::from("x"))
            .unwrap();
        let response = match inside {
            true => client.clone().oneshot(request).await.unwrap(),
            false => {
                let service = ServiceBuilder::new().layer(layer).service(client.clone());
                service.oneshot(request).await.unwrap()
            }
        };
        assert_eq!(response.status(), StatusCode::OK, "{inside} {layered}");
        let numbers: Vec<_> = seen(&log).iter().map(|(number, _)| *number).collect();
        assert!(
            matches!(numbers[..], [0 | 1, 2]),
            "{inside} {layered}: {numbers:?}"
        );
    }
}

/// A server of both versions that refuses each request over HTTP/2 with `refusal`, and answers
/// those over HTTP/1.1 with these statuses in turn.
async fn old_fashioned(
    refusal: fn(u32) -> Frame,
    statuses: &'static [u16],
) -> (ClientBuilder, RawServer, Seen) {
    let log = Seen::default();
    let shared = Arc::clone(&log);
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let policy = trusting(&ca).build().unwrap();
    let server = RawServer::tls_by_alpn(&identity, &["h2", "http/1.1"], move |number, stream| {
        let log = Arc::clone(&shared);
        let note = move |line: String| log.lock().unwrap().push((number, line));
        async move {
            match stream.alpn() {
                Some(b"h2") => {
                    let _ = refuse(stream, refusal, note).await;
                }
                _ => answer_in_turn(stream, statuses, note).await,
            }
        }
    })
    .await;
    (Client::builder().policy(policy), server, log)
}

async fn refuse(
    stream: RawStream,
    refusal: fn(u32) -> Frame,
    note: impl Fn(String),
) -> io::Result<()> {
    let mut peer = Http2Peer::accept(stream).await?;
    loop {
        let stream = peer.request().await?;
        note("h2".to_owned());
        peer.send(refusal(stream)).await?;
    }
}

async fn answer_in_turn(mut stream: RawStream, statuses: &[u16], note: impl Fn(String)) {
    for status in statuses {
        let Some(line) = read_request(&mut stream).await else {
            return;
        };
        note(line);
        answer(&mut stream, *status).await;
    }
}

#[tokio::test]
async fn what_requires_http1_is_sent_over_http1_within_one_attempt_and_not_counted() {
    for refusal in [
        |stream| Frame::reset(stream, HTTP_1_1_REQUIRED),
        |_| Frame::goaway(0, HTTP_1_1_REQUIRED),
    ] {
        let (client, server, log) = old_fashioned(refusal, &[200]).await;
        let decisions = Log::default();
        let client = client
            .retry(quick())
            .retry_budget(Budget::new(0, 0))
            .retry_observer(decisions.clone());
        let client = client.build().unwrap();
        let response = client.post(server.url("/")).body("x").send().await.unwrap();
        assert_eq!(response.version(), Version::HTTP_11);
        assert_eq!((response.attempts(), decisions.all()), (1, vec![]));
        let http1 = "POST / HTTP/1.1".to_owned();
        assert_eq!(seen(&log), [(0, "h2".to_owned()), (1, http1)]);
    }
}

#[tokio::test]
async fn a_later_attempt_stays_on_http1() {
    let reset = |stream| Frame::reset(stream, HTTP_1_1_REQUIRED);
    let (client, server, log) = old_fashioned(reset, &[503, 200]).await;
    let client = client.retry(quick()).build().unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(
        (response.status(), response.attempts()),
        (StatusCode::OK, 2)
    );
    let over_http2 = seen(&log).iter().filter(|(_, line)| line == "h2").count();
    assert_eq!((seen(&log).len(), over_http2), (3, 1));
}

#[tokio::test]
async fn a_client_of_http2_alone_is_refused_once_where_http1_is_required() {
    let reset = |stream| Frame::reset(stream, HTTP_1_1_REQUIRED);
    let (client, server, log) = old_fashioned(reset, &[200]).await;
    let client = client.http2_only().retry(quick()).build().unwrap();
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{error}");
    assert_eq!(error.delivery(), Delivery::RefusedUnprocessed);
    assert_eq!(error.attempts(), 1);
    assert_eq!(seen(&log), [(0, "h2".to_owned())]);
}
