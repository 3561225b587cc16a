//! Connections that no request uses: how long they have been unused, and closing them.

use std::time::Instant;

use super::State;
use super::actions::Actions;
use crate::pool::connection::Connect;
use crate::pool::eviction::Cause;

impl<C: Connect, W> State<C, W> {
    /// Since when each unused connection is unused.
    pub(in crate::pool) fn unused_since(&self) -> impl Iterator<Item = Instant> {
        self.idle.unused_since().chain(self.shared.unused_since())
    }

    /// Closes at most `count` connections that have been unused since `cutoff` or for longer.
    /// Returns how many.
    pub(in crate::pool) fn close_oldest(
        &mut self,
        cutoff: Instant,
        count: usize,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) -> usize {
        let before = actions.closed.len();
        self.idle.close_oldest(cutoff, count, &mut actions.closed);
        let left = count.saturating_sub(actions.closed.len() - before);
        self.shared.close_oldest(cutoff, left, &mut actions.closed);
        let closed = actions.closed.len() - before;
        self.pump(now, actions);
        self.sweep_if_empty(actions);
        closed
    }

    /// Closes the unused connections.
    pub(in crate::pool) fn close_idle(&mut self, actions: &mut Actions<C, W>) {
        self.idle.clear(Cause::Asked, &mut actions.closed);
        self.shared.clear_unused(Cause::Asked, &mut actions.closed);
        self.sweep_if_empty(actions);
    }
}
