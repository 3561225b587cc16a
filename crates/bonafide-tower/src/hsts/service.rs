use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};
use std::time::SystemTime;

use http::{Request, Response, Uri};
use tower_service::Service;
use url::{Position, Url};

use super::{HstsHosts, ResponseFuture};
use crate::BoxError;

/// Middleware that requests known hosts only over https, and learns hosts from responses.
///
/// See the [module docs](crate::hsts) for an example.
pub struct Hsts<S, E = BoxError> {
    inner: S,
    hosts: HstsHosts,
    error: PhantomData<fn() -> E>,
}

impl<S> Hsts<S> {
    /// Wraps `inner`, and uses and extends `hosts`. Fails with [`BoxError`].
    pub const fn new(inner: S, hosts: HstsHosts) -> Self {
        Self {
            inner,
            hosts,
            error: PhantomData,
        }
    }
}

impl<S, E> Hsts<S, E> {
    /// Sets the error: see [`HstsLayer::with_error`](super::HstsLayer::with_error).
    pub fn with_error<T>(self) -> Hsts<S, T> {
        Hsts {
            inner: self.inner,
            hosts: self.hosts,
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

    /// The URI to request instead of `uri`, if its host is known.
    fn upgraded(&self, uri: &Uri) -> Option<Uri> {
        if uri.scheme_str() != Some("http") || self.hosts.knows_none() {
            return None;
        }
        let url = Url::parse(&uri.to_string()).ok()?;
        let upgraded = self.hosts.upgrade(&url, SystemTime::now())?;
        Uri::try_from(&upgraded[..Position::AfterQuery]).ok()
    }
}

/// Fails with the error of the inner service, turned into `E`.
impl<S, ReqBody, ResBody, E> Service<Request<ReqBody>> for Hsts<S, E>
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
        if let Some(upgraded) = self.upgraded(request.uri()) {
            *request.uri_mut() = upgraded;
        }
        let uri = request.uri().clone();
        ResponseFuture::new(self.inner.call(request), uri, self.hosts.clone())
    }
}

impl<S: Clone, E> Clone for Hsts<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            hosts: self.hosts.clone(),
            error: PhantomData,
        }
    }
}

impl<S: fmt::Debug, E> fmt::Debug for Hsts<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            hosts,
            error: _,
        } = self;
        f.debug_struct("Hsts")
            .field("inner", inner)
            .field("hosts", hosts)
            .finish()
    }
}
