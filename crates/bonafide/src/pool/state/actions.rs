//! The actions that the owner of the state performs after a step.

use std::time::Instant;

use super::{Member, Stream};
use crate::pool::connection::{Connect, Protocol};
use crate::pool::error::CheckoutError;
use crate::pool::eviction::{Cause, Closed};

/// A connection for one request, or the right to open one stream.
pub(in crate::pool) enum Loan<C: Connect> {
    /// The connection belongs to the request until it is returned.
    Http1(Member<C>),
    /// One stream, until it is released.
    Http2(Stream<C>),
}

impl<C: Connect> Loan<C> {
    /// Whether the connection was made for another request or was kept idle.
    pub(in crate::pool) fn is_reused(&self) -> bool {
        match self {
            Self::Http1(member) => !member.fresh,
            Self::Http2(stream) => !stream.fresh,
        }
    }
}

/// What one waiter gets.
pub(in crate::pool) type Outcome<C> = Result<Loan<C>, CheckoutError<<C as Connect>::Error>>;

/// The actions, performed without the lock. In common steps there are none, which allocates
/// nothing.
pub(in crate::pool) struct Actions<C: Connect, W> {
    /// Waiters to notify. A loan that cannot be delivered must be returned.
    pub(in crate::pool) deliveries: Vec<(W, Outcome<C>)>,
    /// Attempts to start.
    pub(in crate::pool) attempts: usize,
    /// Connections to count and drop.
    pub(in crate::pool) closed: Vec<Closed<C>>,
    /// When to sweep the state, if this step made that time earlier.
    pub(in crate::pool) sweep_at: Option<Instant>,
}

impl<C: Connect, W> Actions<C, W> {
    /// No action.
    pub(in crate::pool) fn new() -> Self {
        Self {
            deliveries: Vec::new(),
            attempts: 0,
            closed: Vec::new(),
            sweep_at: None,
        }
    }

    /// Whether there is no action except perhaps a later sweep.
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
