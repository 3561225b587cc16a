//! HTTP/2 connections on which nothing arrives any more.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, http2, until};
use crate::limits::{PoolLimits, SILENCE};
use crate::pool::Freshness;

#[tokio::test(start_paused = true)]
async fn a_silent_connection_takes_no_request_until_something_arrives() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let frozen = bench.call().await.http2(None);
    let lease = http2(waiter.await.unwrap());
    lease.doubt(0);
    let next = bench.waiter(&partition).await;
    let beside = bench.waiter(&partition).await;
    let healthy = bench.call().await.http2(None);
    for waiter in [next, beside] {
        let lease = http2(waiter.await.unwrap());
        assert!(Arc::ptr_eq(&lease.handle().0, &healthy));
    }
    assert_eq!(bench.attempts(), 2, "one replacement");
    frozen.send_something();
    let lease = http2(partition.checkout(Freshness::Any).await);
    assert!(Arc::ptr_eq(&lease.handle().0, &frozen), "the oldest again");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_silent_a_second_time_is_let_go() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let frozen = bench.call().await.http2(None);
    let first = http2(waiter.await.unwrap());
    let second = http2(partition.checkout(Freshness::Any).await);
    first.doubt(0);
    second.doubt(0);
    drop((first, second));
    until(|| !frozen.is_held()).await;
    assert_eq!(bench.pool.status().totals.closed.silent, 1);
}

#[tokio::test(start_paused = true)]
async fn of_several_silent_connections_the_last_one_is_kept() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let mut wires = Vec::new();
    for _ in 0..3 {
        let waiter = bench.waiter(&partition).await;
        wires.push(bench.call().await.http2(None));
        let lease = http2(waiter.await.unwrap());
        lease.doubt(0);
        drop(lease);
    }
    let held: Vec<_> = wires.iter().map(|wire| wire.is_held()).collect();
    assert_eq!(held, [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_something_arrived_is_not_doubted() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let wire = bench.call().await.http2(None);
    let lease = http2(waiter.await.unwrap());
    wire.send_something();
    lease.doubt(0);
    let next = http2(partition.checkout(Freshness::Any).await);
    assert!(Arc::ptr_eq(&next.handle().0, &wire));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_sends_no_settings_is_not_waited_for() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let first = bench.waiter(&partition).await;
    let patient = Arc::clone(&partition);
    let second = tokio::spawn(async move { patient.checkout(Freshness::Any).await });
    tokio::task::yield_now().await;
    let mute = bench.call().await.http2(Some(super::fake::UNSAID));
    let first = http2(first.await.unwrap());
    partition.doubt_mute();
    assert_eq!(bench.attempts(), 1, "it has had no time yet");
    tokio::time::advance(SILENCE + Duration::from_millis(1)).await;
    partition.doubt_mute();
    partition.doubt_mute();
    let healthy = bench.call().await.http2(None);
    let second = http2(second.await.unwrap());
    assert!(Arc::ptr_eq(&second.handle().0, &healthy));
    assert!(Arc::ptr_eq(&first.handle().0, &mute));
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_many_cancelled_requests_is_replaced() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let wire = bench.call().await.http2(None);
    drop(http2(waiter.await.unwrap()));
    for _ in 1..511 {
        drop(http2(partition.checkout(Freshness::Any).await));
    }
    for _ in 0..600 {
        http2(partition.checkout(Freshness::Any).await).end();
    }
    assert!(wire.is_held());
    drop(http2(partition.checkout(Freshness::Any).await));
    let waiter = bench.waiter(&partition).await;
    assert!(!wire.is_held());
    bench.call().await.http2(None);
    http2(waiter.await.unwrap()).end();
    assert_eq!(bench.pool.status().totals.closed.cancelled, 1);
}
