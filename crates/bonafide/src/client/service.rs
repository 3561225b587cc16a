//! A client as a tower service.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::Client;
use crate::body::Body;
use crate::error::Error;
use crate::stack::ResponseFuture;

/// Always ready. The request's URI is absolute; its extensions are not sent, but for
/// [`RequestTimeouts`](crate::RequestTimeouts), which count.
///
/// In the extensions of the response are `Arc<`[`Receipt`](crate::Receipt)`>`,
/// `Arc<`[`ConnectionInfo`](crate::ConnectionInfo)`>` and [`Timings`](crate::Timings).
/// [`Response::from`](crate::Response) makes it a response with the comforts of the client again.
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
