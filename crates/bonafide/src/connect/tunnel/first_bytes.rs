//! A stream that keeps the first bytes that were read from it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many bytes are kept: enough for the first line of most answers. If a proxy echoes the
/// request, the part after its target, which may be secret, is not kept.
pub(super) const KEPT: usize = 32;

/// hyper does not say what it could not parse, so the beginning is kept beside it.
pub(super) struct FirstBytes {
    pub(super) io: TcpStream,
    pub(super) first: Vec<u8>,
}

impl FirstBytes {
    pub(super) fn new(io: TcpStream) -> Self {
        Self {
            io,
            first: Vec::new(),
        }
    }
}

impl AsyncRead for FirstBytes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        let wanted = KEPT.saturating_sub(self.first.len());
        let read = buffer.filled().get(before..).unwrap_or_default();
        self.first.extend(read.iter().take(wanted));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FirstBytes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
