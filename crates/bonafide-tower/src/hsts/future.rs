use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use http::header::STRICT_TRANSPORT_SECURITY;
use http::{Response, Uri};
use pin_project_lite::pin_project;
use url::Url;

use super::HstsHosts;
use crate::BoxError;
use crate::assurance::Assurance;

pin_project! {
    /// Response future of [`Hsts`](super::Hsts).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E = BoxError> {
        #[pin]
        response: F,
        uri: Uri,
        hosts: HstsHosts,
        error: PhantomData<fn() -> E>,
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn new(response: F, uri: Uri, hosts: HstsHosts) -> Self {
        Self {
            response,
            uri,
            hosts,
            error: PhantomData,
        }
    }
}

/// Has `hosts` learn from a response from `uri`.
fn learn<B>(hosts: &HstsHosts, uri: &Uri, response: &Response<B>) {
    let headers = response.headers();
    if !headers.contains_key(STRICT_TRANSPORT_SECURITY) {
        return;
    }
    if let Ok(url) = Url::parse(&uri.to_string()) {
        let assurance = Assurance::of(response.extensions());
        hosts.learn(&url, headers, assurance, SystemTime::now());
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
        learn(this.hosts, this.uri, &response);
        Poll::Ready(Ok(response))
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
