//! How many attempts to connect should be under way.

use super::shared::Shared;
use crate::pool::connection::Connect;

/// What ALPN gave in this partition the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) enum Learned {
    /// Nothing yet.
    Nothing,
    /// HTTP/1.1: one connection a request.
    Http1,
    /// HTTP/2: one connection for all.
    Http2,
}

/// The attempts under way, and what decides on more.
pub(super) struct Flight {
    pub(super) attempts: usize,
    pub(super) learned: Learned,
}

impl Flight {
    /// A cold partition.
    pub(super) fn new() -> Self {
        Self {
            attempts: 0,
            learned: Learned::Nothing,
        }
    }

    /// One attempt ended.
    pub(super) fn ended(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// How many attempts to start now, for `waiting` requests that nothing in the pool can serve.
    ///
    /// While the protocol is unknown, or HTTP/2 without a connection, one attempt serves everybody.
    pub(super) fn missing<C: Connect>(&self, waiting: usize, shared: &Shared<C>) -> usize {
        let wanted = match self.learned {
            Learned::Http1 => waiting,
            Learned::Http2 if !shared.is_empty() => waiting.div_ceil(shared.stream_limit()),
            Learned::Nothing | Learned::Http2 => waiting.min(1),
        };
        wanted.saturating_sub(self.attempts)
    }
}
