use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request};
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::{Layer as _, ServiceExt as _};

use super::scripted::{Answer, Asked, Fault, LOST, Scripted, UNSENT, typed};
use crate::delivery::Delivery;
use crate::retry::{
    Backoff, Budget, BudgetKey, Budgets, Decision, Outcome, Retry, Step, random_bits,
};

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(LOST),
        Just(UNSENT),
        Just(Answer::Fails(Outcome::Failed(Delivery::RefusedUnprocessed))),
        Just(Answer::Fails(Outcome::Final)),
        Just(Answer::Fails(Outcome::Http1Required)),
        prop::sample::select(vec![200, 404, 408, 421, 429, 500, 501, 502, 503, 504])
            .prop_map(Answer::Status),
        prop::sample::select(vec!["0", "1", "7", "60", "61", "never"])
            .prop_map(|wait| Answer::After(503, wait)),
    ]
}

/// Whether the server may have acted on a request that was answered so.
fn may_have_acted(answer: Answer) -> bool {
    match answer {
        Answer::Status(421) => false,
        Answer::Status(_) | Answer::After(..) => true,
        Answer::Fails(Outcome::Failed(delivery)) => !delivery.is_unprocessed(),
        Answer::Fails(Outcome::Http1Required) => false,
        Answer::Fails(_) => true,
    }
}

/// How long an answer asks to wait.
fn asked(answer: Answer) -> Option<Duration> {
    match answer {
        Answer::After(_, wait) => wait.parse().ok().map(Duration::from_secs),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_course_of_a_call_keeps_every_promise(
        script in prop::collection::vec(answer(), 1..8),
        method in prop::sample::select(vec![Method::GET, Method::PUT, Method::POST, Method::PATCH]),
        has_key in any::<bool>(),
        max_attempts in 1_u32..6,
        base in 0_u64..2_000,
        cap in 0_u64..5_000,
    ) {
        let backoff = Backoff::new(Duration::from_millis(base), Duration::from_millis(cap));
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let times: Vec<Instant> = runtime.unwrap().block_on(async {
            let inner = Scripted::new(script.iter().copied());
            let retry = Retry::standard().with_max_attempts(max_attempts).with_backoff(backoff);
            let service = typed().with_retry(retry).layer(inner.clone());
            let mut request = Request::builder().method(&method).uri("https://h/");
            if has_key {
                request = request.header("idempotency-key", "7");
            }
            let _ = service.oneshot(request.body(()).unwrap()).await;
            inner.asked().iter().map(|Asked { at, .. }| *at).collect()
        });
        let answers: Vec<_> = (0..times.len())
            .map(|attempt| script[attempt.min(script.len() - 1)])
            .collect();
        prop_assert!(times.len() as u32 <= max_attempts);
        let repeated = &answers[..answers.len() - 1];
        if !has_key && (method == Method::POST || method == Method::PATCH) {
            prop_assert!(!repeated.iter().any(|it| may_have_acted(*it)), "{:?}", repeated);
        }
        let misdirected = repeated.iter().filter(|it| matches!(it, Answer::Status(421)));
        prop_assert!(misdirected.count() <= 1);
        for (index, answer) in repeated.iter().enumerate() {
            prop_assert!(!matches!(
                answer,
                Answer::Fails(Outcome::Final) | Answer::Status(200 | 404 | 501)
            ));
            let waited = times[index + 1] - times[index];
            let least = asked(*answer).unwrap_or_default();
            prop_assert!(least <= Duration::from_secs(60));
            // A timer of tokio counts in whole milliseconds.
            let most = least + backoff.bound(index as u32 + 1) + Duration::from_millis(1);
            prop_assert!(waited >= least, "{:?} after {:?}", waited, answer);
            prop_assert!(waited <= most, "{:?} after {:?}", waited, answer);
        }
    }

    #[test]
    fn jitter_is_within_its_bounds(
        base in any::<u32>(),
        cap in any::<u32>(),
        retry in 1_u32..70,
        random in any::<u64>(),
    ) {
        let (base, cap) = (Duration::from_micros(base.into()), Duration::from_micros(cap.into()));
        let backoff = Backoff::new(base, cap);
        let bound = backoff.bound(retry);
        prop_assert!(bound <= cap);
        prop_assert!(retry > 30 || bound == cap.min(base * (1 << (retry - 1))));
        prop_assert!(backoff.wait(retry, random) <= bound);
        prop_assert_eq!(backoff.wait(retry, 0), Duration::ZERO);
    }
}

#[test]
fn jitter_is_spread_over_the_whole_of_its_range() {
    let backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(10));
    let mut tenths = [0_u32; 10];
    for _ in 0..10_000 {
        let wait = backoff.wait(1, random_bits());
        tenths[wait.as_secs() as usize] += 1;
    }
    // 1,000 each are expected; 10 standard deviations off is no chance.
    assert!(
        tenths.iter().all(|it| (700..1_300).contains(it)),
        "{tenths:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_retry_as_often_as_the_budget_says_and_those_that_wait_count() {
    let inner = Scripted::new([Answer::Status(503)]);
    let budgets = Budgets::<BudgetKey>::default();
    let decisions: Arc<Mutex<Vec<(Instant, bool)>>> = Arc::default();
    let log = Arc::clone(&decisions);
    // A long wait, so that all that retry are in backoff together.
    let hour = Duration::from_secs(3_600);
    let retry = Retry::standard().with_backoff(Backoff::new(hour, hour));
    let service = typed()
        .with_retry(retry)
        .with_budgets(budgets)
        .with_observer(move |it: &Decision<'_>| {
            let is_again = matches!(it.step, Step::Again(_));
            log.lock().unwrap().push((Instant::now(), is_again));
        })
        .layer(inner.clone());
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..1_000 {
        let request = Request::get("https://h/").body(()).unwrap();
        calls.spawn(service.clone().oneshot(request));
    }
    while let Some(call) = calls.join_next().await {
        assert_eq!(call.unwrap().unwrap().status(), 503);
    }
    let retries = inner.count() - 1_000;
    // 100 at once, and one for every 5 calls: those before the first retry find the budget full.
    assert!((280..=300).contains(&retries), "{retries}");
    let decisions = decisions.lock().unwrap();
    let at_once = decisions
        .iter()
        .filter(|(at, is_again)| *is_again && *at == start);
    assert!((280..=300).contains(&at_once.count()));
}

#[tokio::test(start_paused = true)]
async fn an_authority_without_budget_leaves_that_of_another_alone() {
    let inner = Scripted::new([Answer::Fails(Outcome::Failed(Delivery::NotSent))]);
    let service = typed()
        .with_budgets(Budgets::new(Budget::new(1, 0)))
        .layer(inner.clone());
    for (uri, attempts) in [
        ("https://a/", 2),
        ("https://a/", 1),
        ("https://b/", 2),
        ("https://a:444/", 2),
        ("https://A:443/x", 1),
    ] {
        let request = Request::get(uri).body(()).unwrap();
        let error = service.clone().oneshot(request).await.unwrap_err();
        assert!(matches!(error, super::scripted::Failed::Inner(Fault(_))));
        assert_eq!(inner.asked().len(), attempts, "{uri}");
    }
}
