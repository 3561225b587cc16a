//! How many attempts to connect should be under way.

use super::shared::Shared;
use crate::pool::connection::Connect;

/// The protocol that ALPN last selected in this partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) enum Learned {
    /// No connection yet.
    Nothing,
    /// HTTP/1.1: one connection a request.
    Http1,
    /// HTTP/2: one connection for all.
    Http2,
}

/// The attempts under way, and the data that decides on more.
pub(super) struct Flight {
    pub(super) attempts: usize,
    pub(super) learned: Learned,
    /// An attempt failed while an HTTP/2 connection was live: the waiters wait for that connection.
    left_to_streams: bool,
}

impl Flight {
    /// A cold partition.
    pub(super) fn new() -> Self {
        Self {
            attempts: 0,
            learned: Learned::Nothing,
            left_to_streams: false,
        }
    }

    /// Streams of the live HTTP/2 connections serve the waiters; no further attempts are made.
    pub(super) fn leave_to_streams(&mut self) {
        self.left_to_streams = true;
    }

    /// Further attempts are allowed again.
    pub(super) fn may_try(&mut self) {
        self.left_to_streams = false;
    }

    /// One attempt ended.
    pub(super) fn ended(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// How many attempts to start now, for `waiting` requests that no connection in the pool can
    /// serve now, and `stuck` others that no connection in the pool can ever serve.
    ///
    /// While the protocol is unknown, or is HTTP/2 without a connection that answers, one attempt
    /// serves all requests. While an HTTP/2 peer's stream limit is unknown, its connection is
    /// assumed to serve them all.
    pub(super) fn missing<C: Connect>(
        &self,
        waiting: usize,
        stuck: usize,
        shared: &Shared<C>,
    ) -> usize {
        let waiting = if self.left_to_streams && shared.usable_len() > 0 {
            0
        } else {
            waiting
        };
        let wanted = match self.learned {
            Learned::Http1 => waiting + stuck,
            Learned::Http2 if shared.usable_len() > 0 => shared
                .stream_limit()
                .map_or(0, |limit| waiting.div_ceil(limit))
                .max(stuck.min(1)),
            Learned::Nothing | Learned::Http2 => (waiting + stuck).min(1),
        };
        wanted.saturating_sub(self.attempts)
    }
}
