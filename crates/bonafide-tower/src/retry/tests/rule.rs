use std::time::Duration;

use http::{Method, StatusCode};

use crate::delivery::{Delivery, is_idempotent};
use crate::retry::{Again, Backoff, GiveUp, Outcome, Over, Retry, Seen, Standard, Step};

const AGAIN: Step = again(0, Over::Any);

const fn again(seconds: u64, over: Over) -> Step {
    Step::Again(Again {
        after: Duration::from_secs(seconds),
        over,
    })
}

fn judge(seen: &Seen<'_>) -> Step {
    Retry::standard().judge(seen, || true)
}

#[test]
fn method_delivery_and_key_decide_whether_a_request_is_sent_again() {
    const NOT: Step = Step::GiveUp(GiveUp::NotIdempotent);
    const FRESH: Step = again(0, Over::FreshConnection);
    const HTTP1: Step = again(0, Over::Http1);
    let idempotent = [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
        Method::PUT,
        Method::DELETE,
    ];
    let others = [
        Method::POST,
        Method::PATCH,
        Method::CONNECT,
        Method::from_bytes(b"get").unwrap(),
        Method::from_bytes(b"PROPFIND").unwrap(),
    ];
    // Outcome; then: idempotent by method, by key, by neither.
    let rows = [
        (Outcome::Final, Step::Finish, Step::Finish, Step::Finish),
        (Outcome::Failed(Delivery::NotSent), AGAIN, AGAIN, AGAIN),
        (
            Outcome::Failed(Delivery::RefusedUnprocessed),
            AGAIN,
            AGAIN,
            AGAIN,
        ),
        (Outcome::Failed(Delivery::MaybeProcessed), AGAIN, AGAIN, NOT),
        (Outcome::Failed(Delivery::Answered), AGAIN, AGAIN, NOT),
        (Outcome::Misdirected, FRESH, FRESH, FRESH),
        (Outcome::Http1Required, HTTP1, HTTP1, HTTP1),
    ];
    for (outcome, by_method, by_key, by_neither) in rows {
        for (methods, has_key, expected) in [
            (&idempotent[..], false, by_method),
            (&idempotent[..], true, by_method),
            (&others[..], true, by_key),
            (&others[..], false, by_neither),
        ] {
            for method in methods {
                let mut seen = Seen::new(outcome, method);
                seen.has_key = has_key;
                assert_eq!(judge(&seen), expected, "{method} {outcome:?} {has_key}");
            }
        }
    }
    assert!(idempotent.iter().all(is_idempotent));
    assert!(!others.iter().any(is_idempotent));
}

#[test]
fn the_first_thing_that_is_against_another_attempt_is_the_reason() {
    let failed = Outcome::Failed(Delivery::Answered);
    let (get, post) = (Method::GET, Method::POST);
    let minute = Duration::from_secs(60);
    // All is against it; then one thing less in each row.
    let mut seen = Seen::new(failed, &post);
    seen.is_spent = true;
    seen.made = 3;
    seen.can_repeat_body = false;
    seen.retry_after = Some(minute + Duration::from_nanos(1));
    seen.time_left = Some(minute);
    let reason = |seen: &Seen<'_>| match Retry::standard().judge(seen, || false) {
        Step::GiveUp(why) => why,
        step => panic!("{step:?}"),
    };
    assert_eq!(reason(&seen), GiveUp::SpentBelow);
    seen.is_spent = false;
    assert_eq!(reason(&seen), GiveUp::NotIdempotent);
    seen.method = &get;
    assert_eq!(reason(&seen), GiveUp::Attempts);
    seen.made = 2;
    assert_eq!(reason(&seen), GiveUp::Body);
    seen.can_repeat_body = true;
    let asked = minute + Duration::from_nanos(1);
    assert_eq!(reason(&seen), GiveUp::RetryAfter { asked });
    seen.retry_after = Some(minute);
    assert_eq!(reason(&seen), GiveUp::Deadline { wait: minute });
    seen.time_left = Some(minute + Duration::from_nanos(1));
    assert_eq!(reason(&seen), GiveUp::Budget);
    assert_eq!(judge(&seen), again(60, Over::Any));
}

#[test]
fn the_budget_is_asked_for_a_retry_that_nothing_else_is_against_and_for_no_other() {
    let (get, post) = (Method::GET, Method::POST);
    let failed = Outcome::Failed(Delivery::Answered);
    for (outcome, method, asks) in [
        (failed, &get, 1),
        (failed, &post, 0),
        (Outcome::Final, &get, 0),
        (Outcome::Misdirected, &post, 1),
        (Outcome::Http1Required, &post, 1),
    ] {
        let mut asked = 0;
        Retry::standard().judge(&Seen::new(outcome, method), || {
            asked += 1;
            true
        });
        assert_eq!(asked, asks, "{outcome:?} {method}");
    }
}

#[test]
fn a_layer_further_out_may_allow_fewer_attempts() {
    let mut seen = Seen::new(Outcome::Failed(Delivery::NotSent), &Method::GET);
    seen.allowed = 1;
    assert_eq!(judge(&seen), Step::GiveUp(GiveUp::Attempts));
    seen.allowed = 2;
    assert_eq!(judge(&seen), AGAIN);
}

#[test]
fn another_connection_is_tried_once_without_a_wait() {
    for (outcome, over) in [
        (Outcome::Misdirected, Over::FreshConnection),
        (Outcome::Http1Required, Over::Http1),
    ] {
        let mut seen = Seen::new(outcome, &Method::POST);
        seen.random = u64::MAX;
        assert_eq!(judge(&seen), again(0, over));
        seen.fresh_connection_tried = over == Over::FreshConnection;
        seen.http1_tried = over == Over::Http1;
        assert_eq!(judge(&seen), Step::GiveUp(GiveUp::Repeated));
        // What was tried for the other reason says nothing.
        seen.fresh_connection_tried = !seen.fresh_connection_tried;
        seen.http1_tried = !seen.http1_tried;
        assert_eq!(judge(&seen), again(0, over));
    }
}

#[test]
fn a_call_has_at_least_one_attempt_and_by_none_no_more() {
    let seen = Seen::new(Outcome::Failed(Delivery::NotSent), &Method::GET);
    for retry in [Retry::none(), Retry::standard().with_max_attempts(0)] {
        assert_eq!(retry.max_attempts(), 1);
        assert_eq!(retry.judge(&seen, || true), Step::GiveUp(GiveUp::Attempts));
    }
}

#[test]
fn these_statuses_failed_and_no_others() {
    for status in 100..1_000 {
        let expected = match status {
            408 | 429 | 500 | 502 | 503 | 504 => Outcome::Failed(Delivery::Answered),
            421 => Outcome::Misdirected,
            _ => Outcome::Final,
        };
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(Standard::of_status(status), expected, "{status}");
    }
}

#[test]
fn the_bound_of_the_backoff_doubles_up_to_its_cap() {
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
    let bounds = [0, 1, 2, 3, 4, 32, 33, 34, u32::MAX].map(|retry| backoff.bound(retry).as_secs());
    assert_eq!(bounds, [1, 1, 2, 4, 5, 5, 5, 5, 5]);
    let none = Backoff::new(Duration::ZERO, Duration::from_secs(5));
    assert_eq!(
        [1, 40].map(|retry| none.wait(retry, u64::MAX)),
        [Duration::ZERO; 2]
    );
    let longest = Backoff::new(Duration::MAX, Duration::MAX);
    assert_eq!(longest.bound(9), Duration::MAX);
    assert!(longest.wait(9, u64::MAX) > Duration::from_secs(1 << 32));
}
