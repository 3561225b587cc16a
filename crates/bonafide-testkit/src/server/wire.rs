//! The byte stream under HTTP. It knows whether all that was written has left, writes what the
//! script inserts between that, and gives the stream back when HTTP lets go of it, so that the end
//! can be scripted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::server::TlsStream;

use super::control::Control;
use super::stats::Counters;

/// How a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// TLS close_notify and TCP FIN.
    Shutdown,
    /// TCP RST.
    Reset,
    /// Open and silent.
    Freeze,
}

/// A TCP stream, or TLS over one.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn tcp(&mut self) -> &mut TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&mut self) -> &mut TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&mut self) -> &mut TcpStream {
        self.get_mut().0
    }
}

/// A plain TCP stream whose received bytes are counted.
pub(super) struct Counted {
    pub(super) stream: TcpStream,
    pub(super) counters: Arc<Counters>,
}

impl Transport for Counted {
    fn tcp(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let received = buffer.filled().len() - before;
        if received > 0 {
            self.counters.received(received);
        }
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

pub(super) struct Wire<T: Transport> {
    /// Present until the wire is dropped.
    transport: Option<T>,
    give_back: Option<oneshot::Sender<T>>,
    control: Arc<Control>,
    /// The rest of an insert that has been written in part.
    inserting: Bytes,
}

impl<T: Transport> Wire<T> {
    /// The wire, and where its transport arrives after it has been dropped.
    pub(super) fn new(transport: T, control: Arc<Control>) -> (Self, oneshot::Receiver<T>) {
        let (give_back, returned) = oneshot::channel();
        let wire = Self {
            transport: Some(transport),
            give_back: Some(give_back),
            control,
            inserting: Bytes::new(),
        };
        (wire, returned)
    }

    fn transport(&mut self) -> io::Result<Pin<&mut T>> {
        self.transport
            .as_mut()
            .map(Pin::new)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))
    }

    /// Writes the inserts, unless HTTP is within a frame or a message.
    fn poll_inserts(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.inserting.is_empty() {
                if self.control.has_unflushed() {
                    return Poll::Ready(Ok(()));
                }
                match self.control.next_insert() {
                    Some(bytes) => self.inserting = bytes,
                    None => return Poll::Ready(Ok(())),
                }
            }
            while !self.inserting.is_empty() {
                let part = self.inserting.clone();
                let written = ready!(self.transport()?.poll_write(cx, &part))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.inserting.advance(written);
            }
        }
    }
}

impl<T: Transport> Drop for Wire<T> {
    fn drop(&mut self) {
        if let (Some(give_back), Some(transport)) = (self.give_back.take(), self.transport.take()) {
            // The connection's task may have been ended by now.
            drop(give_back.send(transport));
        }
    }
}

/// Lets the connection be reset when it is dropped.
pub(super) fn reset(stream: &TcpStream) {
    stream
        .set_zero_linger()
        .expect("the operating system can reset a connection");
}

/// Ends the rest of a connection as requested.
pub(super) async fn part<T: Transport>(mut transport: T, parting: Parting) {
    match parting {
        // The client may have gone before: that ends it as well.
        Parting::Shutdown => drop(transport.shutdown().await),
        Parting::Reset => reset(transport.tcp()),
        Parting::Freeze => std::future::pending().await,
    }
}

impl<T: Transport> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.transport()?.poll_read(cx, buffer)
    }
}

impl<T: Transport> AsyncWrite for Wire<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_inserts(cx))?;
        self.control.wrote();
        self.transport()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_inserts(cx))?;
        self.control.wrote();
        self.transport()?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.transport()?.poll_flush(cx))?;
            self.control.flushed();
            if self.inserting.is_empty() && !self.control.has_inserts() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_inserts(cx))?;
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.control.closes_silently() {
            return self.transport()?.poll_shutdown(cx);
        }
        match self.transport()?.poll_flush(cx) {
            Poll::Ready(Ok(())) => Pin::new(self.transport()?.get_mut().tcp()).poll_shutdown(cx),
            unfinished => unfinished,
        }
    }
}
