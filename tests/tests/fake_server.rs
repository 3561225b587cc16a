//! A client whose requests a closure answers: what runs as in production, and what is not there.

#![expect(clippy::expect_used, reason = "a test fails with a clear message")]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bonafide::hsts::HstsHosts;
use bonafide::retry::Retry;
use bonafide::testing::{FakeServer, Fault, Reply};
use bonafide::verify::{Anchors, Policy, Zone};
use bonafide::{
    Body, Client, Code, ConnectionInfo, Delivery, Error, Kind, Phase, Receipt, StatusCode, Timings,
};
use bonafide_testkit::{Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
use http::{HeaderMap, Method, Request, Response, Version};
use tokio::time::Instant;
use tower::ServiceExt as _;

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

#[tokio::test]
async fn no_response_has_a_receipt_a_connection_or_timings() {
    let client = answering("hello").client();
    let response = client.get(URL).send().await.expect("a response");
    assert!(response.receipt().is_none());
    assert!(response.connection().is_none());
    assert!(response.timings().is_none());

    let request = Request::get(URL).body(Body::empty()).expect("a request");
    let response = client.oneshot(request).await.expect("a response");
    let extensions = response.extensions();
    assert!(extensions.get::<Arc<Receipt>>().is_none());
    assert!(extensions.get::<Arc<ConnectionInfo>>().is_none());
    assert!(extensions.get::<Timings>().is_none());
}

/// A response of a verified server, passed on by the closure, keeps its text and loses its proof.
#[tokio::test]
async fn a_receipt_of_another_client_is_not_passed_on() {
    let ca = TestCa::new();
    let real = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    let verified = Client::builder()
        .policy(trusting(&ca).build().expect("a policy"))
        .build()
        .expect("a client");
    let url = real.url("/");
    let server = FakeServer::new(move |_| {
        let request = Request::get(&url).body(Body::empty()).expect("a request");
        let sent = verified.clone().oneshot(request);
        async move {
            let response = sent.await.expect("a verified response");
            assert!(response.extensions().get::<Arc<Receipt>>().is_some());
            response
        }
    });
    let client = server.client();
    let response = client.get(URL).send().await.expect("a response");
    assert!(response.receipt().is_none());
    assert_eq!(response.url().as_str(), URL);
    assert_eq!(response.text().await.expect("a body"), "ok");
    let request = Request::get(URL).body(Body::empty()).expect("a request");
    let response = client.oneshot(request).await.expect("a response");
    assert!(response.extensions().get::<Arc<Receipt>>().is_none());
    real.shutdown().await;
}

#[tokio::test]
async fn a_layer_that_requires_a_verified_server_refuses_a_fake_one() {
    let client = Client::builder()
        .hop_layer(RequireVerifiedLayer::new())
        .answered_by(&answering("hello"))
        .build()
        .expect("a client");
    let error = client
        .get(URL)
        .send()
        .await
        .expect_err("nothing is verified");
    assert_eq!(error.kind(), Kind::Layer, "{error}");
    let source = std::error::Error::source(&error).expect("the layer's error");
    let refused = source.downcast_ref::<NotVerified>();
    assert!(
        matches!(refused, Some(NotVerified::NoReceipt)),
        "{source:?}"
    );
}

#[tokio::test]
async fn hsts_learns_nothing_from_a_fake_server() {
    let hosts = HstsHosts::new();
    let server = FakeServer::new(|_| async {
        Response::builder()
            .header("strict-transport-security", "max-age=1000")
            .body("")
            .expect("a response")
    });
    let client = Client::builder()
        .hsts(hosts.clone())
        .allow_plain_http()
        .answered_by(&server)
        .build()
        .expect("a client");
    for url in [URL, "http://shop.example/"] {
        let response = client.get(url).send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::OK);
    }
    let seen: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.uri().scheme_str().map(str::to_owned))
        .collect();
    let expected = ["https", "http"].map(|scheme| Some(scheme.to_owned()));
    assert_eq!(seen, expected);
}

/// Not even to a server that runs, under a policy that trusts it.
#[tokio::test]
async fn no_connection_is_opened() {
    let ca = TestCa::new();
    let real = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    let client = Client::builder()
        .policy(trusting(&ca).build().expect("a policy"))
        .answered_by(&answering("fake"))
        .build()
        .expect("a client");
    let response = client.get(real.url("/")).send().await.expect("a response");
    assert_eq!(response.text().await.expect("a body"), "fake");
    let shared = client.clone();
    let request = Request::get(real.url("/"))
        .body(Body::empty())
        .expect("a request");
    shared.oneshot(request).await.expect("a response");
    assert_eq!(real.tcp_connections(), 0);
    real.shutdown().await;
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
async fn a_client_without_a_policy_has_one_that_trusts_no_server() {
    let client = answering("").client();
    let policy = client.policy().expect("a policy").current();
    let zones: Vec<_> = policy.zones().map(|zone| zone.name().to_owned()).collect();
    assert_eq!(zones, ["nowhere.invalid"]);
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
async fn debug_shows_a_count_and_no_header_of_the_requests() {
    let server = answering("");
    let mut defaults = HeaderMap::new();
    defaults.insert("x-api-key", "s3cret".parse().expect("a value"));
    let builder = Client::builder()
        .default_headers(defaults)
        .answered_by(&server);
    let shown = format!("{builder:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let client = builder.build().expect("a client");
    let sent = client.get(URL).bearer_auth("s3cret").send();
    sent.await.expect("a response");
    assert_eq!(format!("{server:?}"), "FakeServer { requests: 1, .. }");
    let shown = format!("{client:?}");
    assert!(
        shown.contains("FakeServer") && !shown.contains("s3cret"),
        "{shown}"
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
