//! The log of received requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, Version};
use rustls_pki_types::CertificateDer;

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
    /// The whole body.
    pub body: Bytes,
    /// The trailers after the body, if there were any.
    pub trailers: Option<HeaderMap>,
    /// The server name that the client sent in its TLS handshake, if it sent one.
    pub sni: Option<Arc<str>>,
    /// The client's certificate, if it showed one.
    pub peer_identity: Option<CertificateDer<'static>>,
    /// The number of the connection that it came on; the first is 0.
    pub connection: u64,
}

/// The trailers of a request, among its extensions.
#[derive(Clone, Debug)]
pub(super) struct Trailers(pub(super) HeaderMap);

/// The last requests, as many as the test wants to see.
#[derive(Debug)]
pub(super) struct RequestLog {
    capacity: usize,
    requests: Mutex<VecDeque<RecordedRequest>>,
}

impl RequestLog {
    pub(super) fn holding(capacity: usize) -> Self {
        Self {
            capacity,
            requests: Mutex::default(),
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.capacity > 0
    }

    pub(super) fn record(&self, request: &Request<Bytes>, connection: &AcceptedConnection) {
        let record = RecordedRequest {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            trailers: request.extensions().get().cloned().map(|Trailers(map)| map),
            sni: connection.sni.clone(),
            peer_identity: connection.peer_chain.first().cloned(),
            connection: connection.number,
        };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == self.capacity {
            requests.pop_front();
        }
        requests.push_back(record);
    }

    pub(super) fn all(&self) -> Vec<RecordedRequest> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().cloned().collect()
    }
}
