//! The results of attempts to connect.

use std::time::Instant;

use super::single_flight::Learned;
use super::{Actions, Member, State};
use crate::pool::connection::{
    Connect, Connected, Http1Conn, Http2Conn, Protocol, Recall as _, is_past,
};
use crate::pool::error::CheckoutError;
use crate::pool::eviction::Cause;

impl<C: Connect, W> State<C, W> {
    /// An attempt made a connection.
    pub(in crate::pool) fn attempt_connected(
        &mut self,
        connected: Connected<C>,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        let Connected {
            protocol,
            deadline,
            meta,
        } = connected;
        if let Some(cause) = self.fault(&protocol, deadline, now) {
            actions.close(cause, protocol);
            self.attempt_failed(CheckoutError::Unusable, now, actions);
            return;
        }
        self.touched = now;
        self.flight.ended();
        if meta.is_recalled(now) && meta.binds_first_request() {
            // Something that its verdict depends on was replaced meanwhile: a new attempt, which
            // uses the replacement, serves the waiting requests.
            actions.close(Cause::Recalled, protocol);
            self.pump(now, actions);
            self.sweep_if_empty(actions);
            return;
        }
        match protocol {
            Protocol::Http1(conn) => {
                self.flight.learned = Learned::Http1;
                let member = Member {
                    conn,
                    meta,
                    deadline,
                    fresh: true,
                };
                let waiter = self.waiters.pop();
                self.lend_or_keep(member, waiter, now, actions);
            }
            Protocol::Http2(handle) => {
                self.flight.learned = Learned::Http2;
                self.shared.prune(now, &mut actions.closed);
                self.flight.may_try();
                if self.shared.usable_len() >= self.limits.max_h2_connections.get()
                    && self.waiters.stuck(self.shared.newest()) > 0
                {
                    self.shared.replace_oldest(&mut actions.closed);
                }
                if self.shared.usable_len() < self.limits.max_h2_connections.get() {
                    actions.sweep_by(self.shared.put(handle, meta, deadline, now));
                } else {
                    actions.close(Cause::Surplus, Protocol::Http2(handle));
                }
            }
        }
        self.pump(now, actions);
        self.shared.keep();
    }

    /// An attempt ended without a connection.
    ///
    /// While there is a live HTTP/2 connection, no waiter fails that it may serve: the waiters wait
    /// for its streams, and no further attempt is made for them. The others fail with the last
    /// attempt. With HTTP/1.1 the oldest waiter fails, unless the
    /// other attempts are enough for all. Otherwise all waiters fail with the last attempt.
    pub(in crate::pool) fn attempt_failed(
        &mut self,
        error: CheckoutError<C::Error>,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        self.touched = now;
        self.flight.ended();
        if self.left_to_streams(now, actions) {
            self.fail_stuck(&error, actions);
        } else {
            match self.flight.learned {
                Learned::Http1 => self.fail_oldest(error, actions),
                Learned::Nothing | Learned::Http2 if self.flight.attempts == 0 => {
                    self.fail_all(&error, actions);
                }
                Learned::Nothing | Learned::Http2 => {}
            }
        }
        self.pump(now, actions);
        self.sweep_if_empty(actions);
    }

    /// The task of an attempt panicked or was dropped. Its runtime may have been shut down, so no
    /// attempt is started: unless another one is under way, all waiters fail.
    pub(in crate::pool) fn attempt_abandoned(
        &mut self,
        error: CheckoutError<C::Error>,
        now: Instant,
        actions: &mut Actions<C, W>,
    ) {
        self.touched = now;
        self.flight.ended();
        if self.left_to_streams(now, actions) {
            self.fail_stuck(&error, actions);
        } else if self.flight.attempts == 0 {
            self.fail_all(&error, actions);
        } else if self.flight.learned == Learned::Http1 {
            self.fail_oldest(error, actions);
        }
        self.sweep_if_empty(actions);
    }

    fn fail_oldest(&mut self, error: CheckoutError<C::Error>, actions: &mut Actions<C, W>) {
        if self.waiters.len() > self.flight.attempts
            && let Some(waiter) = self.waiters.pop()
        {
            actions.deliver(waiter, Err(error));
        }
    }

    /// Fails the youngest waiters that no live HTTP/2 connection may serve, unless the other
    /// attempts are enough for all: one for each with HTTP/1.1, one in total otherwise.
    fn fail_stuck(&mut self, error: &CheckoutError<C::Error>, actions: &mut Actions<C, W>) {
        let newest = self.shared.newest();
        let served = match self.flight.learned {
            Learned::Nothing | Learned::Http2 if self.flight.attempts > 0 => return,
            Learned::Nothing | Learned::Http1 | Learned::Http2 => self.flight.attempts,
        };
        while self.waiters.stuck(newest) > served
            && let Some(waiter) = self.waiters.pop_stuck(newest)
        {
            actions.deliver(waiter, Err(error.clone()));
        }
    }

    /// Whether there is a live HTTP/2 connection, which serves the waiters as its streams end.
    fn left_to_streams(&mut self, now: Instant, actions: &mut Actions<C, W>) -> bool {
        self.serve_from_stock(now, actions);
        self.shared.prune(now, &mut actions.closed);
        let live = self.shared.usable_len() > 0;
        if live {
            self.flight.leave_to_streams();
        }
        live
    }

    fn fault(
        &self,
        protocol: &Protocol<C::Http1, C::Http2>,
        deadline: Option<Instant>,
        now: Instant,
    ) -> Option<Cause> {
        let open = match protocol {
            Protocol::Http1(conn) => conn.is_open(),
            Protocol::Http2(handle) => handle.is_open(),
        };
        if self.retired.is_some() {
            Some(Cause::Partition)
        } else if !open {
            Some(Cause::Closed)
        } else {
            is_past(deadline, now).then_some(Cause::Deadline)
        }
    }
}
