//! Epochs: which policy a connection belongs to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// The number of a policy, unlike that of any other policy of the process, in the order of building.
///
/// Pooled connections and session tickets belong to one epoch and die with it.
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

/// The epoch that came after another, once one has; shared by a policy and its receipts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Successor(Arc<AtomicU64>);

impl Successor {
    /// No later than the first call counts.
    pub(crate) fn set(&self, epoch: Epoch) {
        let _already = self
            .0
            .compare_exchange(NONE, epoch.0, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(crate) fn get(&self) -> Option<Epoch> {
        match self.0.load(Ordering::Acquire) {
            NONE => None,
            epoch => Some(Epoch(epoch)),
        }
    }
}

/// No epoch has this number.
const NONE: u64 = 0;

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
