//! Requests beyond the number of streams that HTTP/2 peers allow.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::bench::{Bench, checkout, http2, until};
use super::fake::UNSAID;
use crate::limits::PoolLimits;

/// A pool that opens one HTTP/2 connection in a partition.
fn with_one_connection() -> Bench {
    Bench::new(PoolLimits {
        max_h2_connections: NonZeroUsize::MIN,
        ..PoolLimits::default()
    })
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_stream_limit_open_as_many_connections_as_they_fill() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 512).await;
    bench.call().await.http2(Some(100));
    for _ in 1..6 {
        bench.call().await.http2(Some(100));
    }
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http2(waiter.await.unwrap()));
    }
    assert_eq!(bench.attempts(), 6);
    assert_eq!(bench.pool.status().http2_streams, 512);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_serves_a_waiter_before_a_new_connection_does() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 2).await;
    let wire = bench.call().await.http2(Some(1));
    let lease = http2(waiters.remove(0).await.unwrap());
    let _call = bench.call().await;
    drop(lease);
    assert!(Arc::ptr_eq(
        &http2(waiters.remove(0).await.unwrap()).handle().0,
        &wire
    ));
}

#[tokio::test(start_paused = true)]
async fn a_raised_stream_limit_serves_the_oldest_waiter_before_a_new_request() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 2).await;
    let wire = bench.call().await.http2(Some(1));
    let _first = http2(waiters.remove(0).await.unwrap());
    let _call = bench.call().await;
    wire.set_limit(2);
    let newest = tokio::spawn(checkout(partition));
    let oldest = http2(waiters.remove(0).await.unwrap());
    assert!(!newest.is_finished());
    drop(oldest);
    http2(newest.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_of_http2_connections_requests_wait_for_streams_to_end() {
    let mut bench = with_one_connection();
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 4).await;
    bench.call().await.http2(Some(2));
    let first = http2(waiters.remove(0).await.unwrap());
    let _second = http2(waiters.remove(0).await.unwrap());
    let (given_up, oldest) = (waiters.remove(0), waiters.remove(0));
    let newest = bench.waiter(&partition).await;
    let status = bench.pool.status();
    assert_eq!((status.waiting, status.http2_streams), (3, 2));
    given_up.abort();
    until(|| bench.pool.status().waiting == 2).await;
    drop(first);
    let third = http2(oldest.await.unwrap());
    assert!(!newest.is_finished());
    drop(third);
    http2(newest.await.unwrap());
    assert_eq!(bench.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_further_http2_connection_that_fails_leaves_its_waiters_to_the_first() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 2).await;
    let wire = bench.call().await.http2(Some(1));
    let lease = http2(waiters.remove(0).await.unwrap());
    bench.call().await.fails();
    let late = bench.waiter(&partition).await;
    assert_eq!(
        (bench.pool.status().waiting, bench.attempts()),
        (2, 2),
        "no request fails, and no further attempts are made"
    );
    drop(lease);
    for waiter in [waiters.remove(0), late] {
        let lease = http2(waiter.await.unwrap());
        assert!(Arc::ptr_eq(&lease.handle().0, &wire));
    }
    // With the queue empty, the next one that has to wait tries again.
    let _held = http2(checkout(Arc::clone(&partition)).await);
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http2(Some(1));
    http2(waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn until_a_peer_says_its_limit_it_gets_one_stream_and_the_others_wait_for_its_settings() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 12).await;
    let wire = bench.call().await.http2(Some(UNSAID));
    let mut leases = vec![http2(waiters.remove(0).await.unwrap())];
    assert_eq!(bench.pool.status().waiting, 11);
    wire.set_limit(100);
    for waiter in waiters {
        leases.push(http2(waiter.await.unwrap()));
    }
    assert_eq!(bench.attempts(), 1);
    assert_eq!(bench.pool.status().http2_streams, 12);
}

#[tokio::test(start_paused = true)]
async fn settings_that_allow_less_than_is_needed_open_further_connections() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 3).await;
    let wire = bench.call().await.http2(Some(UNSAID));
    let _first = http2(waiters.remove(0).await.unwrap());
    wire.set_limit(1);
    let _second = bench.call().await.http2(Some(1));
    let _third = bench.call().await.http2(Some(1));
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http2(waiter.await.unwrap()));
    }
    assert_eq!(bench.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_raised_stream_limit_serves_those_who_wait_at_once() {
    let mut bench = with_one_connection();
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 3).await;
    let wire = bench.call().await.http2(Some(1));
    let _first = http2(waiters.remove(0).await.unwrap());
    wire.set_limit(3);
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http2(waiter.await.unwrap()));
    }
    assert_eq!(bench.pool.status().http2_streams, 3);
}

#[tokio::test(start_paused = true)]
async fn a_lowered_stream_limit_gives_out_nothing_until_enough_streams_have_ended() {
    let mut bench = with_one_connection();
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 3).await;
    let wire = bench.call().await.http2(Some(3));
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http2(waiter.await.unwrap()));
    }
    wire.set_limit(1);
    let waiter = bench.waiter(&partition).await;
    for _ in 0..2 {
        leases.pop();
        assert_eq!(bench.pool.status().waiting, 1);
    }
    leases.pop();
    http2(waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_allows_no_stream_gets_one_request_to_answer_to() {
    let mut bench = with_one_connection();
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 3).await;
    let wire = bench.call().await.http2(Some(0));
    let first = http2(waiters.remove(0).await.unwrap());
    assert_eq!(bench.pool.status().waiting, 2);
    // It has expired: the next request starts an attempt.
    drop(first);
    let second = http2(waiters.remove(0).await.unwrap());
    assert_eq!(bench.pool.status().waiting, 1);
    second.report_fault();
    wire.die();
    drop(second);
    bench.call().await.http2(None);
    http2(waiters.remove(0).await.unwrap());
}
