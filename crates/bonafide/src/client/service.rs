//! A client as a tower service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::Client;
use super::request::call_of;
use crate::body::Body;
use crate::error::{Delivery, Error};

/// The response to a request that went through the [`Service`] of a [`Client`].
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture {
    response: Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>,
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.response.as_mut().poll(cx)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

/// Always ready. The request's URI is absolute; its extensions are not sent, but for
/// [`RequestTimeouts`](crate::RequestTimeouts), which count.
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
        let response = Box::pin(async move {
            let mut call = call_of(client.inner(), request)
                .map_err(|error| error.delivered(Delivery::NotSent))?;
            let response = client.inner().send(&mut call).await?;
            Ok(response.into())
        });
        ResponseFuture { response }
    }
}
