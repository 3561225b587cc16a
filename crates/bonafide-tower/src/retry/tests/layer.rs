use std::future::ready;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version, response};
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use tokio::time::Instant;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use super::scripted::{Answer, Failed, Fault, LOST, Scripted, UNSENT, typed};
use crate::BoxError;
use crate::delivery::Delivery;
use crate::retry::{
    Attempts, Backoff, Deadline, Decision, GiveUp, Outcome, Over, Retry, RetryLayer, Step,
};

fn get() -> Request<()> {
    Request::get("https://h/").body(()).unwrap()
}

fn post() -> Request<()> {
    Request::post("https://h/").body(()).unwrap()
}

fn made<B>(response: &Response<B>) -> u32 {
    response.extensions().get::<Attempts>().unwrap().made()
}

#[tokio::test(start_paused = true)]
async fn each_attempt_waits_until_the_inner_service_is_ready_and_the_count_is_on_the_response() {
    let inner = Scripted::new([Answer::Status(503), LOST, Answer::Status(200)]);
    let mut service = typed().layer(inner.clone());
    let response = service.ready().await.unwrap().call(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), made(&response)), (200, 3));
    assert_eq!(inner.count(), 3);
    let response = service.ready().await.unwrap().call(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), made(&response)), (200, 1));
}

