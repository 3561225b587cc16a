//! How much the pool may keep and open.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Limits of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// How long a connection may be unused before it is closed; also how long an empty partition remembers its
    /// protocol. Default 90 s, which is below the idle limits that servers commonly have for HTTP/2 and longer
    /// than most have for HTTP/1.1 (those are noticed by their close).
    pub(crate) idle_timeout: Duration,
    /// Unused HTTP/1.1 connections kept in one partition; the oldest is closed for one too many. Default 128: a
    /// burst of 64 or 100 requests is kept whole, a burst of thousands does not hold its sockets for long.
    pub(crate) max_idle_per_partition: usize,
    /// Connections in one partition at once, those being opened included; requests beyond wait in turn. HTTP/2
    /// connections that take no more requests but still have streams are not counted. Default: no limit.
    pub(crate) max_connections_per_partition: NonZeroUsize,
    /// HTTP/2 connections in one partition. RFC 9113 section 9.1 asks for one; a further one is opened only while
    /// requests wait and the peer's own stream limit is used up on all others. Default 8.
    pub(crate) max_h2_connections: NonZeroUsize,
    /// Partitions kept. For one too many, those that nobody has used for longest are dropped; partitions in use
    /// are never dropped. Default 512.
    pub(crate) max_partitions: NonZeroUsize,
}

impl Default for Limits {
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
