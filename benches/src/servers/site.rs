//! Which servers there are.

#[cfg(feature = "peers")]
use std::sync::Arc;
#[cfg(feature = "peers")]
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "peers")]
use std::time::Duration;

#[cfg(feature = "peers")]
use bonafide_testkit::{Alpn, Identity, TestServer};
#[cfg(feature = "peers")]
use bytes::Bytes;
#[cfg(feature = "peers")]
use http::Response;

/// The bytes of a body on the sites that have one of their own.
const BODY: &[u8; 100] = &[b'b'; 100];

/// How long no request has to come until those that wait are answered.
#[cfg(feature = "peers")]
const A_WHILE: Duration = Duration::from_secs(1);

/// One of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// HTTP/1.1, answering 100 bytes.
    Http1,
    /// HTTP/1.1 and HTTP/2, answering 100 bytes.
    Http2,
    /// HTTP/1.1, answering 2 bytes as fast as it can.
    BriefHttp1,
    /// HTTP/1.1 and HTTP/2, answering 2 bytes as fast as it can.
    BriefHttp2,
    /// HTTP/1.1, answering 2 bytes, and giving no session tickets.
    NoTickets,
    /// HTTP/1.1, answering all requests together when no further one has come for a while.
    Together,
}

impl Site {
    pub(super) const ALL: [Self; 6] = [
        Self::Http1,
        Self::Http2,
        Self::BriefHttp1,
        Self::BriefHttp2,
        Self::NoTickets,
        Self::Together,
    ];

    /// How long its bodies are.
    pub(crate) fn body_bytes(self) -> usize {
        match self {
            Self::Http1 | Self::Http2 | Self::Together => BODY.len(),
            Self::BriefHttp1 | Self::BriefHttp2 | Self::NoTickets => "ok".len(),
        }
    }

    #[cfg(feature = "peers")]
    pub(super) async fn start(self, identity: Identity) -> TestServer {
        let builder = TestServer::builder(identity).request_log(0);
        let builder = match self {
            Self::Http1 | Self::BriefHttp1 | Self::NoTickets | Self::Together => {
                builder.alpn(Alpn::Http1)
            }
            Self::Http2 | Self::BriefHttp2 => builder.alpn(Alpn::Both),
        };
        let builder = match self {
            Self::Http1 | Self::Http2 => {
                builder.handler(|_| async { Response::new(Bytes::from_static(BODY)) })
            }
            Self::BriefHttp1 | Self::BriefHttp2 => builder,
            Self::NoTickets => builder.tickets(0),
            Self::Together => {
                let arrived = Arc::new(AtomicUsize::new(0));
                builder.handler(move |_| together(Arc::clone(&arrived)))
            }
        };
        builder.start().await
    }
}

/// Answers when no request has come for [`A_WHILE`]. So each of those that wait has a connection of
/// its own.
#[cfg(feature = "peers")]
async fn together(arrived: Arc<AtomicUsize>) -> Response<Bytes> {
    let mut seen = arrived.fetch_add(1, Ordering::Relaxed) + 1;
    loop {
        tokio::time::sleep(A_WHILE).await;
        let now = arrived.load(Ordering::Relaxed);
        if now == seen {
            return Response::new(Bytes::from_static(BODY));
        }
        seen = now;
    }
}
