//! The layer that retries, over hyper-util's client and servers that count.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bonafide_testkit::{
    Alpn, ClientAuth, Ending, Recipe, TestBody, TestCa, TestServer, TestServerBuilder,
};
use bonafide_tower::BoxError;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::retry::{
    Attempts, Decision, Delivery, GiveUp, Keys, Outcome, Over, Retry, RetryLayer, RetryService,
    Step,
};
use bonafide_verify::{Anchors, Code, HandshakeError, Policy, Refusal};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tower::{Layer as _, ServiceExt as _};

type Service = RetryService<Client<VerifiedConnector, Full<Bytes>>>;

/// What was decided, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Outcome, Step)>>>);

impl Log {
    fn steps(&self) -> Vec<(Outcome, Step)> {
        self.0.lock().unwrap().clone()
    }

    /// What each failed attempt came to, and why none followed the last one.
    fn outcomes(&self) -> (Vec<Outcome>, Option<GiveUp>) {
        let steps = self.steps();
        let why = steps.iter().find_map(|(_, step)| match step {
            Step::GiveUp(why) => Some(*why),
            _ => None,
        });
        (steps.iter().map(|(outcome, _)| *outcome).collect(), why)
    }
}

fn service(ca: &TestCa, retry: Retry, log: &Log) -> Service {
    let anchors = Anchors::only(ca.certificate().clone());
    let policy = Policy::builder().anchors(anchors).build().unwrap();
    let connector = VerifiedConnector::new(policy).allow_plain_http();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let log = log.clone();
    RetryLayer::new()
        .with_retry(retry)
        .with_observer(move |it: &Decision<'_>| log.0.lock().unwrap().push((it.outcome, it.step)))
        .layer(client)
}

fn server(ca: &TestCa, alpn: Alpn) -> TestServerBuilder {
    TestServer::builder(ca.issue(Recipe::for_host("localhost"))).alpn(alpn)
}

/// Gives these answers in turn.
fn in_turn(
    builder: TestServerBuilder,
    answers: Vec<fn() -> Response<TestBody>>,
) -> TestServerBuilder {
    let count = Arc::new(AtomicUsize::new(0));
    builder.handler(move |_| {
        let answer = answers[count.fetch_add(1, Ordering::SeqCst)];
        async move { answer() }
    })
}

fn status(status: StatusCode) -> Response<TestBody> {
    let mut response = Response::new(TestBody::from("text"));
    *response.status_mut() = status;
    response
}

fn ok() -> Response<TestBody> {
    status(StatusCode::OK)
}

fn unavailable() -> Response<TestBody> {
    status(StatusCode::SERVICE_UNAVAILABLE)
}

fn lost() -> Response<TestBody> {
    let mut response = ok();
    response.extensions_mut().insert(Ending::CloseAfterRequest);
    response
}

fn request(method: Method, url: &str) -> Request<Full<Bytes>> {
    let body = match method {
        Method::POST => Full::from("one cake"),
        _ => Full::default(),
    };
    Request::builder()
        .method(method)
        .uri(url)
        .body(body)
        .unwrap()
}

fn made(response: &Response<Incoming>) -> u32 {
    response.extensions().get::<Attempts>().unwrap().made()
}

async fn send(
    service: &Service,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, BoxError> {
    service.clone().oneshot(request).await
}

const ALPNS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];
const MAYBE: Outcome = Outcome::Failed(Delivery::MaybeProcessed);
const ANSWERED: Outcome = Outcome::Failed(Delivery::Answered);

#[tokio::test]
async fn a_503_is_asked_again_not_before_its_retry_after_and_over_the_same_connection() {
    for alpn in ALPNS {
        let ca = TestCa::new();
        let answers: Vec<fn() -> _> = vec![
            || {
                let mut response = unavailable();
                let second = HeaderValue::from_static("1");
                response.headers_mut().insert("retry-after", second);
                response
            },
            ok,
        ];
        let server = in_turn(server(&ca, alpn), answers).start().await;
        let log = Log::default();
        let service = service(&ca, Retry::standard(), &log);
        let start = Instant::now();
        let response = send(&service, request(Method::GET, &server.url("/")))
            .await
            .unwrap();
        assert!(start.elapsed() >= Duration::from_secs(1));
        assert_eq!((response.status().as_u16(), made(&response)), (200, 2));
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            "text"
        );
        assert_eq!(
            (server.request_count(), server.tcp_connections()),
            (2, 1),
            "{alpn:?}"
        );
        match log.steps()[..] {
            [(ANSWERED, Step::Again(again))] => assert!(again.after >= Duration::from_secs(1)),
            ref other => panic!("{other:?}"),
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_429_is_asked_again_not_before_the_date_that_it_names() {
    for alpn in ALPNS {
        let ca = TestCa::new();
        // In whole seconds, and not the one that has begun.
        let since_1970 = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(since_1970 + 2);
        let arrived: Arc<Mutex<Vec<SystemTime>>> = Arc::default();
        let times = Arc::clone(&arrived);
        let server = server(&ca, alpn)
            .handler(move |_| {
                let mut times = times.lock().unwrap();
                times.push(SystemTime::now());
                let mut response = ok();
                if times.len() == 1 {
                    response = status(StatusCode::TOO_MANY_REQUESTS);
                    let value = httpdate::fmt_http_date(date).parse().unwrap();
                    response.headers_mut().insert("retry-after", value);
                }
                async move { response }
            })
            .start()
            .await;
        let service = service(&ca, Retry::standard(), &Log::default());
        let response = send(&service, request(Method::GET, &server.url("/")))
            .await
            .unwrap();
        assert_eq!((response.status().as_u16(), made(&response)), (200, 2));
        let arrived = arrived.lock().unwrap().clone();
        assert_eq!(arrived.len(), 2);
        assert!(arrived[1] >= date, "{arrived:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_connection_that_closes_on_a_request_has_a_get_sent_again_and_a_post_not() {
    for alpn in ALPNS {
        for (method, requests, why) in [
            (Method::GET, 2, None),
            (Method::POST, 1, Some(GiveUp::NotIdempotent)),
        ] {
            let ca = TestCa::new();
            let server = in_turn(server(&ca, alpn), vec![lost, ok]).start().await;
            let log = Log::default();
            let service = service(&ca, Retry::standard(), &log);
            let result = send(&service, request(method.clone(), &server.url("/"))).await;
            assert_eq!(
                result.is_ok(),
                why.is_none(),
                "{alpn:?} {method}: {result:?}"
            );
            assert_eq!(server.request_count(), requests, "{alpn:?} {method}");
            assert_eq!(log.outcomes(), (vec![MAYBE], why), "{alpn:?} {method}");
            server.shutdown().await;
        }
    }
}

#[tokio::test]
async fn a_post_with_a_key_is_sent_again_with_the_same_key_and_body() {
    for alpn in ALPNS {
        for keys in [Keys::CallersOnly, Keys::MadeForEachCall] {
            let ca = TestCa::new();
            let server = in_turn(server(&ca, alpn), vec![lost, unavailable, ok])
                .request_log(3)
                .start()
                .await;
            let log = Log::default();
            let service = service(&ca, Retry::standard().with_keys(keys), &log);
            let mut post = request(Method::POST, &server.url("/"));
            if keys == Keys::CallersOnly {
                let own = HeaderValue::from_static("order 7");
                post.headers_mut().insert("idempotency-key", own);
            }
            let response = send(&service, post).await.unwrap();
            assert_eq!((response.status().as_u16(), made(&response)), (200, 3));
            let attempts = response.extensions().get::<Attempts>().unwrap();
            let key = attempts.key().unwrap().value().clone();
            assert_eq!(key == "order 7", keys == Keys::CallersOnly);
            assert_eq!(log.outcomes(), (vec![MAYBE, ANSWERED], None));
            let requests = server.requests();
            assert_eq!(requests.len(), 3);
            for request in requests {
                assert_eq!(request.headers["idempotency-key"], key);
                assert_eq!(request.body, "one cake");
            }
            server.shutdown().await;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_refused_is_asked_once() {
    for alpn in ALPNS {
        let ca = TestCa::new();
        let server = server(&ca, alpn).start().await;
        let log = Log::default();
        let service = service(&TestCa::new(), Retry::standard(), &log);
        let error = send(&service, request(Method::GET, &server.url("/")))
            .await
            .unwrap_err();
        assert_eq!(
            Refusal::find_in(&*error).unwrap().code(),
            Code::UnknownIssuer
        );
        server.wait_for(|stats| stats.failed_handshakes == 1).await;
        assert_eq!(server.stats().client_hellos, 1);
        assert_eq!(log.steps(), []);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn an_alert_of_tls_is_not_answered_with_another_attempt() {
    // TLS 1.3 has it arrive when the request may have been sent, and TLS 1.2 in the handshake.
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let ca = TestCa::new();
        let clients = TestCa::new();
        let server = server(&ca, Alpn::Http1)
            .tls_versions(&[version])
            .client_auth(ClientAuth::Required(clients.certificate().clone()))
            .start()
            .await;
        let log = Log::default();
        let service = service(&ca, Retry::standard(), &log);
        let error = send(&service, request(Method::GET, &server.url("/")))
            .await
            .unwrap_err();
        let steps = log.steps();
        assert_eq!(server.stats().client_hellos, 1, "{error:?} {steps:?}");
        assert_eq!(steps, [], "{error:?}");
        if *version == rustls::version::TLS13 {
            assert!(HandshakeError::find_in(&*error).is_some(), "{error:?}");
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_post_that_was_not_sent_is_sent_again() {
    let ca = TestCa::new();
    // A port at which nothing listens any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    drop(listener);
    let log = Log::default();
    let service = service(&ca, Retry::standard(), &log);
    send(&service, request(Method::POST, &url))
        .await
        .unwrap_err();
    let unsent = Outcome::Failed(Delivery::NotSent);
    assert_eq!(log.outcomes(), (vec![unsent; 3], Some(GiveUp::Attempts)));
}

#[tokio::test]
async fn a_handshake_that_is_reset_is_tried_again_for_a_post() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1)
        .endings([Ending::ResetInHandshake])
        .start()
        .await;
    let log = Log::default();
    let service = service(&ca, Retry::standard(), &log);
    let response = send(&service, request(Method::POST, &server.url("/")))
        .await
        .unwrap();
    assert_eq!((response.status().as_u16(), made(&response)), (200, 2));
    assert_eq!(
        log.outcomes(),
        (vec![Outcome::Failed(Delivery::NotSent)], None)
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_421_has_any_request_sent_again_once() {
    for alpn in ALPNS {
        let misdirected: fn() -> _ = || status(StatusCode::MISDIRECTED_REQUEST);
        for (answers, expected, why) in [
            (vec![misdirected, ok], 200, None),
            (
                vec![misdirected, misdirected, ok],
                421,
                Some(GiveUp::Repeated),
            ),
        ] {
            let ca = TestCa::new();
            let server = in_turn(server(&ca, alpn), answers).start().await;
            let log = Log::default();
            let service = service(&ca, Retry::standard(), &log);
            let response = send(&service, request(Method::POST, &server.url("/")))
                .await
                .unwrap();
            assert_eq!((response.status().as_u16(), made(&response)), (expected, 2));
            assert_eq!(server.request_count(), 2);
            let (outcomes, last) = log.outcomes();
            assert!(outcomes.iter().all(|it| *it == Outcome::Misdirected));
            assert_eq!(last, why);
            server.shutdown().await;
        }
    }
}

/// Resets the first stream of each HTTP/2 connection with this code, and answers the others.
async fn resetting(mut tcp: TcpStream, code: u8) {
    let mut preface = [0; 24];
    tcp.read_exact(&mut preface).await.unwrap();
    // SETTINGS without one.
    tcp.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    let mut streams = 0;
    loop {
        let mut head = [0; 9];
        if tcp.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        tcp.read_exact(&mut payload).await.unwrap();
        // HEADERS: RST_STREAM, or HEADERS with the indexed field `:status: 200` and END_STREAM.
        if head[3] == 1 {
            streams += 1;
            let stream = &head[5..];
            let answer = match streams {
                1 => [&[0, 0, 4, 3, 0][..], stream, &[0, 0, 0, code]].concat(),
                _ => [&[0, 0, 1, 1, 5][..], stream, &[0x88]].concat(),
            };
            tcp.write_all(&answer).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_stream_that_the_server_resets_is_repeated_as_the_code_of_the_reset_allows() {
    let (unprocessed, http1) = (
        Outcome::Failed(Delivery::RefusedUnprocessed),
        Outcome::Http1Required,
    );
    // The error codes of RFC 9113 section 7.
    for (code, outcome, attempts) in [(7, unprocessed, 2), (13, http1, 2), (2, MAYBE, 1)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            resetting(tcp, code).await;
        });
        let anchors = Anchors::only(TestCa::new().certificate().clone());
        let policy = Policy::builder().anchors(anchors).build().unwrap();
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build(VerifiedConnector::new(policy).allow_plain_http());
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = Arc::clone(&seen);
        let service = RetryLayer::new()
            .with_observer(move |it: &Decision<'_>| log.lock().unwrap().push(it.outcome))
            .layer(client);
        let counted = Attempts::new();
        let mut request = request(Method::POST, &url);
        request.extensions_mut().insert(counted.clone());
        let result = service.oneshot(request).await;
        assert_eq!(result.is_ok(), attempts == 2, "{code}: {result:?}");
        assert_eq!(
            (counted.made(), &seen.lock().unwrap()[..]),
            (attempts, &[outcome][..])
        );
        serving.abort();
    }
}

#[tokio::test]
async fn a_client_sees_over_which_connection_the_next_attempt_is_to_go() {
    let ca = TestCa::new();
    let misdirected: fn() -> _ = || status(StatusCode::MISDIRECTED_REQUEST);
    let server = in_turn(server(&ca, Alpn::Http1), vec![misdirected, ok])
        .start()
        .await;
    let anchors = Anchors::only(ca.certificate().clone());
    let policy = Policy::builder().anchors(anchors).build().unwrap();
    let client: Client<_, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy));
    // A client that honours it makes a connection of its own for such a request.
    let honouring = tower::service_fn(move |request: Request<Full<Bytes>>| {
        let client = match request.extensions().get::<Over>() {
            Some(Over::FreshConnection) => {
                let anchors = Anchors::only(ca.certificate().clone());
                let policy = Policy::builder().anchors(anchors).build().unwrap();
                Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy))
            }
            _ => client.clone(),
        };
        client.oneshot(request)
    });
    let service = RetryLayer::new().layer(honouring);
    let response = service
        .oneshot(request(Method::GET, &server.url("/")))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!((server.request_count(), server.tcp_connections()), (2, 2));
    server.shutdown().await;
}
