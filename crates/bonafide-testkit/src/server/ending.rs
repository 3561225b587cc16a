//! How connections end, well or badly.

use std::sync::Arc;

/// What a server does to a connection after a request has arrived, or even before.
///
/// A builder's `ending` holds for every connection, `endings` for the first few in
/// turn. A handler may choose one for a single request by putting it into its
/// response's extensions; those that concern the handshake do nothing there.
///
/// The request is counted, recorded and given to the handler in all cases but those in
/// the handshake.
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
    /// The connection stays open and no response comes. Over HTTP/2 other requests and
    /// pings are answered.
    StallBeforeHeaders,
    /// The headers of the response arrive and its body does not.
    StallAfterHeaders,
    /// The connection stays open and the server does nothing more with it: it neither
    /// reads nor writes, not even answers to pings.
    Freeze,
    /// The TCP connection is accepted and the TLS handshake is never answered.
    StallInHandshake,
    /// The TCP connection is closed when the ClientHello has come.
    CloseInHandshake,
    /// The TCP connection is reset when the ClientHello has come.
    ResetInHandshake,
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
