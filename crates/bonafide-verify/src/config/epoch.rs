//! Epochs: the number of the policy to which a connection belongs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// The number of a policy, unique in the process and ascending in the order of building.
///
/// Pooled connections and session tickets belong to one epoch and are not used in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Epoch(u64);

impl Epoch {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// The epoch that replaced another, if it was replaced. Shared by a policy and its receipts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Successor(Arc<AtomicU64>);

impl Successor {
    /// Notes that a handle holds the policy. Returns false if a handle holds or held it before.
    pub(crate) fn claim(&self) -> bool {
        self.0
            .compare_exchange(UNPLACED, CURRENT, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    pub(crate) fn set(&self, epoch: Epoch) {
        self.0.store(epoch.0, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Option<Epoch> {
        match self.0.load(Ordering::Acquire) {
            UNPLACED | CURRENT => None,
            epoch => Some(Epoch(epoch)),
        }
    }
}

/// No handle has held the policy. No epoch has this number.
const UNPLACED: u64 = 0;
/// A handle holds the policy. No epoch has this number either.
const CURRENT: u64 = u64::MAX;

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
