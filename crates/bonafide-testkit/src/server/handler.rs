//! Handlers: what answers a request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use super::body::TestBody;

type HandlerFuture = Pin<Box<dyn Future<Output = Response<TestBody>> + Send>>;

#[derive(Clone)]
pub(super) struct Handler(Arc<dyn Fn(Request<Bytes>) -> HandlerFuture + Send + Sync>);

impl Handler {
    pub(super) fn new<H, F, B>(handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<TestBody>,
    {
        Self(Arc::new(move |request| {
            let response = handler(request);
            Box::pin(async move { response.await.map(Into::into) })
        }))
    }

    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<TestBody> {
        (self.0)(request).await
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}
