//! The state machine of a token. It knows no futures except the one that it stores.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use super::fetching::Run;
use super::{Token, TokenError};
use crate::auth::Secret;

/// A token, which lives as long as a request is under way with it.
#[derive(Clone)]
pub(in crate::auth) struct Held(Arc<Fetched>);

struct Fetched {
    /// The value of `Authorization`.
    field: Secret,
    refresh_at: Option<Instant>,
    expires_at: Option<Instant>,
}

impl Held {
    /// `token`, whose fetch began at `began`, to be refreshed `ahead` of its expiry.
    pub(super) fn new(token: Token, began: Instant, ahead: Duration) -> Self {
        let (field, lifetime) = token.into_parts();
        let expires_at = lifetime.and_then(|lifetime| began.checked_add(lifetime));
        let refresh_at = lifetime
            .map(|lifetime| lifetime - ahead.min(lifetime / 2))
            .and_then(|after| began.checked_add(after));
        Self(Arc::new(Fetched {
            field,
            refresh_at,
            expires_at,
        }))
    }

    /// The value of `Authorization`.
    pub(in crate::auth) fn field(&self) -> &Secret {
        &self.0.field
    }

    fn is_good(&self, now: Instant) -> bool {
        self.0.expires_at.is_none_or(|at| now < at)
    }

    fn is_fresh(&self, now: Instant) -> bool {
        self.0.refresh_at.is_none_or(|at| now < at)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

/// It is behind a lock, under which neither a source nor a waker runs or is dropped.
#[derive(Default)]
pub(super) struct State {
    held: Option<Held>,
    /// The last failure, if no token was fetched since, and when.
    failed: Option<(Instant, TokenError)>,
    flight: Flight,
    /// What the last fetch ended with, and which one that was.
    last: Option<Result<Held, TokenError>>,
    ended: u64,
    /// Requests that wait for the fetch of another.
    followers: usize,
    wakers: BTreeMap<u64, Waker>,
    next_waker: u64,
}

/// The fetch under way.
#[derive(Default)]
enum Flight {
    /// There is none.
    #[default]
    None,
    /// A request drives it.
    Led,
    /// The request that drove it was dropped, and another waits for it.
    Abandoned(Run),
}

/// What a request that needs a token does.
pub(super) enum Next {
    /// Sends this one.
    Use(Held),
    /// Fails.
    Fail(TokenError),
    /// Waits for the fetch of another.
    Follow,
    /// Fetches one: begins, or goes on with what another began.
    Lead(Option<Run>),
}

/// What a request that has waited does.
pub(super) enum Waited {
    /// It has what the fetch ended with.
    Ended(Result<Held, TokenError>),
    /// It waits on, with its waker at this place.
    Wait(u64),
    /// It fetches, in place of the one that did.
    Lead(Option<Run>),
}

impl State {
    /// The token, while it is good.
    pub(super) fn good(&self, now: Instant) -> Option<&Held> {
        self.held.as_ref().filter(|held| held.is_good(now))
    }

    /// What a request does now. One that leads or follows says when it has ended.
    pub(super) fn next(&mut self, now: Instant, pause: Duration) -> Next {
        let good = self.good(now);
        let failed = self
            .failed
            .as_ref()
            .filter(|(at, _)| now.saturating_duration_since(*at) < pause);
        match (good, failed, &self.flight) {
            (Some(held), _, _) if held.is_fresh(now) => Next::Use(held.clone()),
            (Some(held), Some(_), _) | (Some(held), None, Flight::Led) => Next::Use(held.clone()),
            (None, _, Flight::Led) => Next::Follow,
            (None, Some((_, error)), Flight::None) => Next::Fail(error.clone()),
            (_, _, Flight::None | Flight::Abandoned(_)) => {
                match mem::replace(&mut self.flight, Flight::Led) {
                    Flight::Abandoned(run) => Next::Lead(Some(run)),
                    Flight::None | Flight::Led => Next::Lead(None),
                }
            }
        }
    }

    /// Counts a request that waits for the fetch under way. The number is that of the fetch.
    pub(super) fn follow(&mut self) -> u64 {
        self.followers += 1;
        self.ended
    }

    /// What a request does that waits for the fetch of this number. `place` is that of its waker.
    /// The waker that is given is one that is not needed any more.
    pub(super) fn go_on(
        &mut self,
        number: u64,
        place: Option<u64>,
        waker: &Waker,
    ) -> (Waited, Option<Waker>) {
        let waited = match (&self.last, mem::replace(&mut self.flight, Flight::Led)) {
            (Some(last), flight) if self.ended != number => {
                self.flight = flight;
                Waited::Ended(last.clone())
            }
            (_, Flight::None) => Waited::Lead(None),
            (_, Flight::Abandoned(run)) => Waited::Lead(Some(run)),
            (_, Flight::Led) => {
                let place = place.unwrap_or_else(|| {
                    self.next_waker += 1;
                    self.next_waker
                });
                let before = self.wakers.insert(place, waker.clone());
                return (Waited::Wait(place), before);
            }
        };
        (waited, self.leave(place))
    }

    fn leave(&mut self, place: Option<u64>) -> Option<Waker> {
        self.followers = self.followers.saturating_sub(1);
        self.wakers.remove(&place?)
    }

    /// A waiting request was dropped. The caller must drop the returned value.
    #[must_use]
    pub(super) fn unfollow(&mut self, place: Option<u64>) -> (Option<Run>, Option<Waker>) {
        let waker = self.leave(place);
        if self.followers > 0 {
            return (None, waker);
        }
        match mem::replace(&mut self.flight, Flight::None) {
            Flight::Abandoned(run) => (Some(run), waker),
            other => {
                self.flight = other;
                (None, waker)
            }
        }
    }

    /// The request that drove the fetch was dropped. The caller must wake and drop the returned
    /// value.
    #[must_use]
    pub(super) fn abandon(&mut self, run: Option<Run>) -> (Vec<Waker>, Option<Run>) {
        let (flight, unwanted) = match run {
            Some(run) if self.followers > 0 => (Flight::Abandoned(run), None),
            other => (Flight::None, other),
        };
        self.flight = flight;
        (self.take_wakers(), unwanted)
    }

    /// The fetch has ended. The caller must wake the returned wakers.
    #[must_use]
    pub(super) fn end(&mut self, result: Result<Held, TokenError>, now: Instant) -> Vec<Waker> {
        match &result {
            Ok(held) => {
                self.held = Some(held.clone());
                self.failed = None;
            }
            Err(error) => self.failed = Some((now, error.clone())),
        }
        self.last = Some(result);
        self.ended += 1;
        self.flight = Flight::None;
        self.take_wakers()
    }

    /// Lets `refused` go, if it is what is held.
    pub(super) fn forget(&mut self, refused: &Held) {
        let is_same = |held: &mut Held| Arc::ptr_eq(&held.0, &refused.0);
        self.held.take_if(is_same);
    }

    /// How many requests wait for the fetch of another.
    #[cfg(test)]
    pub(super) fn followers(&self) -> usize {
        self.followers
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        mem::take(&mut self.wakers).into_values().collect()
    }
}
