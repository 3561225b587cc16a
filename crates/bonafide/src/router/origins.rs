//! From an origin to its partition, without a lock and without an allocation.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use bonafide_verify::Epoch;
use hashbrown::HashTable;
use tokio::runtime;

use crate::connect::Versions;
use crate::origin::Scheme;
use crate::pool::{Connect, Partition, hash_of};

/// The partitions of the origins in use.
///
/// The key of a partition is more than an origin: it also has versions, runtime, route, zone and
/// epoch. One cache therefore serves one epoch, with one zone and route for each origin, choice of
/// versions and runtime.
pub(crate) struct OriginCache<C: Connect> {
    max: usize,
    table: ArcSwap<HashTable<Arc<Partition<C>>>>,
    /// The epoch that is served; held by the writer of the table.
    epoch: Mutex<Epoch>,
}

impl<C: Connect> OriginCache<C> {
    /// A cache for partitions of `epoch`, of at most `max` origins.
    pub(crate) fn new(epoch: Epoch, max: usize) -> Self {
        Self {
            max,
            table: ArcSwap::default(),
            epoch: Mutex::new(epoch),
        }
    }

    /// The partition of an origin. `host` is canonical: lower case, as in
    /// [`PartitionParts`](crate::pool::PartitionParts).
    pub(crate) fn get(
        &self,
        scheme: Scheme,
        host: &str,
        port: u16,
        versions: Versions,
        runtime: Option<runtime::Id>,
    ) -> Option<Arc<Partition<C>>> {
        let table = self.table.load();
        let found = table.find(hash_of((scheme, host, port)), |partition| {
            is_at(partition, scheme, host, port, versions, runtime)
        })?;
        (!found.is_retired()).then(|| Arc::clone(found))
    }

    /// Remembers a partition for its origin. A partition of another epoch is ignored. A full cache
    /// is cleared first.
    pub(crate) fn insert(&self, partition: &Arc<Partition<C>>) {
        let parts = partition.key().parts();
        let epoch = self.writing();
        if parts.epoch != *epoch {
            return;
        }
        let origin = &parts.origin;
        let mut table = HashTable::clone(&self.table.load());
        table.retain(|other| {
            !other.is_retired()
                && !is_at(
                    other,
                    origin.scheme,
                    &origin.host,
                    origin.port,
                    parts.versions,
                    parts.runtime,
                )
        });
        if table.len() >= self.max {
            table.clear();
        }
        table.insert_unique(origin_hash(partition), Arc::clone(partition), origin_hash);
        self.table.store(Arc::new(table));
    }

    /// Serves `epoch` from now on, and forgets what is older.
    pub(crate) fn forget_older_than(&self, epoch: Epoch) {
        let mut served = self.writing();
        if *served < epoch {
            *served = epoch;
            self.table.store(Arc::default());
        }
    }

    fn writing(&self) -> MutexGuard<'_, Epoch> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
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
    versions: Versions,
    runtime: Option<runtime::Id>,
) -> bool {
    let parts = partition.key().parts();
    let origin = &parts.origin;
    origin.port == port
        && origin.scheme == scheme
        && parts.versions == versions
        && parts.runtime == runtime
        && *origin.host == *host
}

fn origin_hash<C: Connect>(partition: &Arc<Partition<C>>) -> u64 {
    let origin = &partition.key().parts().origin;
    hash_of((origin.scheme, &*origin.host, origin.port))
}
