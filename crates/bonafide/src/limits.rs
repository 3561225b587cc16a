//! Every time limit and size cap of the crate, each once, with its default.
//!
//! What stands here has a row in the table of the crate's front page. A limit that a caller can set is
//! a field; what has no setter is a constant. This module knows none of those that keep to the limits.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long an HTTP/2 connection may be silent under a request that is given up. After that no further
/// request uses it until something arrives.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);

/// How many requests on one HTTP/2 connection may be given up before another connection takes its
/// place. Each leaves a stream that the client has to remember for a while, and servers close
/// connections with many of them, since attackers make them too (CVE-2023-44487).
pub(crate) const MAX_CANCELLED: usize = 512;

/// How often a request is sent in all that servers refuse unprocessed.
pub(crate) const MAX_SENDINGS: u8 = 3;

/// What an HTTP/1.1 response may have left to read when it is dropped without costing the connection:
/// hyper reads on through what has arrived, and the pool waits a moment for that.
pub(crate) const MAX_ABANDONED_BYTES: u64 = 64 * 1024;

/// How many origins a client remembers with their partitions.
pub(crate) const MAX_ORIGINS: usize = 256;

/// The most bytes that are kept of the page of a proxy that refuses.
pub(crate) const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// How long that page is waited for. It only explains what is known already.
pub(crate) const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// The limits of a client; `None` is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Name lookup and TCP connection together, with the proxy's answer where there is one.
    pub(crate) connect: Option<Duration>,
    /// The TLS handshake.
    pub(crate) handshake: Option<Duration>,
    /// Waiting for a connection, or for a stream of one, while others are served.
    pub(crate) checkout: Option<Duration>,
    /// What a request can have limits of its own for.
    pub(crate) request: RequestLimits,
    /// A response's body that is collected.
    pub(crate) body: Cap,
    /// The connections that are kept and opened.
    pub(crate) pool: PoolLimits,
    /// What HTTP may bring, and how HTTP/2 is kept alive.
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

/// The time limits of one request; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLimits {
    /// From the last byte of the request that was handed over to the response's headers.
    pub(crate) headers: Option<Duration>,
    /// Between two pieces of the response's body.
    pub(crate) read: Option<Duration>,
    /// The whole request with its redirects, up to the last byte of the response's body.
    pub(crate) total: Option<Duration>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            headers: Some(Duration::from_secs(30)),
            read: Some(Duration::from_secs(30)),
            total: None,
        }
    }
}

impl RequestLimits {
    /// When a request that starts now must be over.
    pub(crate) fn deadline(&self) -> Deadline {
        let total = self.total?;
        Some((Instant::now().checked_add(total)?, total))
    }
}

/// A timer that is not set before it is polled; `None` outside a tokio runtime, where there are none.
pub(crate) fn timer(until: Instant) -> Option<Pin<Box<Sleep>>> {
    Handle::try_current()
        .is_ok()
        .then(|| Box::pin(sleep_until(until)))
}

/// The moment at which a request must be over, and the limit that it comes from.
pub(crate) type Deadline = Option<(Instant, Duration)>;

/// Time limits of one request, in place of the client's.
///
/// Set by [`RequestBuilder::timeout`](crate::RequestBuilder::timeout) and its like. In the extensions of
/// an `http::Request` that goes through the tower service it has the same effect. The inner `None` is no
/// limit, the outer `None` the client's limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestTimeouts {
    /// For the whole request with its redirects, up to the last byte of the response's body.
    pub total: Option<Option<Duration>>,
    /// For a server to answer once it has the request.
    pub headers: Option<Option<Duration>>,
    /// Between two pieces of the response's body.
    pub read: Option<Option<Duration>>,
}

impl RequestTimeouts {
    pub(crate) fn apply(&self, limits: &mut RequestLimits) {
        let Self {
            total,
            headers,
            read,
        } = *self;
        limits.total = total.unwrap_or(limits.total);
        limits.headers = headers.unwrap_or(limits.headers);
        limits.read = read.unwrap_or(limits.read);
    }
}

/// The most bytes that a response's body may have to be collected, and who said so.
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
    /// Unused HTTP/1.1 connections kept in one partition; the oldest is closed for one too many. The
    /// default keeps a burst of 64 or 100 requests whole; a burst of thousands does not hold its
    /// sockets for long.
    pub(crate) max_idle_per_partition: usize,
    /// Connections in one partition at once, those being opened included; requests beyond wait in
    /// turn. HTTP/2 connections that take no more requests but still have streams are not counted.
    pub(crate) max_connections_per_partition: NonZeroUsize,
    /// HTTP/2 connections in one partition. RFC 9113 section 9.1 asks for one; a further one is opened
    /// only while requests wait and the peer's own stream limit is used up on all others.
    pub(crate) max_h2_connections: NonZeroUsize,
    /// Partitions kept. For one too many, those that were unused for longest are dropped; partitions
    /// in use are never dropped.
    pub(crate) max_partitions: NonZeroUsize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(90),
            max_idle_per_partition: 128,
            max_connections_per_partition: NonZeroUsize::MAX,
            max_h2_connections: const { NonZeroUsize::MIN.saturating_add(7) },
            max_partitions: const { NonZeroUsize::MIN.saturating_add(511) },
        }
    }
}

/// What HTTP/1.1 and HTTP/2 may bring, and how HTTP/2 is kept alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpLimits {
    /// Most header fields of an HTTP/1.1 response; `None` is hyper's 100, which costs no allocation.
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

    /// The first two columns of the table under `# Bounds` on the front page.
    fn rows() -> Vec<(String, String)> {
        let page = include_str!("lib.rs");
        let (_, bounds) = page.split_once("//! # Bounds").expect("the section");
        let (bounds, _) = bounds.split_once("//! # Runtimes").expect("the next one");
        bounds
            .lines()
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
    fn the_front_page_has_each_default() {
        let Limits {
            connect,
            handshake,
            checkout,
            request:
                RequestLimits {
                    headers,
                    read,
                    total,
                },
            body,
            pool:
                PoolLimits {
                    idle_timeout,
                    max_idle_per_partition,
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
            ("between two pieces", seconds(read)),
            ("the whole request with its redirects", seconds(total)),
            (
                "bytes of a response's headers",
                kib(max_header_bytes.into()),
            ),
            ("header fields of an HTTP/1.1 response", "100".to_owned()),
            ("bytes of a body that is collected", body),
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
            ("life of an unused connection", seconds(Some(idle_timeout))),
            (
                "origins whose connections are kept apart",
                max_partitions.to_string(),
            ),
            ("origins remembered", MAX_ORIGINS.to_string()),
            ("between two pings", seconds(ping_interval)),
            ("answering a ping", seconds(Some(ping_timeout))),
            (
                "sending a request that servers",
                format!("{MAX_SENDINGS} times"),
            ),
            ("redirects", Redirects::default().limit().to_string()),
            ("bytes of a `Location`", MAX_QUOTED_BYTES.to_string()),
            ("silence of an HTTP/2 connection", seconds(Some(SILENCE))),
            (
                "requests on one HTTP/2 connection",
                MAX_CANCELLED.to_string(),
            ),
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
}
