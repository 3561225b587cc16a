//! Attempts that are answered.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bonafide_testkit::{Alpn, TestCa};
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::retry::{Attempts, GiveUp, Keys, Outcome, Over, Retry, RetryLayer, Step};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::Instant;
use tower::{Layer as _, ServiceExt as _};

use crate::stage::{
    ALPNS, ANSWERED, Log, MAYBE, in_turn, lost, made, ok, request, send, server, service, status,
    trusting, unavailable,
};

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

#[tokio::test]
async fn a_client_sees_over_which_connection_the_next_attempt_is_to_go() {
    let ca = TestCa::new();
    let misdirected: fn() -> _ = || status(StatusCode::MISDIRECTED_REQUEST);
    let server = in_turn(server(&ca, Alpn::Http1), vec![misdirected, ok])
        .start()
        .await;
    let client: Client<_, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(trusting(&ca)));
    // A client that honours it makes a connection of its own for such a request.
    let honouring = tower::service_fn(move |request: Request<Full<Bytes>>| {
        let client = match request.extensions().get::<Over>() {
            Some(Over::FreshConnection) => {
                Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(trusting(&ca)))
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
