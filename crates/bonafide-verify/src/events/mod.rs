//! Events: what happens to the trust of a process.
//!
//! What belongs here describes an event, delivers it to sinks and limits how often it is reported.
//! It never decides anything about a peer.
//!
//! ```
//! use bonafide_verify::Policy;
//! use bonafide_verify::events::{Event, EventSink};
//!
//! let policy = Policy::builder()
//!     .events(|event: &Event| println!("{event}"))
//!     .build()?;
//! # let _ = policy;
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

mod divergence;
mod expiring;
mod file;
mod first_contact;
mod granted;
mod horizons;
mod identity;
mod key_changed;
mod pins;
mod reload;
mod replaced;
pub(crate) mod subscription;
pub(crate) mod throttle;
mod watching;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

pub use self::divergence::{Divergence, Judged};
pub use self::expiring::Expiring;
pub use self::file::EventFile;
pub use self::first_contact::FirstContact;
pub use self::granted::GrantedConnection;
pub(crate) use self::horizons::DAY;
pub use self::horizons::Horizons;
pub use self::identity::IdentityReplaced;
pub use self::key_changed::KeyChanged;
pub use self::pins::{BrokenGlass, PinFailure, PinFailureOutcome};
pub use self::reload::{ReloadFailed, ReloadRecovered};
pub use self::replaced::PolicyReplaced;
pub use self::watching::{SourcesIncomplete, WatchingByPolling};

/// Something that happened to the trust of a process.
///
/// Every event is
///
/// - logged as a `tracing` event of target `bonafide::trust`, with the fields `kind` and `event`,
/// - counted by kind as `bonafide_trust_events_total`, with the feature `metrics`, and
/// - delivered to the sinks of its policy
///   ([`PolicyBuilder::events`](crate::PolicyBuilder::events)).
///
/// An event contains no secret. `Display` prints one line for a person. Serialised it is an object
/// whose field `event` has the kind, in kebab case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A policy replaced another.
    PolicyReplaced(PolicyReplaced),
    /// A connection was made to an unverified peer under a grant.
    GrantedConnection(GrantedConnection),
    /// A host presented a key for the first time.
    FirstContact(FirstContact),
    /// A host presented another key than its known one.
    KeyChanged(KeyChanged),
    /// A client certificate replaced another.
    IdentityReplaced(IdentityReplaced),
    /// The pins of a host did not match or had expired.
    PinFailure(PinFailure),
    /// A connection was made while the pins of its host only report.
    BrokenGlass(BrokenGlass),
    /// A reload failed, and what was in force stays in force.
    ReloadFailed(ReloadFailed),
    /// A reload succeeded after failures.
    ReloadRecovered(ReloadRecovered),
    /// A watched policy started without some of its sources.
    SourcesIncomplete(SourcesIncomplete),
    /// Files are polled for changes.
    WatchingByPolling(WatchingByPolling),
    /// Something that a policy depends on expires soon or has expired.
    Expiring(Expiring),
    /// A candidate policy would have reached another verdict about a handshake.
    Divergence(Divergence),
}

/// The log level of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loudness {
    Info,
    Warn,
}

impl Event {
    /// The kind of the event, as in its serialised form and in the counter.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PolicyReplaced(_) => "policy-replaced",
            Self::GrantedConnection(_) => "granted-connection",
            Self::FirstContact(_) => "first-contact",
            Self::KeyChanged(_) => "key-changed",
            Self::IdentityReplaced(_) => "identity-replaced",
            Self::PinFailure(_) => "pin-failure",
            Self::BrokenGlass(_) => "broken-glass",
            Self::ReloadFailed(_) => "reload-failed",
            Self::ReloadRecovered(_) => "reload-recovered",
            Self::SourcesIncomplete(_) => "sources-incomplete",
            Self::WatchingByPolling(_) => "watching-by-polling",
            Self::Expiring(_) => "expiring",
            Self::Divergence(_) => "divergence",
        }
    }

    fn loudness(&self) -> Loudness {
        match self {
            Self::PolicyReplaced(_)
            | Self::FirstContact(_)
            | Self::IdentityReplaced(_)
            | Self::ReloadRecovered(_)
            | Self::Divergence(_) => Loudness::Info,
            Self::GrantedConnection(_)
            | Self::KeyChanged(_)
            | Self::PinFailure(_)
            | Self::BrokenGlass(_)
            | Self::ReloadFailed(_)
            | Self::SourcesIncomplete(_)
            | Self::WatchingByPolling(_)
            | Self::Expiring(_) => Loudness::Warn,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PolicyReplaced(event) => event.fmt(f),
            Self::GrantedConnection(event) => event.fmt(f),
            Self::FirstContact(event) => event.fmt(f),
            Self::KeyChanged(event) => event.fmt(f),
            Self::IdentityReplaced(event) => event.fmt(f),
            Self::PinFailure(event) => event.fmt(f),
            Self::BrokenGlass(event) => event.fmt(f),
            Self::ReloadFailed(event) => event.fmt(f),
            Self::ReloadRecovered(event) => event.fmt(f),
            Self::SourcesIncomplete(event) => event.fmt(f),
            Self::WatchingByPolling(event) => event.fmt(f),
            Self::Expiring(event) => event.fmt(f),
            Self::Divergence(event) => event.fmt(f),
        }
    }
}

