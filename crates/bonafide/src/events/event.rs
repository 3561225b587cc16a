//! What a listener is notified of.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::{Receipt, Refusal};
use http::{Method, StatusCode, Version};

use super::{CallId, ConnectionId};
use crate::error::{Delivery, Error};

/// Something that happened to a call or to a connection; the [module page](super) has the order.
///
/// An event holds no time: it is notified when it happens, and a listener that wants the time reads
/// its own clock. No event holds a value of a header, and the texts of URLs are those of
/// [errors](Error).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A call begins. A request that could not be built begins none.
    #[non_exhaustive]
    CallStarted {
        /// The call.
        call: CallId,
        /// The method of the caller's request.
        method: &'a Method,
        /// The URL of the caller's request.
        url: &'a str,
    },
    /// A connection was free at once.
    #[non_exhaustive]
    PoolHit {
        /// The call.
        call: CallId,
    },
    /// No connection was free. The call waits for a new one, or for one that another call returns,
    /// whichever comes first.
    #[non_exhaustive]
    PoolMiss {
        /// The call.
        call: CallId,
    },
    /// The call has a connection.
    #[non_exhaustive]
    ConnectionAcquired {
        /// The call.
        call: CallId,
        /// The connection.
        connection: ConnectionId,
        /// Whether it was made for another call or was kept idle.
        reused: bool,
    },
    /// The connection is given the request.
    #[non_exhaustive]
    SendStarted {
        /// The call.
        call: CallId,
        /// The connection.
        connection: ConnectionId,
    },
    /// The connection has taken the whole request. The last bytes of it may still be in buffers.
    /// Left out where the response's head came first, or the attempt failed.
    #[non_exhaustive]
    RequestSent {
        /// The call.
        call: CallId,
        /// The bytes of the request's body.
        body_bytes: u64,
    },
    /// The status and the headers of a response have arrived.
    #[non_exhaustive]
    ResponseHead {
        /// The call.
        call: CallId,
        /// The status.
        status: StatusCode,
        /// The version.
        version: Version,
    },
    /// An attempt failed or was answered with a status that may be asked again, and a decision was
    /// made about another one.
    #[non_exhaustive]
    RetryDecision {
        /// The call.
        call: CallId,
        /// How far the attempt got.
        delivery: Delivery,
        /// The status of its response; `None` where there was none.
        status: Option<StatusCode>,
        /// How long the call waits before the next attempt; `None` where there is none.
        again: Option<Duration>,
    },
    /// A redirect is followed.
    #[non_exhaustive]
    Redirect {
        /// The call.
        call: CallId,
        /// The status that redirects.
        status: StatusCode,
        /// The URL of the next request.
        url: &'a str,
    },
    /// The body of the call's response was read to its end, failed or was dropped. A response in
    /// the middle, of a redirect or an attempt, has no such event.
    #[non_exhaustive]
    BodyEnded {
        /// The call.
        call: CallId,
        /// How many bytes the caller has read, decoded.
        bytes: u64,
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// The call is over. No event of the call follows.
    #[non_exhaustive]
    CallEnded {
        /// The call.
        call: CallId,
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// A connection is being opened, on a task of its own. It may serve another call than the one
    /// that needed it first.
    #[non_exhaustive]
    OpeningStarted {
        /// The connection.
        connection: ConnectionId,
        /// The origin: scheme, host, and the port where it is not the scheme's own.
        origin: &'a str,
        /// The proxy on the way, without credentials.
        proxy: Option<&'a str>,
    },
    /// A name is looked up. Left out for an address, and for a host whose addresses were given to
    /// the builder.
    #[non_exhaustive]
    ResolveStarted {
        /// The connection.
        connection: ConnectionId,
        /// The name: of the server, or of the proxy.
        host: &'a str,
    },
    /// The lookup has ended.
    #[non_exhaustive]
    ResolveEnded {
        /// The connection.
        connection: ConnectionId,
        /// The addresses; empty where it failed.
        addresses: &'a [SocketAddr],
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// A TCP connection is made to one of these addresses.
    #[non_exhaustive]
    ConnectStarted {
        /// The connection.
        connection: ConnectionId,
        /// The addresses to try.
        addresses: &'a [SocketAddr],
    },
    /// The TCP connection is made, or none could be.
    #[non_exhaustive]
    ConnectEnded {
        /// The connection.
        connection: ConnectionId,
        /// The address that answered; `None` where none did.
        address: Option<SocketAddr>,
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// The proxy is asked for a tunnel.
    #[non_exhaustive]
    ProxyStarted {
        /// The connection.
        connection: ConnectionId,
    },
    /// The proxy has answered, or has not.
    #[non_exhaustive]
    ProxyEnded {
        /// The connection.
        connection: ConnectionId,
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// The TLS handshake begins.
    #[non_exhaustive]
    TlsStarted {
        /// The connection.
        connection: ConnectionId,
    },
    /// The policy has judged the server. Notified when the handshake is over. Left out where the
    /// handshake failed before the server could be judged.
    #[non_exhaustive]
    Verdict {
        /// The connection.
        connection: ConnectionId,
        /// What was decided.
        verdict: Verdict<'a>,
    },
    /// The TLS handshake is done, or has failed.
    #[non_exhaustive]
    TlsEnded {
        /// The connection.
        connection: ConnectionId,
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// The connection is ready for its first request, or there is none.
    #[non_exhaustive]
    OpeningEnded {
        /// The connection.
        connection: ConnectionId,
        /// The version of HTTP; `None` where there is no connection.
        version: Option<Version>,
        /// How it ended.
        outcome: Outcome<'a>,
    },
}

/// How something ended that had begun.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// It was done.
    Done,
    /// It failed.
    Failed(&'a Error),
    /// It was given up: the caller dropped the future or the body, or the runtime was shut down.
    Canceled,
}

/// What the policy decided about a server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// The server is trusted, for these reasons.
    Accepted(&'a Arc<Receipt>),
    /// The server is refused.
    Refused(&'a Refusal),
}

impl Outcome<'_> {
    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

impl<'a> From<Option<&'a Error>> for Outcome<'a> {
    fn from(error: Option<&'a Error>) -> Self {
        error.map_or(Self::Done, Self::Failed)
    }
}

impl Event<'_> {
    /// The call that it belongs to; `None` for an event of a connection that is being opened.
    pub fn call(&self) -> Option<CallId> {
        match *self {
            Self::CallStarted { call, .. }
            | Self::PoolHit { call }
            | Self::PoolMiss { call }
            | Self::ConnectionAcquired { call, .. }
            | Self::SendStarted { call, .. }
            | Self::RequestSent { call, .. }
            | Self::ResponseHead { call, .. }
            | Self::RetryDecision { call, .. }
            | Self::Redirect { call, .. }
            | Self::BodyEnded { call, .. }
            | Self::CallEnded { call, .. } => Some(call),
            Self::OpeningStarted { .. }
            | Self::ResolveStarted { .. }
            | Self::ResolveEnded { .. }
            | Self::ConnectStarted { .. }
            | Self::ConnectEnded { .. }
            | Self::ProxyStarted { .. }
            | Self::ProxyEnded { .. }
            | Self::TlsStarted { .. }
            | Self::Verdict { .. }
            | Self::TlsEnded { .. }
            | Self::OpeningEnded { .. } => None,
        }
    }

    /// The connection that it belongs to or names.
    pub fn connection(&self) -> Option<ConnectionId> {
        match *self {
            Self::ConnectionAcquired { connection, .. }
            | Self::SendStarted { connection, .. }
            | Self::OpeningStarted { connection, .. }
            | Self::ResolveStarted { connection, .. }
            | Self::ResolveEnded { connection, .. }
            | Self::ConnectStarted { connection, .. }
            | Self::ConnectEnded { connection, .. }
            | Self::ProxyStarted { connection }
            | Self::ProxyEnded { connection, .. }
            | Self::TlsStarted { connection }
            | Self::Verdict { connection, .. }
            | Self::TlsEnded { connection, .. }
            | Self::OpeningEnded { connection, .. } => Some(connection),
            Self::CallStarted { .. }
            | Self::PoolHit { .. }
            | Self::PoolMiss { .. }
            | Self::RequestSent { .. }
            | Self::ResponseHead { .. }
            | Self::RetryDecision { .. }
            | Self::Redirect { .. }
            | Self::BodyEnded { .. }
            | Self::CallEnded { .. } => None,
        }
    }

    /// The name, in lower case with hyphens: `call-started`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CallStarted { .. } => "call-started",
            Self::PoolHit { .. } => "pool-hit",
            Self::PoolMiss { .. } => "pool-miss",
            Self::ConnectionAcquired { .. } => "connection-acquired",
            Self::SendStarted { .. } => "send-started",
            Self::RequestSent { .. } => "request-sent",
            Self::ResponseHead { .. } => "response-head",
            Self::RetryDecision { .. } => "retry-decision",
            Self::Redirect { .. } => "redirect",
            Self::BodyEnded { .. } => "body-ended",
            Self::CallEnded { .. } => "call-ended",
            Self::OpeningStarted { .. } => "opening-started",
            Self::ResolveStarted { .. } => "resolve-started",
            Self::ResolveEnded { .. } => "resolve-ended",
            Self::ConnectStarted { .. } => "connect-started",
            Self::ConnectEnded { .. } => "connect-ended",
            Self::ProxyStarted { .. } => "proxy-started",
            Self::ProxyEnded { .. } => "proxy-ended",
            Self::TlsStarted { .. } => "tls-started",
            Self::Verdict { .. } => "verdict",
            Self::TlsEnded { .. } => "tls-ended",
            Self::OpeningEnded { .. } => "opening-ended",
        }
    }
}
