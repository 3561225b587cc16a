//! HTTP over a connection that is made: hyper's handshakes, handles and settings.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::streams::{BEFORE_SETTINGS, Streams, Tasks};
use crate::body::Body;
use crate::pool::{Http1Conn, Http2Conn};

/// Settings of HTTP/1.1 and HTTP/2.
#[derive(Clone, Debug)]
pub(crate) struct HttpOptions {
    /// Most header fields of an HTTP/1.1 response; `None` is hyper's 100, which costs no allocation.
    pub(crate) max_headers: Option<usize>,
    /// Most bytes of a response's headers.
    pub(crate) max_header_bytes: u32,
    /// How often an HTTP/2 connection is pinged, in use or not; `None` is never.
    pub(crate) ping_interval: Option<Duration>,
    /// How long the answer to a ping may take.
    pub(crate) ping_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            max_headers: None,
            max_header_bytes: 64 * 1024,
            ping_interval: Some(Duration::from_secs(30)),
            ping_timeout: Duration::from_secs(10),
        }
    }
}

/// An HTTP/1.1 connection.
#[derive(Debug)]
pub(crate) struct Http1 {
    send: http1::SendRequest<Body>,
}

impl Http1 {
    pub(super) async fn handshake<IO>(options: &HttpOptions, io: IO) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        if let Some(count) = options.max_headers {
            builder.max_headers(count);
        }
        builder
            .max_header_size(options.max_header_bytes as usize)
            .allow_obsolete_multiline_headers_in_responses(true);
        let (send, connection) = builder.handshake(TokioIo::new(io)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "an HTTP/1.1 connection ended");
            }
        });
        Ok(Self { send })
    }

    /// Sends a request.
    pub(crate) fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request<Body>>>> + use<> {
        self.send.try_send_request(request)
    }
}

impl Http1Conn for Http1 {
    fn is_open(&self) -> bool {
        !self.send.is_closed()
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        self.send.poll_ready(cx).map(|ready| ready.is_ok())
    }
}

/// A handle of an HTTP/2 connection.
#[derive(Clone, Debug)]
pub(crate) struct Http2 {
    send: http2::SendRequest<Body>,
    streams: Arc<Streams>,
}

impl Http2 {
    pub(super) async fn handshake<IO>(options: &HttpOptions, io: IO) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let streams = Streams::new();
        let mut builder = http2::Builder::new(Tasks(Arc::clone(&streams)));
        builder
            .timer(TokioTimer::new())
            .initial_max_send_streams(BEFORE_SETTINGS)
            .max_header_list_size(options.max_header_bytes)
            .keep_alive_interval(options.ping_interval)
            .keep_alive_timeout(options.ping_timeout)
            .keep_alive_while_idle(true);
        let (send, connection) = builder.handshake(TokioIo::new(io)).await?;
        let driver = Driver {
            connection,
            streams: Arc::clone(&streams),
        };
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "an HTTP/2 connection ended");
            }
        });
        Ok(Self { send, streams })
    }

    /// Sends a request.
    pub(crate) fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request<Body>>>> + use<> {
        self.send.try_send_request(request)
    }
}

impl Http2Conn for Http2 {
    fn is_open(&self) -> bool {
        !self.send.is_closed()
    }

    fn stream_limit(&self) -> Option<usize> {
        self.streams.limit()
    }

    fn limit_changes(&self) -> watch::Receiver<()> {
        self.streams.changes()
    }
}

/// Runs an HTTP/2 connection and notes how many streams the peer allows.
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
