use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bonafide_verify::Receipt;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};

/// A connection with its receipt, which hyper-util's client puts into the extensions of every
/// response as `Arc<Receipt>`.
pub struct ReceiptStream<T> {
    stream: MaybeHttpsStream<T>,
    receipt: Option<Arc<Receipt>>,
}

impl<T> ReceiptStream<T> {
    pub(super) fn verified(stream: MaybeHttpsStream<T>, receipt: Arc<Receipt>) -> Self {
        Self {
            stream,
            receipt: Some(receipt),
        }
    }

    pub(super) fn plain(stream: T) -> Self {
        Self {
            stream: MaybeHttpsStream::Http(stream),
            receipt: None,
        }
    }

    /// What was checked; `None` only over plain http.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.receipt.as_ref()
    }

    /// The stream beneath.
    pub fn get_ref(&self) -> &MaybeHttpsStream<T> {
        &self.stream
    }
}

impl<T: Read + Write + Connection + Unpin> Connection for ReceiptStream<T> {
    fn connected(&self) -> Connected {
        let connected = self.stream.connected();
        let Some(receipt) = &self.receipt else {
            return connected;
        };
        if receipt.is_granted() {
            // The pool does not know when a grant ends, so each request makes its own connection,
            // which is judged.
            connected.poison();
        }
        connected.extra(Arc::clone(receipt))
    }
}

impl<T: Read + Write + Unpin> Read for ReceiptStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<T: Read + Write + Unpin> Write for ReceiptStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

impl<T> fmt::Debug for ReceiptStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiptStream")
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}
