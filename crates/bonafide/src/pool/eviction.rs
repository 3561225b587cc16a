//! Why connections and partitions leave the pool.

use super::connection::{Connect, Protocol};

/// Why a connection left the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Unused for the idle timeout.
    Idle,
    /// Past its deadline.
    Deadline,
    /// Something that its verdict depends on was replaced.
    Recalled,
    /// Its partition was evicted or dropped.
    Partition,
    /// A user reported it faulty.
    Fault,
    /// The peer sent nothing while requests waited for it.
    Silent,
    /// It reached the limit of cancelled requests.
    Cancelled,
    /// The peer closed it.
    Closed,
    /// The caller asked for it to be closed.
    Asked,
    /// More than the limits let the pool keep.
    Surplus,
    /// Returned, and not ready for the next request in time.
    NotReady,
    /// Its request was cancelled in the middle of an exchange.
    Unfinished,
}

/// Why a partition takes no more requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retired {
    /// It was unused. A new partition with the same key may replace it.
    Unused,
    /// Its epoch was evicted. Only the owner of the policy knows the epoch that follows.
    Evicted,
}

/// A connection that left the pool, to be dropped when no lock is held. Dropping an HTTP/1.1
/// connection closes it; the streams of an HTTP/2 connection finish first.
pub(super) struct Closed<C: Connect> {
    /// Why.
    pub(super) cause: Cause,
    /// The connection, or the pool's handle of it.
    pub(super) connection: Protocol<C::Http1, C::Http2>,
}

impl<C: Connect> Closed<C> {
    /// An HTTP/1.1 connection that left the pool.
    pub(super) fn http1(cause: Cause, conn: C::Http1) -> Self {
        Self {
            cause,
            connection: Protocol::Http1(conn),
        }
    }

    /// An HTTP/2 handle that left the pool.
    pub(super) fn http2(cause: Cause, handle: C::Http2) -> Self {
        Self {
            cause,
            connection: Protocol::Http2(handle),
        }
    }
}
