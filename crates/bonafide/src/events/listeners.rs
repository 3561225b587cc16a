//! The listeners of a client.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Event, EventListener};

/// The listeners of a client, in the order in which they were added. None costs a branch.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Option<Arc<[Box<dyn EventListener>]>>);

impl Listeners {
    pub(crate) fn new(listeners: Vec<Box<dyn EventListener>>) -> Self {
        Self((!listeners.is_empty()).then(|| listeners.into()))
    }

    /// Whether there is no listener.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Notifies all of them. A panic of one is caught, as it would end the call or the task that
    /// other calls wait for.
    pub(crate) fn notify(&self, event: &Event<'_>) {
        for listener in self.0.iter().flat_map(|all| all.iter()) {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| listener.notify(event))) {
                // Its destructor may panic too.
                mem::forget(payload);
            }
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |all| all.len());
        f.debug_tuple("Listeners").field(&count).finish()
    }
}
