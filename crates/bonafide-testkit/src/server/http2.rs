//! Frames of HTTP/2 that hyper does not write by request, and what stands in them.

use std::fmt;

use bytes::{BufMut as _, Bytes, BytesMut};

/// An error code of HTTP/2 (RFC 9113, section 7), as RST_STREAM and GOAWAY have it.
///
/// ```
/// use bonafide_testkit::server::{Ending, ErrorCode};
///
/// let overloaded = Ending::ResetStream(ErrorCode::REFUSED_STREAM);
/// assert_eq!(ErrorCode::REFUSED_STREAM, ErrorCode(7));
/// # drop(overloaded);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(
    /// The number on the wire. Numbers without a name may be sent too.
    pub u32,
);

/// Names of codes, each once.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal),* $(,)?) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// A graceful end.
    NO_ERROR = 0x0,
    /// The peer broke a rule that has no code of its own.
    PROTOCOL_ERROR = 0x1,
    /// The sender failed.
    INTERNAL_ERROR = 0x2,
    /// The peer sent more than its window allowed.
    FLOW_CONTROL_ERROR = 0x3,
    /// Settings were not acknowledged in time.
    SETTINGS_TIMEOUT = 0x4,
    /// A frame came on a stream that was half closed.
    STREAM_CLOSED = 0x5,
    /// A frame had a wrong size.
    FRAME_SIZE_ERROR = 0x6,
    /// The request was not processed: a client may send it again.
    REFUSED_STREAM = 0x7,
    /// The stream is not needed any more.
    CANCEL = 0x8,
    /// The compression of headers is broken.
    COMPRESSION_ERROR = 0x9,
    /// The connection of a CONNECT was reset.
    CONNECT_ERROR = 0xa,
    /// The peer asks for too much.
    ENHANCE_YOUR_CALM = 0xb,
    /// TLS is not good enough for HTTP/2.
    INADEQUATE_SECURITY = 0xc,
    /// The request must be made over HTTP/1.1.
    HTTP_1_1_REQUIRED = 0xd,
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "ErrorCode({:#x})", self.0),
        }
    }
}

/// The last stream of a GOAWAY, seen from the request that causes it.
///
/// Streams are counted as clients number them, 1, 3, 5 and so on, in the order in which their
/// requests arrive.
///
/// ```
/// use bonafide_testkit::server::{Ending, ErrorCode, LastStream};
///
/// // The request was provably not processed, and the connection is closed.
/// let refused = Ending::GoAway {
///     last: LastStream::BeforeThis,
///     code: ErrorCode::ENHANCE_YOUR_CALM,
/// };
/// # drop(refused);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastStream {
    /// The one before this request's: the server has not processed this request.
    BeforeThis,
    /// This request's: the server may have processed it.
    This,
    /// A number of a stream.
    Number(u32),
}

impl LastStream {
    /// Its number, where this request has the number `this`.
    pub(super) fn number(self, this: u32) -> u32 {
        match self {
            Self::BeforeThis => this.saturating_sub(2),
            Self::This => this,
            Self::Number(number) => number,
        }
    }
}

/// The stream of a request, counted from 0 on its connection.
pub(super) fn stream(sequence: u64) -> u32 {
    u32::try_from(2 * sequence + 1).unwrap_or(MAX_STREAM)
}

const MAX_STREAM: u32 = u32::MAX >> 1;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const GOAWAY: u8 = 0x7;
const END_HEADERS: u8 = 0x4;

/// One frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(9 + payload.len());
    let length = u32::try_from(payload.len()).expect("a frame of the script is short");
    frame.put_slice(&length.to_be_bytes()[1..]);
    frame.put_u8(kind);
    frame.put_u8(flags);
    frame.put_u32(stream & MAX_STREAM);
    frame.put_slice(payload);
    frame.freeze()
}

/// A HEADERS frame with a whole block of fields, which leaves the stream open.
pub(super) fn headers(stream: u32, block: &[u8]) -> Bytes {
    frame(HEADERS, END_HEADERS, stream, block)
}

pub(super) fn go_away(last: u32, code: ErrorCode) -> Bytes {
    let last = last & MAX_STREAM;
    let payload = [last.to_be_bytes(), code.0.to_be_bytes()].concat();
    frame(GOAWAY, 0, 0, &payload)
}

pub(super) fn reset_stream(stream: u32, code: ErrorCode) -> Bytes {
    frame(RST_STREAM, 0, stream, &code.0.to_be_bytes())
}
