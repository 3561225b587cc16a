//! What the pool has done since it was made.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::eviction::Cause;

/// Counters of a pool. They only report; no decision depends on them, except on how many
/// connections are open.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Connections in the pool now.
    open: AtomicI64,
    opened: AtomicU64,
    reused: AtomicU64,
    closed: ClosedCounters,
}

#[derive(Debug, Default)]
struct ClosedCounters {
    idle: AtomicU64,
    deadline: AtomicU64,
    recalled: AtomicU64,
    partition: AtomicU64,
    fault: AtomicU64,
    silent: AtomicU64,
    cancelled: AtomicU64,
    by_peer: AtomicU64,
    asked: AtomicU64,
    surplus: AtomicU64,
    not_ready: AtomicU64,
    unfinished: AtomicU64,
}

/// Connections that left the pool, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClosedTotals {
    /// Unused for the idle timeout.
    pub(crate) idle: u64,
    /// Past their deadline.
    pub(crate) deadline: u64,
    /// Called back: something that their verdict depends on was replaced.
    pub(crate) recalled: u64,
    /// Their partition was evicted or dropped.
    pub(crate) partition: u64,
    /// Reported as faulty.
    pub(crate) fault: u64,
    /// Nothing arrived on them while requests waited.
    pub(crate) silent: u64,
    /// They reached the limit of cancelled requests.
    pub(crate) cancelled: u64,
    /// Closed by the peer.
    pub(crate) by_peer: u64,
    /// Unused, and closed at the caller's request.
    pub(crate) asked: u64,
    /// Beyond the limits.
    pub(crate) surplus: u64,
    /// Returned, and not ready in time.
    pub(crate) not_ready: u64,
    /// Their request was cancelled in the middle of an exchange.
    pub(crate) unfinished: u64,
}

/// Totals since the pool was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Connections opened.
    pub(crate) opened: u64,
    /// Requests that were given a connection used before.
    pub(crate) reused: u64,
    /// Connections that left the pool.
    pub(crate) closed: ClosedTotals,
}

#[cfg(test)]
impl ClosedTotals {
    /// All causes together.
    pub(super) fn sum(&self) -> u64 {
        let Self {
            idle,
            deadline,
            recalled,
            partition,
            fault,
            silent,
            cancelled,
            by_peer,
            asked,
            surplus,
            not_ready,
            unfinished,
        } = self;
        let used = fault + silent + cancelled + by_peer + not_ready + unfinished;
        used + idle + deadline + recalled + partition + asked + surplus
    }
}

impl Counters {
    /// A connection was opened.
    pub(super) fn opened(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was given a connection.
    pub(super) fn claimed(&self, reused: bool) {
        if reused {
            self.reused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection left the pool.
    pub(super) fn closed(&self, cause: Cause) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        let closed = &self.closed;
        let counter = match cause {
            Cause::Idle => &closed.idle,
            Cause::Deadline => &closed.deadline,
            Cause::Recalled => &closed.recalled,
            Cause::Partition => &closed.partition,
            Cause::Fault => &closed.fault,
            Cause::Silent => &closed.silent,
            Cause::Cancelled => &closed.cancelled,
            Cause::Closed => &closed.by_peer,
            Cause::Asked => &closed.asked,
            Cause::Surplus => &closed.surplus,
            Cause::NotReady => &closed.not_ready,
            Cause::Unfinished => &closed.unfinished,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// How many connections are in the pool, in use or not.
    pub(super) fn open(&self) -> usize {
        usize::try_from(self.open.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// The totals.
    pub(super) fn totals(&self) -> Totals {
        let Self {
            open: _,
            opened,
            reused,
            closed,
        } = self;
        let ClosedCounters {
            idle,
            deadline,
            recalled,
            partition,
            fault,
            silent,
            cancelled,
            by_peer,
            asked,
            surplus,
            not_ready,
            unfinished,
        } = closed;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals {
            opened: read(opened),
            reused: read(reused),
            closed: ClosedTotals {
                idle: read(idle),
                deadline: read(deadline),
                recalled: read(recalled),
                partition: read(partition),
                fault: read(fault),
                silent: read(silent),
                cancelled: read(cancelled),
                by_peer: read(by_peer),
                asked: read(asked),
                surplus: read(surplus),
                not_ready: read(not_ready),
                unfinished: read(unfinished),
            },
        }
    }
}
