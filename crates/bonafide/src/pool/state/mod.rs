//! One partition as a state machine: no clock, no tasks, no sockets.
//!
//! Each step takes the time and returns [`Actions`]. Invariant after each step: a request waits
//! only while an attempt is under way, while an HTTP/2 connection that may serve it has as many
//! streams as its peer allows, or, at the connection limit, while an HTTP/1.1 connection is lent. A
//! request beyond the peer's stream limit waits here and not in the connection, since from here it
//! can still use another connection.

mod actions;
mod attempts;
mod idle;
mod shared;
mod single_flight;
mod unused;
mod waiters;

use std::time::Instant;

pub(in crate::pool) use self::actions::{Actions, Loan};
use self::idle::Idle;
pub(in crate::pool) use self::idle::Member;
use self::shared::Shared;
pub(in crate::pool) use self::shared::{HandleId, Stream, StreamEnd};
use self::single_flight::Flight;
pub(in crate::pool) use self::single_flight::Learned;
pub(in crate::pool) use self::waiters::WaiterId;
use self::waiters::Waiters;
use super::connection::{Connect, Protocol};
use super::error::CheckoutError;
use super::eviction::{Cause, Retired};
use crate::limits::PoolLimits;

/// Which connections may serve a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Any connection of the partition.
    #[default]
    Any,
    /// A connection that did not exist when the request asked for one. Over HTTP/1.1 it serves
    /// that request first; over HTTP/2 it may serve others too. At the limit of connections, unused
    /// ones are closed for it, and the oldest HTTP/2 connection takes no more requests.
    New,
}

/// The outcome of a checkout.
pub(in crate::pool) enum Checkout<C: Connect> {
    /// Served at once.
    Ready(Loan<C>),
    /// Queued: the outcome comes as a delivery.
    Waiting(WaiterId),
    /// The partition takes no more requests.
    Retired(Retired),
}

/// Current numbers of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) struct Census {
    pub(in crate::pool) waiting: usize,
    pub(in crate::pool) attempts: usize,
    pub(in crate::pool) idle_http1: usize,
    pub(in crate::pool) lent_http1: usize,
    pub(in crate::pool) http2: usize,
    pub(in crate::pool) http2_streams: usize,
    /// Connections of both protocols that no request uses.
    pub(in crate::pool) unused: usize,
}

/// The state of one partition. `W` reaches a waiter.
pub(in crate::pool) struct State<C: Connect, W> {
    limits: PoolLimits,
    flight: Flight,
    idle: Idle<C>,
    shared: Shared<C>,
    waiters: Waiters<W>,
    /// HTTP/1.1 connections that a request holds.
    lent: usize,
    retired: Option<Retired>,
    /// When the last request came.
    touched: Instant,
}

impl<C: Connect, W> State<C, W> {
    /// A cold partition.
    pub(in crate::pool) fn new(limits: PoolLimits, now: Instant) -> Self {
        Self {
            flight: Flight::new(),
            idle: Idle::new(limits.idle_timeout, limits.max_idle_per_partition),
            shared: Shared::new(limits.idle_timeout),
            waiters: Waiters::new(),
            lent: 0,
            retired: None,
            touched: now,
            limits,
        }
    }

    /// A request needs a connection. `waiter` is made only if it has to wait.
    pub(in crate::pool) fn checkout(
        &mut self,
        freshness: Freshness,
        now: Instant,
        waiter: impl FnOnce() -> W,
        actions: &mut Actions<C, W>,
    ) -> Checkout<C> {
        if let Some(retired) = self.retired {
            return Checkout::Retired(retired);
        }
        self.touched = now;
        if freshness == Freshness::Any
            && self.waiters.no_any()
            && let Some(loan) = self.take(now, actions)
        {
            return Checkout::Ready(loan);
        }
        if self.waiters.is_empty() {
            self.flight.may_try();
        }
        let id = match freshness {
            Freshness::Any => self.waiters.push_any(waiter()),
            Freshness::New => self.waiters.push_fresh(self.shared.next(), waiter()),
        };
        self.pump(now, actions);
        Checkout::Waiting(id)
    }

    /// A waiter was cancelled. Attempts continue: their connections serve others.
    pub(in crate::pool) fn cancel(&mut self, id: WaiterId) -> Option<W> {
        self.waiters.remove(id)
    }

