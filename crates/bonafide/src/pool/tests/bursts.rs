//! Many requests at once on a cold partition.

use std::sync::Arc;

use super::bench::{Bench, error, http1, http2};
use crate::limits::PoolLimits;
use crate::pool::{CheckoutError, Freshness};

#[tokio::test(start_paused = true)]
async fn sixty_four_requests_on_a_cold_http2_partition_make_one_attempt() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 64).await;
    let wire = bench.call().await.http2(Some(100));
    let mut leases = Vec::new();
    for waiter in waiters {
        let lease = http2(waiter.await.unwrap());
        assert!(Arc::ptr_eq(&lease.handle().0, &wire));
        leases.push(lease);
    }
    assert_eq!(bench.attempts(), 1);
    assert_eq!(leases.iter().filter(|lease| lease.is_reused()).count(), 63);
    let totals = bench.pool.status().totals;
    assert_eq!((totals.opened, totals.reused), (1, 63));
}

#[tokio::test(start_paused = true)]
async fn sixty_four_requests_on_a_cold_http1_partition_make_one_attempt_and_then_one_each() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 64).await;
    assert_eq!(bench.attempts(), 1);
    bench.call().await.http1();
    for _ in 1..64 {
        bench.call().await.http1();
    }
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http1(waiter.await.unwrap()));
    }
    assert_eq!(bench.attempts(), 64);
    assert_eq!(bench.pool.status().lent_http1, 64);
}

#[tokio::test(start_paused = true)]
async fn a_second_burst_uses_the_connections_of_the_first() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 8).await;
    for _ in 0..8 {
        bench.call().await.http1();
    }
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http1(waiter.await.unwrap()));
    }
    leases.drain(..).for_each(|lease| lease.return_to_pool());
    for _ in 0..8 {
        leases.push(http1(partition.checkout(Freshness::Any).await));
    }
    assert!(leases.iter().all(|lease| lease.is_reused()));
    assert_eq!(bench.attempts(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_on_a_cold_partition_fails_everybody_who_waits() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 5).await;
    bench.call().await.fails();
    for waiter in waiters {
        assert_eq!(
            error(waiter.await.unwrap()),
            CheckoutError::Connect("refused")
        );
    }
    assert_eq!(bench.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_http2_connection_is_replaced_by_a_single_attempt() {
    let mut bench = Bench::new(PoolLimits::default());
    let partition = bench.partition();
    let first = bench.waiter(&partition).await;
    let dead = bench.call().await.http2(None);
    let _stream = http2(first.await.unwrap());
    dead.die();
    let waiters = bench.waiters(&partition, 16).await;
    let wire = bench.call().await.http2(None);
    for waiter in waiters {
        assert!(Arc::ptr_eq(&http2(waiter.await.unwrap()).handle().0, &wire));
    }
    assert_eq!(bench.attempts(), 2);
    assert_eq!(bench.pool.status().totals.closed.by_peer, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_changes_to_http2_serves_everybody_with_the_first_such_connection() {
    let mut bench = Bench::new(PoolLimits::default());
    let (partition, old) = bench.with_idle_http1(None).await;
    old.die();
    let waiters = bench.waiters(&partition, 3).await;
    let first = bench.call().await;
    let wire = first.http2(None);
    for waiter in waiters {
        assert!(Arc::ptr_eq(&http2(waiter.await.unwrap()).handle().0, &wire));
    }
}
