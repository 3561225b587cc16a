use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::{NotHttps, ResponseFuture};
use crate::BoxError;

/// Middleware that refuses requests whose URI is not `https://`.
///
/// See the [module docs](crate::require_https) for an example.
pub struct RequireHttps<S, E = BoxError> {
    inner: S,
    error: PhantomData<fn() -> E>,
}

impl<S> RequireHttps<S> {
    /// Wraps `inner`, which then sees requests for `https://` alone. Fails with [`BoxError`].
    pub const fn new(inner: S) -> Self {
        Self {
            inner,
            error: PhantomData,
        }
    }
}

impl<S, E> RequireHttps<S, E> {
    /// Sets the error: see [`RequireHttpsLayer::with_error`](super::RequireHttpsLayer::with_error).
    pub fn with_error<T>(self) -> RequireHttps<S, T> {
        RequireHttps {
            inner: self.inner,
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

/// Fails with [`NotHttps`] for a request that is refused, else with the error of the inner service,
/// each turned into `E`.
impl<S, B, E> Service<Request<B>> for RequireHttps<S, E>
where
    S: Service<Request<B>>,
    S::Error: Into<E>,
    E: From<NotHttps>,
{
    type Response = S::Response;
    type Error = E;
    type Future = ResponseFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match NotHttps::check(request.uri()) {
            Ok(()) => ResponseFuture::forwarded(self.inner.call(request)),
            Err(refusal) => ResponseFuture::refused(refusal),
        }
    }
}

impl<S: Clone, E> Clone for RequireHttps<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            error: PhantomData,
        }
    }
}

impl<S: Copy, E> Copy for RequireHttps<S, E> {}

impl<S: fmt::Debug, E> fmt::Debug for RequireHttps<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inner, error: _ } = self;
        f.debug_struct("RequireHttps")
            .field("inner", inner)
            .finish()
    }
}
