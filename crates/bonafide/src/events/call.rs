//! The events of one call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{CallId, Event, Listeners, Outcome};
use crate::error::Error;

/// Notifies the listeners of one call; does nothing where there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallEvents(Option<Arc<Listened>>);

#[derive(Debug)]
struct Listened {
    listeners: Listeners,
    call: CallId,
    /// A caller's layer may still send a copy of the request when the call is over.
    ended: AtomicBool,
}

impl CallEvents {
    /// Whether there is a listener.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Notifies of an event of the call, unless it is over.
    pub(crate) fn notify<'e>(&self, event: impl FnOnce(CallId) -> Event<'e>) {
        if let Some(listened) = &self.0 {
            listened.notify(event);
        }
    }
}

impl Listened {
    #[cold]
    fn notify<'e>(&self, event: impl FnOnce(CallId) -> Event<'e>) {
        if !self.ended.load(Ordering::Acquire) {
            self.listeners.notify(&event(self.call));
        }
    }

    #[cold]
    fn end(&self, outcome: Outcome<'_>) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            let call = self.call;
            self.listeners.notify(&Event::CallEnded { call, outcome });
        }
    }
}

/// A call that has begun. Dropping it ends the call as cancelled.
#[derive(Debug, Default)]
pub(crate) struct Running(CallEvents);

impl Running {
    /// A call of a client with these listeners.
    pub(crate) fn new(listeners: &Listeners) -> Self {
        if listeners.is_empty() {
            return Self::default();
        }
        Self(CallEvents(Some(Arc::new(Listened {
            listeners: listeners.clone(),
            call: CallId::next(),
            ended: AtomicBool::new(false),
        }))))
    }

    /// What notifies of its events.
    pub(crate) fn events(&self) -> &CallEvents {
        &self.0
    }

    /// The call failed before there was a response.
    pub(crate) fn fail(self, error: &Error) {
        self.end(Outcome::Failed(error));
    }

    /// The body of the response ended after `bytes`, and with it the call.
    pub(crate) fn end_body(self, bytes: u64, outcome: Outcome<'_>) {
        self.0.notify(|call| Event::BodyEnded {
            call,
            bytes,
            outcome,
        });
        self.end(outcome);
    }

    fn end(&self, outcome: Outcome<'_>) {
        if let CallEvents(Some(listened)) = &self.0 {
            listened.end(outcome);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Outcome::Canceled);
    }
}
