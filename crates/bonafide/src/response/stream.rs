//! A body as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;

use super::name;
use crate::body::Body;
use crate::error::Error;
use crate::exchange::Found;

/// The pieces of a response's body; see [`Response::bytes_stream`](crate::Response::bytes_stream).
#[must_use = "streams do nothing unless polled"]
pub struct BytesStream {
    body: Body,
    found: Found,
}

impl BytesStream {
    pub(super) fn new(body: Body, found: Found) -> Self {
        Self { body, found }
    }
}

impl Stream for BytesStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(name(&self.found, error)))),
                // Trailers are skipped, and so is the empty frame that ends a body in HTTP/2.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                    _ => {}
                },
            }
        }
    }
}

impl fmt::Debug for BytesStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BytesStream").field(&self.body).finish()
    }
}
