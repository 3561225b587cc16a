//! A client whose requests a closure answers: what runs as in production.

#![expect(clippy::expect_used, reason = "a test fails with a clear message")]

mod never_answers;
mod not_there;

use std::io;
use std::time::Duration;

use bonafide::retry::Retry;
use bonafide::testing::{FakeServer, Fault, Reply};
use bonafide::verify::{Anchors, Policy, Zone};
use bonafide::{Body, Client, Code, Delivery, Error, Kind, Phase, StatusCode};
use bonafide_testkit::TestCa;
use http::{HeaderMap, Method, Request, Response, Version};
use tokio::time::Instant;

const URL: &str = "https://shop.example/";

fn answering(body: &'static str) -> FakeServer {
    FakeServer::new(move |_| async move { Response::new(body) })
}

fn status(status: u16) -> Response<&'static str> {
    let response = Response::builder().status(status);
    response.body("").expect("a response")
}

fn found(error: &Error) -> (Kind, Option<Phase>, Delivery) {
    (error.kind(), error.phase(), error.delivery())
}

#[tokio::test]
async fn the_closure_sees_the_request_as_it_would_be_sent() {
    let server = answering("hello");
    let client = Client::builder()
        .user_agent("shop/1.0")
        .answered_by(&server)
        .build()
        .expect("a client");
    let response = client
        .post("https://shop.example/orders?a=b")
        .header("x-own", "1")
        .header("connection", "close")
        .body("cake")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.url().as_str(), "https://shop.example/orders?a=b");
    assert_eq!(response.text().await.expect("a body"), "hello");

    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://shop.example/orders?a=b");
    assert_eq!(request.version(), Version::HTTP_2);
    assert_eq!(request.body(), "cake");
    let names = ["accept", "user-agent", "x-own", "accept-encoding"];
    let mut seen: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
    seen.sort_unstable();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert_eq!(request.headers()["user-agent"], "shop/1.0");
}

#[tokio::test]
async fn streamed_bodies_and_trailers_reach_the_closure() {
    let server = answering("");
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "2".parse().expect("a value"));
    let chunks = futures_util::stream::iter([Ok::<_, io::Error>("ca"), Ok("ke")]);
    let body = Body::from_stream(chunks).with_trailers(trailers);
    let client = server.client();
    client
        .post(URL)
        .body(body.expect("allowed trailers"))
        .send()
        .await
        .expect("a response");
    let request = &server.requests()[0];
    assert_eq!(request.body(), "cake");
    let trailers = request.extensions().get::<HeaderMap>().expect("trailers");
    assert_eq!(trailers["x-sum"], "2");
}

#[tokio::test]
async fn redirects_and_decoding_run_as_in_production() {
    let server = FakeServer::new(|request: Request<_>| async move {
        match request.uri().path() {
            "/" => Response::builder()
                .status(307)
                .header("location", "https://other.example/there")
                .body(Vec::new()),
            _ => Response::builder()
                .header("content-encoding", "gzip")
                .body(GZIPPED_HELLO.to_vec()),
        }
        .expect("a response")
    });
    let client = server.client();
    let sent = client.post(URL).bearer_auth("secret").body("again").send();
    let response = sent.await.expect("a response");
    assert_eq!(response.url().as_str(), "https://other.example/there");
    assert_eq!(response.text().await.expect("a body"), "hello");
    let requests = server.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            let authorized = request.headers().contains_key("authorization");
            (request.uri().host(), authorized, &request.body()[..])
        })
        .collect();
    let expected = [
        (Some("shop.example"), true, &b"again"[..]),
        (Some("other.example"), false, b"again"),
    ];
    assert_eq!(seen, expected);

    let insecure = FakeServer::new(|_| async {
        let response = Response::builder().status(302);
        response
            .header("location", "http://shop.example/")
            .body("")
            .expect("a response")
    });
    let error = insecure
        .client()
        .get(URL)
        .send()
        .await
        .expect_err("a downgrade");
    assert_eq!(error.kind(), Kind::InsecureRedirect);
}

/// `hello` by gzip.
const GZIPPED_HELLO: [u8; 25] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36,
    5, 0, 0, 0,
];

