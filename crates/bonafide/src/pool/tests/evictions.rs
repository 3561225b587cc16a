//! Connections that leave by policy, by fault and by deadline.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, checkout, epoch, error, http1, http2, key, until};
use crate::limits::PoolLimits;
use crate::pool::{CheckoutError, Freshness};

#[tokio::test(start_paused = true)]
async fn an_older_epoch_is_evicted_and_stays_so() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    assert_eq!(bench.pool.evict_older_than(epoch(2)), 1);
    assert!(!wire.is_held());
    assert_eq!(
        error(partition.checkout(Freshness::Any).await),
        CheckoutError::Evicted
    );
    // Requested by a caller that does not know the new policy yet.
    let late = bench.pool.partition(&key("origin.test", 1));
    assert_eq!(error(checkout(late).await), CheckoutError::Evicted);
    assert_eq!(bench.attempts(), 1);
    let current = bench.pool.partition(&key("origin.test", 2));
    let waiter = bench.waiter(&current).await;
    bench.call().await.http1();
    http1(waiter.await.unwrap());
    assert_eq!(bench.pool.status().totals.closed.partition, 1);
}

#[tokio::test(start_paused = true)]
async fn the_current_epoch_survives_an_eviction() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    assert_eq!(bench.pool.evict_older_than(epoch(1)), 0);
    assert!(Arc::ptr_eq(
        &http1(partition.checkout(Freshness::Any).await).conn().0,
        &wire
    ));
}

#[tokio::test(start_paused = true)]
async fn a_connection_lent_before_the_eviction_finishes_and_is_closed() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    bench.pool.evict_older_than(epoch(2));
    assert!(wire.is_held());
    lease.return_to_pool();
    assert!(!wire.is_held());
    assert_eq!(bench.pool.status().totals.closed.partition, 1);
}

#[tokio::test(start_paused = true)]
async fn streams_opened_before_the_eviction_finish() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let wire = bench.call().await.http2(None);
    let lease = http2(waiter.await.unwrap());
    bench.pool.evict_older_than(epoch(2));
    assert!(wire.is_held());
    drop(lease);
    assert!(!wire.is_held());
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_in_an_evicted_partition_are_refused_and_its_attempt_is_given_up() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 3).await;
    let call = bench.call().await;
    bench.pool.evict_older_than(epoch(2));
    for waiter in waiters {
        assert_eq!(error(waiter.await.unwrap()), CheckoutError::Evicted);
    }
    until(|| call.is_given_up()).await;
    until(|| partition.census().attempts == 0).await;
    assert_eq!(bench.pool.status().totals.opened, 0);
}

#[tokio::test(start_paused = true)]
async fn a_reservation_on_its_way_during_the_eviction_is_refused() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    let waiter = bench.waiter(&partition).await;
    let _call = bench.call().await;
    lease.return_to_pool();
    bench.pool.evict_older_than(epoch(2));
    assert_eq!(error(waiter.await.unwrap()), CheckoutError::Evicted);
    assert!(!wire.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_faulty_http2_connection_takes_no_new_request_and_keeps_its_streams() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let faulty = bench.call().await.http2(None);
    let lease = http2(waiter.await.unwrap());
    lease.report_fault();
    assert!(faulty.is_held());
    let waiter = bench.waiter(&partition).await;
    let fresh = bench.call().await.http2(None);
    assert!(Arc::ptr_eq(
        &http2(waiter.await.unwrap()).handle().0,
        &fresh
    ));
    drop(lease);
    assert!(!faulty.is_held());
    assert_eq!(bench.pool.status().totals.closed.fault, 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_request_past_the_deadline_opens_a_new_connection_while_streams_finish() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let old = bench
        .call()
        .await
        .http2_until(None, Some(deadline.into_std()));
    let lease = http2(waiter.await.unwrap());
    tokio::time::advance(Duration::from_secs(10)).await;
    let waiter = bench.waiter(&partition).await;
    let fresh = bench.call().await.http2(None);
    assert!(Arc::ptr_eq(
        &http2(waiter.await.unwrap()).handle().0,
        &fresh
    ));
    assert!(old.is_held());
    drop(lease);
    assert!(!old.is_held());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_past_its_deadline_is_not_used() {
    let mut bench = Bench::new(PoolLimits::default());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let (partition, old) = bench.with_idle_http1(Some(deadline.into_std())).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let waiter = bench.waiter(&partition).await;
    let fresh = bench.call().await.http1();
    assert!(Arc::ptr_eq(&http1(waiter.await.unwrap()).conn().0, &fresh));
    assert!(!old.is_held());
}
