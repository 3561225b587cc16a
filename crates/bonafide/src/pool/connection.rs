//! What the pool requires of the connections that it keeps.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::sync::watch;

use super::key::PartitionKey;

/// Opens connections.
pub(crate) trait Connect: Send + Sync + Sized + 'static {
    /// An HTTP/1.1 connection: one request at a time.
    type Http1: Http1Conn;
    /// A handle of an HTTP/2 connection: many requests at a time.
    type Http2: Http2Conn;
    /// What is known about a connection (receipt, addresses, timings). The pool keeps it, and asks
    /// it whether the connection is called back.
    type Meta: Recall;
    /// Why no connection was made. Every request that waited for the attempt gets a clone.
    type Error: Clone + Send + Sync + 'static;

    /// Makes one connection for `key`, ready for its first request.
    ///
    /// The pool runs this on a task of its own: it is not cancelled when the request that caused it
    /// is.
    ///
    /// # Errors
    ///
    /// The reason why no connection was made.
    fn connect<'a>(&'a self, key: &'a PartitionKey) -> Connecting<'a, Self>;
}

/// A connection that is being made.
///
/// It is boxed so that all that it takes to connect is compiled once, with this crate. A future
/// without a box is compiled again in each program that polls it.
pub(crate) type Connecting<'a, C> =
    Pin<Box<dyn Future<Output = Result<Connected<C>, <C as Connect>::Error>> + Send + 'a>>;

/// Connections that can be called back while they are open, because something that their verdict
/// depends on was replaced.
pub(crate) trait Recall: Send + Sync + 'static {
    /// Whether the connection takes no new request at `now`.
    fn is_recalled(&self, now: Instant) -> bool;

    /// When the connection stops taking new requests, if that is known yet.
    fn recalled_at(&self) -> Option<Instant>;

    /// Whether that also holds for the request that the connection was made for.
    fn binds_first_request(&self) -> bool;
}

/// An HTTP/1.1 connection.
pub(crate) trait Http1Conn: Send + 'static {
    /// Whether the connection can still take a request, now or later.
    fn is_open(&self) -> bool;

    /// Ready with `true` once the connection can take a request, with `false` once it never will.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool>;
}

/// A handle of an HTTP/2 connection. The connection lives as long as one of its handles or streams.
pub(crate) trait Http2Conn: Clone + Send + Sync + 'static {
    /// Whether the connection can still take a request.
    fn is_open(&self) -> bool;

    /// How many streams the peer allows at once (RFC 9113 section 5.1.2): `None` until its settings
    /// arrive, `usize::MAX` when they set no limit.
    fn stream_limit(&self) -> Option<usize>;

    /// Notifies of a new stream limit, and of the end of the connection.
    fn limit_changes(&self) -> watch::Receiver<()>;

    /// A number that changes whenever the peer sends something.
    fn reads(&self) -> u64;
}

/// The protocol that ALPN selected.
pub(crate) enum Protocol<H1, H2> {
    /// HTTP/1.1.
    Http1(H1),
    /// HTTP/2.
    Http2(H2),
}

/// A connection that was just made.
pub(crate) struct Connected<C: Connect> {
    /// The connection by its protocol.
    pub(crate) protocol: Protocol<C::Http1, C::Http2>,
    /// From this time on it takes no new request; requests under way finish.
    pub(crate) deadline: Option<Instant>,
    /// What is known about it.
    pub(crate) meta: Arc<C::Meta>,
}

impl<C: Connect> fmt::Debug for Connected<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Http1(_) => "HTTP/1.1",
            Protocol::Http2(_) => "HTTP/2",
        };
        f.debug_struct("Connected")
            .field("protocol", &protocol)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Whether a deadline has passed.
pub(super) fn is_past(deadline: Option<Instant>, now: Instant) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}
