//! Idle HTTP/1.1 connections.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::pool::connection::{Connect, Http1Conn, Recall as _, is_past};
use crate::pool::eviction::{Cause, Closed};

/// An HTTP/1.1 connection and what belongs to it.
pub(in crate::pool) struct Member<C: Connect> {
    pub(in crate::pool) conn: C::Http1,
    pub(in crate::pool) meta: Arc<C::Meta>,
    pub(in crate::pool) deadline: Option<Instant>,
    /// It was made for the request that gets it now, and was not idle in between.
    pub(in crate::pool) fresh: bool,
}

impl<C: Connect> Member<C> {
    /// Why it cannot take a request now; `None` if it can.
    pub(super) fn fault(&self, now: Instant) -> Option<Cause> {
        if !self.conn.is_open() {
            Some(Cause::Closed)
        } else if is_past(self.deadline, now) {
            Some(Cause::Deadline)
        } else if self.meta.is_recalled(now) {
            Some(Cause::Recalled)
        } else {
            None
        }
    }
}

/// The idle connections: the last one given back is the first one taken, so that the others can
/// expire.
pub(super) struct Idle<C: Connect> {
    /// With the times at which they were returned, oldest first.
    members: VecDeque<(Instant, Member<C>)>,
    timeout: Duration,
    max: usize,
}

impl<C: Connect> Idle<C> {
    /// An empty list.
    pub(super) fn new(timeout: Duration, max: usize) -> Self {
        Self {
            members: VecDeque::new(),
            timeout,
            max,
        }
    }

    /// Takes the connection that was used last. Unusable ones that it finds first leave the pool.
    pub(super) fn take(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> Option<Member<C>> {
        while let Some((since, member)) = self.members.pop_back() {
            match self.fault(since, &member, now) {
                None => return Some(member),
                Some(cause) => closed.push(Closed::http1(cause, member.conn)),
            }
        }
        None
    }

    /// Keeps a connection, and returns when it expires. If there are too many, the oldest leaves
    /// the pool.
    pub(super) fn put(
        &mut self,
        mut member: Member<C>,
        now: Instant,
        closed: &mut Vec<Closed<C>>,
    ) -> Option<Instant> {
        if self.members.len() >= self.max {
            match self.members.pop_front() {
                Some((_, oldest)) => closed.push(Closed::http1(Cause::Surplus, oldest.conn)),
                None => {
                    closed.push(Closed::http1(Cause::Surplus, member.conn));
                    return None;
                }
            }
        }
        member.fresh = false;
        let expiry = self.expiry(now, &member);
        self.members.push_back((now, member));
        expiry
    }

    /// The connection that was unused for longest leaves the pool, so that a new one can be opened.
    /// Returns whether there was one.
    pub(super) fn replace_oldest(&mut self, closed: &mut Vec<Closed<C>>) -> bool {
        let oldest = self.members.pop_front();
        let replaced = oldest.is_some();
        closed.extend(oldest.map(|(_, member)| Closed::http1(Cause::Surplus, member.conn)));
        replaced
    }

    /// Removes all unusable connections, and returns when the next one expires.
    pub(super) fn prune(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        for _ in 0..self.members.len() {
            let Some((since, member)) = self.members.pop_front() else {
                break;
            };
            if let Some(cause) = self.fault(since, &member, now) {
                closed.push(Closed::http1(cause, member.conn));
                continue;
            }
            next = next.into_iter().chain(self.expiry(since, &member)).min();
            self.members.push_back((since, member));
        }
        next
    }

    /// Removes all connections.
    pub(super) fn clear(&mut self, cause: Cause, closed: &mut Vec<Closed<C>>) {
        closed.extend(
            self.members
                .drain(..)
                .map(|(_, member)| Closed::http1(cause, member.conn)),
        );
    }

    /// Since when each is unused, oldest first.
    pub(super) fn unused_since(&self) -> impl Iterator<Item = Instant> {
        self.members.iter().map(|(since, _)| *since)
    }

    /// At most `count` connections that have been unused since `cutoff` or for longer leave the
    /// pool.
    pub(super) fn close_oldest(
        &mut self,
        cutoff: Instant,
        count: usize,
        closed: &mut Vec<Closed<C>>,
    ) {
        for _ in 0..count {
            let is_old = self
                .members
                .front()
                .is_some_and(|(since, _)| *since <= cutoff);
            if !is_old || !self.replace_oldest(closed) {
                return;
            }
        }
    }

    /// How many are kept.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    fn fault(&self, since: Instant, member: &Member<C>, now: Instant) -> Option<Cause> {
        let unused = now.saturating_duration_since(since);
        member
            .fault(now)
            .or((unused >= self.timeout).then_some(Cause::Idle))
    }

    fn expiry(&self, since: Instant, member: &Member<C>) -> Option<Instant> {
        since
            .checked_add(self.timeout)
            .into_iter()
            .chain(member.deadline)
            .chain(member.meta.recalled_at())
            .min()
    }
}
