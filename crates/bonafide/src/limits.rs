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

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "sse")]
use bonafide_tower::retry::Budget;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long an HTTP/2 connection may be silent before a cancelled request counts against it: no
/// further request then uses the connection until something arrives on it.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);

/// Maximum number of cancelled requests on one HTTP/2 connection; then another connection takes its
/// place. Each leaves a stream that the client has to remember for a while. Servers close
/// connections with many of them, since an attack does the same (CVE-2023-44487).
pub(crate) const MAX_CANCELLED: usize = 512;

/// How many interim responses to one request the caller's callback is called for. A server that
/// sends more is read on, within the limit for the response's headers.
pub(crate) const MAX_INTERIM_RESPONSES: usize = 32;

/// Most bytes of a line of a response's body, where the caller sets no limit.
pub(crate) const MAX_LINE_BYTES: usize = 64 * 1024;

/// How often a request is sent in total if servers refuse it unprocessed.
pub(crate) const MAX_SENDINGS: u8 = 3;

/// Most unread bytes of a dropped HTTP/1.1 response that keep its connection open: hyper reads the
/// bytes that have arrived, and the pool waits a moment for that.
pub(crate) const MAX_ABANDONED_BYTES: u64 = 64 * 1024;

/// How long unused connections beyond [`PoolLimits::max_idle`] may stay open. The pool looks for
/// them once in this time, so that a connection that becomes unused costs no look at all others.
pub(crate) const SURPLUS_LIMIT: Duration = Duration::from_secs(1);

/// How long the client reads the rest of a response that another attempt replaces, so that its
/// connection can serve that; [`MAX_ABANDONED_BYTES`] is how much.
#[cfg(any(feature = "auth", feature = "retry", test))]
pub(crate) const REPLACED_LIMIT: Duration = Duration::from_secs(1);

/// How many origins a client remembers with their partitions.
pub(crate) const MAX_ORIGINS: usize = 256;

/// The most bytes that are kept of the page of a proxy that refuses.
pub(crate) const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// Most bytes of a line of an event stream, its end not counted.
#[cfg(feature = "sse")]
pub(crate) const MAX_EVENT_LINE_BYTES: usize = 1024 * 1024;

/// Most bytes of the data of one event.
#[cfg(feature = "sse")]
pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// How long an event stream may be silent before another connection takes its place. Servers that
/// keep a stream alive send a comment every 15 to 30 s (WHATWG HTML standard, section 9.2.7).
#[cfg(feature = "sse")]
pub(crate) const EVENTS_IDLE: Duration = Duration::from_secs(60);

/// How long an event stream waits before it connects again, unless the server sends `retry`.
#[cfg(feature = "sse")]
pub(crate) const RECONNECT_WAIT: Duration = Duration::from_secs(3);

/// The shortest such wait, whatever the server sends.
#[cfg(feature = "sse")]
pub(crate) const MIN_RECONNECT_WAIT: Duration = Duration::from_millis(100);

/// The longest such wait, and the longest addition to it.
#[cfg(feature = "sse")]
pub(crate) const MAX_RECONNECT_WAIT: Duration = Duration::from_secs(60);

/// How many connections of an event stream may fail in a row before it ends.
#[cfg(feature = "sse")]
pub(crate) const MAX_RECONNECTS: u32 = 10;

/// Failed connections of all event streams of a client to one origin: 100, and one more for each
/// connection on which something arrived.
#[cfg(feature = "sse")]
pub(crate) const EVENT_BUDGET: Budget = Budget::new(100, 100);

/// How long the client waits for that page. The page only explains a refusal that is already known.
pub(crate) const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// How long a request waits for its credential.
#[cfg(feature = "auth")]
pub(crate) const CREDENTIAL_LIMIT: Duration = Duration::from_secs(60);

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

/// How often the rest of a file is asked for, whatever the rule of retries says.
#[cfg(feature = "download")]
pub(crate) const MAX_RESUMPTIONS: u32 = 100;

