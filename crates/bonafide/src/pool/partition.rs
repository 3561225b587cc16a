//! One partition: its state, shared by its requests.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::attempt::Attempt;
use super::connection::Connect;
use super::counters::Counters;
use super::error::CheckoutError;
use super::eviction::{Cause, Retired};
use super::key::PartitionKey;
use super::lease::Lease;
use super::registry::{Core, Registry};
use super::reservation::Reservation;
use super::state::{Actions, Census, Checkout, Freshness, State};
use super::wait::{Wait, Waiter};

/// The actions of the state, with requests as waiters.
pub(super) type Steps<C> = Actions<C, Waiter<C>>;

/// The connections that requests with one [`PartitionKey`] share.
pub(crate) struct Partition<C: Connect> {
    key: PartitionKey,
    core: Arc<Core<C>>,
    registry: Weak<Registry<C>>,
    state: Mutex<State<C, Waiter<C>>>,
    /// A copy of the state's own flag that can be read without the lock.
    retired: AtomicBool,
    /// Notifies the attempts that the partition takes no more requests.
    on_retired: Notify,
}

/// The time by tokio's clock, which a test can pause.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl<C: Connect> Partition<C> {
    /// A cold partition.
    pub(super) fn new(key: PartitionKey, core: Arc<Core<C>>, registry: Weak<Registry<C>>) -> Self {
        let state = State::new(core.limits.clone(), now());
        Self {
            key,
            core,
            registry,
            state: Mutex::new(state),
            retired: AtomicBool::new(false),
            on_retired: Notify::new(),
        }
    }

    /// Its key.
    pub(crate) fn key(&self) -> &PartitionKey {
        &self.key
    }

    /// What is common to all partitions of the pool.
    pub(super) fn core(&self) -> &Core<C> {
        &self.core
    }

    /// Whether it takes no more requests.
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Waits until it takes no more requests.
    pub(super) async fn is_done(&self) {
        let mut retired = pin!(self.on_retired.notified());
        retired.as_mut().enable();
        if !self.is_retired() {
            retired.await;
        }
    }

    /// A connection for one request: a live HTTP/2 connection, else the HTTP/1.1 connection used
    /// last, else whichever comes first: a new connection or a returned one. For
    /// [`Freshness::New`], a new one alone.
    ///
    /// Dropping the future cancels the request's place in the queue and nothing else.
    ///
    /// # Errors
    ///
    /// See [`CheckoutError`].
    pub(crate) async fn checkout(
        self: &Arc<Self>,
        freshness: Freshness,
    ) -> Result<Lease<C>, CheckoutError<C::Error>> {
        let mut successor: Option<Arc<Self>> = None;
        loop {
            let partition = successor.as_ref().unwrap_or(self);
            let mut reservation = match partition.check_out(freshness) {
                CheckoutProgress::Ready(reservation) => reservation,
                CheckoutProgress::Waiting(wait) => wait.outcome().await?,
                CheckoutProgress::Retired(Retired::Evicted) => return Err(CheckoutError::Evicted),
                CheckoutProgress::Retired(Retired::Unused) => {
                    let registry = partition.registry.upgrade().ok_or(CheckoutError::Evicted)?;
                    successor = Some(registry.partition(&self.key));
                    continue;
                }
            };
            if !reservation.is_ready().await {
                continue;
            }
            if partition.is_retired() {
                // Evicted after the reservation was made: dropping it closes the connection.
                return Err(CheckoutError::Evicted);
            }
            if reservation.is_recalled() {
                // Called back after the reservation was made: dropping it closes the connection.
                continue;
            }
            if let Some(lease) = reservation.claim() {
                return Ok(lease);
            }
        }
    }

    fn check_out(self: &Arc<Self>, freshness: Freshness) -> CheckoutProgress<C> {
        let mut receiver = None;
        let waiter = || {
            let (sender, outcome) = oneshot::channel();
            receiver = Some(outcome);
            Waiter {
                sender,
                runtime: Handle::try_current().ok(),
            }
        };
        match self.step(|state, now, steps| state.checkout(freshness, now, waiter, steps)) {
            Checkout::Ready(loan) => {
                CheckoutProgress::Ready(Reservation::new(Arc::clone(self), loan))
            }
            Checkout::Waiting(id) => {
                CheckoutProgress::Waiting(Wait::new(Arc::clone(self), id, receiver))
            }
            Checkout::Retired(retired) => CheckoutProgress::Retired(retired),
        }
    }

    /// Takes no more requests from now on.
    pub(super) fn retire(self: &Arc<Self>, reason: Retired) {
        if let Some(steps) = self.retire_when(reason, |_, _| true) {
            self.perform(steps, None);
        }
    }

    /// Takes no more requests, if `condition` holds. The caller then performs the steps, under no
    /// lock.
    pub(super) fn retire_when(
        &self,
        reason: Retired,
        condition: impl FnOnce(&State<C, Waiter<C>>, Instant) -> bool,
    ) -> Option<Steps<C>> {
        let mut state = self.lock();
        if !condition(&state, now()) {
            return None;
        }
        let mut steps = Actions::new();
        state.retire(reason, &mut steps);
        self.retired.store(true, Ordering::Release);
        self.on_retired.notify_waiters();
        Some(steps)
    }

    /// Called every [`SILENCE`](crate::limits::SILENCE) while a request waits: the request stops
    /// waiting for a connection whose peer has sent nothing yet.
    pub(crate) fn doubt_mute(self: &Arc<Self>) {
        self.step(|state, now, steps| state.doubt_mute(now, steps));
    }

    /// Current numbers.
    pub(super) fn census(&self) -> Census {
        self.lock().census()
    }

    /// When the last request came, if no request or connection is in use.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        self.lock().quiet_since()
    }

    /// Since when each unused connection is unused.
    pub(super) fn unused_since(&self) -> Vec<Instant> {
        self.lock().unused_since().collect()
    }

    /// Makes one step of the state under its lock, then performs its actions without the lock.
    pub(super) fn step<R>(
        self: &Arc<Self>,
        step: impl FnOnce(&mut State<C, Waiter<C>>, Instant, &mut Steps<C>) -> R,
    ) -> R {
        let now = now();
        let mut steps = Actions::new();
        let (result, runtime) = {
            let mut state = self.lock();
            let result = step(&mut state, now, &mut steps);
            let runtime = if steps.attempts == 0 {
                None
            } else {
                // The caller may be on another runtime than the waiting requests.
                state
                    .first_waiter()
                    .and_then(|waiter| waiter.runtime.clone())
            };
            (result, runtime)
        };
        if let Some(at) = self.core.sweep_at(steps.sweep_at, now) {
            self.core.schedule.sweep_by(at, &self.registry);
        }
        if !steps.is_empty() {
            self.perform(steps, runtime);
        }
        result
    }

    /// Performs the actions of a step. Attempts run on `runtime`.
    pub(super) fn perform(self: &Arc<Self>, steps: Steps<C>, runtime: Option<Handle>) {
        let Actions {
            deliveries,
            attempts,
            closed,
            sweep_at: _,
        } = steps;
        for (waiter, outcome) in deliveries {
            // If the waiter is gone, `send` returns the reservation; dropping it returns the
            // connection.
            drop(
                waiter
                    .sender
                    .send(outcome.map(|loan| Reservation::new(Arc::clone(self), loan))),
            );
        }
        for _ in 0..attempts {
            Attempt::start(Arc::clone(self), runtime.as_ref());
        }
        for closed in closed {
            self.core.counters.closed(closed.cause);
            drop(closed.connection);
        }
    }

    /// Counts a connection that its lease has closed.
    pub(super) fn count_closed(&self, cause: Cause) {
        self.core.counters.closed(cause);
    }

    /// The pool's counters.
    pub(super) fn counters(&self) -> &Counters {
        &self.core.counters
    }

    fn lock(&self) -> MutexGuard<'_, State<C, Waiter<C>>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Connect> fmt::Debug for Partition<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partition")
            .field("key", &self.key)
            .field("census", &self.census())
            .finish_non_exhaustive()
    }
}

enum CheckoutProgress<C: Connect> {
    Ready(Reservation<C>),
    Waiting(Wait<C>),
    Retired(Retired),
}
