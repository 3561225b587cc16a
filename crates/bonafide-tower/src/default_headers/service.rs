use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::DefaultHeaderValues;

/// Middleware that adds missing headers to requests.
///
/// See the [module docs](crate::default_headers) for an example.
#[derive(Clone, Debug)]
pub struct DefaultHeaders<S> {
    inner: S,
    values: Arc<DefaultHeaderValues>,
}

impl<S> DefaultHeaders<S> {
    /// Wraps `inner`, and adds `values` to its requests.
    pub fn new(inner: S, values: DefaultHeaderValues) -> Self {
        Self::shared(inner, Arc::new(values))
    }

    pub(super) fn shared(inner: S, values: Arc<DefaultHeaderValues>) -> Self {
        Self { inner, values }
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

/// Fails as the inner service does.
impl<S, B> Service<Request<B>> for DefaultHeaders<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let uri = request.uri().clone();
        self.values.apply(&uri, request.headers_mut());
        self.inner.call(request)
    }
}
