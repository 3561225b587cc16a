//! Connections that are called back while they live.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, checkout, http1, http2, until};
use super::fake::Wire;
use crate::limits::PoolLimits;
use crate::pool::Protocol;
use crate::pool::partition::now;

#[tokio::test(start_paused = true)]
async fn an_unused_connection_that_is_called_back_is_closed_and_not_given_out() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, old) = bench.with_idle_http1(None).await;
    old.recall(now());
    bench.pool.close_recalled(Duration::ZERO);
    assert!(!old.is_held());
    let waiter = bench.waiter(&partition).await;
    let new = bench.call().await.http1();
    assert!(Arc::ptr_eq(&http1(waiter.await.unwrap()).conn().0, &new));
    assert_eq!(bench.pool.status().totals.closed.recalled, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_called_back_is_not_given_out_before_anybody_closes_it() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, old) = bench.with_idle_http1(None).await;
    old.recall(now());
    let waiter = bench.waiter(&partition).await;
    assert!(!old.is_held());
    bench.call().await.http1();
    http1(waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_lent_connection_that_is_called_back_finishes_and_is_closed() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, old) = bench.with_idle_http1(None).await;
    let lease = http1(checkout(partition).await);
    old.recall(now());
    bench.pool.close_recalled(Duration::ZERO);
    assert!(old.is_held());
    lease.return_to_pool();
    assert!(!old.is_held());
}

#[tokio::test(start_paused = true)]
async fn streams_finish_on_a_connection_that_is_called_back_and_new_ones_go_elsewhere() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let old = bench.call().await.http2(None);
    let under_way = http2(waiter.await.unwrap());
    old.recall(now());
    bench.pool.close_recalled(Duration::ZERO);
    let waiter = bench.waiter(&partition).await;
    let new = bench.call().await.http2(None);
    assert!(Arc::ptr_eq(&http2(waiter.await.unwrap()).handle().0, &new));
    assert!(old.is_held());
    drop(under_way);
    assert!(!old.is_held());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_connection_that_is_called_back_gets_the_next_one() {
    for waiters in [1, 3] {
        let mut bench = Bench::new(PoolLimits::default());
        let partition = bench.partition();
        let waiters = bench.waiters(&partition, waiters).await;
        let old = Wire::new(1, None);
        old.recall(now());
        let attempt = bench.call().await;
        attempt.connected(Protocol::Http2(old.handle()), None);
        let new = bench.call().await.http2(None);
        assert!(!old.is_held());
        for waiter in waiters {
            assert!(Arc::ptr_eq(&http2(waiter.await.unwrap()).handle().0, &new));
        }
        assert_eq!(bench.pool.status().waiting, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_serve_the_request_that_it_was_made_for_although_it_is_called_back() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let old = Wire::new(1, None);
    old.recall_after_first_request(now());
    let waiter = bench.waiter(&partition).await;
    let attempt = bench.call().await;
    attempt.connected(Protocol::Http1(old.handle()), None);
    let lease = http1(waiter.await.unwrap());
    lease.return_to_pool();
    assert!(!old.is_held());

    let old = Wire::new(2, None);
    old.recall_after_first_request(now());
    let waiter = bench.waiter(&partition).await;
    let attempt = bench.call().await;
    attempt.connected(Protocol::Http2(old.handle()), None);
    drop(http2(waiter.await.unwrap()));
    let waiter = bench.waiter(&partition).await;
    assert!(!old.is_held());
    bench.call().await.http2(None);
    http2(waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_given_out_until_the_recall_and_then_closed() {
    const OVERLAP: Duration = Duration::from_secs(30);
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, old) = bench.with_idle_http1(None).await;
    old.recall(now() + OVERLAP);
    bench.pool.close_recalled(OVERLAP);
    tokio::time::advance(OVERLAP - Duration::from_secs(1)).await;
    http1(checkout(partition).await).return_to_pool();
    assert!(old.is_held());
    tokio::time::advance(Duration::from_secs(1)).await;
    until(|| !old.is_held()).await;
    assert_eq!(bench.pool.status().totals.closed.recalled, 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_called_back_while_it_becomes_ready_is_closed_and_its_request_asks_again()
 {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, old) = bench.with_idle_http1(None).await;
    old.set_ready(false);
    let next = tokio::spawn(checkout(partition));
    until(|| bench.pool.status().lent_http1 > 0).await;
    old.recall(now());
    bench.pool.close_recalled(Duration::ZERO);
    old.set_ready(true);
    let new = bench.call().await.http1();
    assert!(Arc::ptr_eq(&http1(next.await.unwrap()).conn().0, &new));
    assert!(!old.is_held());
    assert_eq!(bench.pool.status().totals.closed.recalled, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_on_its_way_to_a_request_is_called_back_with_its_connection() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 2).await;
    let old = bench.call().await.http2(Some(1));
    let first = http2(waiters.remove(0).await.unwrap());
    let further = bench.call().await;
    // The stream is reserved, and the connection is called back before the request is polled.
    drop(first);
    old.recall(now());
    bench.pool.close_recalled(Duration::ZERO);
    let new = Wire::new(2, None);
    further.connected(Protocol::Http2(new.handle()), None);
    let lease = http2(waiters.remove(0).await.unwrap());
    assert!(Arc::ptr_eq(&lease.handle().0, &new));
    assert!(!old.is_held());
}

#[tokio::test(start_paused = true)]
async fn requests_that_wait_for_a_stream_go_elsewhere_when_its_connection_is_called_back() {
    let mut bench = Bench::new(PoolLimits {
        max_h2_connections: NonZeroUsize::MIN,
        ..PoolLimits::default()
    });
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 12).await;
    let old = bench.call().await.http2(Some(1));
    let first = http2(waiters.remove(0).await.unwrap());
    old.recall(now());
    bench.pool.close_recalled(Duration::ZERO);
    let new = bench.call().await.http2(None);
    for waiter in waiters {
        assert!(Arc::ptr_eq(&http2(waiter.await.unwrap()).handle().0, &new));
    }
    assert!(old.is_held());
    drop(first);
    assert!(!old.is_held());
}
