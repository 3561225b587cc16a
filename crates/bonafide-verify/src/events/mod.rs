//! Events: what happens to the trust of a process.
//!
//! What belongs here says what happened and hands it to sinks, and says how often. It never knows
//! who decided.
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
/// Every event is a `tracing` event of target `bonafide::trust`, with its kind and itself as text; with the feature `metrics` it is counted as
/// `bonafide_trust_events_total`, by kind; and it goes to the sinks of its policy ([`PolicyBuilder::events`](crate::PolicyBuilder::events)). There is no secret in
/// it. `Display` is one line for a person; serialised it is an object with the field `event`, in kebab case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A policy took the place of another.
    PolicyReplaced(PolicyReplaced),
    /// A connection was made to a peer that is not verified, under a grant.
    GrantedConnection(GrantedConnection),
    /// A host has shown a key for the first time.
    FirstContact(FirstContact),
    /// A host has shown another key than the one that it showed first.
    KeyChanged(KeyChanged),
    /// A client certificate took the place of another.
    IdentityReplaced(IdentityReplaced),
    /// The pins of a host did not hold.
    PinFailure(PinFailure),
    /// A connection was made while the pins of its host only report.
    BrokenGlass(BrokenGlass),
    /// What changed could not be put in force, and what was in force stays.
    ReloadFailed(ReloadFailed),
    /// What is in force is what the files say again, after it was not.
    ReloadRecovered(ReloadRecovered),
    /// A watched policy began without some of its sources.
    SourcesIncomplete(SourcesIncomplete),
    /// Changes of files are found by looking at them from time to time.
    WatchingByPolling(WatchingByPolling),
    /// Something that a policy rests on expires soon, or has.
    Expiring(Expiring),
    /// A candidate policy would have judged a handshake otherwise.
    Divergence(Divergence),
}

/// How loud an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loudness {
    Info,
    Warn,
}

impl Event {
    /// The kind of the event: its name in its serialised form and in the counter.
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

/// Takes events. A function of `&Event` is one, and so are the sending ends of bounded channels, of std and (with the feature `tokio`) of tokio.
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
    /// Takes one event. It is called where the event happens, in the middle of a handshake too: it must not wait, nor make a connection by the same policy. What it cannot take it drops;
    /// [`Lost`] says so for the counter `bonafide_trust_events_lost_total`.
    ///
    /// # Errors
    /// [`Lost`] when the event was dropped.
    fn emit(&self, event: &Event) -> Result<(), Lost>;
}

/// An event that a sink has dropped: it was full, or nobody listens any more.
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

/// Where the events of a policy go.
#[derive(Clone, Default)]
pub(crate) struct Events {
    sinks: Vec<Arc<dyn EventSink>>,
}

impl Events {
    pub(crate) fn add(&mut self, sink: impl EventSink + 'static) {
        self.sinks.push(Arc::new(sink));
    }

    /// The sinks of all of them, each once.
    pub(crate) fn of_all<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sinks: Vec<Arc<dyn EventSink>> = Vec::new();
        for sink in all.into_iter().flat_map(|events| &events.sinks) {
            if !sinks.iter().any(|other| Arc::ptr_eq(other, sink)) {
                sinks.push(Arc::clone(sink));
            }
        }
        Self { sinks }
    }

    /// How many sinks there are beside the log.
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
                tracing::warn!(target: TARGET, kind, "an event was dropped by its sink");
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
