//! The client for programs without async code. The servers run on a runtime of the test; the thread
//! of the test is in none.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::cell::RefCell;
use std::io::{ErrorKind, Read as _};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bonafide::blocking::{self, Client};
use bonafide::{Body, ClientBuilder, Delivery, Error, Kind, StatusCode, header};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::Response;
use tokio::runtime::Runtime;

const VERSIONS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

/// A server on a runtime of its own: `/echo` sends the body back, `/stall` half of its body, `/cut`
/// breaks off, `/404` says so, and all else is JSON.
struct Served {
    runtime: Runtime,
    ca: TestCa,
    server: TestServer,
}

impl Served {
    fn start(alpn: Alpn) -> Self {
        let runtime = Runtime::new().unwrap();
        let ca = TestCa::new();
        let builder = TestServer::builder(ca.issue(Recipe::for_host("localhost"))).alpn(alpn);
        let builder = builder.handler(|mut request| async move {
            match request.uri().path() {
                "/echo" => {
                    let body = std::mem::take(request.body_mut());
                    Response::new(TestBody::from(body))
                }
                "/stall" => {
                    let (sender, body) = TestBody::channel();
                    sender.send("half");
                    tokio::spawn(async move { sender.closed().await });
                    Response::new(body)
                }
                "/cut" => {
                    let (sender, body) = TestBody::channel();
                    sender.send("half");
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        sender.abort();
                    });
                    Response::new(body)
                }
                "/404" => {
                    let mut response = Response::new(TestBody::from("none"));
                    *response.status_mut() = StatusCode::NOT_FOUND;
                    response
                }
                _ => Response::new(TestBody::from("[1,2,3]")),
            }
        });
        let server = runtime.block_on(builder.start());
        Self {
            runtime,
            ca,
            server,
        }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder().policy(trusting(&self.ca).build().unwrap())
    }

    fn client(&self) -> Client {
        self.builder().build_blocking().unwrap()
    }
}

#[test]
fn text_json_bytes_and_pieces_arrive_on_a_thread_without_a_runtime() {
    for alpn in VERSIONS {
        let served = Served::start(alpn);
        let (client, url) = (served.client(), served.server.url("/"));
        let response = client.get(&url).send().unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.receipt().unwrap().is_verified());
        assert!(!response.timings().unwrap().reused());
        assert_eq!(response.text().unwrap(), "[1,2,3]");

        let response = client.get(&url).send().unwrap();
        assert!(response.timings().unwrap().reused(), "{alpn:?}");
        assert_eq!(response.json::<Vec<u8>>().unwrap(), [1, 2, 3]);
        assert_eq!(client.get(&url).send().unwrap().bytes().unwrap(), "[1,2,3]");

        let mut response = client.get(&url).send().unwrap();
        assert_eq!(response.chunk().unwrap().unwrap(), "[1,2,3]");
        assert_eq!(response.chunk().unwrap(), None);
        assert_eq!(served.server.tcp_connections(), 1, "{alpn:?}");
    }
}

#[test]
fn what_read_has_left_over_comes_first_in_text_and_in_pieces() {
    let served = Served::start(Alpn::Http1);
    let sent = "0123456789".repeat(10_000);
    let client = served.client();
    let echoed = || {
        let request = client.post(served.server.url("/echo"));
        let mut response = request.body(sent.clone()).send().unwrap();
        let mut first = [0; 15];
        response.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"012345678901234");
        response
    };
    assert_eq!(echoed().text().unwrap(), sent[15..]);
    let mut response = echoed();
    let mut rest = response.chunk().unwrap().unwrap().to_vec();
    response.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, sent.as_bytes()[15..]);
    assert_eq!(response.read(&mut [0; 4]).unwrap(), 0);
    let error = echoed().bytes_limited(100).unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
}

#[test]
fn a_request_is_executed_a_reader_is_sent_and_lines_come_back() {
    let served = Served::start(Alpn::Http1);
    let client = served.client();
    static SENT: &str = "zero\none\r\ntwo";
    let mut request = client.post(served.server.url("/echo")).build().unwrap();
    assert_eq!(request.method(), "POST");
    *request.body_mut() = Body::from_blocking_reader(SENT.as_bytes());
    let mut response = client.execute(request).unwrap();
    response.read_exact(&mut [0; 2]).unwrap();
    let lines: Result<Vec<String>, Error> = response.lines().collect();
    assert_eq!(lines.unwrap(), ["ro", "one", "two"]);

    let made = http::Request::post(served.server.url("/echo")).body(SENT);
    let response = client.execute(made.unwrap()).unwrap();
    assert_eq!(response.text().unwrap(), SENT);

    let request = client.post(served.server.url("/echo")).body(SENT);
    let mut lines = request.send().unwrap().lines_limited(3);
    assert_eq!(lines.next().unwrap().unwrap_err().kind(), Kind::TooLarge);
    assert!(lines.next().is_none());

    let mut lines = client.get(served.server.url("/")).send().unwrap().lines();
    served.runtime.block_on(async {
        let error = tokio::spawn(async move {
            let error = lines.next().unwrap().unwrap_err();
            assert!(lines.next().is_none());
            error
        });
        assert_eq!(error.await.unwrap().kind(), Kind::InsideRuntime);
    });
}

#[test]
fn a_response_that_a_test_makes_is_read_on_a_thread_without_a_runtime() {
    let mut made = Response::new("no cake");
    *made.status_mut() = StatusCode::NOT_FOUND;
    let made = blocking::Response::from(made);
    assert_eq!(made.status(), StatusCode::NOT_FOUND);
    assert_eq!(made.text().unwrap(), "no cake");
}