#[tokio::test(start_paused = true)]
async fn after_the_last_attempt_its_response_or_its_error_is_the_result() {
    let inner = Scripted::new([LOST, Answer::Status(502), Answer::Status(503), LOST]);
    let service = typed().layer(inner.clone());
    let response = service.clone().oneshot(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), made(&response)), (503, 3));
    let attempts = Attempts::new();
    let mut request = get();
    request.extensions_mut().insert(attempts.clone());
    match service.oneshot(request).await {
        Err(Failed::Inner(Fault(outcome))) => {
            assert_eq!(outcome, Outcome::Failed(Delivery::MaybeProcessed));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((attempts.made(), attempts.is_spent()), (3, true));
}

#[tokio::test(start_paused = true)]
async fn attempts_show_a_limit_where_there_is_one() {
    for (attempts, made, retries, allowed) in [
        (Attempts::new(), 3, 2, "None"),
        (Attempts::default(), 3, 2, "None"),
        (Attempts::up_to(2), 2, 1, "Some(2)"),
    ] {
        let mut request = get();
        request.extensions_mut().insert(attempts.clone());
        let service = typed().layer(Scripted::new([LOST, LOST, LOST]));
        let error = service.oneshot(request).await.unwrap_err();
        let Failed::Inner(Fault(outcome)) = error else {
            panic!("{error:?}");
        };
        assert_eq!(outcome, Outcome::Failed(Delivery::MaybeProcessed));
        let shown = format!(
            "Attempts {{ made: {made}, retries: {retries}, allowed: {allowed}, is_spent: true, \
             key: None }}"
        );
        assert_eq!(format!("{attempts:?}"), shown);
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_again_where_it_was_not_processed_and_only_there() {
    let refused = Answer::Fails(Outcome::Failed(Delivery::RefusedUnprocessed));
    for (first, attempts) in [
        (UNSENT, 2),
        (refused, 2),
        (Answer::Status(421), 2),
        (Answer::Fails(Outcome::Http1Required), 2),
        (LOST, 1),
        (Answer::Fails(Outcome::Final), 1),
        (Answer::Status(503), 1),
        (Answer::After(429, "1"), 1),
    ] {
        let inner = Scripted::new([first, Answer::Status(200)]);
        let _ = typed().layer(inner.clone()).oneshot(post()).await;
        assert_eq!(inner.count(), attempts, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn version_headers_extensions_and_body_are_the_same_for_each_attempt() {
    #[derive(Clone, Debug, PartialEq)]
    struct Marked(u8);

    let inner = Scripted::new([Answer::Status(500)]);
    let request = Request::put("https://h/a?b")
        .version(Version::HTTP_10)
        .header("authorization", "s3cret")
        .extension(Marked(7))
        .body("text".to_owned())
        .unwrap();
    typed().layer(inner.clone()).oneshot(request).await.unwrap();
    let asked = inner.asked();
    assert_eq!(asked.len(), 3);
    for asked in asked {
        let request = asked.request;
        assert_eq!(
            (request.method(), request.version()),
            (&Method::PUT, Version::HTTP_10)
        );
        assert_eq!(request.uri(), "https://h/a?b");
        assert_eq!(request.headers()["authorization"], "s3cret");
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.extensions().get(), Some(&Marked(7)));
        assert_eq!(request.extensions().get::<Over>(), None);
        assert_eq!(request.body(), "text");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_421_the_next_request_asks_for_a_fresh_connection_once() {
    let (misdirected, http1) = (Answer::Status(421), Answer::Fails(Outcome::Http1Required));
    let unavailable = Answer::Status(503);
    for (script, over, status) in [
        (
            [misdirected, misdirected, misdirected],
            &[None, Some(Over::FreshConnection)][..],
            421,
        ),
        (
            [misdirected, http1, Answer::Status(200)],
            &[None, Some(Over::FreshConnection), Some(Over::Http1)],
            200,
        ),
        (
            [misdirected, unavailable, Answer::Status(200)],
            &[None, Some(Over::FreshConnection), None],
            200,
        ),
    ] {
        let inner = Scripted::new(script);
        let response = typed().layer(inner.clone()).oneshot(get()).await.unwrap();
        assert_eq!(response.status(), status);
        let asked = inner.asked();
        let marks: Vec<_> = asked
            .iter()
            .map(|it| it.request.extensions().get::<Over>().copied())
            .collect();
        assert_eq!(marks, over, "{script:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_there_once_is_not_sent_again_and_one_without_content_is() {
    let boxed = |text: &'static str| BoxBody::new(Full::new(Bytes::from_static(text.as_bytes())));
    for (text, attempts) in [("once", 1), ("", 3)] {
        let inner = Scripted::new([UNSENT]);
        let request = Request::put("https://h/").body(boxed(text)).unwrap();
        let outcome = typed().layer(inner.clone()).oneshot(request).await;
        assert!(matches!(outcome, Err(Failed::Inner(_))));
        assert_eq!(inner.count(), attempts, "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_up_to_a_bound_and_beyond_it_the_response_is_given() {
    for (asked, max, attempts) in [
        ("60", 60, 2),
        ("61", 60, 1),
        ("61", 61, 2),
        ("99999999999999999999", 60, 1),
    ] {
        let inner = Scripted::new([Answer::After(503, asked), Answer::Status(200)]);
        let retry = Retry::standard().with_max_retry_after(Duration::from_secs(max));
        let service = typed().with_retry(retry).layer(inner.clone());
        let start = Instant::now();
        let response = service.oneshot(get()).await.unwrap();
        assert_eq!(inner.count(), attempts, "{asked} {max}");
        let waited = start.elapsed();
        if attempts == 1 {
            assert_eq!((response.status().as_u16(), waited), (503, Duration::ZERO));
        } else {
            let least = Duration::from_secs(max);
            assert!(waited >= least && waited <= least + Duration::from_millis(101));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_deadline_does_not_leave_time_for_is_not_begun() {
    for (left, attempts) in [(9, 1), (10, 1), (11, 2)] {
        let inner = Scripted::new([Answer::After(503, "10"), Answer::Status(200)]);
        let retry = Retry::standard().with_backoff(Backoff::new(Duration::ZERO, Duration::ZERO));
        let service = typed().with_retry(retry).layer(inner.clone());
        let mut request = get();
        let deadline = Deadline::after(Duration::from_secs(left));
        request.extensions_mut().insert(deadline);
        let start = Instant::now();
        service.oneshot(request).await.unwrap();
        assert_eq!(inner.count(), attempts, "{left}");
        assert_eq!(start.elapsed().is_zero(), attempts == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn each_decision_about_a_failed_attempt_is_observed() {
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    let log = Arc::clone(&seen);
    let observe = move |it: &Decision<'_>| {
        assert_eq!((it.method, it.host), (&Method::GET, Some("h")));
        let status = it.status.map(|status| status.as_u16());
        log.lock()
            .unwrap()
            .push((it.attempt, it.outcome, status, it.step));
    };
    let inner = Scripted::new([LOST, Answer::After(503, "1"), Answer::Status(504)]);
    let service = typed().with_observer(observe).layer(inner);
    let mut request = get();
    *request.uri_mut() = "https://us:pw@h:1/s3cret".parse().unwrap();
    service.oneshot(request).await.unwrap();
    let seen = seen.lock().unwrap();
    let (maybe, answered) = (
        Outcome::Failed(Delivery::MaybeProcessed),
        Outcome::Failed(Delivery::Answered),
    );
    match seen[..] {
        [
            (1, first, None, Step::Again(soon)),
            (2, second, Some(503), Step::Again(later)),
            (3, third, Some(504), Step::GiveUp(GiveUp::Attempts)),
        ] => {
            assert_eq!([first, second, third], [maybe, answered, answered]);
            assert!(soon.after <= Duration::from_millis(100));
            assert!(later.after >= Duration::from_secs(1));
        }
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_as_it_should_be_is_no_decision() {
    let observe = |it: &Decision<'_>| panic!("{it:?}");
    let inner = Scripted::new([Answer::Status(404), Answer::Status(200)]);
    let service = typed().with_observer(observe).layer(inner);
    for status in [404, 200] {
        assert_eq!(
            service.clone().oneshot(get()).await.unwrap().status(),
            status
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_classifier_of_the_callers_own_decides_what_failed() {
    let inner = Scripted::new([Answer::Status(404), Answer::Status(503)]);
    let classify = |attempt: Result<&response::Parts, &BoxError>| match attempt {
        Ok(head) if head.status == StatusCode::NOT_FOUND => Outcome::Failed(Delivery::Answered),
        _ => Outcome::Final,
    };
    let service = RetryLayer::new().with_classifier(classify).layer(inner);
    let response = service.oneshot(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), made(&response)), (503, 2));
}

#[tokio::test(start_paused = true)]
async fn boxed_errors_pass_as_they_are_and_an_unknown_one_has_a_get_sent_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let inner = service_fn(move |_: Request<()>| {
        count.fetch_add(1, Ordering::SeqCst);
        ready(Err::<Response<Full<Bytes>>, _>(io::Error::other(
            "dead line",
        )))
    });
    let service = RetryLayer::new().layer(inner);
    for (request, attempts) in [(get(), 3), (post(), 1)] {
        let error: BoxError = service.clone().oneshot(request).await.unwrap_err();
        let error = error.downcast_ref::<io::Error>().unwrap();
        assert_eq!(error.to_string(), "dead line");
        assert_eq!(asked.swap(0, Ordering::SeqCst), attempts);
    }
}

#[test]
fn where_there_is_no_runtime_the_first_attempt_is_the_last() {
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    let log = Arc::clone(&seen);
    let inner = Scripted::new([Answer::Status(503)]);
    let service = typed()
        .with_observer(move |it: &Decision<'_>| log.lock().unwrap().push(it.step))
        .layer(inner);
    let call = service.oneshot(get());
    let mut call = std::pin::pin!(call);
    let waker = std::task::Waker::noop();
    let mut cx = Context::from_waker(waker);
    let response = loop {
        if let Poll::Ready(response) = call.as_mut().poll(&mut cx) {
            break response.unwrap();
        }
    };
    assert_eq!((response.status().as_u16(), made(&response)), (503, 1));
    assert_eq!(*seen.lock().unwrap(), [Step::GiveUp(GiveUp::NoRuntime)]);
}

#[tokio::test]
async fn the_future_is_sent_between_threads() {
    let inner = Scripted::new([Answer::Status(503), Answer::Status(200)]);
    let call = tokio::spawn(typed().layer(inner).oneshot(get()));
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
}
