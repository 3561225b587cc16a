use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::attempts::Attempts;
use super::drain::Drain;
use super::{AuthError, Prepared, Preparing, Presented, Step};
use crate::BoxError;
use crate::redirect::RepeatBody;

pin_project! {
    /// Response future of [`Auth`](super::Auth).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B, R, E = BoxError>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, R, S::Future>,
        error: PhantomData<fn() -> E>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, R, F> {
        /// The request has no credential.
        Plain {
            #[pin]
            response: F,
        },
        /// The request may be sent several times.
        Bound {
            inner: S,
            attempts: Attempts<B>,
            #[pin]
            step: StepState<R, F>,
        },
    }
}

pin_project! {
    #[project = StepProj]
    enum StepState<R, F> {
        /// The credential is not ready yet. The 401 that led to this is kept.
        Preparing {
            preparing: Preparing,
            held: Option<Response<R>>,
        },
        /// Reads the body of a response that the caller does not get.
        Draining {
            #[pin]
            body: R,
            drain: Drain,
            prepared: Option<Prepared>,
        },
        /// The inner service is not ready.
        Waiting {
            prepared: Option<Prepared>,
        },
        /// A request is under way.
        Sent {
            #[pin]
            response: F,
            presented: Presented,
        },
    }
}

impl<S, B, R, E> ResponseFuture<S, B, R, E>
where
    S: Service<Request<B>>,
{
    pub(super) fn plain(response: S::Future) -> Self {
        Self {
            state: State::Plain { response },
            error: PhantomData,
        }
    }

    pub(super) fn bound(inner: S, attempts: Attempts<B>, preparing: Preparing) -> Self {
        Self {
            state: State::Bound {
                inner,
                attempts,
                step: StepState::Preparing {
                    preparing,
                    held: None,
                },
            },
            error: PhantomData,
        }
    }
}

impl<S, B, R, E> Future for ResponseFuture<S, B, R, E>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<E>,
    B: RepeatBody,
    R: Body,
    E: From<AuthError>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Plain { response } => response.poll(cx).map_err(Into::into),
            StateProj::Bound {
                inner,
                attempts,
                step,
            } => poll_step(inner, attempts, step, cx),
        }
    }
}

fn poll_step<S, B, R, E>(
    inner: &mut S,
    attempts: &mut Attempts<B>,
    mut step: Pin<&mut StepState<R, S::Future>>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<R>, E>>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<E>,
    B: RepeatBody,
    R: Body,
    E: From<AuthError>,
{
    loop {
        let next = match step.as_mut().project() {
            StepProj::Preparing { preparing, held } => {
                let prepared = ready!(Pin::new(preparing).poll(cx))?;
                match (prepared, held.take()) {
                    (None, Some(response)) => return Poll::Ready(Ok(response)),
                    (prepared, Some(response)) => StepState::Draining {
                        body: response.into_body(),
                        drain: Drain::new(),
                        prepared,
                    },
                    (prepared, None) => StepState::Waiting { prepared },
                }
            }
            StepProj::Draining {
                body,
                drain,
                prepared,
            } => {
                ready!(drain.poll(body, cx));
                StepState::Waiting {
                    prepared: prepared.take(),
                }
            }
            StepProj::Waiting { prepared } => {
                ready!(inner.poll_ready(cx)).map_err(Into::into)?;
                let (request, presented) = attempts.next(prepared.as_ref())?;
                StepState::Sent {
                    response: inner.call(request),
                    presented,
                }
            }
            StepProj::Sent {
                response,
                presented,
            } => {
                let response = ready!(response.poll(cx)).map_err(Into::into)?;
                match attempts.judge(presented, response.status(), response.headers())? {
                    Step::Respond => return Poll::Ready(Ok(response)),
                    Step::Again(preparing) => StepState::Preparing {
                        preparing,
                        held: Some(response),
                    },
                }
            }
        };
        step.set(next);
    }
}

impl<S, B, R, E> fmt::Debug for ResponseFuture<S, B, R, E>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
