use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Response, Uri};
use pin_project_lite::pin_project;

use super::source::Source;
use crate::BoxError;

pin_project! {
    /// Response future of [`Cookies`](super::Cookies).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E = BoxError> {
        #[pin]
        response: F,
        uri: Uri,
        source: Source,
        error: PhantomData<fn() -> E>,
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn new(response: F, uri: Uri, source: Source) -> Self {
        Self {
            response,
            uri,
            source,
            error: PhantomData,
        }
    }
}

impl<F, B, I, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response<B>, I>>,
    I: Into<E>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.response.poll(cx)).map_err(Into::into)?;
        this.source.keep(this.uri, &response);
        Poll::Ready(Ok(response))
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
