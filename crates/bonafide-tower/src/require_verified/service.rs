use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::demand::{Demand, KnownKeys, Pins};
use super::{NotVerified, ResponseFuture};
use crate::BoxError;

/// Middleware that refuses responses without a receipt of a verified server.
///
/// See the [module docs](crate::require_verified) for an example.
pub struct RequireVerified<S, E = BoxError> {
    inner: S,
    demand: Demand,
    error: PhantomData<fn() -> E>,
}

impl<S> RequireVerified<S> {
    /// Wraps `inner`, whose responses then need a receipt of a verified server. Fails with
    /// [`BoxError`].
    pub const fn new(inner: S) -> Self {
        Self::demanding(inner, Demand::VERIFIED)
    }
}

impl<S, E> RequireVerified<S, E> {
    pub(super) const fn demanding(inner: S, demand: Demand) -> Self {
        Self {
            inner,
            demand,
            error: PhantomData,
        }
    }

    /// Requires a pin too: one key of the server's verified path is pinned for its host, by a check
    /// that was enforced.
    pub fn pinned(mut self) -> Self {
        self.demand.pins = Pins::Demanded;
        self
    }

    /// Also accepts responses whose server was accepted by its key alone: see
    /// [`RequireVerifiedLayer::or_known_key`](super::RequireVerifiedLayer::or_known_key).
    pub fn or_known_key(mut self) -> Self {
        self.demand.known_keys = KnownKeys::Allowed;
        self
    }

    /// Sets the error: see
    /// [`RequireVerifiedLayer::with_error`](super::RequireVerifiedLayer::with_error).
    pub fn with_error<T>(self) -> RequireVerified<S, T> {
        RequireVerified::demanding(self.inner, self.demand)
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

/// Fails with [`NotVerified`] for a response that is refused, else with the error of the inner
/// service, each turned into `E`.
impl<S, ReqBody, ResBody, E> Service<Request<ReqBody>> for RequireVerified<S, E>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<E>,
    E: From<NotVerified>,
{
    type Response = Response<ResBody>;
    type Error = E;
    type Future = ResponseFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.demand)
    }
}

impl<S: Clone, E> Clone for RequireVerified<S, E> {
    fn clone(&self) -> Self {
        Self::demanding(self.inner.clone(), self.demand)
    }
}

impl<S: Copy, E> Copy for RequireVerified<S, E> {}

impl<S: fmt::Debug, E> fmt::Debug for RequireVerified<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            demand,
            error: _,
        } = self;
        f.debug_struct("RequireVerified")
            .field("inner", inner)
            .field("demand", demand)
            .finish()
    }
}
