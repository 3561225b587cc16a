//! Every time limit and size cap, each once, with its default.
//!
//! The error that a limit causes names the limit.
//!
//! ```
//! use std::time::Duration;
//!
//! use bonafide::Client;
//!
//! let client = Client::builder()
//!     .timeout(Duration::from_secs(60))
//!     .headers_timeout(Duration::from_secs(5))
//!     .max_body_bytes(1024 * 1024)
//!     .build()?;
//! # Ok::<(), bonafide::Error>(())
//! ```
//!
//! # Bounds
//!
//! | bound | default | changed by |
//! |---|---|---|
//! | looking up the host and connecting, the proxy included | 10 s | [`ClientBuilder::connect_timeout`] |
//! | waiting for a connection, all of the above and the handshake included, for one request | none | [`RequestBuilder::connect_timeout`] |
//! | TLS handshake | 10 s | [`ClientBuilder::handshake_timeout`] |
//! | waiting for a connection or a stream while other requests use them | 60 s | [`ClientBuilder::pool_timeout`] |
//! | from the last byte of the request to the response's headers | 30 s | [`ClientBuilder::headers_timeout`], [`RequestBuilder::headers_timeout`] |
//! | holding back a body with `Expect: 100-continue` | 1 s | [`ClientBuilder::expect_continue_timeout`] |
//! | interim responses that [`RequestBuilder::on_informational`] reports, for each time that the request is sent | 32 | |
//! | between two pieces of the response's body | 30 s | [`ClientBuilder::read_timeout`], [`RequestBuilder::read_timeout`] |
//! | the whole request with its redirects | none | [`ClientBuilder::timeout`], [`RequestBuilder::timeout`] |
//! | redirects | 10 | [`ClientBuilder::redirects`], [`RequestBuilder::redirects`] |
//! | bytes of a response's headers | 64 KiB | [`ClientBuilder::max_header_bytes`] |
//! | header fields of an HTTP/1.1 response | 100 | [`ClientBuilder::http1_max_headers`] |
//! | bytes of a body that is collected | 64 MiB | [`ClientBuilder::max_body_bytes`], [`Response::bytes_limited`], [`Response::text_limited`], [`Response::json_limited`] |
//! | bytes of a body that is read in pieces | none | |
//! | bytes of a line of [`Response::lines`] | 64 KiB | [`Response::lines_limited`] |
//! | unread bytes of a dropped HTTP/1.1 response, up to which its connection is kept | 64 KiB | |
//! | connections to one origin | none | [`ClientBuilder::max_connections_per_host`] |
//! | HTTP/2 connections to one origin | 8 | [`ClientBuilder::max_http2_connections_per_host`] |
//! | unused HTTP/1.1 connections of one origin | 128 | [`ClientBuilder::pool_max_idle_per_host`] |
//! | unused connections to all origins; those unused for longest are closed within a second | 1024 | [`ClientBuilder::pool_max_idle`] |
//! | life of an unused connection | 90 s | [`ClientBuilder::pool_idle_timeout`] |
//! | origins with connections of their own, not counting those in use | 512 | |
//! | origins remembered with their zones | 256 | |
//! | between two pings on HTTP/2 | 30 s | [`ClientBuilder::http2_ping_interval`] |
//! | answering a ping | 10 s | [`ClientBuilder::http2_ping_timeout`] |
//! | sending a request in total, if servers refuse it unprocessed | 3 times | |
//! | asking for the rest of a file that is [downloaded](crate::RequestBuilder) | 100 times | |
//! | the rest of a response that a retry or the answer to a challenge replaces | 64 KiB, 1 s | |
//! | silence of an HTTP/2 connection before a request on it is cancelled; then no further request uses it until something arrives | 1 s | |
//! | cancelled requests on one HTTP/2 connection; then another connection takes its place | 512 | |
//! | the page of a proxy that refuses the tunnel | 64 KiB, 1 s | |
//! | growth of a body that is decoded, beyond the first MiB | 1000 times its size | `ClientBuilder::decoding_limits` |
//! | waiting for a credential, such as a token that is fetched | 60 s | |
//! | bytes of a line of an event stream | 1 MiB | `EventStream::max_line_bytes`, `Events::max_line_bytes` |
//! | bytes of the data of an event | 1 MiB | `EventStream::max_event_bytes`, `Events::max_event_bytes` |
//! | silence of an event stream before another connection takes its place | 60 s | [`RequestBuilder::read_timeout`] |
//! | waiting to connect again, and the random time that is added | 60 s | `EventStream::max_wait` |
//! | connections of an event stream that fail in a row | 10 | `EventStream::max_failures` |
//! | bytes of a `Location` or a reason phrase that an error quotes | 128 | |
//!
//! The limits on connections to one origin hold for each runtime that the client is used on, and
//! for each choice of [versions](crate::versions::Versions) that its requests make.
//!
//! [`ClientBuilder::connect_timeout`]: crate::ClientBuilder::connect_timeout
//! [`RequestBuilder::connect_timeout`]: crate::RequestBuilder::connect_timeout
//! [`ClientBuilder::handshake_timeout`]: crate::ClientBuilder::handshake_timeout
//! [`ClientBuilder::pool_timeout`]: crate::ClientBuilder::pool_timeout
//! [`ClientBuilder::pool_max_idle`]: crate::ClientBuilder::pool_max_idle
//! [`ClientBuilder::headers_timeout`]: crate::ClientBuilder::headers_timeout
//! [`RequestBuilder::headers_timeout`]: crate::RequestBuilder::headers_timeout
//! [`ClientBuilder::expect_continue_timeout`]: crate::ClientBuilder::expect_continue_timeout
//! [`RequestBuilder::on_informational`]: crate::RequestBuilder::on_informational
//! [`ClientBuilder::read_timeout`]: crate::ClientBuilder::read_timeout
//! [`RequestBuilder::read_timeout`]: crate::RequestBuilder::read_timeout
//! [`ClientBuilder::timeout`]: crate::ClientBuilder::timeout
//! [`RequestBuilder::timeout`]: crate::RequestBuilder::timeout
//! [`ClientBuilder::redirects`]: crate::ClientBuilder::redirects
//! [`RequestBuilder::redirects`]: crate::RequestBuilder::redirects
//! [`ClientBuilder::max_header_bytes`]: crate::ClientBuilder::max_header_bytes
//! [`ClientBuilder::http1_max_headers`]: crate::ClientBuilder::http1_max_headers
//! [`ClientBuilder::max_body_bytes`]: crate::ClientBuilder::max_body_bytes
//! [`Response::lines`]: crate::Response::lines
//! [`Response::lines_limited`]: crate::Response::lines_limited
//! [`Response::bytes_limited`]: crate::Response::bytes_limited
//! [`Response::text_limited`]: crate::Response::text_limited
//! [`Response::json_limited`]: crate::Response::json_limited
//! [`ClientBuilder::max_connections_per_host`]: crate::ClientBuilder::max_connections_per_host
//! [`ClientBuilder::max_http2_connections_per_host`]: crate::ClientBuilder::max_http2_connections_per_host
//! [`ClientBuilder::pool_max_idle_per_host`]: crate::ClientBuilder::pool_max_idle_per_host
//! [`ClientBuilder::pool_idle_timeout`]: crate::ClientBuilder::pool_idle_timeout
//! [`ClientBuilder::http2_ping_interval`]: crate::ClientBuilder::http2_ping_interval
//! [`ClientBuilder::http2_ping_timeout`]: crate::ClientBuilder::http2_ping_timeout