/// The time limits of one request; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLimits {
    /// For a connection, each time that the request needs one. The client's limits hold too.
    pub(crate) connect: Option<Duration>,
    /// From the last byte of the request that was handed over to the response's headers.
    pub(crate) headers: Option<Duration>,
    /// Between two pieces of the response's body.
    pub(crate) read: Option<Duration>,
    /// The whole request with its redirects, up to the last byte of the response's body.
    pub(crate) total: Option<Duration>,
    /// How long a body with `Expect: 100-continue` waits for the server.
    pub(crate) expect_continue: Option<Duration>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            connect: None,
            headers: Some(Duration::from_secs(30)),
            read: Some(Duration::from_secs(30)),
            total: None,
            expect_continue: Some(Duration::from_secs(1)),
        }
    }
}

impl RequestLimits {
    /// When a request that starts now must have ended.
    pub(crate) fn deadline(&self) -> Deadline {
        let total = self.total?;
        Some((Instant::now().checked_add(total)?, total))
    }
}

/// A timer that is set when it is first polled; `None` outside a tokio runtime.
pub(crate) fn timer(until: Instant) -> Option<Pin<Box<Sleep>>> {
    Handle::try_current()
        .is_ok()
        .then(|| Box::pin(sleep_until(until)))
}

/// The moment at which a request must have ended, and the limit that sets it.
pub(crate) type Deadline = Option<(Instant, Duration)>;

/// Time limits of one request, in place of the client's.
///
/// Set by [`RequestBuilder::timeout`](crate::RequestBuilder::timeout) and the methods like it. It
/// has the same effect in the extensions of an `http::Request` that is sent through the tower
/// service. The inner `None` is no limit, the outer `None` the client's limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestTimeouts {
    /// For the whole request with its redirects, up to the last byte of the response's body.
    pub total: Option<Option<Duration>>,
    /// For a connection, each time that the request needs one; see
    /// [`RequestBuilder::connect_timeout`](crate::RequestBuilder::connect_timeout).
    pub connect: Option<Option<Duration>>,
    /// From the last byte of the request to the response's headers.
    pub headers: Option<Option<Duration>>,
    /// Between two pieces of the response's body.
    pub read: Option<Option<Duration>>,
}