/// Receives events. Implemented for functions of `&Event` and for the senders of bounded channels
/// of std and, with the feature `tokio`, of tokio.
///
/// ```
/// use std::sync::mpsc::sync_channel;
///
/// use bonafide_verify::Policy;
/// use bonafide_verify::events::Event;
///
/// let (sender, events) = sync_channel(100);
/// let policy = Policy::builder()
///     .events(sender)
///     .events(|event: &Event| eprintln!("{event}"))
///     .build()?;
/// # let _ = (policy, events);
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
pub trait EventSink: Send + Sync {
    /// Receives one event. The call may happen in the middle of a handshake: it must not block and
    /// must not make a connection with the same policy. An event that cannot be accepted at once is
    /// dropped; returning [`Lost`] increments the counter `bonafide_trust_events_lost_total`.
    ///
    /// # Errors
    /// [`Lost`] when the event was dropped.
    fn emit(&self, event: &Event) -> Result<(), Lost>;
}

/// A sink dropped an event: its channel was full or closed, or its file could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event was dropped")]
pub struct Lost;

impl<F: Fn(&Event) + Send + Sync> EventSink for F {
    fn emit(&self, event: &Event) -> Result<(), Lost> {
        self(event);
        Ok(())
    }
}

impl EventSink for std::sync::mpsc::SyncSender<Event> {
    fn emit(&self, event: &Event) -> Result<(), Lost> {
        self.try_send(event.clone()).map_err(|_| Lost)
    }
}

#[cfg(feature = "tokio")]
impl EventSink for tokio::sync::mpsc::Sender<Event> {
    fn emit(&self, event: &Event) -> Result<(), Lost> {
        self.try_send(event.clone()).map_err(|_| Lost)
    }
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn emit(&self, event: &Event) -> Result<(), Lost> {
        (**self).emit(event)
    }
}

/// The sinks of the events of a policy.
#[derive(Clone, Default)]
pub(crate) struct Events {
    sinks: Vec<Arc<dyn EventSink>>,
}

impl Events {
    pub(crate) fn add(&mut self, sink: impl EventSink + 'static) {
        self.sinks.push(Arc::new(sink));
    }

    /// The sinks of all these policies, each once.
    pub(crate) fn of_all<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sinks: Vec<Arc<dyn EventSink>> = Vec::new();
        for sink in all.into_iter().flat_map(|events| &events.sinks) {
            if !sinks.iter().any(|other| Arc::ptr_eq(other, sink)) {
                sinks.push(Arc::clone(sink));
            }
        }
        Self { sinks }
    }

    /// The number of sinks, without the log.
    pub(crate) fn len(&self) -> usize {
        self.sinks.len()
    }

    pub(crate) fn emit(&self, event: &Event) {
        let kind = event.kind();
        match event.loudness() {
            Loudness::Info => {
                tracing::info!(target: TARGET, kind, %event);
            }
            Loudness::Warn => {
                tracing::warn!(target: TARGET, kind, %event);
            }
        }
        #[cfg(feature = "metrics")]
        metrics::counter!("bonafide_trust_events_total", "kind" => kind).increment(1);
        for sink in &self.sinks {
            if sink.emit(event).is_err() {
                tracing::warn!(target: TARGET, kind, "a sink dropped an event");
                #[cfg(feature = "metrics")]
                metrics::counter!("bonafide_trust_events_lost_total", "kind" => kind).increment(1);
            }
        }
    }
}

/// The target of the `tracing` events.
const TARGET: &str = "bonafide::trust";

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("sinks", &self.len())
            .finish()
    }
}
