//! Several layers that retry, one around the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, response};
use http_body_util::Full;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::scripted::{Answer, Fault, LOST, Scripted, boxed};
use crate::BoxError;
use crate::delivery::Delivery;
use crate::retry::{
    Attempts, Budget, Budgets, Decision, GiveUp, Outcome, Retry, RetryLayer, Standard, Step,
};

fn get() -> Request<()> {
    Request::get("https://h/").body(()).unwrap()
}

/// A layer with that many attempts.
fn up_to(attempts: u32) -> RetryLayer {
    RetryLayer::new().with_retry(Retry::standard().with_max_attempts(attempts))
}

#[tokio::test(start_paused = true)]
async fn one_layer_around_another_makes_as_many_attempts_as_the_inner_one() {
    for (outer, inner, attempts) in [(3, 3, 3), (9, 2, 2), (2, 9, 2), (1, 9, 1), (9, 1, 1)] {
        for answer in [Answer::Status(503), LOST] {
            let server = Scripted::new([answer]);
            let below = up_to(inner).with_classifier(boxed).layer(server.clone());
            let service = up_to(outer).with_classifier(boxed).layer(below);
            let result = service.oneshot(get()).await;
            assert_eq!(
                server.count(),
                attempts,
                "{outer} around {inner}: {answer:?}"
            );
            match result {
                Ok(response) => {
                    let tried = response.extensions().get::<Attempts>().unwrap();
                    assert_eq!(tried.made() as usize, attempts);
                    assert!(tried.is_spent());
                }
                Err(error) => assert!(error.is::<Fault>()),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn three_layers_make_as_many_attempts_as_one() {
    let server = Scripted::new([Answer::Status(503)]);
    let service = RetryLayer::new().layer(server.clone());
    let service = RetryLayer::new().layer(service);
    let service = RetryLayer::new().layer(service);
    assert_eq!(service.oneshot(get()).await.unwrap().status(), 503);
    assert_eq!(server.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_outer_layer_sees_that_the_inner_budget_is_spent() {
    let server = Scripted::new([Answer::Status(503)]);
    let spent = Budgets::new(Budget::new(0, 0));
    let below = RetryLayer::new()
        .with_budgets(spent)
        .with_observer(|it: &Decision<'_>| assert_eq!(it.step, Step::GiveUp(GiveUp::Budget)))
        .layer(server.clone());
    let service = RetryLayer::new()
        .with_observer(|it: &Decision<'_>| assert_eq!(it.step, Step::GiveUp(GiveUp::SpentBelow)))
        .layer(below);
    assert_eq!(service.oneshot(get()).await.unwrap().status(), 503);
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_inner_layer_calls_final_is_final_for_the_outer_one() {
    let server = Scripted::new([Answer::Fails(Outcome::Final)]);
    let below = RetryLayer::new()
        .with_classifier(boxed)
        .layer(server.clone());
    // The outer one does not know the error, and would send a GET again.
    let outer = RetryLayer::new()
        .with_classifier(|_: Result<&response::Parts, &BoxError>| {
            Outcome::Failed(Delivery::MaybeProcessed)
        })
        .layer(below);
    assert!(outer.oneshot(get()).await.unwrap_err().is::<Fault>());
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn layers_that_retry_for_different_reasons_make_no_more_attempts_than_the_outer_one_has() {
    let (missing, unavailable) = (Answer::Status(404), Answer::Status(503));
    let for_404 = |attempt: Result<&response::Parts, &BoxError>| match attempt {
        Ok(head) if head.status == StatusCode::NOT_FOUND => Outcome::Failed(Delivery::Answered),
        Ok(head) => Standard::of_status(head.status),
        Err(_) => Outcome::Final,
    };
    for (script, attempts, status) in [
        (&[missing, missing, Answer::Status(200)][..], 3, 200),
        (&[unavailable, missing, Answer::Status(200)], 3, 200),
        (
            &[missing, unavailable, missing, Answer::Status(200)],
            3,
            404,
        ),
        (
            &[missing, unavailable, unavailable, Answer::Status(200)],
            3,
            503,
        ),
        (&[missing, missing, missing, missing], 3, 404),
    ] {
        let server = Scripted::new(script.iter().copied());
        let below = RetryLayer::new().layer(server.clone());
        let service = RetryLayer::new().with_classifier(for_404).layer(below);
        let response = service.oneshot(get()).await.unwrap();
        assert_eq!(
            (server.count(), response.status().as_u16()),
            (attempts, status)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_that_a_time_limit_between_two_layers_ends_count() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // The first answer of each inner call comes at once, and no other.
    let server = service_fn(move |_: Request<()>| {
        let first = count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        async move {
            if !first {
                std::future::pending::<()>().await;
            }
            let response = Response::builder().status(503);
            Ok::<_, BoxError>(response.body(Full::<Bytes>::default()).unwrap())
        }
    });
    let limited = RetryLayer::new().layer(server).map_future(|response| {
        let limit = Duration::from_secs(60);
        async move { tokio::time::timeout(limit, response).await? }
    });
    let attempts = Attempts::new();
    let mut request = get();
    request.extensions_mut().insert(attempts.clone());
    let service = RetryLayer::new().layer(limited);
    assert_eq!(service.oneshot(request).await.unwrap().status(), 503);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert_eq!(attempts.retries(), 2);
}
