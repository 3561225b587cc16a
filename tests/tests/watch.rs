//! Watches as Kubernetes serves them: a response without an end, whose events are lines of JSON,
//! each a gzip member of its own or flushed by itself.
//!
//! Test and server go step by step: the server sends an event only after the client has handed over
//! the one before. A client that held an event back would wait for ever.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::future::Future;
use std::time::Duration;

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use bonafide::{Kind, Phase, RequestBuilder, Response};
use bonafide_testkit::server::{BodySender, TestBody};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::{Http, Nginx, Site, client_over};
use bytes::Bytes;
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{sleep, timeout};

/// Far more than any step needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server's end of each watch, as the watches begin.
type Begun = UnboundedReceiver<BodySender>;

/// What answers each request with a watch in the coding of its path, and gives its end to the test.
fn watches() -> (
    impl Fn(Request<Bytes>) -> std::future::Ready<http::Response<TestBody>> + Send + Sync + 'static,
    Begun,
) {
    let (ends, begun) = unbounded_channel();
    let answer = move |request: Request<Bytes>| {
        let (end, body) = TestBody::channel();
        ends.send(end).unwrap();
        let mut response = http::Response::new(body);
        let fields = response.headers_mut();
        fields.insert("content-type", HeaderValue::from_static("application/json"));
        let coding = &request.uri().path()[1..];
        if coding != "plain" {
            fields.insert("content-encoding", HeaderValue::from_str(coding).unwrap());
        }
        std::future::ready(response)
    };
    (answer, begun)
}

async fn server(http: Http, ca: &TestCa) -> (TestServer, Begun) {
    let (answer, begun) = watches();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(match http {
            Http::One => Alpn::Http1,
            Http::Two => Alpn::Http2,
        })
        .handler(answer)
        .start()
        .await;
    (server, begun)
}

/// A watch that has begun: the server's end and the client's.
async fn watched(request: RequestBuilder, begun: &mut Begun) -> (BodySender, Events) {
    let (response, end) = tokio::join!(within(request.send()), within(begun.recv()));
    let response = response.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers().get("content-encoding"), None);
    (end.unwrap(), Events::of(response))
}

/// The lines of a response, one by one.
struct Events {
    response: Response,
    unread: Vec<u8>,
}

impl Events {
    fn of(response: Response) -> Self {
        Self {
            response,
            unread: Vec::new(),
        }
    }

    /// The next event; `None` at the end.
    async fn try_next(&mut self) -> Result<Option<Value>, bonafide::Error> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(Some(serde_json::from_slice(&line).unwrap()));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.unread.extend(chunk),
                None => {
                    assert_eq!(self.unread, b"", "a line that was cut off");
                    return Ok(None);
                }
            }
        }
    }

    async fn next(&mut self) -> Value {
        let next = within(self.try_next()).await;
        next.unwrap().unwrap_or_else(|| panic!("the watch ended"))
    }
}

async fn within<F: Future>(step: F) -> F::Output {
    let result = timeout(PATIENCE, step).await;
    result.unwrap_or_else(|_| panic!("waited {PATIENCE:?}"))
}

fn event(number: usize) -> Value {
    json!({
        "type": "MODIFIED",
        "object": {"kind": "Pod", "metadata": {"resourceVersion": number.to_string()}},
    })
}

fn line(number: usize) -> String {
    format!("{}\n", event(number))
}

/// The event as a gzip member of its own.
async fn member(number: usize) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(line(number).as_bytes()).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

#[tokio::test]
async fn each_member_is_an_event_when_it_arrives() {
    for http in Http::BOTH {
        let ca = TestCa::new();
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        let request = client.get(server.url("/gzip")).read_timeout(None);
        let (end, mut events) = watched(request, &mut begun).await;
        assert_eq!(events.response.version(), http.version());
        for number in 0..200 {
            if number % 40 == 0 {
                sleep(Duration::from_millis(60)).await;
            }
            assert!(end.send(member(number).await));
            assert_eq!(events.next().await, event(number), "{http:?}");
        }
        drop(end);
        assert_eq!(within(events.try_next()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_event_does_not_wait_for_the_member_after_it() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        let (end, mut events) = watched(client.get(server.url("/gzip")), &mut begun).await;
        // In each step the rest of one member and the beginning of the next.
        let members = [member(0).await, member(1).await, member(2).await];
        for cut in [1, 9, 10, 11, 40, members[1].len() - 1] {
            end.send([&members[0], &members[1][..cut]].concat());
            assert_eq!(events.next().await, event(0), "{http:?} {cut}");
            end.send([&members[1][cut..], &members[2]].concat());
            assert_eq!(events.next().await, event(1), "{http:?} {cut}");
            assert_eq!(events.next().await, event(2), "{http:?} {cut}");
        }
        // Byte by byte.
        for byte in &members[0] {
            end.send(vec![*byte]);
            tokio::task::yield_now().await;
        }
        assert_eq!(events.next().await, event(0));
    }
}

#[tokio::test]
async fn ten_thousand_members_are_one_body() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        let (end, mut events) = watched(client.get(server.url("/gzip")), &mut begun).await;
        let mut burst = Vec::new();
        for number in 0..100 {
            burst.extend(member(number).await);
        }
        for _ in 0..100 {
            end.send(burst.clone());
        }
        drop(end);
        for number in 0..10_000 {
            assert_eq!(events.next().await, event(number % 100));
        }
        assert_eq!(within(events.try_next()).await.unwrap(), None);
    }
}

