//! What happens to a call, step by step, for a listener: typed events of calls and of the
//! connections that are opened for them.
//!
//! ```
//! use std::time::Instant;
//!
//! use bonafide::Client;
//! use bonafide::events::Event;
//!
//! let start = Instant::now();
//! let client = Client::builder()
//!     .event_listener(move |event: &Event<'_>| {
//!         let subject = match (event.call(), event.connection()) {
//!             (Some(call), _) => format!("call {call}"),
//!             (None, connection) => connection.map_or_else(String::new, |id| format!("  to {id}")),
//!         };
//!         println!("{:>10.2?}  {subject:8} {}", start.elapsed(), event.name());
//!     })
//!     .build()?;
//! # let _ = client;
//! # Ok::<(), bonafide::Error>(())
//! ```
//!
//! A listener sees everything and decides nothing. These events are about requests; those of
//! [`verify::events`](crate::verify::events) are about trust, whichever client a policy is used by.
//!
//! # The order
//!
//! The events of one call follow each other, and so do those of one connection that is opened:
//!
//! | call | connection |
//! |---|---|
//! | [`CallStarted`](Event::CallStarted) | |
//! | [`PoolHit`](Event::PoolHit), or [`PoolMiss`](Event::PoolMiss) | |
//! | | [`OpeningStarted`](Event::OpeningStarted) |
//! | | [`ResolveStarted`](Event::ResolveStarted), [`ResolveEnded`](Event::ResolveEnded) |
//! | | [`ConnectStarted`](Event::ConnectStarted), [`ConnectEnded`](Event::ConnectEnded) |
//! | | [`ProxyStarted`](Event::ProxyStarted), [`ProxyEnded`](Event::ProxyEnded) |
//! | | [`TlsStarted`](Event::TlsStarted), [`Verdict`](Event::Verdict), [`TlsEnded`](Event::TlsEnded) |
//! | | [`OpeningEnded`](Event::OpeningEnded) |
//! | [`ConnectionAcquired`](Event::ConnectionAcquired) | |
//! | [`SendStarted`](Event::SendStarted), [`RequestSent`](Event::RequestSent) | |
//! | [`ResponseHead`](Event::ResponseHead) | |
//! | [`RetryDecision`](Event::RetryDecision), [`Redirect`](Event::Redirect): again from the pool | |
//! | [`BodyEnded`](Event::BodyEnded) | |
//! | [`CallEnded`](Event::CallEnded) | |
//!
//! - What was not needed has no events: no lookup for an address, no handshake over plain http, no
//!   connection for a pool hit.
//! - What has started ends once, by [`Outcome::Done`], [`Outcome::Failed`] or
//!   [`Outcome::Canceled`], also where the caller drops the future of a call or the body of its
//!   response. Nothing follows [`CallEnded`](Event::CallEnded).
//! - A connection is opened on a task of its own. It may serve another call than the one that
//!   missed the pool, or several; [`ConnectionAcquired`](Event::ConnectionAcquired) says which
//!   connection a call has got. If it cannot be opened, the calls that waited for it fail with the
//!   error of its [`OpeningEnded`](Event::OpeningEnded).
//! - A call ends with the body of its response. A response that is kept and not read keeps its call
//!   open.
//! - A caller's [layer](crate::ClientBuilder::layer) may send copies of a request at once, whose
//!   events then mix. Where it does not pass on the extensions of a request, or answers by itself,
//!   the events below it are missing. With a server in place of the network (feature `testing`)
//!   there are no events of connections and of sending.
//!
//! # `tracing`
//!
//! With or without a listener, the client writes events of the crate `tracing`, of level debug: a
//! connection was opened or has ended, a redirect is followed, a retry was decided on, the rest of
//! a file is asked for, an event stream connects again. It opens no span; those of a
//! [hop layer](crate::ClientBuilder::hop_layer), such as tower-http's `TraceLayer`, are around each
//! attempt.
//!
//! # Secrets
//!
//! No event holds a value of a header. URLs are shown as the texts of [errors](crate::Error) show
//! them.
//!
//! # Times
//!
//! An event holds no time. For the times of one call alone,
//! [`Response::timings`](crate::Response::timings) and [`Error::timings`](crate::Error::timings)
//! need no listener.

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