// What stands here has a row in the table above. A limit that a caller can set is a field; a limit
// without a setter is a constant. This module knows nothing of the code that applies the limits.

mod fixed;
mod request;

use std::num::NonZeroUsize;
use std::time::Duration;

pub(crate) use self::fixed::*;
pub use self::request::RequestTimeouts;
pub(crate) use self::request::{Deadline, RequestLimits, timer};

/// The limits of a client; `None` is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Name lookup and TCP connection together, with the proxy's answer where there is one.
    pub(crate) connect: Option<Duration>,
    /// The TLS handshake.
    pub(crate) handshake: Option<Duration>,
    /// Waiting for a connection, or for a stream of one, while others are served.
    pub(crate) checkout: Option<Duration>,
    /// The limits that a request can override.
    pub(crate) request: RequestLimits,
    /// A response's body that is collected.
    pub(crate) body: Cap,
    /// The connections that are kept and opened.
    pub(crate) pool: PoolLimits,
    /// Limits on what a peer may send over HTTP, and on keeping HTTP/2 alive.
    pub(crate) http: HttpLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Some(Duration::from_secs(10)),
            handshake: Some(Duration::from_secs(10)),
            checkout: Some(Duration::from_secs(60)),
            request: RequestLimits::default(),
            body: Cap::OfClient(Some(64 * 1024 * 1024)),
            pool: PoolLimits::default(),
            http: HttpLimits::default(),
        }
    }
}

