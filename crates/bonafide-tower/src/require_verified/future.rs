use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::demand::Demand;
use crate::BoxError;

pin_project! {
    /// Response future of [`RequireVerified`](super::RequireVerified).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        response: F,
        demand: Demand,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(response: F, demand: Demand) -> Self {
        Self { response, demand }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.response.poll(cx)).map_err(Into::into)?;
        this.demand.check(response.extensions())?;
        Poll::Ready(Ok(response))
    }
}
