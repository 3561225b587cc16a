//! The limits of a partition and of the pool.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, checkout, http1, http2, key};
use super::fake::Wire;
use crate::limits::{PoolLimits, SURPLUS_LIMIT};
use crate::pool::Lease;

fn at_most(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_connection_limit_wait_for_a_connection_to_come_back() {
    let mut bench = Bench::new(PoolLimits {
        max_connections_per_partition: at_most(2),
        ..PoolLimits::default()
    });
    let partition = bench.partition();
    let mut waiters = bench.waiters(&partition, 4).await;
    bench.call().await.http1();
    bench.call().await.http1();
    let first = http1(waiters.remove(0).await.unwrap());
    let second = http1(waiters.remove(0).await.unwrap());
    assert_eq!(bench.pool.status().waiting, 2);
    first.return_to_pool();
    let third = http1(waiters.remove(0).await.unwrap());
    assert!(third.is_reused());
    // One that does not come back makes room for a new one.
    drop(second);
    bench.call().await.http1();
    assert!(!http1(waiters.remove(0).await.unwrap()).is_reused());
    assert_eq!(bench.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_idle_connection_goes_when_there_are_too_many() {
    let mut bench = Bench::new(PoolLimits {
        max_idle_per_partition: 2,
        ..PoolLimits::default()
    });
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 3).await;
    let mut wires = Vec::new();
    for _ in 0..3 {
        wires.push(bench.call().await.http1());
    }
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http1(waiter.await.unwrap()));
    }
    leases.drain(..).for_each(|lease| lease.return_to_pool());
    let held: Vec<_> = wires.iter().map(|wire| wire.is_held()).collect();
    assert_eq!(held, [false, true, true]);
    assert_eq!(bench.pool.status().totals.closed.surplus, 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_timeout_of_zero_lets_a_new_connection_serve_whoever_waits_for_it() {
    let mut bench = Bench::new(PoolLimits {
        idle_timeout: Duration::ZERO,
        ..PoolLimits::default()
    });
    let partition = bench.partition();
    let waiters = bench.waiters(&partition, 2).await;
    let wire = bench.call().await.http2(None);
    let mut leases = Vec::new();
    for waiter in waiters {
        leases.push(http2(waiter.await.unwrap()));
    }
    assert!(wire.is_held());
    leases.clear();
    // The next request finds it expired.
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http1();
    assert!(!http1(waiter.await.unwrap()).is_reused());
    assert_eq!(bench.pool.status().totals.closed.idle, 1);
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_keeps_nothing_idle_still_serves() {
    let mut bench = Bench::new(PoolLimits {
        max_idle_per_partition: 0,
        ..PoolLimits::default()
    });
    let (partition, first) = bench.with_idle_http1(None).await;
    assert!(!first.is_held());
    let waiter = bench.waiter(&partition).await;
    bench.call().await.http1();
    http1(waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn many_hosts_do_not_make_many_partitions() {
    let mut bench = Bench::new(PoolLimits {
        max_partitions: at_most(16),
        ..PoolLimits::default()
    });
    let busy = bench.pool.partition(&key("busy.test", 1));
    let waiter = bench.waiter(&busy).await;
    let wire = bench.call().await.http1();
    let lease = http1(waiter.await.unwrap());
    for number in 0..1000 {
        bench
            .pool
            .partition(&key(&format!("host-{number}.test"), 1));
        assert!(bench.pool.status().partitions <= 16);
    }
    assert!(!busy.is_retired());
    lease.return_to_pool();
    assert!(wire.is_held());
}

#[tokio::test(start_paused = true)]
async fn the_partition_used_least_recently_makes_room() {
    let mut bench = Bench::new(PoolLimits {
        max_partitions: at_most(2),
        ..PoolLimits::default()
    });
    let mut partitions = Vec::new();
    for host in ["old.test", "new.test"] {
        let partition = bench.pool.partition(&key(host, 1));
        tokio::time::advance(Duration::from_secs(1)).await;
        let waiter = bench.waiter(&partition).await;
        let wire = bench.call().await.http1();
        http1(waiter.await.unwrap()).return_to_pool();
        partitions.push((partition, wire));
    }
    bench.pool.partition(&key("third.test", 1));
    let kept: Vec<_> = partitions
        .iter()
        .map(|(partition, wire)| (partition.is_retired(), wire.is_held()))
        .collect();
    assert_eq!(kept, [(true, false), (false, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_made_room_is_found_again_by_those_who_hold_it() {
    let mut bench = Bench::new(PoolLimits {
        max_partitions: at_most(1),
        ..PoolLimits::default()
    });
    let held = bench.pool.partition(&key("first.test", 1));
    bench.pool.partition(&key("second.test", 1));
    assert!(held.is_retired());
    let waiter = bench.waiter(&held).await;
    let call = bench.call().await;
    assert_eq!(call.key, key("first.test", 1));
    call.http1();
    http1(waiter.await.unwrap());
}

/// A connection to `host` that becomes unused a moment after those before it.
async fn unused(bench: &mut Bench, host: &str, is_http2: bool) -> Arc<Wire> {
    tokio::time::advance(Duration::from_millis(10)).await;
    let partition = bench.pool.partition(&key(host, 1));
    let waiter = bench.waiter(&partition).await;
    let call = bench.call().await;
    if is_http2 {
        let wire = call.http2(Some(9));
        drop(http2(waiter.await.unwrap()));
        return wire;
    }
    let wire = call.http1();
    http1(waiter.await.unwrap()).return_to_pool();
    wire
}

/// Enough tasks run to end a sweep.
async fn after_a_second() {
    tokio::time::advance(SURPLUS_LIMIT).await;
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_too_many_unused_connections_to_all_hosts_the_oldest_are_closed() {
    let mut bench = Bench::new(PoolLimits {
        max_idle: 3,
        ..PoolLimits::default()
    });
    let mut wires = Vec::new();
    for (number, is_http2) in (0..).zip([false, true, false, true, false]) {
        let host = format!("host-{number}.test");
        wires.push(unused(&mut bench, &host, is_http2).await);
    }
    // The oldest one is used again, so that the next two are the oldest.
    let partition = bench.pool.partition(&key("host-0.test", 1));
    tokio::time::advance(Duration::from_millis(10)).await;
    http1(checkout(partition).await).return_to_pool();
    let held = |wires: &[Arc<Wire>]| wires.iter().map(|wire| wire.is_held()).collect::<Vec<_>>();
    assert_eq!(held(&wires), [true; 5]);
    after_a_second().await;
    assert_eq!(held(&wires), [true, false, false, true, true]);
    let status = bench.pool.status();
    assert_eq!((status.unused, status.totals.closed.surplus), (3, 2));
    // With no more than the limit, nothing is looked for and nothing is closed.
    after_a_second().await;
    assert_eq!(bench.pool.status().unused, 3);
}

#[tokio::test(start_paused = true)]
async fn connections_in_use_are_not_among_the_unused() {
    let mut bench = Bench::new(PoolLimits {
        max_idle: 1,
        ..PoolLimits::default()
    });
    let mut leases = Vec::new();
    for (number, is_http2) in (0..).zip([false, true, false, true]) {
        let partition = bench
            .pool
            .partition(&key(&format!("host-{number}.test"), 1));
        let waiter = bench.waiter(&partition).await;
        let call = bench.call().await;
        let wire = if is_http2 {
            call.http2(Some(9))
        } else {
            call.http1()
        };
        leases.push((waiter.await.unwrap().unwrap(), wire));
    }
    after_a_second().await;
    after_a_second().await;
    assert!(leases.iter().all(|(_, wire)| wire.is_held()));
    for (lease, _) in leases {
        tokio::time::advance(Duration::from_millis(10)).await;
        match lease {
            Lease::Http1(lease) => lease.return_to_pool(),
            Lease::Http2(lease) => drop(lease),
        }
    }
    assert_eq!(bench.pool.status().unused, 4);
    after_a_second().await;
    let status = bench.pool.status();
    assert_eq!((status.unused, status.http2), (1, 1), "the last one stays");
}
