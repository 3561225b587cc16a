//! How long a stream waits, in paused time.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::{Body, Kind, Phase, StatusCode};
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep, timeout};

use crate::answers::Answer::{Events, Hang, Silent, Status};
use crate::answers::unavailable;
use crate::layered::{client_by, client_of, events_of, stream_of};
use crate::server::{data, error};

const SECOND: Duration = Duration::from_secs(1);

/// Whether `time` is within `from` and `to`, in seconds, and what a timer rounds.
fn is_within(time: Duration, from: f64, to: f64) -> bool {
    (from..=to + 0.002).contains(&time.as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_the_servers_own_and_a_random_part_of_it() {
    // the stream, seconds from and to
    for (text, from, to) in [
        ("data: a\n\n", 3.0, 6.0),
        ("retry: 1000\ndata: a\n\n", 1.0, 2.0),
        ("retry: 0\ndata: a\n\n", 0.1, 0.2),
        ("retry: 3600000\ndata: a\n\n", 60.0, 120.0),
    ] {
        let (client, times) = client_of([Events(text)]);
        let mut events = events_of(&client);
        for _ in 0..10 {
            assert_eq!(data(&mut events).await, "a");
        }
        for wait in times.between() {
            assert!(is_within(wait, from, to), "{text:?} {wait:?}");
        }
        let mut different = times.between();
        different.dedup();
        assert!(different.len() > 1, "{different:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_grows_with_each_failure_and_starts_afresh_after_an_arrival() {
    let answers = [
        vec![Events("retry: 1000\ndata: a\n\n")],
        vec![unavailable(); 10],
        vec![Events("data: b\n\n")],
    ];
    let (client, times) = client_of(answers.concat());
    let mut events = events_of(&client);
    for expected in ["a", "b", "b"] {
        assert_eq!(data(&mut events).await, expected);
    }
    let bounds = [
        1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0, 60.0, 1.0,
    ];
    let waits = times.between();
    assert_eq!(waits.len(), bounds.len());
    for (wait, bound) in waits.into_iter().zip(bounds) {
        assert!(is_within(wait, 1.0, 1.0 + bound), "{wait:?} of {bound}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_waited_for_up_to_the_longest_wait() {
    let answers = [
        Status(503, "retry-after", "60"),
        Status(429, "retry-after", "61"),
    ];
    let (client, times) = client_of(answers);
    let error = error(&mut events_of(&client)).await;
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
    let between = times.between();
    assert_eq!(between.len(), 1);
    assert!(is_within(between[0], 60.0, 66.0), "{between:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_left_after_its_limit_and_a_comment_keeps_it() {
    // A comment each 50 s, and then silence.
    let (client, times) = client_by(|| async {
        let comments = stream::iter(0..3).then(|_| async {
            sleep(50 * SECOND).await;
            Ok::<_, Infallible>(":\n")
        });
        let event = stream::iter([Ok("data: a\n\n")]);
        stream_of(Body::from_stream(
            event.chain(comments).chain(stream::pending()),
        ))
    });
    let mut events = events_of(&client);
    for _ in 0..2 {
        assert_eq!(data(&mut events).await, "a");
    }
    let between = times.between();
    let silent = 150.0 + 60.0;
    assert!(
        is_within(between[0], silent + 3.0, silent + 6.0),
        "{between:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_silence_is_the_read_timeout_of_the_request_and_not_the_clients() {
    // the request's own, silence in seconds
    for (own, silence) in [(None, 60.0), (Some(5 * SECOND), 5.0)] {
        let (client, times) = client_of([Silent("data: a\n\n")]);
        let mut request = client.get("https://layer.test/");
        if let Some(limit) = own {
            request = request.read_timeout(limit);
        }
        let mut events = request.events();
        for _ in 0..2 {
            assert_eq!(data(&mut events).await, "a");
        }
        let between = times.between();
        assert!(
            is_within(between[0], silence + 3.0, silence + 6.0),
            "{between:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn silence_that_never_ends_is_the_error_of_the_stream() {
    let (client, times) = client_of([Silent("")]);
    let error = error(&mut events_of(&client).max_failures(1)).await;
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Body))
    );
    assert_eq!(
        error.to_string(),
        "https://layer.test/: nothing of the event stream arrived within 60s"
    );
    assert_eq!(times.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_ends_the_opening_of_a_connection() {
    let (client, times) = client_of([Hang]);
    let request = client.get("https://layer.test/").timeout(7 * SECOND);
    let since = Instant::now();
    let error = error(&mut request.events().max_failures(1)).await;
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Headers))
    );
    assert_eq!(times.count(), 2);
    // Twice the limit, and a wait between.
    assert!(is_within(since.elapsed(), 14.0 + 3.0, 14.0 + 9.0));
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_loses_no_event_and_no_wait() {
    let (client, times) = client_by(|| async {
        let late = stream::iter(["da", "ta: ", "a\n", "\n"]).then(|part| async move {
            sleep(SECOND).await;
            Ok::<_, Infallible>(part)
        });
        stream_of(Body::from_stream(late))
    });
    let mut events = events_of(&client);
    let mut seen = 0;
    while seen < 3 {
        // Shorter than each wait.
        if let Ok(event) = timeout(SECOND / 10, events.next()).await {
            assert_eq!(event.expect("an event").expect("no error").data(), "a");
            seen += 1;
        }
    }
    for wait in times.between() {
        assert!(is_within(wait, 4.0 + 3.0, 4.0 + 6.2), "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_streams_of_a_client_to_one_origin_share_a_budget_of_failures() {
    let up = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&up);
    let (client, times) = client_by(move || {
        let left = Arc::clone(&left);
        async move {
            let mut response = stream_of("data: a\n\n".into());
            if left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_err()
            {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            response
        }
    });
    let endless = || events_of(&client).max_failures(1_000);
    for (requests, what) in [(101, "the whole budget"), (1, "nothing is left")] {
        let before = times.count();
        let error = error(&mut endless()).await;
        assert_eq!(error.kind(), Kind::Status);
        assert_eq!(times.count() - before, requests, "{what}");
    }
    // Another origin has a budget of its own.
    let mut other = client.get("https://other.test/").events().max_failures(7);
    let before = times.count();
    error(&mut other).await;
    assert_eq!(times.count() - before, 8);
    // Each connection that brings something adds one.
    up.store(3, Ordering::SeqCst);
    let before = times.count();
    let mut events = endless();
    for _ in 0..3 {
        data(&mut events).await;
    }
    error(&mut events).await;
    assert_eq!(times.count() - before, 3 + 1 + 3);
}

#[tokio::test]
async fn comments_without_a_pause_leave_other_tasks_their_turn() {
    const COMMENTS: usize = 100_000;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let (client, _) = client_by(move || {
        let counted = Arc::clone(&counted);
        async move {
            let comments = stream::iter(0..COMMENTS).map(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                Ok::<_, Infallible>(":\n")
            });
            let event = stream::iter([Ok("data: a\n\n")]);
            stream_of(Body::from_stream(comments.chain(event)))
        }
    });
    let reading = tokio::spawn(async move { data(&mut events_of(&client)).await });
    while sent.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let sent_before_our_turn = sent.load(Ordering::SeqCst);
    assert!(sent_before_our_turn < COMMENTS, "{sent_before_our_turn}");
    assert_eq!(reading.await.expect("no panic"), "a");
}
