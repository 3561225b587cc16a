//! A whole pool under random events: several origins, zones and epochs.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::task::JoinHandle;

use super::bench::{Bench, Outcome, epoch, parts, until, wire, zone};
use super::fake::{Call, Fake, Wire};
use crate::limits::{PoolLimits, SURPLUS_LIMIT};
use crate::pool::{CheckoutError, Freshness, Lease, PartitionKey, PartitionParts};

#[derive(Clone, Debug)]
enum Event {
    Ask {
        host: u8,
        zone: u8,
    },
    /// The request is cancelled.
    Leave(usize),
    Http1(usize),
    Http2(usize),
    Fails(usize),
    Panics(usize),
    /// The exchange ends.
    End(usize),
    /// The exchange ends early.
    Break(usize),
    Dies(usize),
    Reload,
    TimePasses(u8),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => (0..3_u8, 0..2_u8).prop_map(|(host, zone)| Event::Ask { host, zone }),
        2 => any::<usize>().prop_map(Event::Leave),
        6 => any::<usize>().prop_map(Event::Http1),
        3 => any::<usize>().prop_map(Event::Http2),
        2 => any::<usize>().prop_map(Event::Fails),
        1 => any::<usize>().prop_map(Event::Panics),
        6 => any::<usize>().prop_map(Event::End),
        2 => any::<usize>().prop_map(Event::Break),
        2 => any::<usize>().prop_map(Event::Dies),
        2 => Just(Event::Reload),
        2 => (0..60_u8).prop_map(Event::TimePasses),
    ];
    prop::collection::vec(event, 1..80)
}

struct Request {
    key: PartitionKey,
    /// Its partition was evicted after it asked.
    evicted: bool,
    outcome: JoinHandle<Outcome>,
}

struct World {
    bench: Bench,
    max_idle: usize,
    epoch: u64,
    calls: Vec<Call>,
    requests: Vec<Request>,
    leases: Vec<Lease<Fake>>,
    /// Connections of the present, evicted ones removed.
    wires: Vec<(PartitionKey, Arc<Wire>)>,
}

