//! The task that closes what expired.

use std::time::Duration;

use tokio::time::Instant;

use super::bench::{Bench, http1, http2, key, until};
use crate::limits::PoolLimits;
use crate::pool::Freshness;

const IDLE: Duration = Duration::from_secs(90);

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_when_its_time_is_over() {
    let mut bench = Bench::new(PoolLimits::default());
    let (_, wire) = bench.with_idle_http1(None).await;
    tokio::time::advance(IDLE - Duration::from_millis(10)).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(wire.is_held());
    tokio::time::advance(Duration::from_millis(20)).await;
    until(|| !wire.is_held()).await;
    assert_eq!(bench.pool.status().totals.closed.idle, 1);
}

#[tokio::test(start_paused = true)]
async fn an_http2_connection_expires_only_without_streams() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    let wire = bench.call().await.http2(None);
    let lease = http2(waiter.await.unwrap());
    tokio::time::advance(IDLE * 3).await;
    drop(http2(partition.checkout(Freshness::Any).await));
    assert_eq!(bench.attempts(), 1);
    drop(lease);
    tokio::time::advance(IDLE + Duration::from_millis(10)).await;
    until(|| !wire.is_held()).await;
    assert_eq!(bench.pool.status().totals.closed.idle, 1);
}

#[tokio::test(start_paused = true)]
async fn an_early_deadline_wakes_the_reaper_early() {
    let mut bench = Bench::new(PoolLimits::default());
    let (_, late) = bench.with_idle_http1(None).await;
    let other = bench.pool.partition(&key("other.test", 1));
    let waiter = bench.waiter(&other).await;
    let deadline = Instant::now() + Duration::from_secs(5);
    let early = bench.call().await.http1_until(Some(deadline.into_std()));
    http1(waiter.await.unwrap()).return_to_pool();
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(6)).await;
    until(|| !early.is_held()).await;
    assert!(late.is_held());
    assert_eq!(bench.pool.status().totals.closed.deadline, 1);
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_nobody_uses_is_dropped_and_the_reaper_ends() {
    let mut bench = Bench::new(PoolLimits::default());
    assert!(!bench.pool.status().reaper_runs);
    let (partition, _wire) = bench.with_idle_http1(None).await;
    assert!(bench.pool.status().reaper_runs);
    tokio::time::advance(IDLE * 2).await;
    until(|| !bench.pool.status().reaper_runs).await;
    assert_eq!(bench.pool.status().partitions, 0);
    assert!(partition.is_retired());
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http1();
    http1(waiter.await.unwrap()).return_to_pool();
    let status = bench.pool.status();
    assert!(status.reaper_runs);
    assert_eq!(status.partitions, 1);
}

#[tokio::test(start_paused = true)]
async fn a_partition_left_empty_after_the_reaper_ended_is_dropped_too() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, _wire) = bench.with_idle_http1(None).await;
    let lease = http1(partition.checkout(Freshness::Any).await);
    tokio::time::advance(IDLE * 2).await;
    until(|| !bench.pool.status().reaper_runs).await;
    assert_eq!(bench.pool.status().partitions, 1);
    drop(lease);
    assert!(bench.pool.status().reaper_runs);
    tokio::time::advance(IDLE + Duration::from_millis(10)).await;
    until(|| bench.pool.status().partitions == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_be_reached_is_forgotten() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiter = bench.waiter(&partition).await;
    bench.call().await.fails();
    assert!(waiter.await.unwrap().is_err());
    assert_eq!(bench.pool.status().partitions, 1);
    tokio::time::advance(IDLE + Duration::from_millis(10)).await;
    until(|| bench.pool.status().partitions == 0).await;
}

#[tokio::test(start_paused = true)]
async fn the_reaper_does_not_keep_the_pool() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, wire) = bench.with_idle_http1(None).await;
    drop(partition);
    drop(bench);
    assert!(!wire.is_held());
}

#[test]
fn a_reaper_whose_runtime_ended_is_replaced() {
    let build = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let (first, second) = (build(), build());
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, _wire) = first.block_on(bench.with_idle_http1(None));
    assert!(bench.pool.status().reaper_runs);
    drop(first);
    assert!(!bench.pool.status().reaper_runs);
    second.block_on(async { http1(partition.checkout(Freshness::Any).await).return_to_pool() });
    assert!(bench.pool.status().reaper_runs);
}

#[tokio::test(start_paused = true)]
async fn another_reaper_takes_over_from_one_that_is_not_driven() {
    let stalled = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut bench = Bench::new(PoolLimits::default());
    {
        let _entered = stalled.enter();
        bench.pool.partition(&key("other.test", 1));
    }
    assert!(bench.pool.status().reaper_runs);
    tokio::time::advance(IDLE * 2).await;
    let (_, wire) = bench.with_idle_http1(None).await;
    tokio::time::advance(IDLE + Duration::from_millis(10)).await;
    until(|| !wire.is_held()).await;
    assert_eq!(bench.pool.status().totals.closed.idle, 1);
    stalled.shutdown_background();
}