/// The most bytes of a response's body that are collected, and which setting says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cap {
    /// The client, for all responses; `None` is no limit.
    OfClient(Option<usize>),
    /// The caller, for this response.
    OfCall(usize),
}

impl Cap {
    /// Whether `bytes` are too many.
    pub(crate) fn is_over(self, bytes: u64) -> bool {
        match self {
            Self::OfClient(limit) => limit.is_some_and(|limit| bytes > limit as u64),
            Self::OfCall(limit) => bytes > limit as u64,
        }
    }
}

/// How much the pool may keep and open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolLimits {
    /// How long a connection may be unused before it is closed; also how long an empty partition
    /// remembers its protocol. The default is below the idle limits that servers commonly have for
    /// HTTP/2 and longer than most have for HTTP/1.1 (those are noticed by their close).
    pub(crate) idle_timeout: Duration,
    /// Unused HTTP/1.1 connections kept in one partition; the oldest is closed for one too many.
    /// The default keeps a burst of 64 or 100 requests whole; a burst of thousands does not hold
    /// its sockets for long.
    pub(crate) max_idle_per_partition: usize,
    /// Unused connections kept in all partitions. For those beyond, [`SURPLUS_LIMIT`] is how long
    /// they may stay; those that were unused for longest are closed. The default is the number of
    /// files that many systems let a process open.
    pub(crate) max_idle: usize,
    /// Connections in one partition at once, those being opened included; requests beyond wait in
    /// turn. HTTP/2 connections that take no more requests but still have streams are not counted.
    pub(crate) max_connections_per_partition: NonZeroUsize,
    /// HTTP/2 connections in one partition. RFC 9113 section 9.1 asks for one; a further one is
    /// opened only while requests wait and the peer's own stream limit is used up on all others.
    pub(crate) max_h2_connections: NonZeroUsize,
    /// Partitions kept. For one too many, those that were unused for longest are dropped;
    /// partitions in use are never dropped.
    pub(crate) max_partitions: NonZeroUsize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(90),
            max_idle_per_partition: 128,
            max_idle: 1024,
            max_connections_per_partition: NonZeroUsize::MAX,
            max_h2_connections: const { NonZeroUsize::MIN.saturating_add(7) },
            max_partitions: const { NonZeroUsize::MIN.saturating_add(511) },
        }
    }
}

/// What HTTP/1.1 and HTTP/2 may bring, and how HTTP/2 is kept alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpLimits {
    /// Most header fields of an HTTP/1.1 response; `None` is hyper's 100, which costs no
    /// allocation.
    pub(crate) max_headers: Option<usize>,
    /// Most bytes of a response's headers.
    pub(crate) max_header_bytes: u32,
    /// How often an HTTP/2 connection is pinged, in use or not; `None` is never.
    pub(crate) ping_interval: Option<Duration>,
    /// How long the answer to a ping may take.
    pub(crate) ping_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            max_headers: None,
            max_header_bytes: 64 * 1024,
            ping_interval: Some(Duration::from_secs(30)),
            ping_timeout: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests;
