//! A request that needs a token: it drives the fetch, or waits for the one that does.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep};

use super::state::{Held, Next, Waited};
use super::{FetchToken, RefreshingToken, TokenError};

/// A fetch under way.
pub(super) struct Run {
    token: FetchToken,
    began: Instant,
    limit: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl Run {
    fn begin(shared: &RefreshingToken) -> Self {
        let in_runtime = Handle::try_current().is_ok();
        let limit = shared.limit.filter(|_| in_runtime);
        Self {
            began: Instant::now(),
            token: shared.source.fetch(),
            limit: limit.map(|limit| (limit, Box::pin(sleep(limit)))),
        }
    }

    fn poll(&mut self, ahead: Duration, cx: &mut Context<'_>) -> Poll<Result<Held, TokenError>> {
        if let Poll::Ready(token) = self.token.as_mut().poll(cx) {
            let held = token.map(|token| Held::new(token, self.began, ahead));
            return Poll::Ready(held.map_err(|error| TokenError::Source {
                source: error.into(),
            }));
        }
        let Some((limit, sleep)) = &mut self.limit else {
            return Poll::Pending;
        };
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(Err(TokenError::Overdue { limit: *limit }))
    }
}

/// The token of a [`RefreshingToken`]. The state is not locked while the source is at work.
pub(in crate::auth) struct Fetching {
    shared: Arc<RefreshingToken>,
    role: Role,
}

enum Role {
    /// It has not started, or no longer waits.
    Free,
    /// It drives the fetch. `None` while the fetch starts, and after the source has panicked.
    Leads(Option<Run>),
    /// It waits for the fetch of this number.
    Follows { number: u64, place: Option<u64> },
}

impl Fetching {
    pub(super) fn new(shared: Arc<RefreshingToken>) -> Self {
        Self {
            shared,
            role: Role::Free,
        }
    }

    /// Drives the fetch.
    fn lead(&mut self, run: Option<Run>, cx: &mut Context<'_>) -> Poll<Result<Held, TokenError>> {
        let mut run = run.unwrap_or_else(|| Run::begin(&self.shared));
        let Poll::Ready(result) = run.poll(self.shared.ahead, cx) else {
            self.role = Role::Leads(Some(run));
            return Poll::Pending;
        };
        drop(run);
        self.role = Role::Free;
        let waiting = self.shared.state().end(result.clone(), Instant::now());
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(result)
    }

    /// The result for a request whose fetch has ended. If it failed, the old token is used while it
    /// is valid.
    fn settle(&self, result: Result<Held, TokenError>) -> Result<Held, TokenError> {
        result.or_else(|error| {
            let state = self.shared.state();
            state.good(Instant::now()).cloned().ok_or(error)
        })
    }
}

impl Future for Fetching {
    type Output = Result<Held, TokenError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match mem::replace(&mut self.role, Role::Free) {
                Role::Leads(run) => {
                    // The role that remains if the source panics.
                    self.role = Role::Leads(None);
                    let result = ready!(self.lead(run, cx));
                    return Poll::Ready(self.settle(result));
                }
                Role::Free => {
                    let shared = Arc::clone(&self.shared);
                    let mut state = shared.state();
                    self.role = match state.next(Instant::now(), shared.pause) {
                        Next::Use(held) => return Poll::Ready(Ok(held)),
                        Next::Fail(error) => return Poll::Ready(Err(error)),
                        Next::Lead(run) => Role::Leads(run),
                        Next::Follow => Role::Follows {
                            number: state.follow(),
                            place: None,
                        },
                    };
                }
                Role::Follows { number, place } => {
                    let went_on = self.shared.state().go_on(number, place, cx.waker());
                    let (waited, unneeded) = went_on;
                    drop(unneeded);
                    match waited {
                        Waited::Ended(result) => return Poll::Ready(self.settle(result)),
                        Waited::Lead(run) => self.role = Role::Leads(run),
                        Waited::Wait(place) => {
                            self.role = Role::Follows {
                                number,
                                place: Some(place),
                            };
                            return Poll::Pending;
                        }
                    }
                }
            }
        }
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        match mem::replace(&mut self.role, Role::Free) {
            Role::Free => {}
            Role::Leads(run) => {
                let (waiting, unwanted) = self.shared.state().abandon(run);
                waiting.into_iter().for_each(Waker::wake);
                drop(unwanted);
            }
            Role::Follows { place, .. } => {
                let unwanted = self.shared.state().unfollow(place);
                drop(unwanted);
            }
        }
    }
}
