//! The requests that wait, oldest first.

use std::collections::VecDeque;

/// Identifies a waiter, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pool) struct WaiterId(u64);

/// A queue of waiters. The owner of the state notifies a waiter through `W`.
pub(super) struct Waiters<W> {
    /// Ids rise from front to back.
    queue: VecDeque<(WaiterId, W)>,
    next: u64,
}

impl<W> Waiters<W> {
    /// An empty queue.
    pub(super) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            next: 0,
        }
    }

    /// Puts a waiter at the end.
    pub(super) fn push(&mut self, waiter: W) -> WaiterId {
        let id = WaiterId(self.next);
        self.next += 1;
        self.queue.push_back((id, waiter));
        id
    }

    /// Takes the oldest waiter.
    pub(super) fn pop(&mut self) -> Option<W> {
        self.queue.pop_front().map(|(_, waiter)| waiter)
    }

    /// The oldest waiter.
    pub(super) fn oldest(&self) -> Option<&W> {
        self.queue.front().map(|(_, waiter)| waiter)
    }

    /// Takes a waiter out; `None` when it has been served.
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<W> {
        let index = self.queue.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.queue.remove(index).map(|(_, waiter)| waiter)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no request waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