impl RequestTimeouts {
    pub(crate) fn apply(&self, limits: &mut RequestLimits) {
        let Self {
            total,
            connect,
            headers,
            read,
        } = *self;
        limits.connect = connect.unwrap_or(limits.connect);
        limits.total = total.unwrap_or(limits.total);
        limits.headers = headers.unwrap_or(limits.headers);
        limits.read = read.unwrap_or(limits.read);
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
mod tests {
    use bonafide_tower::redirect::Redirects;
    use bonafide_tower::shown::MAX_QUOTED_BYTES;

    use super::*;

    /// The first two columns of the table under `# Bounds` on this module's page.
    fn rows() -> Vec<(String, String)> {
        let page = include_str!("limits.rs");
        let (_, bounds) = page.split_once("//! # Bounds").expect("the section");
        bounds
            .lines()
            .take_while(|line| line.is_empty() || line.starts_with("//!"))
            .filter_map(|line| line.strip_prefix("//! | "))
            .filter_map(|line| {
                let mut cells = line.split(" | ");
                Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
            })
            .collect()
    }

    fn seconds(time: Option<Duration>) -> String {
        time.map_or("none".to_owned(), |time| format!("{} s", time.as_secs()))
    }

    fn kib(bytes: u64) -> String {
        format!("{} KiB", bytes / 1024)
    }

    /// Exhaustive, so that a new limit does not compile until its row is named here.
    #[test]
    fn the_page_has_each_default() {
        let Limits {
            connect,
            handshake,
            checkout,
            request:
                RequestLimits {
                    connect: connect_of_request,
                    headers,
                    read,
                    total,
                    expect_continue,
                },
            body,
            pool:
                PoolLimits {
                    idle_timeout,
                    max_idle_per_partition,
                    max_idle,
                    max_connections_per_partition,
                    max_h2_connections,
                    max_partitions,
                },
            http:
                HttpLimits {
                    max_headers,
                    max_header_bytes,
                    ping_interval,
                    ping_timeout,
                },
        } = Limits::default();
        assert_eq!(max_connections_per_partition, NonZeroUsize::MAX);
        assert_eq!(max_headers, None, "hyper's own");
        assert_eq!(connect_of_request, None, "only a request sets it");
        let body = match body {
            Cap::OfClient(Some(bytes)) => format!("{} MiB", bytes / 1024 / 1024),
            other => panic!("{other:?}"),
        };
        let rows = rows();
        for (limit, default) in [
            ("looking up the host and connecting", seconds(connect)),
            ("TLS handshake", seconds(handshake)),
            ("waiting for a connection or a stream", seconds(checkout)),
            ("from the last byte of the request", seconds(headers)),
            ("holding back a body", seconds(expect_continue)),
            ("interim responses", MAX_INTERIM_RESPONSES.to_string()),
            ("between two pieces", seconds(read)),
            ("the whole request with its redirects", seconds(total)),
            (
                "bytes of a response's headers",
                kib(max_header_bytes.into()),
            ),
            ("header fields of an HTTP/1.1 response", "100".to_owned()),
            ("bytes of a body that is collected", body),
            ("bytes of a line of", kib(MAX_LINE_BYTES as u64)),
            ("unread bytes of a dropped", kib(MAX_ABANDONED_BYTES)),
            ("connections to one origin", "none".to_owned()),
            (
                "HTTP/2 connections to one origin",
                max_h2_connections.to_string(),
            ),
            (
                "unused HTTP/1.1 connections",
                max_idle_per_partition.to_string(),
            ),
            ("unused connections to all origins", max_idle.to_string()),
            ("life of an unused connection", seconds(Some(idle_timeout))),
            (
                "origins with connections of their own",
                max_partitions.to_string(),
            ),
            ("origins remembered", MAX_ORIGINS.to_string()),
            ("between two pings", seconds(ping_interval)),
            ("answering a ping", seconds(Some(ping_timeout))),
            (
                "sending a request in total",
                format!("{MAX_SENDINGS} times"),
            ),
            (
                "the rest of a response that a retry",
                format!(
                    "{}, {}",
                    kib(MAX_ABANDONED_BYTES),
                    seconds(Some(REPLACED_LIMIT))
                ),
            ),
            ("redirects", Redirects::default().limit().to_string()),
            ("bytes of a `Location`", MAX_QUOTED_BYTES.to_string()),
            ("silence of an HTTP/2 connection", seconds(Some(SILENCE))),
            ("cancelled requests on one", MAX_CANCELLED.to_string()),
            (
                "the page of a proxy",
                format!(
                    "{}, {}",
                    kib(MAX_REFUSAL_BYTES as u64),
                    seconds(Some(REFUSAL_LIMIT))
                ),
            ),
        ] {
            let row = rows.iter().find(|(name, _)| name.starts_with(limit));
            let (_, shown) = row.unwrap_or_else(|| panic!("no row \"{limit}\""));
            assert_eq!(*shown, default, "{limit}");
        }
    }

    #[cfg(feature = "sse")]
    #[test]
    fn the_page_has_each_default_of_event_streams() {
        let rows = rows();
        for (limit, default) in [
            (
                "bytes of a line of an event",
                format!("{} MiB", MAX_EVENT_LINE_BYTES / 1024 / 1024),
            ),
            (
                "bytes of the data of an event",
                format!("{} MiB", MAX_EVENT_BYTES / 1024 / 1024),
            ),
            ("silence of an event stream", seconds(Some(EVENTS_IDLE))),
            (
                "waiting to connect again",
                seconds(Some(MAX_RECONNECT_WAIT)),
            ),
            ("connections of an event stream", MAX_RECONNECTS.to_string()),
        ] {
            let row = rows.iter().find(|(name, _)| name.starts_with(limit));
            let (_, shown) = row.unwrap_or_else(|| panic!("no row \"{limit}\""));
            assert_eq!(*shown, default, "{limit}");
        }
    }
}
