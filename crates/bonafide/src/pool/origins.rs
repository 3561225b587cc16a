//! From an origin to its partition, without a lock and without an allocation.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use hashbrown::HashTable;
use tokio::runtime;

use super::connection::Connect;
use super::key::{Scheme, hash_of};
use super::partition::Partition;

/// Origins remembered by default.
pub(crate) const DEFAULT_ORIGINS: usize = 256;

/// The partitions of the origins in use.
///
/// An origin alone does not name a partition: runtime, route, zone, epoch and identity do so too. One cache therefore
/// serves one epoch, and one choice of the others for each origin and runtime.
pub(crate) struct OriginCache<C: Connect> {
    epoch: AtomicU64,
    max: usize,
    table: ArcSwap<HashTable<Arc<Partition<C>>>>,
    writing: Mutex<()>,
}

impl<C: Connect> OriginCache<C> {
    /// A cache for partitions of `epoch`, of at most `max` origins.
    pub(crate) fn new(epoch: u64, max: usize) -> Self {
        Self {
            epoch: AtomicU64::new(epoch),
            max,
            table: ArcSwap::default(),
            writing: Mutex::new(()),
        }
    }

    /// The partition of an origin. `host` is canonical: lower case, as in
    /// [`PartitionParts`](super::key::PartitionParts).
    pub(crate) fn get(
        &self,
        scheme: Scheme,
        host: &str,
        port: u16,
        runtime: Option<runtime::Id>,
    ) -> Option<Arc<Partition<C>>> {
        let table = self.table.load();
        let found = table.find(hash_of((scheme, host, port)), |partition| {
            is_at(partition, scheme, host, port, runtime)
        })?;
        (!found.is_retired()).then(|| Arc::clone(found))
    }

    /// Remembers a partition for its origin. One of another epoch is not taken. A full cache starts anew.
    pub(crate) fn insert(&self, partition: &Arc<Partition<C>>) {
        let parts = partition.key().parts();
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.epoch != self.epoch.load(Ordering::Acquire) {
            return;
        }
        let mut table = HashTable::clone(&self.table.load());
        table.retain(|other| {
            !other.is_retired()
                && !is_at(other, parts.scheme, &parts.host, parts.port, parts.runtime)
        });
        if table.len() >= self.max {
            table.clear();
        }
        table.insert_unique(origin_hash(partition), Arc::clone(partition), origin_hash);
        self.table.store(Arc::new(table));
    }

    /// Serves `epoch` from now on, and forgets what is older.
    pub(crate) fn forget_older_than(&self, epoch: u64) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.epoch.fetch_max(epoch, Ordering::AcqRel) < epoch {
            self.table.store(Arc::default());
        }
    }

    /// How many origins are remembered.
    pub(crate) fn len(&self) -> usize {
        self.table.load().len()
    }
}

fn is_at<C: Connect>(
    partition: &Partition<C>,
    scheme: Scheme,
    host: &str,
    port: u16,
    runtime: Option<runtime::Id>,
) -> bool {
    let parts = partition.key().parts();
    parts.port == port && parts.scheme == scheme && parts.runtime == runtime && *parts.host == *host
}

fn origin_hash<C: Connect>(partition: &Arc<Partition<C>>) -> u64 {
    let parts = partition.key().parts();
    hash_of((parts.scheme, &*parts.host, parts.port))
}