impl World {
    fn key(&self, host: u8, zone: u8) -> PartitionKey {
        let host = format!("host-{host}.test");
        PartitionKey::new(PartitionParts {
            zone: self::zone(if zone == 0 {
                "other.test"
            } else {
                "zoned.test"
            }),
            ..parts(&host, self.epoch)
        })
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Ask { host, zone } => {
                let key = self.key(host, zone);
                let partition = self.bench.pool.partition(&key);
                let outcome = tokio::spawn(async move { partition.checkout(Freshness::Any).await });
                self.requests.push(Request {
                    key,
                    evicted: false,
                    outcome,
                });
            }
            Event::Leave(choice) => {
                if let Some(index) = choice.checked_rem(self.requests.len()) {
                    self.requests.swap_remove(index).outcome.abort();
                }
            }
            Event::Http1(choice) => {
                if let Some(call) = self.call(choice) {
                    let key = call.key.clone();
                    self.wires.push((key, call.http1()));
                }
            }
            Event::Http2(choice) => {
                if let Some(call) = self.call(choice) {
                    let key = call.key.clone();
                    self.wires.push((key, call.http2(Some(2))));
                }
            }
            Event::Fails(choice) => {
                if let Some(call) = self.call(choice) {
                    call.fails();
                }
            }
            Event::Panics(choice) => {
                if let Some(call) = self.call(choice) {
                    call.panics();
                }
            }
            Event::End(choice) => {
                if let Some(index) = choice.checked_rem(self.leases.len()) {
                    match self.leases.swap_remove(index) {
                        Lease::Http1(lease) => lease.return_to_pool(),
                        Lease::Http2(lease) => drop(lease),
                    }
                }
            }
            Event::Break(choice) => {
                if let Some(index) = choice.checked_rem(self.leases.len()) {
                    drop(self.leases.swap_remove(index));
                }
            }
            Event::Dies(choice) => {
                if let Some(index) = choice.checked_rem(self.wires.len()) {
                    self.wires.swap_remove(index).1.die();
                }
            }
            Event::Reload => {
                self.epoch += 1;
                self.bench.pool.evict_older_than(epoch(self.epoch));
                self.requests
                    .iter_mut()
                    .for_each(|request| request.evicted = true);
                self.wires.clear();
            }
            Event::TimePasses(seconds) => {
                tokio::time::advance(Duration::from_secs(seconds.into())).await;
                self.settle().await;
                if Duration::from_secs(seconds.into()) >= SURPLUS_LIMIT {
                    self.check_unused();
                }
            }
        }
        self.settle().await;
    }

    fn call(&mut self, choice: usize) -> Option<Call> {
        let index = choice.checked_rem(self.calls.len())?;
        Some(self.calls.swap_remove(index))
    }

    /// Lets every task run as far as it can, then checks those that ended.
    async fn settle(&mut self) {
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        while let Ok(call) = self.bench.calls.try_recv() {
            self.calls.push(call);
        }
        self.calls.retain(|call| !call.is_given_up());
        let oldest = self.calls.iter().map(|call| call.key.parts().epoch).min();
        assert!(
            oldest.is_none_or(|oldest| oldest == epoch(self.epoch)),
            "an attempt of an evicted epoch is cancelled"
        );
        for request in std::mem::take(&mut self.requests) {
            if !request.outcome.is_finished() {
                assert!(
                    !request.evicted,
                    "an evicted request does not go on waiting"
                );
                self.requests.push(request);
                continue;
            }
            match request.outcome.await.unwrap() {
                Ok(mut lease) => {
                    assert!(!request.evicted, "no request uses an evicted connection");
                    assert_eq!(
                        lease.meta().key,
                        request.key,
                        "no request uses another partition's connection"
                    );
                    let taken = wire(&mut lease);
                    let known = |(key, wire): &(PartitionKey, Arc<Wire>)| {
                        *key == request.key && Arc::ptr_eq(wire, &taken)
                    };
                    assert!(
                        self.wires.iter().any(known),
                        "the connection is alive and of this epoch"
                    );
                    if let Lease::Http1(_) = lease {
                        let held = self
                            .leases
                            .iter_mut()
                            .any(|other| Arc::ptr_eq(&wire(other), &taken));
                        assert!(!held, "one request at a time");
                    }
                    self.leases.push(lease);
                }
                Err(CheckoutError::Evicted) => assert!(request.evicted),
                Err(CheckoutError::Connect(_) | CheckoutError::Panicked) => {}
                Err(CheckoutError::Unusable) => panic!("no connection was closed from the start"),
                Err(CheckoutError::Abandoned) => panic!("the runtime runs on"),
            }
        }
    }

    /// Whether the limit of unused connections holds, once there was time to close some.
    fn check_unused(&self) {
        let status = self.bench.pool.status();
        assert!(status.unused <= self.max_idle, "{status:?}");
    }

    async fn end(mut self) {
        let mut patience = 1_000;
        while !self.requests.is_empty() || !self.calls.is_empty() {
            self.happen(Event::Fails(0)).await;
            // A request that waits for a stream gets one when another ends.
            self.happen(Event::End(0)).await;
            patience -= 1;
            assert!(patience > 0, "no request waits for ever");
        }
        self.leases.clear();
        let status = self.bench.pool.status();
        assert_eq!(
            (
                status.waiting,
                status.attempts,
                status.lent_http1,
                status.http2_streams
            ),
            (0, 0, 0, 0)
        );
        tokio::time::advance(Duration::from_secs(200)).await;
        self.settle().await;
        // A look for surplus connections may have been planned while the last ones were closed.
        tokio::time::advance(SURPLUS_LIMIT).await;
        until(|| !self.bench.pool.status().reaper_runs).await;
        let status = self.bench.pool.status();
        assert_eq!(status.partitions, 0);
        let left = status.totals.closed.sum();
        assert_eq!(left, status.totals.opened, "each leaves once: {status:?}");
        assert!(
            self.wires.iter().all(|(_, wire)| !wire.is_held()),
            "nothing leaks"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_requests_ride_only_on_their_own_partitions_connections(
        events in events(),
        max_idle in prop_oneof![Just(1024), 0..4_usize],
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new(PoolLimits {
                max_idle,
                ..PoolLimits::default()
            });
            let mut world = World {
                bench,
                max_idle,
                epoch: 1,
                calls: Vec::new(),
                requests: Vec::new(),
                leases: Vec::new(),
                wires: Vec::new(),
            };
            for event in events {
                world.happen(event).await;
            }
            world.end().await;
        });
    }
}
