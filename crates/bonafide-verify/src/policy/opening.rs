//! Records how much a client sends before the server's first bytes, and these bytes.
//!
//! If a server does not answer in TLS, rustls reports only an invalid first byte; if the connection
//! is reset, it reports nothing about what happened before.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::verdict::handshake::{FirstBytes, Opening};

/// How many bytes of the answer are kept: enough for `HTTP/`.
const KEPT: usize = 5;

/// A transport that records the opening of its connection and forwards everything.
#[derive(Debug)]
pub(crate) struct Noting<IO> {
    transport: IO,
    sent: usize,
    answer: [u8; KEPT],
    answered: usize,
}

impl<IO> Noting<IO> {
    pub(crate) fn new(transport: IO) -> Self {
        Self {
            transport,
            sent: 0,
            answer: [0; KEPT],
            answered: 0,
        }
    }

    pub(crate) fn get_ref(&self) -> &IO {
        &self.transport
    }

    /// The recorded opening.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            sent: self.sent,
            first_bytes: FirstBytes::of(self.answer.get(..self.answered).unwrap_or_default()),
        }
    }

    fn note_sent(&mut self, written: usize) {
        if self.answered == 0 {
            self.sent = self.sent.saturating_add(written);
        }
    }

    fn note_answer(&mut self, read: &[u8]) {
        let kept = self.answer.iter_mut().skip(self.answered);
        for (kept, byte) in kept.zip(read) {
            *kept = *byte;
            self.answered += 1;
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Noting<IO> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.answered == KEPT {
            return Pin::new(&mut self.transport).poll_read(cx, buf);
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.transport).poll_read(cx, buf);
        self.note_answer(buf.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Noting<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.transport).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = polled {
            self.note_sent(written);
        }
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.transport).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(written)) = polled {
            self.note_sent(written);
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