    /// A lent HTTP/1.1 connection comes back after its exchange, or unused.
    pub(in crate::pool) fn give_back(
        &mut self,
        member: Member<C>,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        self.touched = now;
        self.lent = self.lent.saturating_sub(1);
        let retired = self.retired.map(|_| Cause::Partition);
        if let Some(cause) = retired.or_else(|| member.fault(now)) {
            actions.close(cause, Protocol::Http1(member.conn));
            self.pump(now, actions);
            self.sweep_if_empty(actions);
        } else if self.is_in_the_way() {
            actions.close(Cause::Surplus, Protocol::Http1(member.conn));
            self.pump(now, actions);
        } else {
            let waiter = self.waiters.pop_any();
            self.lend_or_keep(member, waiter, now, actions);
        }
    }

    /// Whether requests that need a new connection wait for room for an attempt.
    fn is_in_the_way(&self) -> bool {
        self.waiters.fresh_since().is_some() && {
            let stuck = self.waiters.stuck(self.shared.newest());
            self.flight.missing(0, stuck, &self.shared) > 0
        }
    }

    /// A lent HTTP/1.1 connection is not coming back.
    pub(in crate::pool) fn discard(&mut self, now: Instant, actions: &mut Actions<C, W>) {
        self.touched = now;
        self.lent = self.lent.saturating_sub(1);
        self.pump(now, actions);
        self.sweep_if_empty(actions);
    }

    /// A stream ended.
    pub(in crate::pool) fn release(
        &mut self,
        id: HandleId,
        end: StreamEnd,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        self.touched = now;
        actions.sweep_by(self.shared.release(id, end, now));
        self.pump(now, actions);
        self.sweep_if_empty(actions);
    }

    /// A peer changed its stream limit, or its connection ended.
    pub(in crate::pool) fn limit_changed(&mut self, now: Instant, actions: &mut Actions<C, W>) {
        self.pump(now, actions);
    }

    /// An HTTP/2 connection takes no more streams from now on. Its open streams are released as
    /// usual.
    pub(in crate::pool) fn fault_http2(
        &mut self,
        id: HandleId,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        self.touched = now;
        self.shared.remove(id, Cause::Fault, &mut actions.closed);
        self.pump(now, actions);
    }

    /// A request waited on an HTTP/2 connection for at least [`SILENCE`] without a response; the
    /// handle's `reads` was `reads` when it was sent. If nothing has arrived since, the connection
    /// takes no new stream until something does.
    pub(in crate::pool) fn doubt_http2(
        &mut self,
        id: HandleId,
        reads: u64,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        self.shared.doubt(id, reads, &mut actions.closed);
        self.pump(now, actions);
    }

    /// Requests have waited for at least [`SILENCE`]: they stop waiting for a connection whose peer
    /// has sent nothing yet.
    pub(in crate::pool) fn doubt_mute(&mut self, now: Instant, actions: &mut Actions<C, W>) {
        if self.shared.doubt_mute(now, &mut actions.closed) {
            self.pump(now, actions);
        }
    }

    /// Removes what has expired. Returns when to sweep again; `None` when nothing can expire.
    pub(in crate::pool) fn sweep(
        &mut self,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) -> Option<Instant> {
        let idle = self.idle.prune(now, &mut actions.closed);
        let shared = self.shared.prune(now, &mut actions.closed);
        self.pump(now, actions);
        let unused = self.is_empty().then(|| self.unused_at()).flatten();
        idle.into_iter().chain(shared).chain(unused).min()
    }

    /// Whether the partition is empty and had no request for the idle timeout.
    pub(in crate::pool) fn is_unused(&self, now: Instant) -> bool {
        self.is_empty() && now.saturating_duration_since(self.touched) >= self.limits.idle_timeout
    }

    /// Takes no more requests. Lent connections are closed when they come back, and streams finish.
    pub(in crate::pool) fn retire(&mut self, retired: Retired, actions: &mut Actions<C, W>) {
        self.retired = Some(retired);
        self.idle.clear(Cause::Partition, &mut actions.closed);
        self.shared.clear(Cause::Partition, &mut actions.closed);
        self.fail_all(&CheckoutError::Evicted, actions);
    }

    /// When the last request came, if no request or connection is in use now.
    pub(in crate::pool) fn quiet_since(&self) -> Option<Instant> {
        let Census {
            waiting,
            attempts,
            idle_http1: _,
            lent_http1,
            http2: _,
            http2_streams,
            unused: _,
        } = self.census();
        (waiting + attempts + lent_http1 + http2_streams == 0).then_some(self.touched)
    }

