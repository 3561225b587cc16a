//! Numbers of calls and connections.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of a call. No two calls of a process have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(u64);

/// The number of a connection, or of an attempt to open one. No two connections of a process have
/// the same one. [`ConnectionInfo::id`](crate::ConnectionInfo::id) has that of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

static CALLS: AtomicU64 = AtomicU64::new(1);
static CONNECTIONS: AtomicU64 = AtomicU64::new(1);

impl CallId {
    /// A number that no other call has.
    pub(crate) fn next() -> Self {
        Self(CALLS.fetch_add(1, Ordering::Relaxed))
    }

    /// The number itself, from 1.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl ConnectionId {
    /// A number that no other connection has.
    pub(crate) fn next() -> Self {
        Self(CONNECTIONS.fetch_add(1, Ordering::Relaxed))
    }

    /// The number itself, from 1.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
