use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::attempts::Attempts;
use super::{AuthError, Keyring, ResponseFuture};
use crate::BoxError;
use crate::redirect::RepeatBody;

/// Middleware that sends credentials to the origin or zone that they are bound to, and answers
/// challenges.
///
/// See the [module docs](crate::auth) for an example.
pub struct Auth<S, E = BoxError> {
    inner: S,
    keyring: Keyring,
    error: PhantomData<fn() -> E>,
}

impl<S> Auth<S> {
    /// Wraps `inner`, whose requests get one [`Credential`](super::Credential), or those of a
    /// [`Keyring`]. Fails with [`BoxError`].
    pub fn new(inner: S, keyring: impl Into<Keyring>) -> Self {
        Self {
            inner,
            keyring: keyring.into(),
            error: PhantomData,
        }
    }
}

impl<S, E> Auth<S, E> {
    /// Sets the error: see [`AuthLayer::with_error`](super::AuthLayer::with_error).
    pub fn with_error<T>(self) -> Auth<S, T> {
        Auth {
            inner: self.inner,
            keyring: self.keyring,
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

/// Fails with [`AuthError`] where a credential cannot, or must not, be sent, else with the error of
/// the inner service, each turned into `E`.
impl<S, B, R, E> Service<Request<B>> for Auth<S, E>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<E>,
    B: RepeatBody,
    R: Body,
    E: From<AuthError>,
{
    type Response = Response<R>;
    type Error = E;
    type Future = ResponseFuture<S, B, R, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let uri = request.uri();
        let rounds = match request.headers().contains_key(AUTHORIZATION) {
            true => None,
            false => self.keyring.find(uri).and_then(|one| one.rounds(uri)),
        };
        let Some(rounds) = rounds else {
            return ResponseFuture::plain(self.inner.call(request));
        };
        // The service on which `poll_ready` was called sends the request; the clone stays here.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        let preparing = rounds.prepare();
        ResponseFuture::bound(inner, Attempts::new(rounds, request), preparing)
    }
}

impl<S: Clone, E> Clone for Auth<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            keyring: self.keyring.clone(),
            error: PhantomData,
        }
    }
}

impl<S: fmt::Debug, E> fmt::Debug for Auth<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            keyring,
            error: _,
        } = self;
        f.debug_struct("Auth")
            .field("inner", inner)
            .field("keyring", keyring)
            .finish()
    }
}
