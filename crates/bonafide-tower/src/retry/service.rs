use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer as _;
use tower_service::Service;

use super::call::{Call, Shared};
use super::{Classify, ResponseFuture, RetryError, RetryLayer, Standard};
use crate::BoxError;
use crate::repeat_body::RepeatBody;

/// Middleware that retries failed requests.
///
/// See the [module docs](crate::retry) for an example.
pub struct RetryService<S, E = BoxError, C = Standard> {
    inner: S,
    shared: Shared<C>,
    error: PhantomData<fn() -> E>,
}

impl<S> RetryService<S> {
    /// Wraps `inner`, with the rule [`Retry::standard`](super::Retry::standard) and new budgets.
    /// Fails with [`BoxError`]. For anything else, see [`RetryLayer`].
    pub fn new(inner: S) -> Self {
        RetryLayer::new().layer(inner)
    }
}

impl<S, E, C> RetryService<S, E, C> {
    pub(super) fn sharing(inner: S, shared: Shared<C>) -> Self {
        Self {
            inner,
            shared,
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

/// Fails with [`RetryError`] if a call cannot begin, else with the error of the last attempt, each
/// turned into `E`.
impl<S, B, R, E, C> Service<Request<B>> for RetryService<S, E, C>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<E>,
    B: RepeatBody,
    R: Body,
    E: From<RetryError>,
    C: Classify<E> + Clone,
{
    type Response = Response<R>;
    type Error = E;
    type Future = ResponseFuture<S, B, R, E, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (call, request) = match Call::begin(self.shared.clone(), request) {
            Ok(begun) => begun,
            Err(error) => return ResponseFuture::unable(error),
        };
        // The service on which `poll_ready` was called sends the request; the clone stays here.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let response = inner.call(request);
        ResponseFuture::new(inner, call, response)
    }
}

impl<S: Clone, E, C: Clone> Clone for RetryService<S, E, C> {
    fn clone(&self) -> Self {
        Self::sharing(self.inner.clone(), self.shared.clone())
    }
}

impl<S: fmt::Debug, E, C> fmt::Debug for RetryService<S, E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            shared,
            error: _,
        } = self;
        f.debug_struct("RetryService")
            .field("inner", inner)
            .field("retry", &shared.retry)
            .field("budgets", &shared.budgets)
            .finish_non_exhaustive()
    }
}
