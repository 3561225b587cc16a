//! HTTP/1.1 over an open connection: hyper's handshake and handle.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

use super::driving::Driving;
use super::sender::{SendResult, Sender};
use super::socket::SocketState;
use crate::body::Body;
use crate::limits::HttpLimits;
use crate::pool::Http1Conn;

/// An HTTP/1.1 connection.
#[derive(Debug)]
pub(crate) struct Http1 {
    sender: Sender<http1::SendRequest<Body>>,
    socket: Arc<SocketState>,
    task: AbortHandle,
}

impl Http1 {
    pub(crate) async fn handshake<IO>(
        limits: &HttpLimits,
        io: IO,
        socket: Arc<SocketState>,
    ) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        if let Some(count) = limits.max_headers {
            builder.max_headers(count);
        }
        builder
            .max_header_size(limits.max_header_bytes as usize)
            .allow_obsolete_multiline_headers_in_responses(true);
        socket.reads_on_demand();
        let (send, connection) = builder.handshake(TokioIo::new(io)).await?;
        let (sender, end) = Sender::new(send, Arc::clone(&socket));
        let task = tokio::spawn(Driving::new(connection, "HTTP/1.1", end));
        Ok(Self {
            sender,
            socket,
            task: task.abort_handle(),
        })
    }

    /// Sends a request; `Err` hands its body back if the connection has ended.
    pub(crate) fn send(
        &self,
        request: Request<Body>,
    ) -> Result<impl Future<Output = SendResult> + use<>, Body> {
        self.socket.probe();
        self.sender
            .send(request, |send, request| send.try_send_request(request))
    }

    /// Closes the connection at once, in the middle of an exchange. hyper alone would first send
    /// the rest of the request, and a peer that has stopped reading would keep the connection open.
    pub(crate) fn cut_off(&self) {
        self.task.abort();
    }
}

impl Http1Conn for Http1 {
    fn is_open(&self) -> bool {
        !self.socket.has_ended()
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let polled = self.sender.ask(|send| send.poll_ready(cx));
        polled.map_or(Poll::Ready(false), |polled| {
            polled.map(|ready| ready.is_ok())
        })
    }
}
