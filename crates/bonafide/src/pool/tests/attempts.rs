//! Attempts to connect and the requests that come and go meanwhile.

use std::sync::Arc;

use super::bench::{Bench, error, http1, http2, until};
use crate::limits::PoolLimits;
use crate::pool::{CheckoutError, Freshness};

#[tokio::test(start_paused = true)]
async fn cancelling_the_request_that_started_an_attempt_does_not_fail_the_others() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let first = bench.waiter(&partition).await;
    let others = bench.waiters(&partition, 63).await;
    let call = bench.call().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(bench.pool.status().waiting, 63);
    call.http2(None);
    for waiter in others {
        http2(waiter.await.unwrap());
    }
    assert_eq!(bench.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_waits_for_any_more_is_kept() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let only = bench.waiter(&partition).await;
    let call = bench.call().await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    let wire = call.http1();
    until(|| bench.pool.status().idle_http1 > 0).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    assert!(Arc::ptr_eq(&lease.conn().0, &wire));
    // It may have been closed since, so it counts as an idle one.
    assert!(lease.is_reused());
    assert_eq!(bench.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_on_a_connection_that_was_kept_is_not_its_first() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let only = bench.waiter(&partition).await;
    let call = bench.call().await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    call.http2(None);
    until(|| bench.pool.status().http2 > 0).await;
    assert!(http2(partition.checkout(Freshness::Any).await).is_reused());
}

#[tokio::test(start_paused = true)]
async fn a_connection_given_to_a_request_that_vanished_goes_to_the_next_one() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    let mut gone = Box::pin(partition.checkout(Freshness::Any));
    assert!(poll_once(&mut gone).is_pending());
    let next = bench.waiter(&partition).await;
    let (_first, _second) = (bench.call().await, bench.call().await);
    // The connection is reserved for the first of the two, which is cancelled before it is polled
    // again.
    lease.return_to_pool();
    drop(gone);
    let lease = http1(next.await.unwrap());
    assert!(Arc::ptr_eq(&lease.conn().0, &wire));
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_nobody_takes_is_kept_in_the_pool() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    let mut gone = Box::pin(partition.checkout(Freshness::Any));
    assert!(poll_once(&mut gone).is_pending());
    let _call = bench.call().await;
    lease.return_to_pool();
    assert_eq!(bench.pool.status().lent_http1, 1);
    drop(gone);
    let status = bench.pool.status();
    assert_eq!((status.lent_http1, status.idle_http1), (0, 1));
    assert!(wire.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_takes_is_released() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut gone = Box::pin(partition.checkout(Freshness::Any));
    assert!(poll_once(&mut gone).is_pending());
    bench.call().await.http2(Some(1));
    until(|| bench.pool.status().http2_streams > 0).await;
    drop(gone);
    assert_eq!(bench.pool.status().http2_streams, 0);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_panics_fails_its_waiters() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 3).await;
    bench.call().await.panics();
    for waiter in waiters {
        assert_eq!(error(waiter.await.unwrap()), CheckoutError::Panicked);
    }
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http1();
    http1(waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn one_http1_attempt_that_panics_fails_one_waiter() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    wire.die();
    let mut waiters = bench.waiters(&partition, 2).await;
    let (first, second) = (bench.call().await, bench.call().await);
    first.panics();
    assert_eq!(
        error(waiters.remove(0).await.unwrap()),
        CheckoutError::Panicked
    );
    second.http1();
    http1(waiters.remove(0).await.unwrap());
}

#[test]
fn the_end_of_the_runtime_that_connects_fails_waiters_on_another() {
    let build = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let (connecting, waiting) = (build(), build());
    let bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let first = connecting.block_on(bench.waiter(&partition));
    let second = waiting.block_on(bench.waiter(&partition));
    assert_eq!(bench.pool.status().attempts, 1);
    drop((first, connecting));
    assert_eq!(
        error(waiting.block_on(second).unwrap()),
        CheckoutError::Abandoned
    );
    assert_eq!(bench.pool.status().attempts, 0);
}

#[test]
fn a_waiter_outside_of_any_runtime_is_refused_instead_of_left_waiting() {
    let bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut checkout = Box::pin(partition.checkout(Freshness::Any));
    match poll_once(&mut checkout) {
        std::task::Poll::Ready(outcome) => assert_eq!(error(outcome), CheckoutError::Abandoned),
        std::task::Poll::Pending => panic!("nothing will ever wake it"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_http1_attempt_fails_the_oldest_waiter_and_leaves_the_others_their_attempts() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    wire.die();
    let mut waiters = bench.waiters(&partition, 2).await;
    let (first, second) = (bench.call().await, bench.call().await);
    second.fails();
    assert_eq!(
        error(waiters.remove(0).await.unwrap()),
        CheckoutError::Connect("refused")
    );
    first.http1();
    http1(waiters.remove(0).await.unwrap());
    assert_eq!(bench.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_http1_attempt_beyond_need_fails_nobody() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, _wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    let mut waiters = bench.waiters(&partition, 2).await;
    let (first, second) = (bench.call().await, bench.call().await);
    lease.return_to_pool();
    let _served = http1(waiters.remove(0).await.unwrap());
    first.fails();
    until(|| bench.pool.status().attempts < 2).await;
    assert_eq!(bench.pool.status().waiting, 1);
    second.http1();
    http1(waiters.remove(0).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_that_is_closed_at_once_is_an_error_and_no_loop() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    bench
        .call()
        .await
        .http1_until(Some(tokio::time::Instant::now().into_std()));
    assert_eq!(error(waiter.await.unwrap()), CheckoutError::Unusable);
    assert_eq!(bench.attempts(), 1);
}

fn poll_once<F: Future>(future: &mut std::pin::Pin<Box<F>>) -> std::task::Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}
