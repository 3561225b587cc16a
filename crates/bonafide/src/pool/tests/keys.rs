//! What keeps two partitions apart.

use std::sync::Arc;

use super::bench::{Bench, epoch, origin, parts, zone};
use crate::connect::Versions;
use crate::limits::PoolLimits;
use crate::origin::Scheme;
use crate::pool::{PartitionKey, PartitionParts};
use crate::proxy::{Proxy, Route};

fn through(url: &str) -> Route {
    Route::Proxy(Proxy::http(url).expect("a proxy"))
}

#[tokio::test(start_paused = true)]
async fn a_difference_in_any_part_makes_another_partition() {
    let bench = Bench::new(PoolLimits::default());
    let base = || parts("origin.test", 1);
    let others = [
        PartitionParts {
            origin: origin(Scheme::Http, "origin.test", 443),
            ..base()
        },
        PartitionParts {
            origin: origin(Scheme::Https, "other.test", 443),
            ..base()
        },
        PartitionParts {
            origin: origin(Scheme::Https, "origin.test", 8443),
            ..base()
        },
        PartitionParts {
            versions: Versions::Http1,
            ..base()
        },
        PartitionParts {
            versions: Versions::Http2,
            ..base()
        },
        PartitionParts {
            route: through("http://proxy.test:3128"),
            ..base()
        },
        PartitionParts {
            runtime: None,
            ..base()
        },
        PartitionParts {
            zone: zone("zoned.test"),
            ..base()
        },
        PartitionParts {
            epoch: epoch(2),
            ..base()
        },
    ];
    let count = 1 + others.len();
    let own = bench.pool.partition(&PartitionKey::new(base()));
    assert!(Arc::ptr_eq(
        &own,
        &bench.pool.partition(&PartitionKey::new(base()))
    ));
    for other in others {
        let key = PartitionKey::new(other);
        assert!(!Arc::ptr_eq(&own, &bench.pool.partition(&key)), "{key:?}");
    }
    assert_eq!(bench.pool.status().partitions, count);
}

/// A connection that one account opened through a proxy does not serve another one.
#[tokio::test(start_paused = true)]
async fn whatever_a_proxy_is_told_keeps_connections_apart() {
    let bench = Bench::new(PoolLimits::default());
    let proxies = [
        Proxy::http("http://proxy.test:3128"),
        Proxy::http("http://proxy.test:3129"),
        Proxy::http("http://other.test:3128"),
        Proxy::http("http://user@proxy.test:3128"),
        Proxy::http("http://user:one@proxy.test:3128"),
        Proxy::http("http://user:two@proxy.test:3128"),
        Proxy::http("http://other:one@proxy.test:3128"),
        Proxy::socks5("socks5://user:one@proxy.test:3128"),
        Proxy::http("http://proxy.test:3128").and_then(|proxy| proxy.header("x-team", "one")),
        Proxy::http("http://proxy.test:3128").and_then(|proxy| proxy.header("x-team", "two")),
        Proxy::http("http://proxy.test:3128")
            .and_then(|proxy| proxy.header("proxy-authorization", "Bearer one")),
    ];
    let count = proxies.len();
    for proxy in proxies {
        let key = PartitionKey::new(PartitionParts {
            route: Route::Proxy(proxy.expect("a proxy")),
            ..parts("origin.test", 1)
        });
        let made = bench.pool.partition(&key);
        assert!(Arc::ptr_eq(&made, &bench.pool.partition(&key)));
    }
    assert_eq!(bench.pool.status().partitions, count);
}

#[test]
fn debug_output_does_not_show_the_credentials_of_the_proxy() {
    let proxy = Proxy::http("http://user:s3cret@proxy.test:3128")
        .and_then(|proxy| proxy.header("x-token", "s3cret"))
        .expect("a proxy");
    let key = PartitionKey::new(PartitionParts {
        route: Route::Proxy(proxy),
        ..parts("origin.test", 1)
    });
    assert_eq!(
        format!("{key:?}"),
        format!(
            "PartitionKey {{ origin: https://origin.test, versions: Negotiated, \
             route: Proxy(http://proxy.test:3128), runtime: None, zone: {:?}, epoch: {:?} }}",
            zone("other.test"),
            epoch(1)
        )
    );
}
