use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::header::ACCEPT_ENCODING;
use http::{Request, Response};
use tower_service::Service;

use super::{DecodedBody, DecodingLimits, DecompressionError, ResponseFuture, accept_encoding};
use crate::BoxError;

/// Middleware that asks for encoded bodies, and decodes them.
///
/// See the [module docs](crate::decompression) for an example.
pub struct Decompression<S, E = BoxError> {
    inner: S,
    limits: DecodingLimits,
    error: PhantomData<fn() -> E>,
}

impl<S> Decompression<S> {
    /// Wraps `inner`, and decodes the bodies of its responses within the
    /// [default limits](DecodingLimits). Fails with [`BoxError`].
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            limits: DecodingLimits::default(),
            error: PhantomData,
        }
    }
}

impl<S, E> Decompression<S, E> {
    /// Sets how much a body may grow. Default: to any size, but after the first MiB at most to
    /// 1,000 times its encoded size.
    pub fn with_limits(mut self, limits: DecodingLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the error of the service and of the bodies: see
    /// [`DecompressionLayer::with_error`](super::DecompressionLayer::with_error).
    pub fn with_error<T>(self) -> Decompression<S, T> {
        Decompression {
            inner: self.inner,
            limits: self.limits,
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

/// Fails with [`DecompressionError::TooManyCodings`] for a response that has too many, else with
/// the error of the inner service, each turned into `E`. A fault in a body is the error of [that
/// body](DecodedBody).
impl<S, B, R, E> Service<Request<B>> for Decompression<S, E>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<E>,
    E: From<DecompressionError>,
{
    type Response = Response<DecodedBody<R, E>>;
    type Error = E;
    type Future = ResponseFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let method = request.method().clone();
        if let Some(value) = accept_encoding(&method, request.headers()) {
            request.headers_mut().insert(ACCEPT_ENCODING, value);
        }
        ResponseFuture::new(self.inner.call(request), method, self.limits)
    }
}

impl<S: Clone, E> Clone for Decompression<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            limits: self.limits,
            error: PhantomData,
        }
    }
}

impl<S: Copy, E> Copy for Decompression<S, E> {}

impl<S: fmt::Debug, E> fmt::Debug for Decompression<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            limits,
            error: _,
        } = self;
        f.debug_struct("Decompression")
            .field("inner", inner)
            .field("limits", limits)
            .finish()
    }
}