#[test]
fn a_status_and_a_mistake_are_the_errors_of_the_async_client() {
    let served = Served::start(Alpn::Http2);
    let client = served.client();
    let response = client.get(served.server.url("/404")).send().unwrap();
    let error = response.error_for_status().unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
    let error = client.get("nonsense").send().unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::Url, Delivery::NotSent)
    );
    let stranger = Client::builder().policy(trusting(&TestCa::new()).build().unwrap());
    let stranger = stranger.build_blocking().unwrap();
    let error = stranger.get(served.server.url("/")).send().unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(served.server.request_count(), 1);
}

#[test]
fn a_body_that_stalls_or_breaks_off_is_an_error_of_read() {
    let served = Served::start(Alpn::Http1);
    let client = served.builder().read_timeout(Duration::from_millis(200));
    let client = client.build_blocking().unwrap();
    for (path, kind, of_client) in [
        ("/stall", ErrorKind::TimedOut, Kind::Timeout),
        ("/cut", ErrorKind::Other, Kind::Body),
    ] {
        let mut response = client.get(served.server.url(path)).send().unwrap();
        let mut text = String::new();
        let error = response.read_to_string(&mut text).unwrap_err();
        let source = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
        assert_eq!((error.kind(), source.kind()), (kind, of_client), "{path}");
    }
}

#[test]
fn a_call_inside_a_task_is_a_typed_error_and_nothing_is_sent() {
    let served = Served::start(Alpn::Http1);
    let (client, url) = (served.client(), served.server.url("/"));
    for runtime in [
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
        Runtime::new().unwrap(),
    ] {
        let error = runtime.block_on(async { client.get(&url).send().unwrap_err() });
        assert_eq!(
            (error.kind(), error.delivery()),
            (Kind::InsideRuntime, Delivery::NotSent)
        );
        assert!(error.to_string().contains("spawn_blocking"), "{error}");
        assert_eq!(served.server.tcp_connections(), 0);
    }
    // A thread for blocking work may wait, in a runtime too.
    let asked = url.clone();
    let allowed = client.clone();
    let text = served.runtime.block_on(async move {
        let waiting = move || allowed.get(&asked).send()?.text();
        tokio::task::spawn_blocking(waiting).await.unwrap()
    });
    assert_eq!(text.unwrap(), "[1,2,3]");
    // Neither a body that is read nor one that is dropped within a task panics.
    let mut response = client.get(&url).send().unwrap();
    let unread = client.get(&url).send().unwrap();
    served.runtime.block_on(async move {
        assert_eq!(response.chunk().unwrap_err().kind(), Kind::InsideRuntime);
        drop((response, unread));
    });
}

#[test]
fn two_hundred_threads_share_four_connections_without_a_deadlock() {
    for alpn in VERSIONS {
        let served = Served::start(alpn);
        let client = served
            .builder()
            .max_connections_per_host(NonZeroUsize::new(4).unwrap())
            .build_blocking()
            .unwrap();
        let url = served.server.url("/");
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..200 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let response = client.get(&url).send().unwrap();
                        assert_eq!(response.text().unwrap(), "[1,2,3]");
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(done.into_inner(), 1_000);
        assert_eq!(served.server.request_count(), 1_000);
        assert!(served.server.tcp_connections() <= 4, "{alpn:?}");
    }
}

#[test]
fn a_future_of_the_async_client_can_be_waited_for() {
    let served = Served::start(Alpn::Http1);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from a file").unwrap();
    let body = blocking::block_on(Body::from_file(file.path())).unwrap();
    let request = served.client().post(served.server.url("/echo")).body(body);
    let request = request.header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(request.send().unwrap().text().unwrap(), "from a file");
}

#[test]
fn the_limit_of_a_call_holds_without_a_runtime_of_the_callers() {
    let served = Served::start(Alpn::Http2);
    let start = Instant::now();
    let request = served.client().get(served.server.url("/stall"));
    let response = request.timeout(Duration::from_millis(300)).send().unwrap();
    let error = response.text().unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Calls from the destructor of a thread's own data, when tokio's data of the thread may be
/// destroyed, and drops the body of an earlier response.
struct Last {
    client: Client,
    url: String,
    unread: Option<blocking::Response>,
    outcome: Sender<Result<StatusCode, Kind>>,
}

impl Drop for Last {
    fn drop(&mut self) {
        drop(self.unread.take());
        let sent = self.client.get(&self.url).send();
        let sent = sent.map(|response| response.status());
        let _ = self.outcome.send(sent.map_err(|error| error.kind()));
    }
}

#[test]
fn a_call_at_the_end_of_its_thread_works_or_is_a_typed_error() {
    thread_local! {
        static BEFORE: RefCell<Option<Last>> = const { RefCell::new(None) };
        static AFTER: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    let served = Served::start(Alpn::Http1);
    let (client, url) = (served.client(), served.server.url("/"));
    let (outcome, outcomes) = mpsc::channel();
    let last = |outcome| {
        let unread = client.get(served.server.url("/stall")).send().unwrap();
        Last {
            client: client.clone(),
            url: url.clone(),
            unread: Some(unread),
            outcome,
        }
    };
    let (first, second) = (last(outcome.clone()), last(outcome));
    let (client, url) = (client.clone(), url.clone());
    let thread = thread::spawn(move || {
        BEFORE.set(Some(first));
        client.get(&url).send().unwrap();
        AFTER.set(Some(second));
    });
    thread.join().unwrap();
    let outcomes: Vec<_> = outcomes.iter().collect();
    // One of the two was destroyed after tokio's data.
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.contains(&Err(Kind::NoRuntime)), "{outcomes:?}");
    let known = |outcome| matches!(outcome, Ok(StatusCode::OK) | Err(Kind::NoRuntime));
    assert!(outcomes.iter().copied().all(known), "{outcomes:?}");
}
