//! When a request is sent again, with the clock paused.

use std::time::{Duration, SystemTime};

use bonafide::retry::{Backoff, Budget, Deadline, GiveUp, Retry, Step};
use bonafide::{Body, StatusCode};
use bonafide_testkit::TestCa;
use futures_util::FutureExt as _;
use http::{Method, Request};
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::stage::{Log, Reply, Script, builder, plain};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test(start_paused = true)]
async fn a_retry_never_comes_before_retry_after_in_seconds_and_in_dates() {
    let ca = TestCa::new();
    let date = |after: Duration| httpdate::fmt_http_date(SystemTime::now() + after);
    // Retry-After, the wait without jitter
    for (retry_after, least, most) in [
        ("7".to_owned(), seconds(7), seconds(7)),
        ("60".to_owned(), seconds(60), seconds(60)),
        // A date has whole seconds.
        (date(seconds(20)), seconds(18), seconds(20)),
        (date(Duration::ZERO), seconds(0), seconds(0)),
        ("soon".to_owned(), seconds(0), seconds(0)),
    ] {
        let script = Script::new([Reply::Later(retry_after.clone()), Reply::Status(200)]);
        let client = script.instead_of_servers(builder(&ca)).build().unwrap();
        let response = client.get("https://localhost/").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{retry_after}");
        let [waited] = script.waits()[..] else {
            panic!("{retry_after}: {:?}", script.asked());
        };
        let jitter = Duration::from_millis(10);
        assert!(
            waited >= least && waited <= most + jitter,
            "{retry_after}: {waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_or_does_not_end_in_time_is_not_begun() {
    let ca = TestCa::new();
    let asked = seconds(61);
    // Retry-After, the limit of the call, requests that arrive, and why no more do
    for (retry_after, limit, arrive, by_limit) in [
        ("61", None, 1, false),
        ("61", Some(20), 1, false),
        ("20", Some(20), 1, true),
        ("30", Some(20), 1, true),
        ("19", Some(20), 2, true),
        ("9", Some(20), 3, true),
        ("5", Some(20), 3, false),
    ] {
        // By the client, by the request, and by a layer around the client.
        for by in ["client", "request", "layer"] {
            let log = Log::default();
            let script = Script::new([Reply::Later(retry_after.to_owned())]);
            let mut client = builder(&ca).retry_observer(log.clone());
            if by == "client" {
                client = client.timeout(limit.map(seconds));
            }
            let client = script.instead_of_servers(client).build().unwrap();
            let start = Instant::now();
            let mut request = Request::get("https://localhost/")
                .body(Body::empty())
                .unwrap();
            let response = match (by, limit) {
                ("layer", Some(limit)) => {
                    let deadline = Deadline::after(seconds(limit));
                    request.extensions_mut().insert(deadline);
                    client.clone().oneshot(request).await.unwrap().status()
                }
                ("request", Some(limit)) => {
                    let request = client.get("https://localhost/").timeout(seconds(limit));
                    request.send().await.unwrap().status()
                }
                _ => client
                    .get("https://localhost/")
                    .send()
                    .await
                    .unwrap()
                    .status(),
            };
            let row = format!("{retry_after} {limit:?} {by}");
            assert_eq!(response, StatusCode::SERVICE_UNAVAILABLE, "{row}");
            assert_eq!(script.asked().len(), arrive, "{row}");
            let last = script.asked()[arrive - 1].at;
            assert_eq!((Instant::now() - last).as_secs(), 0, "{row}");
            assert!(
                limit.is_none_or(|limit| start.elapsed() < seconds(limit)),
                "{row}"
            );
            match log.why() {
                Some(GiveUp::RetryAfter { asked: found }) => {
                    assert_eq!((found, by_limit), (asked, false), "{row}");
                }
                Some(GiveUp::Deadline { wait }) => {
                    assert!(by_limit && arrive < 3, "{row}");
                    assert_eq!(wait.as_secs().to_string(), retry_after, "{row}");
                }
                Some(GiveUp::Attempts) => assert_eq!(arrive, 3, "{row}"),
                why => panic!("{row}: {why:?}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waits_without_retry_after_are_within_the_backoff() {
    let ca = TestCa::new();
    let backoff = Backoff::new(seconds(2), seconds(5));
    let rule = Retry::standard().with_max_attempts(6).with_backoff(backoff);
    let log = Log::default();
    let script = Script::new([Reply::Status(503)]);
    let client = plain(&ca).retry(rule).retry_observer(log.clone());
    let client = script.instead_of_servers(client).build().unwrap();
    client.get("https://localhost/").send().await.unwrap();
    let waits = script.waits();
    assert_eq!(waits.len(), 5);
    for (index, (waited, decided)) in waits.iter().zip(log.all()).enumerate() {
        let Step::Again(again) = decided.step else {
            panic!("{decided:?}");
        };
        assert!(
            again.after <= backoff.bound(index as u32 + 1),
            "{decided:?}"
        );
        // A timer of tokio counts in whole milliseconds.
        let late = *waited - again.after.min(*waited);
        assert!(
            *waited >= again.after && late <= Duration::from_millis(1),
            "{waited:?}"
        );
    }
}

#[test]
fn outside_a_runtime_a_call_does_not_wait_and_ends_with_its_first_response() {
    let ca = TestCa::new();
    let log = Log::default();
    let script = Script::new([Reply::Status(503)]);
    let client = builder(&ca).retry_observer(log.clone());
    let client = script.instead_of_servers(client).build().unwrap();
    let call = client.get("https://localhost/").send();
    let response = call.now_or_never().unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.attempts(), 1);
    assert_eq!(log.why(), Some(GiveUp::NoRuntime));
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        prop::sample::select(vec![200, 404, 408, 421, 429, 500, 501, 502, 503, 504])
            .prop_map(Reply::Status),
        prop::sample::select(vec!["0", "1", "7", "60", "61", "never"])
            .prop_map(|wait| Reply::Later(wait.to_owned())),
        Just(Reply::Lost),
        Just(Reply::Away("/on")),
    ]
}

/// How long a reply asks to wait.
fn asked(reply: &Reply) -> Duration {
    match reply {
        Reply::Later(wait) => wait.parse().map(seconds).unwrap_or_default(),
        _ => Duration::ZERO,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn calls_of_any_course_keep_every_promise(
        replies in prop::collection::vec(reply(), 1..24),
        method in prop::sample::select(vec![Method::GET, Method::PUT, Method::POST, Method::PATCH]),
        has_key in any::<bool>(),
        max_attempts in 1_u32..6,
        burst in 0_u32..4,
        percent in 0_u32..100,
        limit in prop::option::of(1_u64..100),
        calls in 1_u32..5,
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let ca = TestCa::new();
            let script = Script::new(replies.iter().cloned());
            let log = Log::default();
            let rule = Retry::standard().with_max_attempts(max_attempts);
            let client = plain(&ca)
                .retry(rule)
                .retry_budget(Budget::new(burst, percent))
                .retry_observer(log.clone())
                .timeout(limit.map(seconds));
            let client = script.instead_of_servers(client).build().unwrap();
            let (mut hops, mut begun) = (0, 0);
            for _ in 0..calls {
                let start = Instant::now();
                let mut request = client.request(method.clone(), "https://localhost/");
                if has_key {
                    request = request.header("idempotency-key", "7");
                }
                let redirects = match request.send().await {
                    Ok(response) => response.redirects().len(),
                    Err(error) => error.redirects().len(),
                };
                let arrived = script.asked().len();
                let answered: Vec<_> = (begun..arrived)
                    .map(|index| &replies[index.min(replies.len() - 1)])
                    .collect();
                let asked_at: Vec<_> = script.asked()[begun..].iter().map(|it| it.at).collect();
                begun = arrived;
                hops += redirects as u32 + 1;
                prop_assert!(answered.len() as u32 <= (redirects as u32 + 1) * max_attempts);
                if let Some(limit) = limit {
                    prop_assert!(start.elapsed() <= seconds(limit), "{:?}", start.elapsed());
                }
                for (index, reply) in answered[..answered.len() - 1].iter().enumerate() {
                    let waited = asked_at[index + 1] - asked_at[index];
                    prop_assert!(waited >= asked(reply), "{:?} after {:?}", waited, reply);
                    match reply {
                        // A new hop, and not the same request again.
                        Reply::Away(_) => {}
                        Reply::Status(421) => {}
                        Reply::Status(200 | 404 | 501) | Reply::Lost => {
                            prop_assert!(false, "{:?} was answered with another attempt", reply);
                        }
                        Reply::Status(_) | Reply::Later(_) => {
                            let repeatable = [Method::GET, Method::PUT].contains(&method);
                            prop_assert!(repeatable || has_key, "{:?} {}", reply, method);
                        }
                    }
                }
            }
            let retries = log.all().iter().filter(|it| matches!(it.step, Step::Again(_))).count();
            let bought = u64::from(percent) * u64::from(hops) / 100;
            prop_assert!(retries as u64 <= u64::from(burst) + bought, "{} retries", retries);
            prop_assert_eq!(script.asked().len(), hops as usize + retries);
            Ok(())
        })?;
    }
}
