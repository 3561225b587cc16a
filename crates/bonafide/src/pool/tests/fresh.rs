//! Requests that need a new connection, and connections that the caller has closed.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::bench::{Bench, Outcome, checkout, error, http1, http2, until};
use super::fake::Fake;
use crate::limits::PoolLimits;
use crate::pool::{CheckoutError, Freshness, Partition};

/// A request in the queue that needs a new connection.
async fn fresh(bench: &Bench, partition: &Arc<Partition<Fake>>) -> JoinHandle<Outcome> {
    let before = bench.pool.status().waiting;
    let partition = Arc::clone(partition);
    let waiter = tokio::spawn(async move { partition.checkout(Freshness::New).await });
    until(|| bench.pool.status().waiting > before).await;
    waiter
}

fn limits(connections: usize, h2: usize) -> PoolLimits {
    PoolLimits {
        max_connections_per_partition: NonZeroUsize::new(connections).unwrap(),
        max_h2_connections: NonZeroUsize::new(h2).unwrap(),
        ..PoolLimits::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_needs_a_new_connection_leaves_an_idle_one_to_others() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, idle) = bench.with_idle_http1(None).await;
    let waiter = fresh(&bench, &partition).await;
    let made = bench.call().await.http1();
    let lease = http1(waiter.await.unwrap());
    assert!(Arc::ptr_eq(&lease.conn().0, &made));
    assert!(!lease.is_reused());
    let other = http1(checkout(partition).await);
    assert!(Arc::ptr_eq(&other.conn().0, &idle));
}

#[tokio::test(start_paused = true)]
async fn a_new_http2_connection_serves_others_after_the_request_that_it_was_made_for() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let old = bench.call().await.http2(Some(1));
    let _in_use = http2(waiter.await.unwrap());
    let waiter = fresh(&bench, &partition).await;
    let new = bench.call().await.http2(Some(2));
    let lease = http2(waiter.await.unwrap());
    assert!(Arc::ptr_eq(&lease.handle().0, &new));
    let other = http2(checkout(partition).await);
    assert!(Arc::ptr_eq(&other.handle().0, &new));
    assert!(old.is_held(), "its streams finish");
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_requests_that_need_a_new_http2_connection_makes_one() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http2(None);
    http2(waiter.await.unwrap()).end();
    let mut waiters = Vec::new();
    for _ in 0..100 {
        waiters.push(fresh(&bench, &partition).await);
    }
    let new = bench.call().await.http2(None);
    for waiter in waiters {
        let lease = http2(waiter.await.unwrap());
        assert!(Arc::ptr_eq(&lease.handle().0, &new));
    }
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_an_idle_connection_is_closed_for_a_new_one() {
    let mut bench = Bench::new(limits(1, 8));
    let (partition, idle) = bench.with_idle_http1(None).await;
    let waiter = fresh(&bench, &partition).await;
    assert!(!idle.is_held());
    bench.call().await.http1();
    assert!(!http1(waiter.await.unwrap()).is_reused());
    assert_eq!(bench.pool.status().totals.closed.surplus, 1);
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_the_oldest_http2_connection_takes_no_more_requests() {
    let mut bench = Bench::new(limits(8, 1));
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let old = bench.call().await.http2(None);
    let under_way = http2(waiter.await.unwrap());
    let waiter = fresh(&bench, &partition).await;
    let new = bench.call().await.http2(None);
    assert!(Arc::ptr_eq(&http2(waiter.await.unwrap()).handle().0, &new));
    assert!(old.is_held(), "its stream finishes");
    drop(under_way);
    assert!(!old.is_held());
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_a_returned_connection_makes_room_for_a_new_one() {
    let mut bench = Bench::new(limits(1, 8));
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http1();
    let lease = http1(waiter.await.unwrap());
    let waiter = fresh(&bench, &partition).await;
    let other = bench.waiter(&partition).await;
    assert_eq!(bench.attempts(), 1, "the limit holds");
    lease.return_to_pool();
    bench.call().await.http1();
    let lease = http1(waiter.await.unwrap());
    assert!(!lease.is_reused());
    lease.return_to_pool();
    assert!(http1(other.await.unwrap()).is_reused());
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_needs_a_new_connection_fails_with_its_attempt() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http2(None);
    let _live = http2(waiter.await.unwrap());
    let waiter = fresh(&bench, &partition).await;
    bench.call().await.fails();
    assert_eq!(
        error(waiter.await.unwrap()),
        CheckoutError::Connect("refused")
    );
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn unused_connections_are_closed_when_the_caller_asks_and_others_are_kept() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, idle) = bench.with_idle_http1(None).await;
    let waiter = fresh(&bench, &partition).await;
    let used = bench.call().await.http1();
    let lease = http1(waiter.await.unwrap());
    bench.pool.close_idle();
    assert!(!idle.is_held());
    assert!(used.is_held());
    lease.return_to_pool();
    let again = http1(checkout(partition).await);
    assert!(Arc::ptr_eq(&again.conn().0, &used));
    assert_eq!(bench.pool.status().totals.closed.asked, 1);
}
