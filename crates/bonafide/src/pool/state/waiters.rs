//! The requests that wait, oldest first.

use std::collections::VecDeque;

use super::shared::HandleId;

/// Identifies a waiter, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pool) struct WaiterId(u64);

/// The waiters. The owner of the state notifies a waiter through `W`.
///
/// Requests that need a new connection have a queue of their own and are served first, since less
/// can serve them.
pub(super) struct Waiters<W> {
    /// Any connection serves them. Ids rise from front to back.
    any: VecDeque<(WaiterId, W)>,
    /// A connection serves them that is not older than they are. Ids rise from front to back.
    fresh: VecDeque<Picky<W>>,
    next: u64,
}

/// A waiter that needs a new connection.
struct Picky<W> {
    id: WaiterId,
    /// The first HTTP/2 connection that is not older than the waiter.
    since: HandleId,
    waiter: W,
}

impl<W> Waiters<W> {
    /// No waiter.
    pub(super) fn new() -> Self {
        Self {
            any: VecDeque::new(),
            fresh: VecDeque::new(),
            next: 0,
        }
    }

    /// Adds a waiter that any connection serves.
    pub(super) fn push_any(&mut self, waiter: W) -> WaiterId {
        let id = self.next_id();
        self.any.push_back((id, waiter));
        id
    }

    /// Adds a waiter that an HTTP/2 connection serves if it is `since` or a later one.
    pub(super) fn push_fresh(&mut self, since: HandleId, waiter: W) -> WaiterId {
        let id = self.next_id();
        self.fresh.push_back(Picky { id, since, waiter });
        id
    }

    fn next_id(&mut self) -> WaiterId {
        let id = WaiterId(self.next);
        self.next += 1;
        id
    }

    /// Takes the oldest waiter that any connection serves.
    pub(super) fn pop_any(&mut self) -> Option<W> {
        self.any.pop_front().map(|(_, waiter)| waiter)
    }

    /// Takes the oldest waiter that needs a new connection.
    pub(super) fn pop_fresh(&mut self) -> Option<W> {
        self.fresh.pop_front().map(|picky| picky.waiter)
    }

    /// Takes the waiter that a new connection serves.
    pub(super) fn pop(&mut self) -> Option<W> {
        self.pop_fresh().or_else(|| self.pop_any())
    }

    /// Takes the youngest waiter that needs an HTTP/2 connection after `newest`.
    pub(super) fn pop_stuck(&mut self, newest: Option<HandleId>) -> Option<W> {
        self.fresh
            .back()
            .filter(|picky| Some(picky.since) > newest)?;
        self.fresh.pop_back().map(|picky| picky.waiter)
    }

    /// The waiter that a new connection serves.
    pub(super) fn first(&self) -> Option<&W> {
        let picky = self.fresh.front().map(|picky| &picky.waiter);
        picky.or_else(|| self.any.front().map(|(_, waiter)| waiter))
    }

    /// The first HTTP/2 connection that can serve the oldest waiter that needs a new one.
    pub(super) fn fresh_since(&self) -> Option<HandleId> {
        self.fresh.front().map(|picky| picky.since)
    }

    /// Takes a waiter out; `None` when it has been served.
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<W> {
        if let Ok(index) = self.any.binary_search_by_key(&id, |(id, _)| *id) {
            return self.any.remove(index).map(|(_, waiter)| waiter);
        }
        let index = self
            .fresh
            .binary_search_by_key(&id, |picky| picky.id)
            .ok()?;
        self.fresh.remove(index).map(|picky| picky.waiter)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.any.len() + self.fresh.len()
    }

    /// How many need an HTTP/2 connection after `newest`, or a new HTTP/1.1 connection.
    pub(super) fn stuck(&self, newest: Option<HandleId>) -> usize {
        let served = |picky: &Picky<W>| Some(picky.since) <= newest;
        self.fresh.len() - self.fresh.partition_point(served)
    }

    /// Whether no request waits.
    pub(super) fn is_empty(&self) -> bool {
        self.any.is_empty() && self.fresh.is_empty()
    }

    /// Whether no request waits that any connection serves.
    pub(super) fn no_any(&self) -> bool {
        self.any.is_empty()
    }
}
