use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::chain::Chain;
use super::{RedirectError, Redirects, RepeatBody, ResponseFuture};
use crate::BoxError;

/// Middleware that follows redirects.
///
/// See the [module docs](crate::redirect) for an example.
pub struct Redirect<S, E = BoxError> {
    inner: S,
    redirects: Redirects,
    error: PhantomData<fn() -> E>,
}

impl<S> Redirect<S> {
    /// Wraps `inner`, and follows up to 10 redirects of its responses. Fails with [`BoxError`].
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            redirects: Redirects::default(),
            error: PhantomData,
        }
    }
}

impl<S, E> Redirect<S, E> {
    /// Sets how many redirects are followed. Default: 10.
    pub fn with_redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// Sets the error: see [`RedirectLayer::with_error`](super::RedirectLayer::with_error).
    pub fn with_error<T>(self) -> Redirect<S, T> {
        Redirect {
            inner: self.inner,
            redirects: self.redirects,
            error: PhantomData,
        }
    }

    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, to be changed.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service, without this one around it.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

/// Fails with [`RedirectError`] for a redirect that must not, or cannot, be followed, else with the
/// error of the inner service, each turned into `E`.
impl<S, B, R, E> Service<Request<B>> for Redirect<S, E>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<E>,
    B: RepeatBody,
    E: From<RedirectError>,
{
    type Response = Response<R>;
    type Error = E;
    type Future = ResponseFuture<S, B, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let chain = Chain::new(self.redirects.clone(), &request);
        // The service that `poll_ready` was called on sends; its clone stays behind.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let response = inner.call(request);
        ResponseFuture::new(inner, chain, response)
    }
}

impl<S: Clone, E> Clone for Redirect<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            redirects: self.redirects.clone(),
            error: PhantomData,
        }
    }
}

impl<S: fmt::Debug, E> fmt::Debug for Redirect<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            redirects,
            error: _,
        } = self;
        f.debug_struct("Redirect")
            .field("inner", inner)
            .field("redirects", redirects)
            .finish()
    }
}
