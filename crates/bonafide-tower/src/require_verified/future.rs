use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::NotVerified;
use super::demand::Demand;
use crate::BoxError;

pin_project! {
    /// Response future of [`RequireVerified`](super::RequireVerified).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E = BoxError> {
        #[pin]
        response: F,
        demand: Demand,
        error: PhantomData<fn() -> E>,
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn new(response: F, demand: Demand) -> Self {
        Self {
            response,
            demand,
            error: PhantomData,
        }
    }
}

impl<F, B, I, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response<B>, I>>,
    I: Into<E>,
    E: From<NotVerified>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.response.poll(cx)).map_err(Into::into)?;
        this.demand.check(response.extensions())?;
        Poll::Ready(Ok(response))
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
