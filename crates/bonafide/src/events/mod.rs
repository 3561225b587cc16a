//! Typed events of calls and of the connections that are opened for them.

mod call;
mod event;
mod ids;
mod listeners;
mod opening;

pub(crate) use self::call::{CallEvents, Running};
pub use self::event::{Event, Outcome, Verdict};
pub use self::ids::{CallId, ConnectionId};
pub(crate) use self::listeners::Listeners;
pub(crate) use self::opening::{Found, Opening, Step};

/// Is notified of what happens to the calls of a client; see the [module](self).
///
/// It is called where the event happens: on the task of the call, or on the task that opens a
/// connection. It should be quick and must not block, since what it was called for waits
/// meanwhile; other calls do not. If it panics, the panic is caught, as far as the program unwinds,
/// and the next event is notified as usual: no call and no connection is affected.
///
/// A closure is one.
pub trait EventListener: Send + Sync + 'static {
    /// Is called with an event.
    fn notify(&self, event: &Event<'_>);
}

impl<F> EventListener for F
where
    F: Fn(&Event<'_>) + Send + Sync + 'static,
{
    fn notify(&self, event: &Event<'_>) {
        self(event);
    }
}