    /// The waiter that a new connection serves.
    pub(in crate::pool) fn first_waiter(&self) -> Option<&W> {
        self.waiters.first()
    }

    /// The current numbers.
    pub(in crate::pool) fn census(&self) -> Census {
        Census {
            waiting: self.waiters.len(),
            attempts: self.flight.attempts,
            idle_http1: self.idle.len(),
            lent_http1: self.lent,
            http2: self.shared.len(),
            http2_streams: self.shared.leases(),
            unused: self.idle.len() + self.shared.unused_since().count(),
        }
    }

    /// Serves the oldest waiters with what is available, then starts the attempts that the others
    /// need.
    fn pump(&mut self, now: Instant, actions: &mut Actions<C, W>) {
        if self.waiters.is_empty() {
            return;
        }
        self.serve_from_stock(now, actions);
        let stuck = self.waiters.stuck(self.shared.newest());
        let waiting = self.waiters.len() - stuck;
        if stuck > 0 {
            let needed = self.flight.missing(0, stuck, &self.shared);
            self.make_room(needed, actions);
        }
        let missing = self
            .flight
            .missing(waiting, stuck, &self.shared)
            .min(self.room());
        self.flight.attempts += missing;
        actions.attempts += missing;
    }

    /// Closes connections until `needed` new ones may be opened, or until the others are in use.
    #[cold]
    fn make_room(&mut self, needed: usize, actions: &mut Actions<C, W>) {
        while self.room() < needed
            && (self.idle.replace_oldest(&mut actions.closed)
                || self.shared.replace_oldest(&mut actions.closed))
        {}
    }

    /// Serves the oldest waiters with what is available.
    fn serve_from_stock(&mut self, now: Instant, actions: &mut Actions<C, W>) {
        while let Some(since) = self.waiters.fresh_since()
            && let Some(stream) = self.shared.take_since(since, now, &mut actions.closed)
            && let Some(waiter) = self.waiters.pop_fresh()
        {
            actions.deliver(waiter, Ok(Loan::Http2(stream)));
        }
        while !self.waiters.no_any()
            && let Some(loan) = self.take(now, actions)
            && let Some(waiter) = self.waiters.pop_any()
        {
            actions.deliver(waiter, Ok(loan));
        }
    }

    /// A connection or stream that can take a request now.
    fn take(&mut self, now: Instant, actions: &mut Actions<C, W>) -> Option<Loan<C>> {
        if let Some(stream) = self.shared.take(now, &mut actions.closed) {
            return Some(Loan::Http2(stream));
        }
        let member = self.idle.take(now, &mut actions.closed)?;
        self.lent += 1;
        Some(Loan::Http1(member))
    }

    /// Lends a connection to `waiter`, or keeps it.
    fn lend_or_keep(
        &mut self,
        member: Member<C>,
        waiter: Option<W>,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        if let Some(waiter) = waiter {
            self.lent += 1;
            actions.deliver(waiter, Ok(Loan::Http1(member)));
        } else {
            let expiry = self.idle.put(member, now, &mut actions.closed);
            actions.sweep_by(expiry);
        }
    }

    fn fail_all(&mut self, error: &CheckoutError<C::Error>, actions: &mut Actions<C, W>) {
        while let Some(waiter) = self.waiters.pop() {
            actions.deliver(waiter, Err(error.clone()));
        }
    }

    /// How many more connections may be opened.
    fn room(&self) -> usize {
        let shared = self.shared.usable_len();
        let here = self.flight.attempts + self.idle.len() + self.lent + shared;
        let room = self
            .limits
            .max_connections_per_partition
            .get()
            .saturating_sub(here);
        if self.flight.learned == Learned::Http2 {
            let shared = self.flight.attempts + shared;
            room.min(self.limits.max_h2_connections.get().saturating_sub(shared))
        } else {
            room
        }
    }

    fn is_empty(&self) -> bool {
        self.idle.len() == 0 && self.shared.len() == 0 && self.quiet_since().is_some()
    }

    fn unused_at(&self) -> Option<Instant> {
        self.touched.checked_add(self.limits.idle_timeout)
    }

    fn sweep_if_empty(&self, actions: &mut Actions<C, W>) {
        if self.is_empty() {
            actions.sweep_by(self.unused_at());
        }
    }
}
