use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::call::{Call, Judged};
use super::discard::{PATIENCE, poll_read};
use super::{Again, Classify, RetryError, Standard};
use crate::BoxError;
use crate::repeat_body::RepeatBody;

pin_project! {
    /// Response future of [`RetryService`](super::RetryService). `R` is the body of the response.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B, R, E = BoxError, C = Standard>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        progress: Progress<S, S::Future, B, R, C>,
        error: PhantomData<fn() -> E>,
    }
}

pin_project! {
    #[project = ProgressProj]
    enum Progress<S, F, B, R, C> {
        Begun {
            inner: S,
            call: Call<B, C>,
            #[pin]
            state: State<F, B, R>,
        },
        Unable {
            error: RetryError,
        },
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B, R> {
        /// An attempt is under way.
        Sent {
            #[pin]
            response: F,
        },
        /// The next attempt is in backoff; the body of the last one is read meanwhile.
        Waiting {
            request: Request<B>,
            ends: Instant,
            patience_ends: Instant,
            #[pin]
            sleep: Sleep,
            #[pin]
            wasted: Option<R>,
            read: usize,
        },
        /// The inner service is not ready for the next attempt.
        Unready {
            request: Request<B>,
        },
    }
}

impl<S, B, R, E, C> ResponseFuture<S, B, R, E, C>
where
    S: Service<Request<B>>,
{
    pub(super) fn new(inner: S, call: Call<B, C>, response: S::Future) -> Self {
        let state = State::Sent { response };
        Self {
            progress: Progress::Begun { inner, call, state },
            error: PhantomData,
        }
    }

    /// Fails without a request.
    pub(super) fn unable(error: RetryError) -> Self {
        Self {
            progress: Progress::Unable { error },
            error: PhantomData,
        }
    }
}

impl<F, B, R> State<F, B, R> {
    fn waiting(again: Again, request: Request<B>, wasted: Option<R>) -> Self {
        let now = Instant::now();
        // The clock can represent every wait, unless the caller has set very large limits.
        let ends = now.checked_add(again.after).unwrap_or(now + FAR);
        Self::Waiting {
            request,
            ends,
            patience_ends: ends.max(now + PATIENCE),
            sleep: sleep_until(ends),
            wasted,
            read: 0,
        }
    }
}

/// A wait that does not end.
const FAR: Duration = Duration::from_secs(86_400 * 365);

impl<S, B, R, E, C> Future for ResponseFuture<S, B, R, E, C>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<E>,
    B: RepeatBody,
    R: Body,
    E: From<RetryError>,
    C: Classify<E>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (inner, call, mut state) = match self.project().progress.project() {
            ProgressProj::Begun { inner, call, state } => (inner, call, state),
            ProgressProj::Unable { error } => return Poll::Ready(Err(error.clone().into())),
        };
        loop {
            let next = match state.as_mut().project() {
                StateProj::Sent { response } => {
                    let attempt = ready!(response.poll(cx)).map_err(Into::into);
                    match call.judge(attempt) {
                        Judged::Again(again, request, wasted) => {
                            State::waiting(again, request, wasted)
                        }
                        Judged::Ended(end) => return Poll::Ready(end),
                    }
                }
                StateProj::Waiting {
                    request,
                    ends,
                    patience_ends,
                    mut sleep,
                    mut wasted,
                    read,
                } => {
                    if let Some(body) = wasted.as_mut().as_pin_mut()
                        && poll_read(body, read, cx).is_ready()
                    {
                        wasted.set(None);
                    }
                    let until = if wasted.is_some() {
                        *patience_ends
                    } else {
                        *ends
                    };
                    if sleep.deadline() != until {
                        sleep.as_mut().reset(until);
                    }
                    ready!(sleep.poll(cx));
                    let request = mem::replace(request, Request::new(B::empty()));
                    State::Unready { request }
                }
                StateProj::Unready { request } => {
                    ready!(inner.poll_ready(cx)).map_err(Into::into)?;
                    let request = mem::replace(request, Request::new(B::empty()));
                    State::Sent {
                        response: inner.call(request),
                    }
                }
            };
            state.set(next);
        }
    }
}

impl<S, B, R, E, C> fmt::Debug for ResponseFuture<S, B, R, E, C>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
