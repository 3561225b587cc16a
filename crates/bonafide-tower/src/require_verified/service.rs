use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::ResponseFuture;
use super::demand::{Demand, KnownKeys, Pins};
use crate::BoxError;

/// Middleware that refuses responses without a receipt of a verified server.
///
/// See the [module docs](crate::require_verified) for an example.
#[derive(Clone, Copy, Debug)]
pub struct RequireVerified<S> {
    inner: S,
    demand: Demand,
}

impl<S> RequireVerified<S> {
    /// Wraps `inner`, whose responses then need a receipt of a verified server.
    pub const fn new(inner: S) -> Self {
        Self::demanding(inner, Demand::VERIFIED)
    }

    pub(super) const fn demanding(inner: S, demand: Demand) -> Self {
        Self { inner, demand }
    }

    /// Demands a pin too: one key of the server's verified path is pinned for its host, by a check that was enforced.
    pub fn pinned(mut self) -> Self {
        self.demand.pins = Pins::Demanded;
        self
    }

    /// Lets responses pass too whose server was believed by its key alone: see
    /// [`RequireVerifiedLayer::or_known_key`](super::RequireVerifiedLayer::or_known_key).
    pub fn or_known_key(mut self) -> Self {
        self.demand.known_keys = KnownKeys::Allowed;
        self
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

/// Fails with [`NotVerified`](super::NotVerified) for a response that is refused, else with the error of the inner service, as it is.
impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequireVerified<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<ResBody>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.demand)
    }
}
