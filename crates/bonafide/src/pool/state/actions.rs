//! What the owner of the state has to do after a step.

use std::time::Instant;

use super::{Member, Stream};
use crate::pool::connection::{Connect, Protocol};
use crate::pool::error::CheckoutError;
use crate::pool::eviction::{Cause, Closed};

/// A connection, or leave to open a stream, for one request.
pub(in crate::pool) enum Loan<C: Connect> {
    /// The connection belongs to the request until it is given back.
    Http1(Member<C>),
    /// One stream, until it is released.
    Http2(Stream<C>),
}

impl<C: Connect> Loan<C> {
    /// Whether the connection was made for another request or kept for a while.
    pub(in crate::pool) fn is_reused(&self) -> bool {
        match self {
            Self::Http1(member) => !member.fresh,
            Self::Http2(stream) => !stream.fresh,
        }
    }
}

/// What one waiter gets.
pub(in crate::pool) type Outcome<C> = Result<Loan<C>, CheckoutError<<C as Connect>::Error>>;

/// What to do, none of it under the lock. The common steps leave it empty, which allocates nothing.
pub(in crate::pool) struct Actions<C: Connect, W> {
    /// Waiters to notify. A loan that cannot be delivered has to be given back.
    pub(in crate::pool) deliveries: Vec<(W, Outcome<C>)>,
    /// Attempts to start.
    pub(in crate::pool) attempts: usize,
    /// Connections to count and drop.
    pub(in crate::pool) closed: Vec<Closed<C>>,
    /// When the state wants to be swept, if this step made that earlier.
    pub(in crate::pool) sweep_at: Option<Instant>,
}

impl<C: Connect, W> Actions<C, W> {
    /// Nothing to do.
    pub(in crate::pool) fn new() -> Self {
        Self {
            deliveries: Vec::new(),
            attempts: 0,
            closed: Vec::new(),
            sweep_at: None,
        }
    }

    /// Whether there is nothing to do but, perhaps, a sweep later on.
    pub(in crate::pool) fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.attempts == 0 && self.closed.is_empty()
    }

    pub(super) fn deliver(&mut self, waiter: W, outcome: Outcome<C>) {
        self.deliveries.push((waiter, outcome));
    }

    pub(super) fn close(&mut self, cause: Cause, connection: Protocol<C::Http1, C::Http2>) {
        self.closed.push(Closed { cause, connection });
    }

    pub(super) fn sweep_by(&mut self, at: Option<Instant>) {
        self.sweep_at = self.sweep_at.into_iter().chain(at).min();
    }
}
