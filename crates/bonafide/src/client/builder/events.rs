//! Listeners of events.

use super::ClientBuilder;
use crate::events::EventListener;

impl ClientBuilder {
    /// Adds a listener, which is notified of what happens to the calls of the client and to the
    /// connections that are opened for them: see the module [`events`](crate::events). Each call of
    /// this method adds one more; they are notified in the order in which they were added. Default:
    /// none, which costs a branch for each event.
    ///
    /// ```
    /// use bonafide::events::Event;
    ///
    /// let client = bonafide::Client::builder()
    ///     .event_listener(|event: &Event<'_>| eprintln!("{}", event.name()))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    pub fn event_listener(mut self, listener: impl EventListener) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }
}
