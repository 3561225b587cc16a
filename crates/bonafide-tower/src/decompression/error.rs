//! Why a body is not decoded.

use std::io;

use super::Coding;

/// Why a body was not decoded. The server that sent it is at fault, unless a
/// [limit](super::DecodingLimits) is too low for its responses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressionError {
    /// The decoded body is larger than the caller allows:
    /// [`with_max_bytes`](super::DecodingLimits::with_max_bytes).
    #[error("the decoded response body is larger than {limit} bytes")]
    TooLarge {
        /// The largest allowed size, in bytes.
        limit: u64,
    },
    /// The decoded body is too large in proportion to the encoded one:
    /// [`with_max_ratio`](super::DecodingLimits::with_max_ratio).
    #[error("the response body decodes to more than {limit} times its size")]
    Ratio {
        /// The highest allowed ratio.
        limit: u64,
    },
    /// The data breaks the rules of its coding, fails its checksum, or needs a dictionary. Data of
    /// brotli with a "large window" is such data: RFC 7932 allows 16 MiB.
    #[error("the {coding} data of the response body is corrupt")]
    Corrupt {
        /// The coding.
        coding: Coding,
        /// What the decoder reports.
        source: io::Error,
    },
    /// The body ends before its encoded data is complete.
    #[error("the response body ends before its {coding} data is complete")]
    Truncated {
        /// The coding.
        coding: Coding,
    },
    /// The body continues after its encoded data has ended.
    #[error("the response body continues after the end of its {coding} data")]
    TrailingData {
        /// The coding.
        coding: Coding,
    },
    /// A frame of zstd asks for more memory than RFC 9659 section 3 allows.
    #[error(
        "the response body needs a zstd window of {window} bytes, more than the limit of {limit}"
    )]
    WindowTooLarge {
        /// The size of the window, in bytes.
        window: u64,
        /// The largest allowed size, in bytes: 8 MiB.
        limit: u64,
    },
    /// `Content-Encoding` lists more codings than are allowed.
    #[error("the response body has more than {limit} content codings")]
    TooManyCodings {
        /// The highest allowed number: [`MAX_CODINGS`](super::MAX_CODINGS).
        limit: usize,
    },
}
