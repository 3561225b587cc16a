//! The rule: which errors pass, and how long to wait.

use std::time::Duration;

use http::StatusCode;

use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::sse::reconnect::{Reconnect, may_pass};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_wait_is_what_the_server_asks_for_and_a_random_part() {
    // retry, Retry-After, failures so far, the least and the most to wait, in milliseconds
    for (retry, retry_after, failures, least, most) in [
        (None, None, 0, 3_000, 6_000),
        (Some(500), None, 0, 500, 1_000),
        (Some(500), None, 1, 500, 1_500),
        (Some(500), None, 3, 500, 4_500),
        (Some(500), None, 40, 500, 60_500),
        (Some(0), None, 0, 100, 200),
        (Some(u64::MAX), None, 0, 60_000, 120_000),
        (Some(500), Some(20), 1, 20_000, 21_000),
        (Some(5_000), Some(2), 0, 5_000, 10_000),
        (Some(500), Some(60), 0, 60_000, 60_500),
    ] {
        let mut rule = Reconnect {
            max_failures: 100,
            ..Reconnect::default()
        };
        for _ in 0..failures {
            assert!(rule.failed());
        }
        let retry = retry.map(Duration::from_millis);
        let retry_after = retry_after.map(Duration::from_secs);
        for (random, millis) in [(0, least), (u64::MAX, most)] {
            let wait = rule.wait(retry, retry_after, random).expect("a wait");
            let expected = Duration::from_millis(millis);
            let rounded = expected
                .saturating_sub(wait)
                .max(wait.saturating_sub(expected));
            assert!(
                rounded < Duration::from_micros(1),
                "{wait:?} is not {expected:?}"
            );
        }
    }
}

#[test]
fn a_retry_after_longer_than_the_longest_wait_is_not_waited_for() {
    let rule = Reconnect::default();
    assert_eq!(rule.wait(None, Some(61 * SECOND), 0), None);
    let patient = Reconnect {
        max_wait: 61 * SECOND,
        ..rule
    };
    assert_eq!(patient.wait(None, Some(61 * SECOND), 0), Some(61 * SECOND));
}

#[test]
fn failures_are_counted_in_a_row() {
    let mut rule = Reconnect {
        max_failures: 2,
        ..Reconnect::default()
    };
    assert_eq!(
        [rule.failed(), rule.failed(), rule.failed()],
        [true, true, false]
    );
    rule.connected();
    assert_eq!(
        [rule.failed(), rule.failed(), rule.failed()],
        [true, true, false]
    );
}

#[test]
fn only_what_may_pass_leads_to_another_connection() {
    use Delivery::{Answered, MaybeProcessed, NotSent, RefusedUnprocessed};
    // kind, phase, delivery, whether another try may succeed where nothing was sent, the outcome
    for (kind, phase, delivery, passing, outcome) in [
        (Kind::Connect, Phase::Connect, NotSent, true, true),
        (Kind::Resolve, Phase::Resolve, NotSent, true, true),
        (Kind::Timeout, Phase::Connect, NotSent, true, true),
        (Kind::Closed, Phase::Headers, RefusedUnprocessed, true, true),
        (Kind::Refused, Phase::Tls, NotSent, false, false),
        (Kind::Config, Phase::Tls, NotSent, false, false),
        (Kind::Tls, Phase::Tls, NotSent, false, false),
        (Kind::Proxy, Phase::Proxy, NotSent, false, false),
        (Kind::Closed, Phase::Headers, MaybeProcessed, false, true),
        (Kind::Timeout, Phase::Headers, MaybeProcessed, false, true),
        (Kind::Timeout, Phase::Body, Answered, false, true),
        (Kind::Body, Phase::Body, Answered, false, true),
        // The request's own body.
        (Kind::Body, Phase::Send, MaybeProcessed, false, false),
        (Kind::Tls, Phase::Headers, MaybeProcessed, false, false),
        (Kind::Refused, Phase::Headers, MaybeProcessed, false, false),
        (Kind::Protocol, Phase::Body, Answered, false, false),
        (Kind::Decode, Phase::Body, Answered, false, false),
        (Kind::TooLarge, Phase::Body, Answered, false, false),
        (
            Kind::InsecureRedirect,
            Phase::Headers,
            Answered,
            false,
            false,
        ),
        (
            Kind::TooManyRedirects,
            Phase::Headers,
            Answered,
            false,
            false,
        ),
        (Kind::Layer, Phase::Headers, MaybeProcessed, false, false),
        (Kind::Canceled, Phase::Headers, MaybeProcessed, false, false),
    ] {
        let mut failure = Failure::new(kind, "it failed").during(phase);
        failure.passing = passing;
        let error = Error::from(failure.delivered(delivery));
        assert_eq!(may_pass(&error), outcome, "{error:?}");
    }
}

#[test]
fn four_statuses_say_that_the_server_is_away_for_a_while() {
    let mut away = Vec::new();
    for status in (100..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
        let failure = Failure::new(Kind::Status, "a status").delivered(Delivery::Answered);
        if may_pass(&Error::from(failure).with_status(status)) {
            away.push(status.as_u16());
        }
    }
    assert_eq!(away, [429, 502, 503, 504]);
}
