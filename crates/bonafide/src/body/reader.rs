//! A body as a reader.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http_body::Body as _;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use super::Body;
use crate::error::Error;

/// A body to read with the traits of tokio; see [`Body::into_reader`] and
/// [`Response::into_reader`](crate::Response::into_reader).
///
/// An error of it contains the [`Error`]. After an error there is no more to read, and each further
/// read is an error too: a body that was cut off never looks complete.
pub struct BodyReader {
    body: Body,
    /// What was received and not yet read.
    rest: Bytes,
    failed: bool,
    /// Adds to an error what is known of the response.
    named: Option<Box<dyn Fn(Error) -> Error + Send + Sync>>,
}

impl Body {
    /// The body as a reader of tokio: [`AsyncRead`] and [`AsyncBufRead`]. Trailers are skipped.
    ///
    /// ```
    /// # async fn show() -> std::io::Result<()> {
    /// use bonafide::Body;
    /// use tokio::io::AsyncReadExt as _;
    ///
    /// let mut text = String::new();
    /// Body::from("hello").into_reader().read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_reader(self) -> BodyReader {
        BodyReader {
            body: self,
            rest: Bytes::new(),
            failed: false,
            named: None,
        }
    }
}

impl BodyReader {
    /// This reader, whose errors go through `named`.
    pub(crate) fn naming(mut self, named: impl Fn(Error) -> Error + Send + Sync + 'static) -> Self {
        self.named = Some(Box::new(named));
        self
    }

    /// Receives a piece, unless there is a rest of the last one.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            if self.failed {
                return Poll::Ready(Err(io::Error::other("reading the body has failed before")));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => break,
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    self.failed = true;
                    self.body = Body::empty();
                    let error = match &self.named {
                        Some(named) => named(error),
                        None => error,
                    };
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for BodyReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_fill(cx))?;
        let count = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncBufRead for BodyReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_fill(cx))?;
        Poll::Ready(Ok(&this.rest))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        let count = count.min(self.rest.len());
        self.rest.advance(count);
    }
}

/// Without the bytes.
impl fmt::Debug for BodyReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyReader")
            .field("body", &self.body)
            .field("received", &self.rest.len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
