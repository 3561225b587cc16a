//! How connections end, well or badly.

use std::sync::Arc;

use rustls::AlertDescription;

use super::http2::{ErrorCode, LastStream};

/// What a server does to a connection after a request has arrived, or even before.
///
/// A builder's `ending` holds for every connection, `endings` for the first few in
/// turn. A [`Scripted`](crate::server::Scripted) response has one for a single request, and a
/// handler may choose one by putting it into its response's extensions; those that concern the
/// handshake or the request's body do nothing in a handler's response.
///
/// The request is counted, recorded and given to the handler in all cases but those in
/// the handshake. An ending of HTTP/2 streams on a connection of HTTP/1.1 fails the test.
///
/// ```
/// use bonafide_testkit::Ending;
/// use bonafide_testkit::server::TestBody;
///
/// // A handler's response that never arrives:
/// let response = http::Response::builder()
///     .extension(Ending::Reset)
///     .body(TestBody::from("lost"));
/// assert!(response.is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// Nothing goes wrong. A connection that ends does so with a TLS close_notify.
    #[default]
    CloseNotify,
    /// The connection ends after the first response, with a TCP FIN and no TLS
    /// close_notify: what an attacker can do who cuts a connection. Over HTTP/1.1 the
    /// body has neither a length nor chunks, so a client that takes the end of the
    /// connection for the end of the body is deceived.
    NoCloseNotify,
    /// As [`NoCloseNotify`](Self::NoCloseNotify), and with the close_notify that makes
    /// the end of the body certain.
    CloseDelimited,
    /// The response is complete, says nothing of closing, and then the connection is
    /// closed (over HTTP/2 after a GOAWAY). A pool must notice.
    CloseAfterResponse,
    /// The connection is closed, with close_notify, in place of a response.
    CloseAfterRequest,
    /// The connection is reset (TCP RST) in place of a response.
    Reset,
    /// The headers of the response arrive, then the connection is reset.
    ResetAfterHeaders,
    /// The response declares a body of `declared` bytes; `sent` bytes of it arrive,
    /// then the connection is closed with close_notify.
    TruncatedBody {
        /// The value of Content-Length.
        declared: u64,
        /// How many bytes are sent.
        sent: u64,
    },
    /// The headers of the response and `sent` bytes of its own body arrive, then the connection is
    /// closed with close_notify. Over HTTP/2 the client's window may hold back the last of them.
    CutBody {
        /// How many bytes are sent.
        sent: u64,
    },
    /// As [`CutBody`](Self::CutBody), with a reset (TCP RST), which may overtake the body.
    ResetInBody {
        /// How many bytes are sent.
        sent: u64,
    },
    /// The connection is reset when `received` bytes of the request's body have come, and the rest
    /// is not read. The request is recorded with what came of its body, and no handler sees it.
    ResetInRequest {
        /// How many bytes of the body are read, at least.
        received: u64,
    },
    /// The HTTP/2 stream is reset (RST_STREAM) in place of a response. The connection serves on.
    ResetStream(ErrorCode),
    /// The headers of the response and `sent` bytes of its own body arrive, then the HTTP/2 stream
    /// is reset (RST_STREAM).
    ResetStreamInBody {
        /// How many bytes are sent.
        sent: u64,
        /// The error code.
        code: ErrorCode,
    },
    /// The server sends GOAWAY (RFC 9113, section 6.8) when the request has come.
    ///
    /// With [`ErrorCode::NO_ERROR`] the connection stays open: streams up to `last` are answered,
    /// this one among them if `last` includes it. The client is the one to close. With any other
    /// code the connection is closed at once, with close_notify.
    GoAway {
        /// The last stream that the server has processed or will process.
        last: LastStream,
        /// The error code.
        code: ErrorCode,
    },
    /// The connection stays open and no response comes. Over HTTP/2 other requests and
    /// pings are answered.
    StallBeforeHeaders,
    /// The headers of the response arrive and its body does not.
    StallAfterHeaders,
    /// The connection stays open and the server does nothing more with it: it neither
    /// reads nor writes, not even answers to pings.
    Freeze,
    /// The TCP connection is accepted and reset at once, before a ClientHello. For a port on which
    /// no server listens, shut the server down.
    ResetOnAccept,
    /// The TCP connection is accepted and the TLS handshake is never answered.
    StallInHandshake,
    /// The ClientHello is answered with this fatal alert, and the TCP connection is closed.
    AlertInHandshake(AlertDescription),
    /// The TCP connection is closed when the ClientHello has come.
    CloseInHandshake,
    /// The TCP connection is reset when the ClientHello has come.
    ResetInHandshake,
}

impl Ending {
    /// Whether it comes before any request.
    pub(super) fn is_of_handshake(self) -> bool {
        matches!(
            self,
            Self::ResetOnAccept
                | Self::StallInHandshake
                | Self::AlertInHandshake(_)
                | Self::CloseInHandshake
                | Self::ResetInHandshake
        )
    }

    /// Whether HTTP/2 alone has it.
    pub(super) fn is_of_streams(self) -> bool {
        matches!(
            self,
            Self::ResetStream(_) | Self::ResetStreamInBody { .. } | Self::GoAway { .. }
        )
    }
}

/// Which ending each connection gets, counted from the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Endings {
    first: Arc<[Ending]>,
    then: Ending,
}

impl Endings {
    pub(super) fn always(ending: Ending) -> Self {
        Self {
            first: Arc::default(),
            then: ending,
        }
    }

    pub(super) fn first(endings: impl IntoIterator<Item = Ending>) -> Self {
        Self {
            first: endings.into_iter().collect(),
            then: Ending::default(),
        }
    }

    pub(super) fn of(&self, connection: u64) -> Ending {
        let index = usize::try_from(connection).unwrap_or(usize::MAX);
        self.first.get(index).copied().unwrap_or(self.then)
    }
}
