//! A reader as a body.

use std::io::{self, Read};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::Body;
use super::off_thread::OffThread;
use super::outgoing::PIECE_BYTES;

impl Body {
    /// A body of all that `reader` has, in pieces of up to 64 KiB; a piece is sent as soon as it is
    /// read. Its length is not known, and it is sent once: see [`from_stream`](Self::from_stream).
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::Body;
    ///
    /// let input = Body::from_reader(tokio::net::TcpStream::connect("127.0.0.1:9").await.unwrap());
    /// client.put("https://store.example/log").body(input).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self::from_stream(Pieces {
            reader: Some(Box::pin(reader)),
            space: BytesMut::new(),
        })
    }

    /// As [`from_reader`](Self::from_reader), for a reader that blocks: it is read on the threads
    /// that tokio keeps for blocking work. A read that is under way when the request is dropped
    /// goes on to its end, and the runtime waits for it when it is shut down.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::Body;
    ///
    /// let input = Body::from_blocking_reader(std::io::stdin());
    /// client.put("https://store.example/log").body(input).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_blocking_reader(reader: impl Read + Send + 'static) -> Self {
        let reader: Box<dyn Read + Send> = Box::new(reader);
        Self::from_stream(OffThread::new(move || Ok(reader)))
    }
}

/// What a reader has. After its end, or an error, the reader is dropped.
struct Pieces<R> {
    reader: Option<Pin<Box<R>>>,
    space: BytesMut,
}

impl<R: AsyncRead> Stream for Pieces<R> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(reader) = &mut this.reader else {
            return Poll::Ready(None);
        };
        this.space.reserve(PIECE_BYTES);
        // Nothing is lost if this is dropped before it has read.
        let read = ready!(pin!(reader.read_buf(&mut this.space)).poll(cx));
        if !matches!(read, Ok(1..)) {
            this.reader = None;
        }
        Poll::Ready(match read {
            Ok(0) => None,
            Ok(_) => Some(Ok(this.space.split().freeze())),
            Err(error) => Some(Err(error)),
        })
    }
}
