//! The task that closes connections when they expire.
//!
//! It runs only while something can expire, sleeps until the next expiry, and does not keep the
//! pool alive. It runs on the runtime that first needed it; if that runtime is not driven, another
//! reaper takes over.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::connection::Connect;
use super::partition::now;
use super::registry::Registry;

/// No reaper runs.
const STOPPED: u64 = u64::MAX;
/// A reaper runs and has nothing to wait for.
const UNPLANNED: u64 = u64::MAX - 1;
/// How late a sweep may be before another reaper takes over.
const GRACE: Duration = Duration::from_secs(5);

/// When the reaper sweeps next.
pub(super) struct Schedule {
    base: Instant,
    /// The idle timeout and [`GRACE`] in nanoseconds.
    overdue_after: u64,
    /// Nanoseconds after `base`, or one of the constants above.
    planned: AtomicU64,
    /// Which reaper is in charge. An older one stops as soon as it is driven again.
    generation: AtomicU64,
    changed: Notify,
}

impl Schedule {
    /// No sweep is planned.
    pub(super) fn new(idle_timeout: Duration) -> Self {
        let overdue_after = idle_timeout.saturating_add(GRACE).as_nanos();
        Self {
            base: now(),
            overdue_after: u64::try_from(overdue_after).unwrap_or(u64::MAX),
            planned: AtomicU64::new(STOPPED),
            generation: AtomicU64::new(0),
            changed: Notify::new(),
        }
    }

    /// Makes sure that a sweep happens at `at` or earlier. One atomic read in the common case, in
    /// which one is planned anyway.
    pub(super) fn sweep_by<C: Connect>(
        self: &Arc<Self>,
        at: Instant,
        registry: &Weak<Registry<C>>,
    ) {
        let at = self.nanoseconds(at);
        let planned = self.planned.load(Ordering::Acquire);
        if at >= planned {
            if self.is_overdue(planned, at)
                && self
                    .planned
                    .compare_exchange(planned, at, Ordering::AcqRel, Ordering::Acquire)
                    .is_ok()
            {
                self.start(registry);
            }
            return;
        }
        if self.planned.fetch_min(at, Ordering::AcqRel) != STOPPED {
            self.changed.notify_one();
            return;
        }
        self.start(registry);
    }

    /// Whether a sweep that was planned for `planned` is long overdue, given that something expires
    /// `at`. Whatever is kept from now on expires within the idle timeout, so the clock need not be
    /// read.
    fn is_overdue(&self, planned: u64, at: u64) -> bool {
        planned < UNPLANNED && at - planned > self.overdue_after
    }

    fn start<C: Connect>(self: &Arc<Self>, registry: &Weak<Registry<C>>) {
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        // Without a runtime, the next checkout still notices what has expired.
        let reaper = Reaper {
            schedule: Arc::clone(self),
            generation,
            registry: Weak::clone(registry),
            stopped: false,
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(reaper.run());
        }
    }

    /// Wakes the reaper, to check whether the pool still exists.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Whether a reaper runs.
    pub(super) fn is_running(&self) -> bool {
        self.planned.load(Ordering::Acquire) != STOPPED
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        let after = at.saturating_duration_since(self.base).as_nanos();
        u64::try_from(after).unwrap_or(UNPLANNED).min(UNPLANNED - 1)
    }

    fn planned(&self) -> Option<Instant> {
        match self.planned.load(Ordering::Acquire) {
            STOPPED | UNPLANNED => None,
            nanoseconds => self.base.checked_add(Duration::from_nanos(nanoseconds)),
        }
    }
}

struct Reaper<C: Connect> {
    schedule: Arc<Schedule>,
    generation: u64,
    registry: Weak<Registry<C>>,
    /// The plan already records that this reaper stopped.
    stopped: bool,
}

impl<C: Connect> Reaper<C> {
    async fn run(mut self) {
        let schedule = Arc::clone(&self.schedule);
        while let Some(at) = schedule.planned() {
            if !self.is_in_charge() {
                return;
            }
            if at > now() {
                // Whether woken or timed out, look at the plan again.
                drop(timeout_at(at.into(), schedule.changed.notified()).await);
                if self.registry.strong_count() == 0 {
                    return;
                }
                continue;
            }
            schedule.planned.store(UNPLANNED, Ordering::Release);
            let Some(registry) = self.registry.upgrade() else {
                return;
            };
            if let Some(next) = registry.sweep() {
                schedule
                    .planned
                    .fetch_min(schedule.nanoseconds(next), Ordering::AcqRel);
            } else if schedule
                .planned
                .compare_exchange(UNPLANNED, STOPPED, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
            {
                self.stopped = true;
                return;
            }
        }
    }
}

impl<C: Connect> Reaper<C> {
    fn is_in_charge(&self) -> bool {
        self.schedule.generation.load(Ordering::Acquire) == self.generation
    }
}

impl<C: Connect> Drop for Reaper<C> {
    fn drop(&mut self) {
        // A reaper that stopped by itself may already have a successor. One whose task was dropped
        // allows another to start.
        if !self.stopped && self.is_in_charge() {
            self.schedule.planned.store(STOPPED, Ordering::Release);
        }
    }
}
