use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::chain::Chain;
use super::{RedirectError, RepeatBody};
use crate::BoxError;

pin_project! {
    /// Response future of [`Redirect`](super::Redirect).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B, E = BoxError>
    where
        S: Service<Request<B>>,
    {
        inner: S,
        chain: Chain<B>,
        #[pin]
        state: State<S::Future, B>,
        error: PhantomData<fn() -> E>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        /// A request is under way.
        Sent {
            #[pin]
            response: F,
        },
        /// The inner service is not ready for the next request.
        Waiting {
            body: B,
        },
    }
}

impl<S, B, E> ResponseFuture<S, B, E>
where
    S: Service<Request<B>>,
{
    pub(super) fn new(inner: S, chain: Chain<B>, response: S::Future) -> Self {
        Self {
            inner,
            chain,
            state: State::Sent { response },
            error: PhantomData,
        }
    }
}

impl<S, B, R, E> Future for ResponseFuture<S, B, E>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<E>,
    B: RepeatBody,
    E: From<RedirectError>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Sent { response } => {
                    let response = ready!(response.poll(cx)).map_err(Into::into)?;
                    match this.chain.next(&response)? {
                        // The redirect's own body is dropped here.
                        Some(body) => State::Waiting { body },
                        None => return Poll::Ready(Ok(this.chain.finish(response))),
                    }
                }
                StateProj::Waiting { body } => {
                    ready!(this.inner.poll_ready(cx)).map_err(Into::into)?;
                    let request = this.chain.request(mem::replace(body, B::empty()));
                    let response = this.inner.call(request);
                    State::Sent { response }
                }
            };
            this.state.set(next);
        }
    }
}

impl<S, B, E> fmt::Debug for ResponseFuture<S, B, E>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
