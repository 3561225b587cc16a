//! The connection pool.
//!
//! Requests share a connection only if everything that their trust depends on is the same: that is what a
//! [`PartitionKey`] holds. Within a partition, [`Partition::checkout`] gives a connection:
//!
//! - While nobody knows whether the server speaks HTTP/2, one attempt to connect serves everybody. If it gives HTTP/2,
//!   they share the connection. If it gives HTTP/1.1, the first takes it and each of the others gets an attempt.
//! - An attempt runs on a task of its own, so that a request that goes away takes nothing from the others.
//! - Connections leave by idle time, deadline, fault, recall, and with their partition; partitions leave by epoch.
//!
//! What happens is decided by a state machine without clock or tasks (`state`); the rest of this folder is the shell
//! that holds its lock, runs its attempts and wakes its waiters.

mod attempt;
mod connection;
mod counters;
mod error;
mod eviction;
mod key;
mod lease;
mod limits;
mod offer;
mod origins;
mod partition;
mod reaper;
mod registry;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod wait;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::connection::{Connect, Connected, Http1Conn, Http2Conn, Protocol, Recall};
pub(crate) use self::error::CheckoutError;
pub(crate) use self::key::{PartitionKey, PartitionParts, Route, Scheme, ZoneId, current_runtime};
pub(crate) use self::lease::Lease;
pub(crate) use self::limits::Limits;
pub(crate) use self::origins::{DEFAULT_ORIGINS, OriginCache};
pub(crate) use self::partition::Partition;
use self::registry::Registry;
pub(crate) use self::state::SILENCE;
pub(crate) use self::status::PoolStatus;

/// All connections of a client. Clones are the same pool.
pub(crate) struct Pool<C: Connect> {
    registry: Arc<Registry<C>>,
}

impl<C: Connect> Pool<C> {
    /// An empty pool over `connector`.
    pub(crate) fn new(connector: C, limits: Limits) -> Self {
        Self {
            registry: Arc::new(Registry::new(connector, limits)),
        }
    }

    /// The partition of `key`, made if there is none. Keep it (in an [`OriginCache`], for one): asking costs a lock.
    /// A partition that was dropped because nobody used it finds its successor by itself.
    pub(crate) fn partition(&self, key: &PartitionKey) -> Arc<Partition<C>> {
        self.registry.partition(key)
    }

    /// Evicts one partition: closes its unused connections, refuses its waiters, and takes no connection back. Says
    /// whether there was one. Asking for the key again gives a new partition.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "evictions wait for policies that can be reloaded")
    )]
    pub(crate) fn evict(&self, key: &PartitionKey) -> bool {
        self.registry.evict(key)
    }

    /// Evicts all partitions of an epoch before `epoch`, those that are asked for later included. Exchanges under way
    /// finish. Says how many there were.
    pub(crate) fn evict_epoch_older_than(&self, epoch: u64) -> usize {
        self.registry.evict_epoch_older_than(epoch)
    }

    /// Closes the unused connections that are called back by now, and sees to it that those which are so `after` are closed
    /// then. Whatever the time, none of them is given to a request.
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

    /// The connector, for tests to look at.
    #[cfg(test)]
    pub(crate) fn connector(&self) -> &C {
        &self.registry.core().connector
    }

    /// Numbers of this moment and totals so far.
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
