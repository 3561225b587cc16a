//! The map from origins to partitions.

use std::sync::Arc;

use super::origins::OriginCache;
use crate::connect::Versions;
use crate::limits::PoolLimits;
use crate::origin::Scheme;
use crate::pool::tests::bench::{Bench, epoch, key, origin, parts};
use crate::pool::{PartitionKey, PartitionParts, current_runtime};
use crate::proxy::{Proxy, Route};

#[tokio::test(start_paused = true)]
async fn an_origin_is_found_by_scheme_host_and_port() {
    let bench = Bench::new(PoolLimits::default());
    let runtime = current_runtime();
    let cache = OriginCache::new(epoch(1), 8);
    let https = bench.partition();
    let http = bench.pool.partition(&PartitionKey::new(PartitionParts {
        origin: origin(Scheme::Http, "origin.test", 80),
        ..parts("origin.test", 1)
    }));
    cache.insert(&https);
    cache.insert(&http);
    assert!(Arc::ptr_eq(
        &cache
            .get(
                Scheme::Https,
                "origin.test",
                443,
                Versions::Negotiated,
                runtime
            )
            .unwrap(),
        &https
    ));
    assert!(Arc::ptr_eq(
        &cache
            .get(
                Scheme::Http,
                "origin.test",
                80,
                Versions::Negotiated,
                runtime
            )
            .unwrap(),
        &http
    ));
    assert!(
        cache
            .get(
                Scheme::Https,
                "origin.test",
                80,
                Versions::Negotiated,
                runtime
            )
            .is_none()
    );
    assert!(
        cache
            .get(
                Scheme::Https,
                "other.test",
                443,
                Versions::Negotiated,
                runtime
            )
            .is_none()
    );
    assert!(
        cache
            .get(
                Scheme::Https,
                "origin.test",
                443,
                Versions::Negotiated,
                None
            )
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn an_evicted_partition_is_not_found() {
    let bench = Bench::new(PoolLimits::default());
    let runtime = current_runtime();
    let cache = OriginCache::new(epoch(1), 8);
    cache.insert(&bench.partition());
    bench.pool.evict_older_than(epoch(2));
    assert!(
        cache
            .get(
                Scheme::Https,
                "origin.test",
                443,
                Versions::Negotiated,
                runtime
            )
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_partition_of_another_epoch_is_not_taken() {
    let bench = Bench::new(PoolLimits::default());
    let cache = OriginCache::new(epoch(2), 8);
    cache.insert(&bench.partition());
    assert_eq!(cache.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_newer_partition_of_an_origin_replaces_the_older() {
    let bench = Bench::new(PoolLimits::default());
    let runtime = current_runtime();
    let cache = OriginCache::new(epoch(1), 8);
    let first = bench.partition();
    let second = bench.pool.partition(&PartitionKey::new(PartitionParts {
        route: Route::Proxy(Proxy::http("http://proxy.test").expect("a proxy")),
        ..parts("origin.test", 1)
    }));
    cache.insert(&first);
    cache.insert(&second);
    assert_eq!(cache.len(), 1);
    assert!(Arc::ptr_eq(
        &cache
            .get(
                Scheme::Https,
                "origin.test",
                443,
                Versions::Negotiated,
                runtime
            )
            .unwrap(),
        &second
    ));
}

#[tokio::test(start_paused = true)]
async fn many_origins_do_not_grow_the_map() {
    let bench = Bench::new(PoolLimits::default());
    let runtime = current_runtime();
    let cache = OriginCache::new(epoch(1), 8);
    for number in 0..100 {
        let host = format!("host-{number}.test");
        cache.insert(&bench.pool.partition(&key(&host, 1)));
        assert!(cache.len() <= 8);
        assert!(
            cache
                .get(Scheme::Https, &host, 443, Versions::Negotiated, runtime)
                .is_some()
        );
    }
}
