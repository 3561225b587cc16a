//! The moment at which a connection has taken a whole request, for listeners.

use std::task::{Context, Poll, ready};

use crate::body::{Body, Progress};
use crate::events::{CallEvents, Event};

/// A request that is being sent, for a listener.
pub(super) struct Sending {
    events: CallEvents,
    /// `None` for a body that the connection takes at once.
    progress: Option<Progress>,
    /// The bytes of such a body.
    bytes: u64,
}

impl Sending {
    /// A request with this body; `None` without a listener.
    pub(super) fn of(
        events: &CallEvents,
        body: &Body,
        progress: Option<&Progress>,
    ) -> Option<Self> {
        events.is_on().then(|| Self {
            events: events.clone(),
            progress: progress.cloned(),
            bytes: body.known_length().unwrap_or(0),
        })
    }

    /// Ready once the listener was notified.
    pub(super) fn poll_notify(&mut self, cx: &Context<'_>) -> Poll<()> {
        let body_bytes = match &self.progress {
            None => self.bytes,
            Some(progress) => {
                ready!(progress.poll_end(cx));
                progress.bytes()
            }
        };
        self.events
            .notify(|call| Event::RequestSent { call, body_bytes });
        Poll::Ready(())
    }
}
