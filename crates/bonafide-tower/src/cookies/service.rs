use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::source::Source;
use super::{Jar, ResponseFuture};
use crate::BoxError;

/// Middleware that sends the cookies of a jar and stores those that servers set.
///
/// See the [module docs](crate::cookies) for an example.
pub struct Cookies<S, E = BoxError> {
    inner: S,
    source: Source,
    error: PhantomData<fn() -> E>,
}

impl<S> Cookies<S> {
    /// Wraps `inner`, with the cookies of the default partition of `jar`. Fails with [`BoxError`].
    pub fn new(inner: S, jar: Jar) -> Self {
        Self::from_source(inner, Source::new(jar))
    }
}

impl<S, E> Cookies<S, E> {
    pub(super) fn from_source(inner: S, source: Source) -> Self {
        Self {
            inner,
            source,
            error: PhantomData,
        }
    }

    /// Sets the error: see [`CookiesLayer::with_error`](super::CookiesLayer::with_error).
    pub fn with_error<T>(self) -> Cookies<S, T> {
        Cookies::from_source(self.inner, self.source)
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

/// Fails with the error of the inner service, turned into `E`.
impl<S, ReqBody, ResBody, E> Service<Request<ReqBody>> for Cookies<S, E>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<E>,
{
    type Response = Response<ResBody>;
    type Error = E;
    type Future = ResponseFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        self.source.add(&mut request);
        let uri = request.uri().clone();
        ResponseFuture::new(self.inner.call(request), uri, self.source.clone())
    }
}

impl<S: Clone, E> Clone for Cookies<S, E> {
    fn clone(&self) -> Self {
        Self::from_source(self.inner.clone(), self.source.clone())
    }
}

impl<S: fmt::Debug, E> fmt::Debug for Cookies<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            source,
            error: _,
        } = self;
        f.debug_struct("Cookies")
            .field("inner", inner)
            .field("source", source)
            .finish()
    }
}
