//! Which servers there are.

use bonafide_testkit::{Alpn, Identity, TestServer};
use bytes::Bytes;
use http::Response;

/// The bytes of a body on the sites that have one of their own.
const BODY: &[u8; 100] = &[b'b'; 100];

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
}

impl Site {
    pub(super) const ALL: [Self; 5] = [
        Self::Http1,
        Self::Http2,
        Self::BriefHttp1,
        Self::BriefHttp2,
        Self::NoTickets,
    ];

    /// How long its bodies are.
    pub(crate) fn body_bytes(self) -> usize {
        match self {
            Self::Http1 | Self::Http2 => BODY.len(),
            Self::BriefHttp1 | Self::BriefHttp2 | Self::NoTickets => "ok".len(),
        }
    }

    pub(super) async fn start(self, identity: Identity) -> TestServer {
        let builder = TestServer::builder(identity).request_log(0);
        let builder = match self {
            Self::Http1 | Self::BriefHttp1 | Self::NoTickets => builder.alpn(Alpn::Http1),
            Self::Http2 | Self::BriefHttp2 => builder.alpn(Alpn::Both),
        };
        let builder = match self {
            Self::Http1 | Self::Http2 => {
                builder.handler(|_| async { Response::new(Bytes::from_static(BODY)) })
            }
            Self::BriefHttp1 | Self::BriefHttp2 => builder,
            Self::NoTickets => builder.tickets(0),
        };
        builder.start().await
    }
}
