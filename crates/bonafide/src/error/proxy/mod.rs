//! What a proxy answered instead of opening a tunnel.

mod refusal;
mod socks_reply;

use std::error::Error as StdError;
use std::fmt;
use std::io;

pub use self::refusal::ProxyRefusal;
pub use self::socks_reply::SocksReply;

/// Why a proxy opened no tunnel to the server.
///
/// It is the [`source`](std::error::Error::source) of an [`Error`](crate::Error) of
/// [`Kind::Proxy`](crate::Kind::Proxy). A proxy that never answers is
/// [`Kind::Timeout`](crate::Kind::Timeout) instead, one that cannot be reached
/// [`Kind::Connect`](crate::Kind::Connect).
///
/// `Display` has no secret: no credentials and no body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The proxy answered `CONNECT` with a status that is not 2xx (RFC 9110 section 9.3.6).
    #[error(transparent)]
    Refused(Box<ProxyRefusal>),
    /// The SOCKS proxy could not or would not connect (RFC 1928 section 6).
    #[error(transparent)]
    Socks(SocksReply),
    /// The SOCKS proxy did not accept the user name and the password (RFC 1929 section 2).
    #[error("the user name and the password were not accepted (status {status})")]
    SocksCredentials {
        /// The status that the proxy sent; every value but 0 is a failure.
        status: u8,
    },
    /// The SOCKS proxy accepts none of the authentication methods that were offered (RFC 1928
    /// section 3).
    #[error("it accepts none of the methods that were offered: {}", methods(.credentials))]
    SocksMethods {
        /// Whether user name and password were offered, beside no authentication.
        credentials: bool,
    },
    /// The proxy closed the connection before the first byte of its answer.
    #[error("closed the connection without an answer")]
    Closed {
        /// The operating system's error, unless the connection was closed in order.
        #[source]
        error: Option<io::Error>,
    },
    /// The proxy closed the connection in the middle of its answer.
    #[error("closed the connection in the middle of its answer")]
    CutOff {
        /// The operating system's error, unless the connection was closed in order.
        #[source]
        error: Option<io::Error>,
    },
    /// What the proxy sent is not HTTP/1.1.
    #[error("its answer {}", Beginning(.first))]
    NotHttp {
        /// The first bytes of what it sent, at most 32.
        first: Vec<u8>,
    },
    /// What the proxy sent is not SOCKS 5 (RFC 1928).
    #[error("its answer {}", Beginning(.first))]
    NotSocks {
        /// The first bytes of what it sent, at most 32.
        first: Vec<u8>,
    },
    /// The header section of the proxy's answer breaks the rules of HTTP/1.1, or is larger than
    /// that of any response may be.
    #[error("not valid HTTP/1.1, or more than {max_bytes} bytes or {max_fields} fields")]
    Header {
        /// How many bytes are accepted.
        max_bytes: u32,
        /// How many header fields are accepted.
        max_fields: usize,
        /// Which of these it is.
        #[source]
        error: Box<dyn StdError + Send + Sync>,
    },
    /// The proxy opened the tunnel, and bytes came through it before the client had sent any. They
    /// come from the proxy, or from a server that uses neither TLS nor HTTP: in both protocols the
    /// server sends second.
    #[error(
        "{count} bytes that begin with \"{}\" arrived before anything was sent to the server",
        first_line(.first)
    )]
    EarlyBytes {
        /// How many bytes there were when the tunnel was opened.
        count: usize,
        /// The first of them, at most 32.
        first: Vec<u8>,
    },
}

impl ProxyError {
    /// What the proxy did, as the predicate of a sentence about it.
    pub(crate) fn deed(&self) -> &'static str {
        match self {
            Self::Refused(_)
            | Self::Socks(_)
            | Self::SocksCredentials { .. }
            | Self::SocksMethods { .. } => "refused the tunnel",
            Self::Closed { .. } => "closed the connection without an answer",
            Self::CutOff { .. } => "closed the connection in the middle of its answer",
            Self::NotHttp { .. } => "did not answer with HTTP/1.1",
            Self::NotSocks { .. } => "did not answer with SOCKS 5",
            Self::Header { .. } => "sent a header section that cannot be read",
            Self::EarlyBytes { .. } => "opened the tunnel, but sent bytes before the client did",
        }
    }

    /// Whether another try may succeed. Nothing was sent to the server in any of these cases, so
    /// the only question is whether the proxy may answer differently.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_retryable(),
            Self::Socks(reply) => reply.is_retryable(),
            Self::Closed { .. } | Self::CutOff { .. } => true,
            Self::SocksCredentials { .. }
            | Self::SocksMethods { .. }
            | Self::NotHttp { .. }
            | Self::NotSocks { .. }
            | Self::Header { .. }
            | Self::EarlyBytes { .. } => false,
        }
    }
}

fn methods(credentials: &bool) -> &'static str {
    if *credentials {
        "no authentication, user name and password"
    } else {
        "no authentication"
    }
}

/// How bytes begin, for a person.
struct Beginning<'a>(&'a [u8]);

impl fmt::Display for Beginning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = self;
        // A record of TLS: its type is an alert or a handshake, its version 3.x (RFC 8446 section
        // 5.1).
        if let [0x15 | 0x16, 0x03, ..] = bytes {
            return f.write_str("begins like TLS; a proxy that itself uses TLS is not supported");
        }
        write!(f, "begins with \"{}\"", first_line(bytes))
    }
}

/// The first line of `bytes`, with escapes for what is not printable ASCII.
fn first_line(bytes: &[u8]) -> std::slice::EscapeAscii<'_> {
    bytes
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .next()
        .unwrap_or_default()
        .escape_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_no_http_is_told_by_its_first_line() {
        for (first, expected) in [
            (
                &b"SSH-2.0-OpenSSH_9.2p1\r\nmore"[..],
                r#"its answer begins with "SSH-2.0-OpenSSH_9.2p1""#,
            ),
            (
                b"\x00\x00\x12\x04\x00\"",
                r#"its answer begins with "\x00\x00\x12\x04\x00\"""#,
            ),
            (
                b"\x15\x03\x01\x00\x02\x02\x46",
                "its answer begins like TLS; a proxy that itself uses TLS is not supported",
            ),
            (b"", r#"its answer begins with """#),
        ] {
            let first = first.to_vec();
            assert_eq!(ProxyError::NotHttp { first }.to_string(), expected);
        }
    }
}
