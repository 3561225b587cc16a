//! A pool on the test bench: requests, leases and time limits.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Epoch, Policy, Zone, ZoneId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::fake::{Call, Fake, Wire};
use crate::connect::Versions;
use crate::limits::PoolLimits;
use crate::origin::{Origin, Scheme};
use crate::pool::lease::{Http1Lease, Http2Lease};
use crate::pool::{
    CheckoutError, Freshness, Lease, Partition, PartitionKey, PartitionParts, Pool, current_runtime,
};
use crate::proxy::Route;

/// Longer than anything takes here. It passes at once when time is paused and no task can run.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) type Outcome = Result<Lease<Fake>, CheckoutError<&'static str>>;

/// A pool and the other end of its connector.
pub(crate) struct Bench {
    pub(crate) pool: Pool<Fake>,
    pub(super) calls: mpsc::UnboundedReceiver<Call>,
}

impl Bench {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        let (connector, calls) = Fake::new();
        let pool = Pool::new(connector, limits);
        Self { pool, calls }
    }

    pub(crate) fn partition(&self) -> Arc<Partition<Fake>> {
        self.pool.partition(&key("origin.test", 1))
    }

    /// The next attempt to connect.
    pub(super) async fn call(&mut self) -> Call {
        timeout(PATIENCE, self.calls.recv())
            .await
            .expect("there is an attempt")
            .unwrap()
    }

    /// How many attempts there were.
    pub(super) fn attempts(&self) -> usize {
        self.pool.connector().made()
    }

    /// One request in the queue of `partition`.
    pub(super) async fn waiter(&self, partition: &Arc<Partition<Fake>>) -> JoinHandle<Outcome> {
        let before = self.pool.status().waiting;
        let partition = Arc::clone(partition);
        let waiter = tokio::spawn(checkout(partition));
        until(|| self.pool.status().waiting > before).await;
        waiter
    }

    /// `count` requests in the queue of `partition`, in this order.
    pub(super) async fn waiters(
        &self,
        partition: &Arc<Partition<Fake>>,
        count: usize,
    ) -> Vec<JoinHandle<Outcome>> {
        let mut waiters = Vec::new();
        for _ in 0..count {
            waiters.push(self.waiter(partition).await);
        }
        waiters
    }

    /// A partition with one idle HTTP/1.1 connection.
    pub(super) async fn with_idle_http1(
        &mut self,
        deadline: Option<Instant>,
    ) -> (Arc<Partition<Fake>>, Arc<Wire>) {
        let partition = self.partition();
        let waiter = self.waiter(&partition).await;
        let wire = self.call().await.http1_until(deadline);
        http1(waiter.await.unwrap()).return_to_pool();
        (partition, wire)
    }
}

/// A checkout that is served before long.
pub(super) async fn checkout(partition: Arc<Partition<Fake>>) -> Outcome {
    timeout(PATIENCE, partition.checkout(Freshness::Any))
        .await
        .expect("the request is answered")
}

/// Lets the other tasks run until `done`.
pub(super) async fn until(done: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("what was waited for did not come");
}

pub(crate) fn key(host: &str, epoch: u64) -> PartitionKey {
    PartitionKey::new(parts(host, epoch))
}

pub(crate) fn parts(host: &str, epoch: u64) -> PartitionParts {
    PartitionParts {
        origin: origin(Scheme::Https, host, 443),
        versions: Versions::Negotiated,
        route: Route::Direct,
        runtime: current_runtime(),
        zone: zone("other.test"),
        epoch: self::epoch(epoch),
    }
}

pub(crate) fn origin(scheme: Scheme, host: &str, port: u16) -> Origin {
    Origin {
        scheme,
        host: host.into(),
        port,
    }
}

/// One of 128 epochs, in their order.
pub(crate) fn epoch(number: u64) -> Epoch {
    static EPOCHS: LazyLock<Vec<Epoch>> = LazyLock::new(|| {
        (0..128)
            .map(|_| Policy::builder().build().expect("a policy").epoch())
            .collect()
    });
    EPOCHS[usize::try_from(number).expect("a small number")]
}

/// The zone of a host: `zoned.test` has one of its own.
pub(super) fn zone(host: &str) -> ZoneId {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| {
        let zone = Zone::for_host("zoned.test");
        Policy::builder().zone(zone).build().expect("a policy")
    });
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    POLICY.zone_of(&name).expect("a zone").id()
}

pub(super) fn http1(outcome: Outcome) -> Http1Lease<Fake> {
    match outcome {
        Ok(Lease::Http1(lease)) => lease,
        Ok(Lease::Http2(_)) => panic!("HTTP/2 where HTTP/1.1 was expected"),
        Err(error) => panic!("no connection: {error:?}"),
    }
}

pub(super) fn http2(outcome: Outcome) -> Http2Lease<Fake> {
    match outcome {
        Ok(Lease::Http2(lease)) => lease,
        Ok(Lease::Http1(_)) => panic!("HTTP/1.1 where HTTP/2 was expected"),
        Err(error) => panic!("no connection: {error:?}"),
    }
}

pub(super) fn error(outcome: Outcome) -> CheckoutError<&'static str> {
    match outcome {
        Ok(_) => panic!("a connection where an error was expected"),
        Err(error) => error,
    }
}

/// The wire that a lease is for.
pub(super) fn wire(lease: &mut Lease<Fake>) -> Arc<Wire> {
    Arc::clone(match lease {
        Lease::Http1(lease) => &lease.conn().0,
        Lease::Http2(lease) => &lease.handle().0,
    })
}
