//! What the two schemes are called and where they listen.

use crate::pool::Scheme;

impl Scheme {
    /// The scheme as URLs write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Http => "http",
        }
    }

    /// The port that a URL without one means (RFC 9110 sections 4.2.1 and 4.2.2).
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Scheme::Https => 443,
            Scheme::Http => 80,
        }
    }

    /// The scheme as the `http` crate has it.
    pub(crate) fn to_http(self) -> http::uri::Scheme {
        match self {
            Scheme::Https => http::uri::Scheme::HTTPS,
            Scheme::Http => http::uri::Scheme::HTTP,
        }
    }
}
