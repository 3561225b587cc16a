//! The TLS alert that ended a connection.
//!
//! hyper reports only that the connection closed, and h2 turns the reason into text. A TLS alert
//! after the handshake, such as one about a missing client certificate, would be lost that way.
//! This stream therefore records the first error that passes through it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bonafide_verify::HandshakeError;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The TLS alert that ended a connection, if one did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    alert: Arc<OnceLock<HandshakeError>>,
}

impl Fate {
    /// The alert.
    pub(crate) fn alert(&self) -> Option<&HandshakeError> {
        self.alert.get()
    }

    #[cold]
    fn note(&self, error: &io::Error) {
        if let Some(alert) = HandshakeError::find_in(error) {
            // Only the first error is the cause.
            let _ = self.alert.set(alert);
        }
    }
}

/// A stream that records its [`Fate`].
pub(crate) struct Noting<IO> {
    io: IO,
    fate: Fate,
}

impl<IO> Noting<IO> {
    pub(crate) fn new(io: IO, fate: Fate) -> Self {
        Self { io, fate }
    }

    fn note<T>(&self, result: io::Result<T>) -> Poll<io::Result<T>> {
        if let Err(error) = &result {
            self.fate.note(error);
        }
        Poll::Ready(result)
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Noting<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.io).poll_read(cx, buffer));
        self.note(result)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Noting<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.io).poll_write(cx, bytes));
        self.note(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices));
        self.note(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.io).poll_flush(cx));
        self.note(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.io).poll_shutdown(cx));
        self.note(result)
    }
}
