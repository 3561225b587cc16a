//! The events and the times of a connection that is being opened.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::Receipt;
use http::Version;
use tokio::time::Instant;

use super::{ConnectionId, Event, Listeners, Outcome, Verdict};
use crate::error::{Error, Failure};
use crate::observe::OpeningTimes;

/// One attempt to open a connection. Dropping it ends the attempt as cancelled.
pub(crate) struct Opening<'a> {
    listeners: &'a Listeners,
    id: ConnectionId,
    times: OpeningTimes,
    ended: bool,
}

impl<'a> Opening<'a> {
    /// Begins an attempt. `names` gives the origin, and the proxy if there is one; it is called
    /// only for a listener.
    pub(crate) fn start(
        listeners: &'a Listeners,
        names: impl FnOnce() -> (String, Option<String>),
    ) -> Self {
        let id = ConnectionId::next();
        if !listeners.is_empty() {
            let (origin, proxy) = names();
            listeners.notify(&Event::OpeningStarted {
                connection: id,
                origin: &origin,
                proxy: proxy.as_deref(),
            });
        }
        Self {
            listeners,
            id,
            times: OpeningTimes::default(),
            ended: false,
        }
    }

    /// The number of the connection.
    pub(crate) fn id(&self) -> ConnectionId {
        self.id
    }

    /// How long the steps took that have ended.
    pub(crate) fn times(&self) -> OpeningTimes {
        self.times
    }

    /// Begins a step.
    pub(crate) fn begin<'o>(&'o mut self, step: Step<'o>) -> Begun<'o, 'a> {
        self.listeners.notify(&step.started(self.id));
        Begun {
            opening: self,
            step,
            since: Instant::now(),
            ended: false,
        }
    }

    /// The connection is ready for HTTP of `version`, or there is none. A failure gets the times of
    /// the steps.
    pub(crate) fn end<T>(
        mut self,
        result: Result<T, Failure>,
        version: impl FnOnce(&T) -> Version,
    ) -> Result<T, Failure> {
        self.ended = true;
        if !self.listeners.is_empty() {
            self.listeners.notify(&Event::OpeningEnded {
                connection: self.id,
                version: result.as_ref().ok().map(version),
                outcome: error_of(&result).as_ref().into(),
            });
        }
        result.map_err(|failure| failure.while_opening(self.times))
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.listeners.notify(&Event::OpeningEnded {
                connection: self.id,
                version: None,
                outcome: Outcome::Canceled,
            });
        }
    }
}

/// The failure as an error, for a listener.
fn error_of<T>(result: &Result<T, Failure>) -> Option<Error> {
    result.as_ref().err().cloned().map(Error::from)
}

/// A step on the way to a connection.
#[derive(Clone, Copy)]
pub(crate) enum Step<'s> {
    /// Looking up this name.
    Resolve(&'s str),
    /// Connecting to one of these addresses.
    Connect(&'s [SocketAddr]),
    /// Asking the proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
}

/// What a step found.
pub(crate) enum Found<'f> {
    Nothing,
    Addresses(&'f [SocketAddr]),
    Address(SocketAddr),
    Receipt(&'f Arc<Receipt>),
}

impl Step<'_> {
    fn started(&self, connection: ConnectionId) -> Event<'_> {
        match *self {
            Self::Resolve(host) => Event::ResolveStarted { connection, host },
            Self::Connect(addresses) => Event::ConnectStarted {
                connection,
                addresses,
            },
            Self::Proxy => Event::ProxyStarted { connection },
            Self::Tls => Event::TlsStarted { connection },
        }
    }

    fn ended<'e>(
        &self,
        connection: ConnectionId,
        found: Option<&Found<'e>>,
        outcome: Outcome<'e>,
    ) -> Event<'e> {
        match self {
            Self::Resolve(_) => Event::ResolveEnded {
                connection,
                addresses: match found {
                    Some(Found::Addresses(addresses)) => addresses,
                    _ => &[],
                },
                outcome,
            },
            Self::Connect(_) => Event::ConnectEnded {
                connection,
                address: match found {
                    Some(Found::Address(address)) => Some(*address),
                    _ => None,
                },
                outcome,
            },
            Self::Proxy => Event::ProxyEnded {
                connection,
                outcome,
            },
            Self::Tls => Event::TlsEnded {
                connection,
                outcome,
            },
        }
    }

    fn keep(&self, took: Duration, times: &mut OpeningTimes) {
        let place = match self {
            Self::Resolve(_) => &mut times.resolve,
            Self::Connect(_) => &mut times.connect,
            Self::Proxy => &mut times.proxy,
            Self::Tls => &mut times.tls,
        };
        *place = Some(took);
    }
}

/// A step that has begun. Dropping it ends the step as cancelled.
pub(crate) struct Begun<'o, 'a> {
    opening: &'o mut Opening<'a>,
    step: Step<'o>,
    since: Instant,
    ended: bool,
}

impl Begun<'_, '_> {
    /// Ends the step, and keeps how long it took. `found` is what there is to say where it was
    /// done.
    pub(crate) fn end<T>(
        mut self,
        result: Result<T, Failure>,
        found: impl for<'f> FnOnce(&'f T) -> Found<'f>,
    ) -> Result<T, Failure> {
        self.ended = true;
        let took = self.since.elapsed();
        self.step.keep(took, &mut self.opening.times);
        let &mut Opening { listeners, id, .. } = self.opening;
        if !listeners.is_empty() {
            let error = error_of(&result);
            let found = result.as_ref().ok().map(found);
            let verdict = match &found {
                Some(Found::Receipt(receipt)) => Some(Verdict::Accepted(receipt)),
                _ => error
                    .as_ref()
                    .and_then(Error::refusal)
                    .map(Verdict::Refused),
            };
            if let Some(verdict) = verdict {
                listeners.notify(&Event::Verdict {
                    connection: id,
                    verdict,
                });
            }
            listeners.notify(&self.step.ended(id, found.as_ref(), error.as_ref().into()));
        }
        result
    }
}

impl Drop for Begun<'_, '_> {
    fn drop(&mut self) {
        if !self.ended {
            let Opening { listeners, id, .. } = self.opening;
            listeners.notify(&self.step.ended(*id, None, Outcome::Canceled));
        }
    }
}