#[tokio::test(start_paused = true)]
async fn retries_wait_in_the_time_of_the_test() {
    let busy = Response::builder().status(503).header("retry-after", "20");
    let server = FakeServer::in_turn([
        Reply::from(Fault::CannotConnect),
        Fault::Closed.into(),
        busy.body("").expect("a response").into(),
        Response::new("at last").into(),
    ]);
    let retry = Retry::standard().with_max_attempts(4);
    let client = Client::builder()
        .retry(retry)
        .answered_by(&server)
        .build()
        .expect("a client");
    let start = Instant::now();
    let response = client.get(URL).send().await.expect("the fourth attempt");
    assert_eq!(response.text().await.expect("a body"), "at last");
    assert_eq!(server.requests().len(), 4);
    let waited = start.elapsed();
    let expected = Duration::from_secs(20)..Duration::from_secs(60);
    assert!(expected.contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn a_post_that_may_have_been_processed_is_not_sent_again() {
    let server = FakeServer::in_turn([Reply::from(Fault::Closed), Response::new("").into()]);
    let client = Client::builder()
        .retry(Retry::standard())
        .answered_by(&server)
        .build()
        .expect("a client");
    let error = client
        .post(URL)
        .body("cake")
        .send()
        .await
        .expect_err("closed");
    let expected = (Kind::Closed, Some(Phase::Headers), Delivery::MaybeProcessed);
    assert_eq!(found(&error), expected);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn each_fault_has_its_kind_phase_and_delivery() {
    for (fault, kind, phase, delivery) in [
        (
            Fault::CannotConnect,
            Kind::Connect,
            Phase::Connect,
            Delivery::NotSent,
        ),
        (
            Fault::Closed,
            Kind::Closed,
            Phase::Headers,
            Delivery::MaybeProcessed,
        ),
    ] {
        let server = FakeServer::new(move |_| async move { fault });
        let error = server.client().get(URL).send().await.expect_err("a fault");
        assert_eq!(found(&error), (kind, Some(phase), delivery));
        assert_eq!(error.url().map(|url| url.as_str()), Some(URL));
    }
}

#[tokio::test]
async fn a_body_is_cut_off_by_the_error_of_its_stream() {
    let server = FakeServer::new(|_| async {
        let chunks = [Ok("some"), Err(io::Error::other("cut"))];
        Response::new(Body::from_stream(futures_util::stream::iter(chunks)))
    });
    let mut response = server.client().get(URL).send().await.expect("headers");
    assert_eq!(
        response.chunk().await.expect("a chunk").expect("some"),
        "some"
    );
    let error = response.chunk().await.expect_err("the cut");
    assert_eq!(
        found(&error),
        (Kind::Body, Some(Phase::Body), Delivery::Answered)
    );
}

#[tokio::test(start_paused = true)]
async fn time_limits_hold() {
    const LIMIT: Duration = Duration::from_secs(7);
    let builder = |server: &FakeServer| Client::builder().answered_by(server);
    let silent = FakeServer::new(|_| std::future::pending::<Reply>());
    let stalled = FakeServer::new(|_| async {
        let never = futures_util::stream::pending::<io::Result<&str>>();
        Response::new(Body::from_stream(never))
    });
    let table = [
        (
            builder(&silent).headers_timeout(LIMIT),
            Body::from("whole"),
            "no response within 7s",
            (Phase::Headers, Delivery::MaybeProcessed),
        ),
        (
            builder(&silent).timeout(LIMIT),
            Body::empty(),
            "the request took longer than 7s",
            (Phase::Headers, Delivery::MaybeProcessed),
        ),
        (
            builder(&silent).headers_timeout(LIMIT),
            Body::from_stream(futures_util::stream::pending::<io::Result<&str>>()),
            "no more of the request's body could be sent within 7s",
            (Phase::Send, Delivery::MaybeProcessed),
        ),
        (
            builder(&stalled).read_timeout(LIMIT),
            Body::empty(),
            "no more of the response's body arrived within 7s",
            (Phase::Body, Delivery::Answered),
        ),
        (
            builder(&stalled).timeout(LIMIT),
            Body::empty(),
            "the request took longer than 7s",
            (Phase::Body, Delivery::Answered),
        ),
    ];
    for (builder, body, text, (phase, delivery)) in table {
        let client = builder.build().expect("a client");
        let start = Instant::now();
        let error = match client.post(URL).body(body).send().await {
            Ok(response) => response.bytes().await.expect_err("a limit"),
            Err(error) => error,
        };
        assert_eq!(
            found(&error),
            (Kind::Timeout, Some(phase), delivery),
            "{text}"
        );
        assert!(error.to_string().contains(text), "{error}");
        let waited = start.elapsed();
        assert!(waited >= LIMIT && waited < 2 * LIMIT, "{text}: {waited:?}");
    }
}

#[test]
fn a_blocking_client_is_answered_too() {
    let server = answering("hello");
    let client = Client::builder().answered_by(&server).build_blocking();
    let response = client.expect("a client").get(URL).send();
    let text = response.expect("a response").text();
    assert_eq!(text.expect("a body"), "hello");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_may_not_be_sent_does_not_reach_the_closure() {
    let ca = TestCa::new();
    let server = answering("");
    let closed = Policy::builder()
        .zone(Zone::for_host("shop.example").anchors(Anchors::only(ca.certificate().clone())))
        .closed()
        .build()
        .expect("a policy");
    let closed = Client::builder()
        .policy(closed)
        .answered_by(&server)
        .build()
        .expect("a client");
    closed.get(URL).send().await.expect("a host of the policy");

    let plain = server.client().get("http://shop.example/").send().await;
    let framing = server
        .client()
        .get(URL)
        .header("content-length", "3")
        .send()
        .await;
    let foreign = closed.get("https://other.example/").send().await;
    let refused = foreign.expect_err("no zone");
    assert_eq!(refused.code(), Some(Code::HostNotInPolicy));
    for (error, kind) in [
        (plain.expect_err("plain http"), Kind::PlainHttpRefused),
        (framing.expect_err("another length"), Kind::Request),
        (refused, Kind::Refused),
    ] {
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::NotSent));
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn replies_come_in_turn_and_then_501() {
    let server = FakeServer::in_turn([status(201), status(202)]);
    let client = server.client();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let response = client.get(URL).send().await.expect("a response");
        seen.push((
            response.status().as_u16(),
            response.text().await.expect("a body"),
        ));
    }
    let last = "the fake server has no reply left for GET /".to_owned();
    assert_eq!(
        seen,
        [(201, String::new()), (202, String::new()), (501, last)]
    );
    let response = client.get(URL).send().await.expect("a response");
    assert_eq!(
        response.error_for_status().expect_err("501").to_string(),
        "https://shop.example/: 501 the fake server has no reply left for GET /"
    );
}

#[tokio::test]
async fn responses_that_have_no_body_have_none() {
    let server = FakeServer::new(|request: Request<_>| async move {
        let mut response = Response::new("not empty");
        if request.method() == Method::GET {
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        response
    });
    for method in [Method::HEAD, Method::GET] {
        let response = server.client().request(method, URL).send().await;
        let bytes = response.expect("a response").bytes().await;
        assert_eq!(bytes.expect("no body"), "");
    }
    let switching = FakeServer::new(|_| async { status(101) });
    let error = switching.client().get(URL).send().await.expect_err("101");
    assert_eq!(error.kind(), Kind::Protocol);
}

#[test]
fn outside_a_runtime_nothing_is_answered() {
    let server = answering("");
    let sent = server.client().get(URL).send();
    let error = futures_util::FutureExt::now_or_never(sent)
        .expect("at once")
        .expect_err("no runtime");
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::NoRuntime, Delivery::NotSent)
    );
}

#[tokio::test]
#[should_panic(expected = "the closure looks closely")]
async fn a_panic_in_the_closure_fails_the_test() {
    let server = FakeServer::new(|request: Request<_>| async move {
        assert_eq!(request.uri().path(), "/other", "the closure looks closely");
        Response::new("")
    });
    drop(server.client().get(URL).send().await);
}
