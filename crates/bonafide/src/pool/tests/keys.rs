//! What keeps two partitions apart.

use std::sync::Arc;

use super::bench::{Bench, parts};
use crate::pool::{Limits, PartitionKey, PartitionParts, Route, Scheme, ZoneId};

#[tokio::test(start_paused = true)]
async fn a_difference_in_any_part_makes_another_partition() {
    let bench = Bench::new(Limits::default());
    let base = || parts("origin.test", 1);
    let others = [
        PartitionParts {
            scheme: Scheme::Http,
            ..base()
        },
        PartitionParts {
            host: "other.test".into(),
            ..base()
        },
        PartitionParts {
            port: 8443,
            ..base()
        },
        PartitionParts {
            route: Route::Proxy("http://proxy.test:3128".into()),
            ..base()
        },
        PartitionParts {
            runtime: None,
            ..base()
        },
        PartitionParts {
            zone: ZoneId(1),
            ..base()
        },
        PartitionParts { epoch: 2, ..base() },
        PartitionParts {
            identity: 1,
            ..base()
        },
    ];
    let own = bench.pool.partition(&PartitionKey::new(base()));
    assert!(Arc::ptr_eq(
        &own,
        &bench.pool.partition(&PartitionKey::new(base()))
    ));
    for other in others {
        let key = PartitionKey::new(other);
        assert!(!Arc::ptr_eq(&own, &bench.pool.partition(&key)), "{key:?}");
    }
    assert_eq!(bench.pool.status().partitions, 9);
}

#[test]
fn a_host_in_upper_case_is_the_same_host() {
    assert_eq!(
        PartitionKey::new(parts("Origin.TEST", 1)),
        PartitionKey::new(parts("origin.test", 1))
    );
}

#[test]
fn debug_output_shows_neither_credentials_of_the_proxy_nor_the_identity() {
    let route = Route::Proxy("http://user:se@cret@proxy.test:3128".into());
    let key = PartitionKey::new(PartitionParts {
        route,
        identity: 77,
        ..parts("origin.test", 1)
    });
    assert_eq!(
        format!("{key:?}"),
        "PartitionKey { scheme: Https, host: \"origin.test\", port: 443, route: Proxy(http://proxy.test:3128), \
         runtime: None, zone: ZoneId(0), epoch: 1, identity: \"set\" }"
    );
}
