use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::{NotHttps, ResponseFuture};
use crate::BoxError;

/// Middleware that refuses requests whose URI is not `https://`.
///
/// See the [module docs](crate::require_https) for an example.
#[derive(Clone, Copy, Debug)]
pub struct RequireHttps<S> {
    inner: S,
}

impl<S> RequireHttps<S> {
    /// Wraps `inner`, which then sees requests for `https://` alone.
    pub const fn new(inner: S) -> Self {
        Self { inner }
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

/// Fails with [`NotHttps`] for a request that is refused, else with the error of the inner service, as it is.
impl<S, B> Service<Request<B>> for RequireHttps<S>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match NotHttps::check(request.uri()) {
            Ok(()) => ResponseFuture::forwarded(self.inner.call(request)),
            Err(refusal) => ResponseFuture::refused(refusal),
        }
    }
}
