//! Settings of the connections that a client keeps.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::ClientBuilder;

/// The longest duration that is passed to hyper: hyper adds it to the current time, which must not
/// overflow.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// `time`, but no more than a year.
fn bounded(time: Duration) -> Duration {
    time.min(YEAR)
}

impl ClientBuilder {
    /// How long an unused connection is kept. Default: 90 s.
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.pool.idle_timeout = limit;
        self
    }

    /// How many unused HTTP/1.1 connections are kept for one origin, for each runtime that the
    /// client is used on and each choice of [versions](crate::versions::Versions). Default: 128.
    pub fn pool_max_idle_per_host(mut self, count: usize) -> Self {
        self.limits.pool.max_idle_per_partition = count;
        self
    }

    /// How many unused connections are kept for all origins together, HTTP/1.1 and HTTP/2. Beyond
    /// that, those that were unused for longest are closed within a second. Connections in use are
    /// not counted. Default: 1024.
    ///
    /// ```
    /// use bonafide::Client;
    ///
    /// let crawler = Client::builder()
    ///     .pool_max_idle(100)
    ///     .pool_max_idle_per_host(2)
    ///     .build()?;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    pub fn pool_max_idle(mut self, count: usize) -> Self {
        self.limits.pool.max_idle = count;
        self
    }

    /// Maximum number of connections to one origin at once, for each runtime that the client is
    /// used on and each choice of [versions](crate::versions::Versions). Further requests wait.
    /// Default: no limit.
    pub fn max_connections_per_host(mut self, count: NonZeroUsize) -> Self {
        self.limits.pool.max_connections_per_partition = count;
        self
    }

    /// Maximum number of HTTP/2 connections to one origin, for each runtime that the client is used
    /// on and each choice of [versions](crate::versions::Versions). A further connection is opened
    /// only when all streams that the server allows are in use. Default: 8.
    pub fn max_http2_connections_per_host(mut self, count: NonZeroUsize) -> Self {
        self.limits.pool.max_h2_connections = count;
        self
    }

    /// How often the client pings an HTTP/2 connection, in use or idle. Default: every 30 s. `None`
    /// turns pings off; more than a year counts as a year.
    ///
    /// The answer to a ping also shows that an idle connection still works. If a request is
    /// cancelled after a second or more (a long poll, for instance) and nothing arrived on its
    /// connection meanwhile, the next request opens another connection. Long polls over HTTP/2
    /// should therefore wait longer than this interval. Without pings, a connection to a frozen
    /// peer stays open.
    #[doc(alias("http2_keep_alive_interval", "http2_keep_alive_while_idle"))]
    pub fn http2_ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.limits.http.ping_interval = interval.into().map(bounded);
        self
    }

    /// How long the answer to a ping may take before the client closes the connection. Default: 10
    /// s; more than a year counts as a year.
    #[doc(alias = "http2_keep_alive_timeout")]
    pub fn http2_ping_timeout(mut self, limit: Duration) -> Self {
        self.limits.http.ping_timeout = bounded(limit);
        self
    }
}
