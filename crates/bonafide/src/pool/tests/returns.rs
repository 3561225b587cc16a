//! What becomes of an HTTP/1.1 connection after its exchange.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, checkout, http1, until};
use crate::limits::PoolLimits;
use crate::pool::Freshness;

#[tokio::test(start_paused = true)]
async fn sequential_requests_use_one_connection_even_when_it_comes_back_before_it_is_ready() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    for _ in 0..100 {
        wire.set_ready(false);
        let waiting = Arc::clone(&partition);
        let next = tokio::spawn(checkout(waiting));
        until(|| bench.pool.status().lent_http1 > 0).await;
        wire.set_ready(true);
        let lease = http1(next.await.unwrap());
        assert!(Arc::ptr_eq(&lease.conn().0, &wire));
        lease.return_to_pool();
    }
    assert_eq!(bench.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_become_ready_is_replaced() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    wire.set_ready(false);
    let waiting = Arc::clone(&partition);
    let next = tokio::spawn(checkout(waiting));
    let fresh = bench.call().await.http1();
    assert!(Arc::ptr_eq(&http1(next.await.unwrap()).conn().0, &fresh));
    assert!(!wire.is_held());
    assert_eq!(bench.pool.status().totals.closed.not_ready, 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_dies_before_it_is_ready_is_replaced() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    wire.set_ready(false);
    let waiting = Arc::clone(&partition);
    let next = tokio::spawn(checkout(waiting));
    until(|| bench.pool.status().lent_http1 > 0).await;
    wire.die();
    let fresh = bench.call().await.http1();
    assert!(Arc::ptr_eq(&http1(next.await.unwrap()).conn().0, &fresh));
    assert_eq!(bench.pool.status().totals.closed.by_peer, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_goes_while_its_connection_becomes_ready_leaves_it_in_the_pool() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    wire.set_ready(false);
    let waiting = Arc::clone(&partition);
    let next = tokio::spawn(checkout(waiting));
    until(|| bench.pool.status().lent_http1 > 0).await;
    next.abort();
    assert!(next.await.unwrap_err().is_cancelled());
    let status = bench.pool.status();
    assert_eq!((status.lent_http1, status.idle_http1), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_lease_dropped_in_the_middle_of_its_exchange_closes_the_connection() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    drop(http1(partition.checkout(Freshness::Any).await));
    assert!(!wire.is_held());
    let status = bench.pool.status();
    assert_eq!(
        (
            status.lent_http1,
            status.idle_http1,
            status.totals.closed.unfinished
        ),
        (0, 0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_reported_as_faulty_is_not_used_again() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    http1(partition.checkout(Freshness::Any).await).report_fault();
    assert!(!wire.is_held());
    let status = bench.pool.status();
    assert_eq!(
        (
            status.lent_http1,
            status.idle_http1,
            status.totals.closed.fault
        ),
        (0, 0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_comes_back_serves_the_oldest_waiter_and_the_new_one_is_kept() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    let waiter = bench.waiter(&partition).await;
    let call = bench.call().await;
    lease.return_to_pool();
    assert!(Arc::ptr_eq(&http1(waiter.await.unwrap()).conn().0, &wire));
    call.http1();
    until(|| bench.pool.status().attempts == 0).await;
    assert_eq!(bench.pool.status().idle_http1, 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_handed_from_its_first_user_to_a_waiter_is_awaited_and_counts_as_reused() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 2).await;
    let wire = bench.call().await.http1();
    let first = http1(waiters.remove(0).await.unwrap());
    let _call = bench.call().await;
    wire.set_ready(false);
    first.return_to_pool();
    let second = waiters.remove(0);
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    wire.set_ready(true);
    assert!(http1(second.await.unwrap()).is_reused());
}

#[tokio::test(start_paused = true)]
async fn the_connection_used_last_is_used_first() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, _older) = bench.with_idle_http1(None).await;
    let older = http1(partition.checkout(Freshness::Any).await);
    let waiter = bench.waiter(&partition).await;
    let wire = bench.call().await.http1();
    let newer = http1(waiter.await.unwrap());
    older.return_to_pool();
    newer.return_to_pool();
    assert!(Arc::ptr_eq(
        &http1(partition.checkout(Freshness::Any).await).conn().0,
        &wire
    ));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_the_peer_closed_while_idle_is_skipped() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    wire.die();
    let waiter = bench.waiter(&partition).await;
    let fresh = bench.call().await.http1();
    assert!(Arc::ptr_eq(&http1(waiter.await.unwrap()).conn().0, &fresh));
}

#[tokio::test(start_paused = true)]
async fn a_connection_past_its_deadline_is_not_taken_back() {
    let mut bench = Bench::new(PoolLimits::default());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let (partition, wire) = bench.with_idle_http1(Some(deadline.into_std())).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(wire.is_held());
    lease.return_to_pool();
    assert!(!wire.is_held());
    assert_eq!(bench.pool.status().totals.closed.deadline, 1);
}
