use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

use super::*;
use crate::BoxError;

/// Counts its fetches; each takes a second and gives `t` and its number.
fn counting(fetches: &Arc<AtomicUsize>, lifetime: Duration) -> RefreshingToken {
    let fetches = Arc::clone(fetches);
    RefreshingToken::new(move || {
        let number = fetches.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            sleep(SECOND).await;
            Ok(Token::new(format!("t{number}"))?.expiring_in(lifetime))
        }
    })
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn shown(held: &Result<Held, TokenError>) -> &str {
    held.as_ref().map_or("none", |held| held.field().expose())
}

/// Polls once.
async fn poke(fetching: &mut Fetching) -> Option<Result<Held, TokenError>> {
    poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *fetching).poll(cx) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_wait_for_one_fetch() {
    let fetches = Arc::default();
    let token = Arc::new(counting(&fetches, HOUR));
    let mut all = JoinSet::new();
    for _ in 0..1_000 {
        all.spawn(token.get());
    }
    for held in all.join_all().await {
        assert_eq!(shown(&held), "Bearer t1");
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    assert_eq!(token.state().followers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_given_up_does_not_end_the_fetch_for_the_others() {
    let fetches = Arc::default();
    let token = Arc::new(counting(&fetches, HOUR));
    let mut leader = token.get();
    assert!(poke(&mut leader).await.is_none());
    let mut others: Vec<_> = (0..10).map(|_| token.get()).collect();
    for other in &mut others {
        assert!(poke(other).await.is_none());
    }
    let third = tokio::spawn(others.pop().unwrap());
    tokio::task::yield_now().await;
    drop(leader);
    // Those that were woken are given up too, but for one.
    drop(others);
    assert_eq!(shown(&third.await.unwrap()), "Bearer t1");
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    assert_eq!(token.state().followers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_no_request_waits_for_ends_and_the_next_request_fetches() {
    let fetches = Arc::default();
    let token = Arc::new(counting(&fetches, HOUR));
    let mut leader = token.get();
    let mut follower = token.get();
    assert!(poke(&mut leader).await.is_none());
    assert!(poke(&mut follower).await.is_none());
    drop(leader);
    drop(follower);
    assert_eq!(shown(&token.get().await), "Bearer t2");
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_given_to_all_that_wait_and_after_a_pause_the_next_request_fetches() {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetches);
    let token = Arc::new(RefreshingToken::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            sleep(SECOND).await;
            match number {
                1 => Err(BoxError::from("out of order")),
                _ => Ok(Token::new("later")?),
            }
        }
    }));
    let mut all = JoinSet::new();
    for _ in 0..100 {
        all.spawn(token.get());
    }
    for held in all.join_all().await {
        match held {
            Err(TokenError::Source { source }) => assert_eq!(source.to_string(), "out of order"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    advance(Duration::from_millis(999)).await;
    assert!(matches!(token.get().await, Err(TokenError::Source { .. })));
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    advance(Duration::from_millis(1)).await;
    assert_eq!(shown(&token.get().await), "Bearer later");
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_ahead_of_its_expiry_by_one_request() {
    let fetches = Arc::default();
    let token = Arc::new(counting(&fetches, Duration::from_secs(300)));
    let began = Instant::now();
    assert_eq!(shown(&token.get().await), "Bearer t1");
    // The lifetime counts from when the fetch began.
    tokio::time::sleep_until(began + Duration::from_secs(239)).await;
    assert_eq!(shown(&token.get().await), "Bearer t1");
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    tokio::time::sleep_until(began + Duration::from_secs(240)).await;
    let mut first = token.get();
    assert!(poke(&mut first).await.is_none());
    // Meanwhile the others use what is still good.
    assert_eq!(shown(&poke(&mut token.get()).await.unwrap()), "Bearer t1");
    assert_eq!(shown(&first.await), "Bearer t2");
    assert_eq!(shown(&token.get().await), "Bearer t2");
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn while_a_token_is_good_a_failure_to_refresh_it_is_no_failure() {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetches);
    let token = Arc::new(RefreshingToken::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            match number {
                1 => Ok(Token::new("t1")?.expiring_in(Duration::from_secs(100))),
                _ => Err(BoxError::from("out of order")),
            }
        }
    }));
    assert_eq!(shown(&token.get().await), "Bearer t1");
    // With so short a lifetime the second half is for refreshing.
    advance(Duration::from_secs(49)).await;
    assert_eq!(shown(&token.get().await), "Bearer t1");
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    advance(Duration::from_secs(1)).await;
    assert_eq!(shown(&token.get().await), "Bearer t1");
    assert_eq!(shown(&token.get().await), "Bearer t1");
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
    advance(Duration::from_secs(49)).await;
    assert_eq!(shown(&token.get().await), "Bearer t1");
    assert_eq!(fetches.load(Ordering::SeqCst), 3);
    advance(Duration::from_secs(1)).await;
    assert!(matches!(token.get().await, Err(TokenError::Source { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_is_fetched_once_for_all() {
    let fetches = Arc::default();
    let token = Arc::new(counting(&fetches, HOUR));
    let held = token.get().await.unwrap();
    let mut all = JoinSet::new();
    for _ in 0..1_000 {
        all.spawn(token.after_refusal(&held));
    }
    for held in all.join_all().await {
        assert_eq!(shown(&held), "Bearer t2");
    }
    // A request that comes late with the old one does not throw the new one away.
    assert_eq!(shown(&token.after_refusal(&held).await), "Bearer t2");
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_has_a_limit_that_its_error_names() {
    let token = Arc::new(RefreshingToken::new(pending::<Result<Token, BoxError>>));
    let began = Instant::now();
    let error = token.get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the token source returned no token within 30s"
    );
    assert!(matches!(error, TokenError::Overdue { limit } if limit == 30 * SECOND));
    assert_eq!(began.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_leaves_no_request_hanging() {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetches);
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let token = Arc::new(RefreshingToken::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        let gate = Arc::clone(&opened);
        async move {
            if number == 1 {
                gate.notified().await;
                panic!("a fault of the source");
            }
            Ok(Token::new("t2")?)
        }
    }));
    let leader = tokio::spawn(token.get());
    tokio::task::yield_now().await;
    let follower = tokio::spawn(token.get());
    tokio::task::yield_now().await;
    gate.notify_one();
    assert!(leader.await.unwrap_err().is_panic());
    let follower = timeout(SECOND, follower).await.expect("it does not hang");
    assert_eq!(shown(&follower.unwrap()), "Bearer t2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_are_given_up_at_random_leave_none_hanging() {
    for round in 0..50_u64 {
        let gate = Arc::new(Semaphore::new(0));
        let opened = Arc::clone(&gate);
        let token = Arc::new(RefreshingToken::new(move || {
            let gate = Arc::clone(&opened);
            async move {
                let _permit = gate.acquire().await?;
                Ok(Token::new("t")?)
            }
        }));
        let mut kept = JoinSet::new();
        let mut given_up = Vec::new();
        for number in 0..20 {
            let task = token.get();
            if (number * 7 + round) % 3 == 0 {
                kept.spawn(task);
            } else {
                given_up.push(tokio::spawn(task));
            }
            if (number + round) % 4 == 0 {
                tokio::task::yield_now().await;
            }
        }
        for (number, task) in given_up.iter().enumerate() {
            if (number as u64 + round).is_multiple_of(2) {
                tokio::task::yield_now().await;
            }
            task.abort();
        }
        gate.add_permits(1);
        let all = timeout(10 * SECOND, kept.join_all())
            .await
            .expect("none hangs");
        assert!(all.iter().all(|held| shown(held) == "Bearer t"));
    }
}
