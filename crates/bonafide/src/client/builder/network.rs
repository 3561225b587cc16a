//! Settings of the way to a server, and of the versions of HTTP.

use std::net::SocketAddr;

use super::ClientBuilder;
use crate::proxy::Proxy;
use crate::versions::Versions;

impl ClientBuilder {
    /// Uses HTTP/1.1 alone, and offers nothing else to servers. Default: HTTP/2 where the server
    /// supports it, by ALPN. A request may choose otherwise:
    /// [`RequestBuilder::http1_only`](crate::RequestBuilder::http1_only).
    pub fn http1_only(mut self) -> Self {
        self.versions = Versions::Http1;
        self
    }

    /// Uses HTTP/2 alone, and offers nothing else to servers. A server that does not select it is
    /// an error of [`Kind::Protocol`](crate::Kind::Protocol), or of [`Kind::Tls`](crate::Kind::Tls)
    /// where it ends the handshake, before anything is sent. With
    /// [`allow_plain_http`](Self::allow_plain_http), `http://` URLs are requested over HTTP/2 by
    /// prior knowledge (RFC 9113 section 3.3). Default: as for [`http1_only`](Self::http1_only).
    #[doc(alias = "http2_prior_knowledge")]
    pub fn http2_only(mut self) -> Self {
        self.versions = Versions::Http2;
        self
    }

    /// Allows requests to `http://` URLs. Their servers are not verified, and the responses have no
    /// receipt. Redirects from `https://` to `http://` stay refused. Default: an `http://` URL is
    /// an error of [`Kind::PlainHttpRefused`](crate::Kind::PlainHttpRefused), before anything is
    /// looked up or sent.
    #[doc(alias = "https_only")]
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// The proxy that all connections go through. Default: none; no environment variable is read.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// The address of `host`, in place of a lookup by the system's resolver. The certificate still
    /// has to be for `host`. The port of `address` is used, unless it is 0 or the URL names a port.
    /// The scope id of a link-local IPv6 address is kept; a URL cannot have one.
    ///
    /// `host` is a name or an address in any spelling that a URL may have. With a
    /// [`proxy`](Self::proxy) the client looks up the proxy's host alone, so addresses for other
    /// hosts are not used.
    pub fn resolve(self, host: &str, address: SocketAddr) -> Self {
        self.resolve_to(host, [address])
    }

    /// The addresses of `host`, in the order in which they are tried; see
    /// [`resolve`](Self::resolve).
    #[doc(alias = "resolve_to_addrs")]
    pub fn resolve_to(
        mut self,
        host: &str,
        addresses: impl IntoIterator<Item = SocketAddr>,
    ) -> Self {
        if let Err(failure) = self.resolver.set(host, addresses.into_iter().collect()) {
            self.mistake = Some(failure);
        }
        self
    }
}