/// What an encoder has written since it was asked last.
async fn flushed<W: AsyncWrite + Unpin>(
    encoder: &mut W,
    text: &str,
    written: impl Fn(&mut W) -> &mut Vec<u8>,
) -> Vec<u8> {
    encoder.write_all(text.as_bytes()).await.unwrap();
    encoder.flush().await.unwrap();
    std::mem::take(written(encoder))
}

#[tokio::test]
async fn an_event_that_is_flushed_within_one_stream_is_delivered_too() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        let mut gzip = GzipEncoder::new(Vec::new());
        let mut br = BrotliEncoder::new(Vec::new());
        let mut zstd = ZstdEncoder::new(Vec::new());
        for coding in ["gzip", "br", "zstd", "plain"] {
            let request = client.get(server.url(&format!("/{coding}")));
            let (end, mut events) = watched(request, &mut begun).await;
            for number in 0..50 {
                let text = line(number);
                let part = match coding {
                    "gzip" => flushed(&mut gzip, &text, GzipEncoder::get_mut).await,
                    "br" => flushed(&mut br, &text, BrotliEncoder::get_mut).await,
                    "zstd" => flushed(&mut zstd, &text, ZstdEncoder::get_mut).await,
                    _ => text.into_bytes(),
                };
                assert!(end.send(part));
                assert_eq!(events.next().await, event(number), "{http:?} {coding}");
            }
        }
    }
}

#[tokio::test]
async fn watches_at_once_share_an_http2_connection_and_get_their_own_events() {
    let ca = TestCa::new();
    let (server, mut begun) = server(Http::Two, &ca).await;
    let client = client_over(Http::Two, &ca).build().unwrap();
    let mut watches = Vec::new();
    for _ in 0..50 {
        watches.push(watched(client.get(server.url("/gzip")), &mut begun).await);
    }
    for round in 0..5 {
        for (number, (end, _)) in watches.iter().enumerate() {
            end.send(member(100 * round + number).await);
        }
        for (number, (_, events)) in watches.iter_mut().enumerate().rev() {
            assert_eq!(events.next().await, event(100 * round + number));
        }
    }
    assert_eq!(server.tcp_connections(), 1);
}

#[tokio::test]
async fn a_watch_that_breaks_off_is_an_error_after_its_last_event() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        // between two members, and within one
        for rest in [0, 30] {
            let (end, mut events) = watched(client.get(server.url("/gzip")), &mut begun).await;
            end.send([&member(1).await, &member(2).await[..rest]].concat());
            assert_eq!(events.next().await, event(1));
            end.abort();
            let error = within(events.try_next()).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.phase()),
                (Kind::Body, Some(Phase::Body)),
                "{http:?} {rest}: {error}"
            );
            // An orderly end within a member is not the end of the body either.
            let (end, mut events) = watched(client.get(server.url("/gzip")), &mut begun).await;
            end.send([&member(1).await, &member(2).await[..rest]].concat());
            assert_eq!(events.next().await, event(1));
            drop(end);
            let outcome = within(events.try_next()).await;
            match rest {
                0 => assert_eq!(outcome.unwrap(), None),
                _ => assert_eq!(outcome.unwrap_err().kind(), Kind::Decode),
            }
        }
    }
}

#[tokio::test]
async fn a_silent_watch_ends_with_the_read_limit_that_the_caller_sets() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        let limit = Duration::from_millis(900);
        let request = client.get(server.url("/gzip")).read_timeout(limit);
        let (end, mut events) = watched(request, &mut begun).await;
        for number in 0..4 {
            sleep(limit / 3).await;
            end.send(member(number).await);
            assert_eq!(events.next().await, event(number));
        }
        let error = within(events.try_next()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Timeout, Some(Phase::Body)),
            "{http:?}"
        );
        // The server is not left with a watch that nothing reads.
        within(end.closed()).await;
    }
}

#[tokio::test]
async fn a_watch_that_is_dropped_ends_for_the_server() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let (server, mut begun) = server(http, &ca).await;
        let client = client_over(http, &ca).build().unwrap();
        let (end, mut events) = watched(client.get(server.url("/gzip")), &mut begun).await;
        end.send(member(0).await);
        assert_eq!(events.next().await, event(0));
        drop(events);
        within(end.closed()).await;
    }
}

#[tokio::test]
async fn each_event_that_nginx_compresses_is_delivered_when_it_arrives() {
    let ca = TestCa::new();
    let (answer, mut begun) = watches();
    let behind = PlainServer::builder().handler(answer).start().await;
    let site = Site::new("localhost", &ca.issue(Recipe::for_host("localhost")));
    let builder = Nginx::serving([site]).in_front_of(behind.addr());
    let Some(nginx) = builder.start().await else {
        return;
    };
    for (http, url) in [
        (Http::One, nginx.http1_url("localhost", "/behind/plain")),
        (Http::Two, nginx.http2_url("localhost", "/behind/plain")),
    ] {
        // That nginx compresses it shows where the client does not decode.
        let off = client_over(http, &ca).no_decompression().build().unwrap();
        let request = off.get(&url).header("accept-encoding", "gzip");
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip");
        drop((response, begun.recv().await));

        let client = client_over(http, &ca).build().unwrap();
        let (end, mut events) = watched(client.get(&url), &mut begun).await;
        for number in 0..50 {
            assert!(end.send(line(number)));
            assert_eq!(events.next().await, event(number), "{http:?}");
        }
        drop(end);
        assert_eq!(within(events.try_next()).await.unwrap(), None);
    }
}
