/// Which versions of HTTP a connector offers by ALPN (RFC 7301).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocols {
    /// HTTP/2, else HTTP/1.1, as the server chooses. The default.
    #[default]
    Http2OrHttp1,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 alone; set `http2_only` on the client too.
    Http2,
}

impl Protocols {
    /// The identifiers of RFC 7301, section 6, and RFC 9113, section 3.2, in the order of
    /// preference.
    pub(super) fn alpn(self) -> Vec<Vec<u8>> {
        let identifiers: &[&[u8]] = match self {
            Self::Http2OrHttp1 => &[b"h2", b"http/1.1"],
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
        };
        identifiers.iter().map(|name| name.to_vec()).collect()
    }
}
