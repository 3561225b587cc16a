//! All partitions of a pool, by key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bonafide_verify::Epoch;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::connection::Connect;
use super::counters::Counters;
use super::eviction::Retired;
use super::key::PartitionKey;
use super::partition::{Partition, Steps, now};
use super::reaper::Schedule;
use crate::limits::{PoolLimits, SURPLUS_LIMIT};

/// State that all partitions of a pool share.
pub(super) struct Core<C: Connect> {
    pub(super) connector: C,
    pub(super) limits: PoolLimits,
    pub(super) counters: Counters,
    pub(super) schedule: Arc<Schedule>,
}

impl<C: Connect> Core<C> {
    /// When to sweep, given that a partition needs it at `at`. While more connections are open than
    /// may be unused, some of them may have to be closed.
    pub(super) fn sweep_at(&self, at: Option<Instant>, now: Instant) -> Option<Instant> {
        if !self.may_have_surplus() {
            return at;
        }
        at.into_iter().chain(now.checked_add(SURPLUS_LIMIT)).min()
    }

    /// Whether there may be more unused connections than are kept.
    fn may_have_surplus(&self) -> bool {
        self.counters.open() > self.limits.max_idle
    }
}

/// The partitions. The lock of the table is never taken while a partition's lock is held.
pub(super) struct Registry<C: Connect> {
    core: Arc<Core<C>>,
    table: Mutex<Table<C>>,
}

struct Table<C: Connect> {
    partitions: HashTable<Arc<Partition<C>>>,
    /// Older epochs are evicted for ever.
    oldest_epoch: Option<Epoch>,
}

impl<C: Connect> Registry<C> {
    pub(super) fn new(connector: C, limits: PoolLimits) -> Self {
        let core = Core {
            schedule: Arc::new(Schedule::new(limits.idle_timeout)),
            connector,
            limits,
            counters: Counters::default(),
        };
        let table = Table {
            partitions: HashTable::new(),
            oldest_epoch: None,
        };
        Self {
            core: Arc::new(core),
            table: Mutex::new(table),
        }
    }

    /// The partition of `key`, created if there is none. For an evicted epoch it is a partition
    /// that refuses requests.
    pub(super) fn partition(self: &Arc<Self>, key: &PartitionKey) -> Arc<Partition<C>> {
        let made = || {
            Arc::new(Partition::new(
                key.clone(),
                Arc::clone(&self.core),
                Arc::downgrade(self),
            ))
        };
        let mut table = self.lock();
        if table
            .oldest_epoch
            .is_some_and(|oldest| key.parts().epoch < oldest)
        {
            drop(table);
            let refusing = made();
            refusing.retire(Retired::Evicted);
            return refusing;
        }
        let full = table.partitions.len() >= self.core.limits.max_partitions.get();
        let listed = |table: &Table<C>| {
            table
                .partitions
                .find(key.hash(), |partition| partition.key() == key)
                .is_some()
        };
        let dropped = if full && !listed(&table) {
            table.retire_quiet()
        } else {
            Vec::new()
        };
        let found = match table.partitions.entry(
            key.hash(),
            |partition| partition.key() == key,
            |partition| partition.key().hash(),
        ) {
            Entry::Occupied(entry) => Arc::clone(entry.get()),
            Entry::Vacant(entry) => Arc::clone(entry.insert(made()).get()),
        };
        drop(table);
        if let Some(unused) = now().checked_add(self.core.limits.idle_timeout) {
            self.core.schedule.sweep_by(unused, &Arc::downgrade(self));
        }
        for (partition, steps) in dropped {
            partition.perform(steps, None);
        }
        found
    }

    /// Evicts all partitions of older epochs, now and in future. Returns the number of evicted
    /// partitions.
    pub(super) fn evict_older_than(&self, epoch: Epoch) -> usize {
        let evicted: Vec<_> = {
            let mut table = self.lock();
            table.oldest_epoch = table.oldest_epoch.max(Some(epoch));
            table
                .partitions
                .extract_if(|partition| partition.key().parts().epoch < epoch)
                .collect()
        };
        for partition in &evicted {
            partition.retire(Retired::Evicted);
        }
        evicted.len()
    }

    /// Closes expired connections and those that are too many, drops unused partitions, and returns
    /// when to sweep again.
    pub(super) fn sweep(&self) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        for partition in self.partitions() {
            let at = partition.step(|state, now, steps| state.sweep(now, steps));
            match at {
                Some(at) if at <= now() && self.remove_if_unused(&partition) => {}
                at => next = next.into_iter().chain(at).min(),
            }
        }
        if self.core.may_have_surplus() {
            self.close_surplus();
        }
        next
    }

    /// Closes the connections that were unused for longest, until as many are left as may be kept.
    fn close_surplus(&self) {
        let partitions = self.partitions();
        let unused = partitions
            .iter()
            .flat_map(|partition| partition.unused_since());
        let mut unused: Vec<Instant> = unused.collect();
        let mut surplus = unused.len().saturating_sub(self.core.limits.max_idle);
        let Some(last) = surplus.checked_sub(1) else {
            return;
        };
        let (_, cutoff, _) = unused.select_nth_unstable(last);
        for partition in &partitions {
            surplus -= partition
                .step(|state, now, steps| state.close_oldest(*cutoff, surplus, now, steps));
        }
    }

    /// Closes the unused connections of all partitions.
    pub(super) fn close_idle(&self) {
        for partition in self.partitions() {
            partition.step(|state, _, steps| state.close_idle(steps));
        }
    }

    /// The current partitions.
    pub(super) fn partitions(&self) -> Vec<Arc<Partition<C>>> {
        self.lock().partitions.iter().map(Arc::clone).collect()
    }

    /// What all partitions have in common.
    pub(super) fn core(&self) -> &Core<C> {
        &self.core
    }

    fn remove_if_unused(&self, partition: &Arc<Partition<C>>) -> bool {
        let mut table = self.lock();
        let listed = table
            .partitions
            .find_entry(partition.key().hash(), |other| {
                Arc::ptr_eq(other, partition)
            });
        let Ok(entry) = listed else { return true };
        let retired = partition.retire_when(Retired::Unused, |state, now| state.is_unused(now));
        if retired.is_some() {
            entry.remove();
        }
        drop(table);
        retired
            .map(|steps| partition.perform(steps, None))
            .is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Table<C>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Connect> Table<C> {
    /// Removes an eighth of the partitions: those that have had no request for the longest time.
    /// The caller performs the actions of the steps.
    fn retire_quiet(&mut self) -> Vec<(Arc<Partition<C>>, Steps<C>)> {
        let since =
            |partition: &Arc<Partition<C>>| Some((partition.quiet_since()?, Arc::clone(partition)));
        let mut quiet: Vec<_> = self.partitions.iter().filter_map(since).collect();
        quiet.sort_unstable_by_key(|(since, _)| *since);
        quiet.truncate(self.partitions.len().div_ceil(8));
        let mut retired = Vec::with_capacity(quiet.len());
        for (_, partition) in quiet {
            let listed = self.partitions.find_entry(partition.key().hash(), |other| {
                Arc::ptr_eq(other, &partition)
            });
            let steps =
                partition.retire_when(Retired::Unused, |state, _| state.quiet_since().is_some());
            if let (Ok(entry), Some(steps)) = (listed, steps) {
                entry.remove();
                retired.push((partition, steps));
            }
        }
        retired
    }
}

impl<C: Connect> Drop for Registry<C> {
    fn drop(&mut self) {
        self.core.schedule.wake();
    }
}
