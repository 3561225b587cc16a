//! The log of received requests.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, Version};
use rustls_pki_types::CertificateDer;
use tokio::sync::Notify;

use super::connection::AcceptedConnection;

/// A request as the server received it.
///
/// ```
/// use bonafide_testkit::PlainServer;
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let server = PlainServer::start().await;
/// let mut client = tokio::net::TcpStream::connect(server.addr()).await?;
/// client.write_all(b"POST /a HTTP/1.1\r\nhost: b\r\ncontent-length: 2\r\n\r\nhi").await?;
/// server.wait_for(|stats| stats.requests == 1).await;
///
/// let request = &server.requests()[0];
/// assert_eq!((request.method.as_str(), request.uri.path()), ("POST", "/a"));
/// assert_eq!(request.headers["host"], "b");
/// assert_eq!((&request.body[..], request.connection), (&b"hi"[..], 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The request target: a path over HTTP/1.1, a whole URI over HTTP/2.
    pub uri: Uri,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, up to as many bytes as the builder's `recorded_body_bytes` says.
    pub body: Bytes,
    /// How many bytes the body had.
    pub body_len: u64,
    /// The trailers after the body, if there were any.
    pub trailers: Option<HeaderMap>,
    /// The server name that the client sent in its TLS handshake, if it sent one.
    pub sni: Option<Arc<str>>,
    /// The client's certificate, if it showed one.
    pub peer_identity: Option<CertificateDer<'static>>,
    /// The protocol that was agreed on by ALPN, such as `h2`; none without ALPN.
    pub alpn: Option<Arc<str>>,
    /// The number of the connection that it came on; the first is 0.
    pub connection: u64,
    /// The number of the request on its connection; the first is 0. Over HTTP/2 its stream is
    /// twice this number and one.
    pub sequence: u64,
}

/// What a request has beside its head and the part of its body that is kept.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) sequence: u64,
    pub(super) body_len: u64,
    pub(super) trailers: Option<HeaderMap>,
}

/// The last requests, as many as the test wants to see.
#[derive(Debug)]
pub(super) struct RequestLog {
    capacity: usize,
    body_bytes: usize,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    requests: VecDeque<RecordedRequest>,
    /// How many of the requests, counted from the newest, were not taken yet.
    untaken: usize,
}

impl RequestLog {
    pub(super) fn holding(capacity: usize, body_bytes: usize) -> Self {
        Self {
            capacity,
            body_bytes,
            state: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// How many bytes of a body are kept.
    pub(super) fn body_bytes(&self) -> usize {
        if self.capacity == 0 {
            0
        } else {
            self.body_bytes
        }
    }

    pub(super) fn record(
        &self,
        request: &Request<Bytes>,
        received: Received,
        connection: &AcceptedConnection,
    ) {
        if self.capacity == 0 {
            return;
        }
        let Received {
            sequence,
            body_len,
            trailers,
        } = received;
        let body = request.body();
        let record = RecordedRequest {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            body: match body.get(..self.body_bytes) {
                // A slice would hold all of it.
                Some(part) if part.len() < body.len() => Bytes::copy_from_slice(part),
                _ => body.clone(),
            },
            body_len,
            trailers,
            sni: connection.sni.clone(),
            peer_identity: connection.peer_chain.first().cloned(),
            alpn: connection.alpn.clone(),
            connection: connection.number,
            sequence,
        };
        let State { requests, untaken } = &mut *self.state();
        if requests.len() == self.capacity {
            requests.pop_front();
        }
        requests.push_back(record);
        *untaken = (*untaken + 1).min(requests.len());
        self.arrived.notify_waiters();
    }

    pub(super) fn all(&self) -> Vec<RecordedRequest> {
        self.state().requests.iter().cloned().collect()
    }

    /// The oldest request that was not taken yet.
    pub(super) async fn take(&self) -> RecordedRequest {
        loop {
            let mut arrived = pin!(self.arrived.notified());
            // From here on no notification is missed.
            arrived.as_mut().enable();
            if let Some(request) = self.next_untaken() {
                return request;
            }
            arrived.await;
        }
    }

    fn next_untaken(&self) -> Option<RecordedRequest> {
        let State { requests, untaken } = &mut *self.state();
        let next = requests.len() - *untaken;
        let request = requests.get(next).cloned()?;
        *untaken -= 1;
        Some(request)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
