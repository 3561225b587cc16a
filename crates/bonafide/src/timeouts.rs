//! How long each part of a request may take.

use std::time::Duration;

/// The time limits of a client; `None` is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// Name lookup and TCP connection together, with the proxy's answer where there is one.
    pub(crate) connect: Option<Duration>,
    /// The TLS handshake.
    pub(crate) handshake: Option<Duration>,
    /// Waiting for a connection, or for a stream of one, while others are served.
    pub(crate) pool: Option<Duration>,
    /// From the last byte of the request that was handed over to the response's headers.
    pub(crate) headers: Option<Duration>,
    /// Between two pieces of the response's body.
    pub(crate) read: Option<Duration>,
    /// The whole request with its redirects, up to the last byte of the response's body.
    pub(crate) total: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Some(Duration::from_secs(10)),
            handshake: Some(Duration::from_secs(10)),
            pool: Some(Duration::from_secs(60)),
            headers: Some(Duration::from_secs(30)),
            read: Some(Duration::from_secs(30)),
            total: None,
        }
    }
}
