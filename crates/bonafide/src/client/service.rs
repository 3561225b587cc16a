//! A client as a tower service.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::Client;
use crate::body::Body;
use crate::error::Error;
use crate::stack::ResponseFuture;

/// Always ready. The request's URI must be absolute. Of its extensions,
/// [`RequestTimeouts`](crate::limits::RequestTimeouts) sets the limits of the request,
/// [`Versions`](crate::versions::Versions) the versions of HTTP that it may use, in place of its
/// `version`, and [`Redirects`](crate::redirect::Redirects) its rule of redirects. With the feature
/// `retry`, a `Retry` is the rule of the request, and others of the module `retry` count, as its
/// page says. The client ignores the rest and passes all on to layers.
///
/// In the extensions of the response are `Arc<`[`Receipt`](crate::Receipt)`>`,
/// `Arc<`[`ConnectionInfo`](crate::ConnectionInfo)`>` and [`Timings`](crate::Timings).
/// [`Response::from`](crate::Response) turns it into the client's own response type.
impl Service<Request<Body>> for Client {
    type Response = Response<Body>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        (&*self).poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        (&*self).call(request)
    }
}

impl Service<Request<Body>> for &Client {
    type Response = Response<Body>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let client = (*self).clone();
        ResponseFuture::new(async move { client.inner().stack.serve(request).await })
    }
}
