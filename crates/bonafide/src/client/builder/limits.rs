//! Settings of how long a request may take, and how large a response may be.

use std::time::Duration;

use super::ClientBuilder;
use crate::limits::Cap;

impl ClientBuilder {
    /// The limit for a whole request with its redirects, up to the last byte of the response's
    /// body. Default: none.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.total = limit.into();
        self
    }

    /// The limit for looking up the host and connecting to it, the proxy included. The host's
    /// addresses share it. Default: 10 s.
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.connect = limit.into();
        self
    }

    /// The limit for the TLS handshake. Default: 10 s.
    pub fn handshake_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.handshake = limit.into();
        self
    }

    /// The limit for waiting until a connection can be used: while a new connection is opened, and
    /// while other requests use all connections and streams that the limits allow. A request that
    /// reaches this limit was not sent. Default: 60 s.
    pub fn pool_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.checkout = limit.into();
        self
    }

    /// The limit for the server's response: from when the connection accepted the last piece of the
    /// request until the response's headers arrive. Default: 30 s.
    pub fn headers_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.headers = limit.into();
        self
    }

    /// How long the body of a request with
    /// [`expect_continue`](crate::RequestBuilder::expect_continue) is held back for the server's
    /// answer; then it is sent. `None` waits for as long as the request may take. Default: 1 s.
    pub fn expect_continue_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.expect_continue = limit.into();
        self
    }

    /// The limit between two pieces of a response's body. Default: 30 s.
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.read = limit.into();
        self
    }

    /// How many header fields an HTTP/1.1 response may have. Default: 100.
    pub fn http1_max_headers(mut self, count: usize) -> Self {
        self.limits.http.max_headers = Some(count);
        self
    }

    /// How large a response's headers may be, in bytes. Default: 64 KiB.
    #[doc(alias = "http2_max_header_list_size")]
    pub fn max_header_bytes(mut self, bytes: u32) -> Self {
        self.limits.http.max_header_bytes = bytes;
        self
    }

    /// Maximum size, in bytes, of a response's body that is collected by
    /// [`bytes`](crate::Response::bytes), [`text`](crate::Response::text) or
    /// [`json`](crate::Response::json); more is an error of
    /// [`Kind::TooLarge`](crate::Kind::TooLarge). Default: 64 MiB; `None` is no limit.
    ///
    /// [`bytes_limited`](crate::Response::bytes_limited) and the methods like it have limits of
    /// their own. A body that is read in pieces, or through the tower service, has no limit.
    pub fn max_body_bytes(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.limits.body = Cap::OfClient(bytes.into());
        self
    }
}
