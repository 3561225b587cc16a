//! HTTP/2 over an open connection: hyper's handshake and handle.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::driving::Driving;
use super::sender::{SendResult, Sender};
use super::socket::SocketState;
use super::streams::{BEFORE_SETTINGS, Streams, Tasks};
use crate::body::Body;
use crate::limits::HttpLimits;
use crate::pool::Http2Conn;

/// A handle of an HTTP/2 connection.
#[derive(Clone, Debug)]
pub(crate) struct Http2 {
    sender: Arc<Sender<http2::SendRequest<Body>>>,
    streams: Arc<Streams>,
    socket: Arc<SocketState>,
}

/// How many locally reset streams h2 remembers, so that late frames of these streams are not a
/// protocol error. The pool retires a connection before this many requests on it are cancelled. One
/// burst of cancelled requests exceeds h2's default of 50.
const REMEMBERED_RESETS: usize = 1_024;

/// How long h2 remembers them: as long as frames can be under way that the server sent before it
/// saw the reset. h2's default of one second is shorter than the round trip of a slow network under
/// load.
const RESETS_ARE_REMEMBERED: Duration = Duration::from_secs(30);

/// How many stream errors a server may cause before h2 closes the connection. Larger than
/// [`REMEMBERED_RESETS`], so that cancelled requests never reach it.
const BROKEN_STREAMS: usize = 4 * REMEMBERED_RESETS;

impl Http2 {
    pub(crate) async fn handshake<IO>(
        limits: &HttpLimits,
        io: IO,
        socket: Arc<SocketState>,
    ) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let streams = Streams::new();
        let mut builder = http2::Builder::new(Tasks(Arc::clone(&streams)));
        builder
            .timer(TokioTimer::new())
            .initial_max_send_streams(BEFORE_SETTINGS)
            .max_header_list_size(limits.max_header_bytes)
            .max_concurrent_reset_streams(REMEMBERED_RESETS)
            .reset_stream_duration(RESETS_ARE_REMEMBERED)
            .max_local_error_reset_streams(BROKEN_STREAMS)
            .keep_alive_interval(limits.ping_interval)
            .keep_alive_timeout(limits.ping_timeout)
            .keep_alive_while_idle(true);
        let (send, connection) = builder.handshake(TokioIo::new(io)).await?;
        let (sender, end) = Sender::new(send, Arc::clone(&socket));
        let driver = Driver {
            connection,
            streams: Arc::clone(&streams),
        };
        tokio::spawn(Driving::new(driver, "HTTP/2", end));
        Ok(Self {
            sender: Arc::new(sender),
            streams,
            socket,
        })
    }

    /// Sends a request; `Err` hands its body back if the connection has ended. `idle` says that no
    /// other request is under way on the connection.
    pub(crate) fn send(
        &self,
        request: Request<Body>,
        idle: bool,
    ) -> Result<impl Future<Output = SendResult> + use<>, Body> {
        if idle {
            // A connection in use is read continuously.
            self.socket.probe();
        }
        self.sender
            .send(request, |send, request| send.try_send_request(request))
    }
}

impl Http2Conn for Http2 {
    fn is_open(&self) -> bool {
        !self.socket.has_ended()
    }

    fn stream_limit(&self) -> Option<usize> {
        self.streams.limit()
    }

    fn limit_changes(&self) -> watch::Receiver<()> {
        self.streams.changes()
    }

    fn reads(&self) -> u64 {
        self.socket.reads()
    }
}

/// Runs an HTTP/2 connection and records how many streams the peer allows.
struct Driver<IO: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    connection: http2::Connection<TokioIo<IO>, Body, Tasks>,
    streams: Arc<Streams>,
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Send + 'static> Future for Driver<IO> {
    type Output = hyper::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.streams.ask(cx);
        let polled = Pin::new(&mut self.connection).poll(cx);
        let limit = self.connection.current_max_send_streams();
        self.streams.note(limit, polled.is_ready());
        polled
    }
}
