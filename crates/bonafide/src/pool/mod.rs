//! The connection pool.
//!
//! Requests share a connection only if everything that their trust depends on is the same: that is
//! what a [`PartitionKey`] holds. Within a partition, [`Partition::checkout`] gives a connection:
//!
//! - While it is unknown whether the server supports HTTP/2, one attempt to connect serves all
//!   requests. If ALPN selects HTTP/2, they share the connection. If it selects HTTP/1.1, the first
//!   request takes the connection and each of the others starts an attempt.
//! - An attempt runs on a task of its own, so that a cancelled request does not affect the others.
//! - Connections leave by idle time, deadline, fault, recall, and with their partition; partitions
//!   leave by epoch.
//!
//! A state machine without clock or tasks (`state`) decides what happens. The rest of this folder
//! holds its lock, runs its attempts and wakes its waiters.

mod attempt;
mod connection;
mod counters;
mod error;
mod eviction;
mod key;
mod lease;
mod partition;
mod reaper;
mod registry;
mod reservation;
mod state;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod wait;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::Epoch;

pub(crate) use self::connection::{
    Connect, Connected, Connecting, Http1Conn, Http2Conn, Protocol, Recall,
};
pub(crate) use self::error::CheckoutError;
pub(crate) use self::key::{PartitionKey, PartitionParts, current_runtime, hash_of};
pub(crate) use self::lease::Lease;
pub(crate) use self::partition::Partition;
use self::registry::Registry;
pub(crate) use self::state::Freshness;
pub(crate) use self::status::PoolStatus;
use crate::limits::PoolLimits;

/// All connections of a client. Clones are the same pool.
pub(crate) struct Pool<C: Connect> {
    registry: Arc<Registry<C>>,
}

impl<C: Connect> Pool<C> {
    /// An empty pool over `connector`.
    pub(crate) fn new(connector: C, limits: PoolLimits) -> Self {
        Self {
            registry: Arc::new(Registry::new(connector, limits)),
        }
    }

    /// The partition of `key`, created if there is none. Keep it: this call takes a lock. A
    /// checkout on a partition that was dropped because it was unused is forwarded to its
    /// replacement.
    pub(crate) fn partition(&self, key: &PartitionKey) -> Arc<Partition<C>> {
        self.registry.partition(key)
    }

    /// Evicts all partitions of an epoch before `epoch`, including those that are requested later.
    /// Exchanges under way finish. Returns the number of evicted partitions.
    pub(crate) fn evict_older_than(&self, epoch: Epoch) -> usize {
        self.registry.evict_older_than(epoch)
    }

    /// Closes the unused connections that have been called back, and schedules another look `after`
    /// that time for those that will be. No request gets a connection that was called back,
    /// whenever it is closed.
    pub(crate) fn close_recalled(&self, after: Duration) {
        if after.is_zero() {
            self.registry.sweep();
        } else if let Some(at) = partition::now().checked_add(after) {
            self.registry
                .core()
                .schedule
                .sweep_by(at, &Arc::downgrade(&self.registry));
        }
    }

    /// Closes the unused connections. Connections in use stay, and are kept afterwards.
    pub(crate) fn close_idle(&self) {
        self.registry.close_idle();
    }

    /// The connector, for tests to look at.
    #[cfg(test)]
    pub(crate) fn connector(&self) -> &C {
        &self.registry.core().connector
    }

    /// Current numbers, and totals so far.
    pub(crate) fn status(&self) -> PoolStatus {
        PoolStatus::of(&self.registry)
    }
}

impl<C: Connect> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self {
            registry: Arc::clone(&self.registry),
        }
    }
}

impl<C: Connect> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.status()).finish()
    }
}
