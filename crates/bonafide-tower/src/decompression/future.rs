use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Method, Response};
use pin_project_lite::pin_project;

use super::{DecodedBody, DecodingLimits, DecompressionError, Plan};
use crate::BoxError;

pin_project! {
    /// Response future of [`Decompression`](super::Decompression).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E = BoxError> {
        #[pin]
        response: F,
        method: Method,
        limits: DecodingLimits,
        error: PhantomData<fn() -> E>,
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn new(response: F, method: Method, limits: DecodingLimits) -> Self {
        Self {
            response,
            method,
            limits,
            error: PhantomData,
        }
    }
}

impl<F, R, E, I> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response<R>, I>>,
    I: Into<E>,
    E: From<DecompressionError>,
{
    type Output = Result<Response<DecodedBody<R, E>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.response.poll(cx)).map_err(Into::into)?;
        let plan = Plan::new(this.method, response.status(), response.headers())?;
        plan.edit_headers(response.headers_mut());
        Poll::Ready(Ok(
            response.map(|body| DecodedBody::new(body, plan, *this.limits))
        ))
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
