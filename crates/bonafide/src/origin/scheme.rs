//! The two schemes, their names and their default ports.

/// Whether the bytes on the wire are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// TLS.
    Https,
    /// Clear text.
    Http,
}

impl Scheme {
    /// The scheme as URLs write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// The port that a URL without one means (RFC 9110 sections 4.2.1 and 4.2.2).
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }

    /// The scheme as the `http` crate has it.
    pub(crate) fn to_http(self) -> http::uri::Scheme {
        match self {
            Self::Https => http::uri::Scheme::HTTPS,
            Self::Http => http::uri::Scheme::HTTP,
        }
    }
}
