//! Statistics of a pool.

use super::connection::Connect;
use super::counters::Totals;
use super::registry::Registry;
use super::state::Census;

/// Current numbers of a pool, and its totals. The partitions are counted one after the other, so
/// under load the numbers may be inconsistent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PoolStatus {
    /// Partitions.
    pub(crate) partitions: usize,
    /// Requests that wait for a connection.
    pub(crate) waiting: usize,
    /// Attempts to connect under way.
    pub(crate) attempts: usize,
    /// Idle HTTP/1.1 connections.
    pub(crate) idle_http1: usize,
    /// HTTP/1.1 connections in use.
    pub(crate) lent_http1: usize,
    /// HTTP/2 connections that take new streams.
    pub(crate) http2: usize,
    /// Streams on them.
    pub(crate) http2_streams: usize,
    /// Connections of both protocols that no request uses.
    pub(crate) unused: usize,
    /// Whether the task that closes expired connections runs.
    pub(crate) reaper_runs: bool,
    /// Totals since the pool was made.
    pub(crate) totals: Totals,
}

impl PoolStatus {
    pub(super) fn of<C: Connect>(registry: &Registry<C>) -> Self {
        let core = registry.core();
        let start = Self {
            reaper_runs: core.schedule.is_running(),
            totals: core.counters.totals(),
            ..Self::default()
        };
        registry.partitions().iter().fold(start, |sum, partition| {
            let Census {
                waiting,
                attempts,
                idle_http1,
                lent_http1,
                http2,
                http2_streams,
                unused,
            } = partition.census();
            Self {
                partitions: sum.partitions + 1,
                waiting: sum.waiting + waiting,
                attempts: sum.attempts + attempts,
                idle_http1: sum.idle_http1 + idle_http1,
                lent_http1: sum.lent_http1 + lent_http1,
                http2: sum.http2 + http2,
                http2_streams: sum.http2_streams + http2_streams,
                unused: sum.unused + unused,
                ..sum
            }
        })
    }
}
