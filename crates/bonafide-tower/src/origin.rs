//! Origins, to which secrets and headers are bound: scheme, host and port (RFC 6454).
//!
//! ```
//! use bonafide_tower::origin::Origin;
//!
//! let origin: Origin = "https://Api.Example.com:443/".parse()?;
//! assert_eq!(origin.to_string(), "https://api.example.com");
//! assert!(origin.is_of(&"https://api.example.com/v1?x=y".parse()?));
//! assert!(!origin.is_of(&"https://api.example.com:8443/v1".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use url::{Host, ParseError, Url};

/// Scheme, host and port. Cheap to clone.
///
/// The host is canonical: lower case, A-labels, an IPv4-mapped address as the IPv4 address in it.
/// The dot of an absolute name is part of it, as it is in the URL standard: `https://example.com.`
/// and `https://example.com` are two origins.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    /// An IPv6 address has its brackets.
    host: Arc<str>,
    port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Scheme {
    Https,
    Http,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("https") => Some(Self::Https),
            _ if text.eq_ignore_ascii_case("http") => Some(Self::Http),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// RFC 9110 sections 4.2.1 and 4.2.2.
    const fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// Why a text is not an origin. The caller is at fault. The text is not repeated in the error: it
/// may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It is not a URL.
    #[error("the origin is not a URL")]
    Malformed {
        /// What is wrong with it.
        source: ParseError,
    },
    /// Its scheme is neither `https` nor `http`.
    #[error("the scheme of the origin is neither https nor http")]
    NotHttp,
    /// It has a user name, a password, a path, a query or a fragment, which no origin has.
    #[error("an origin consists of scheme, host and port only")]
    MoreThanOrigin,
    /// Its port is 0, on which nothing listens.
    #[error("an origin cannot have port 0")]
    PortZero,
}

impl Origin {
    /// The origin of a request's URI; `None` if the URI is not an absolute `https` or `http` URI
    /// with a valid host.
    pub fn of(uri: &Uri) -> Option<Self> {
        let scheme = Scheme::parse(uri.scheme_str()?)?;
        let host = Host::parse(uri.host()?).ok()?;
        Some(Self {
            scheme,
            host: canonical(host).into(),
            port: uri.port_u16().unwrap_or(scheme.default_port()),
        })
    }

    /// Whether `uri` is at this origin.
    pub fn is_of(&self, uri: &Uri) -> bool {
        let Self { scheme, host, port } = self;
        let Some(found) = uri.scheme_str().and_then(Scheme::parse) else {
            return false;
        };
        if found != *scheme || uri.port_u16().unwrap_or(found.default_port()) != *port {
            return false;
        }
        // Most URIs have the host in its canonical form, which costs a comparison.
        uri.host() == Some(&**host) || Self::of(uri).is_some_and(|origin| origin == *self)
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The host: a name in lower case with A-labels, an IPv4 address, or an IPv6 address in
    /// brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, that of the scheme where none is named.
    pub const fn port(&self) -> u16 {
        self.port
    }
}

/// Reads an origin as URLs have it, such as `https://api.example.com` or `https://[::1]:8443`, with
/// or without a `/` at its end.
impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|source| OriginError::Malformed { source })?;
        let (Some(scheme), Some(host)) = (Scheme::parse(url.scheme()), url.host()) else {
            return Err(OriginError::NotHttp);
        };
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if !bare {
            return Err(OriginError::MoreThanOrigin);
        }
        match url.port().unwrap_or(scheme.default_port()) {
            0 => Err(OriginError::PortZero),
            port => Ok(Self {
                scheme,
                host: canonical(host).into(),
                port,
            }),
        }
    }
}

/// A connection to an IPv4-mapped address (RFC 4291, 2.5.5.2) is one to the IPv4 address in it.
fn canonical<S: AsRef<str> + fmt::Display>(host: Host<S>) -> String {
    match host {
        Host::Ipv6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.to_string(),
            None => format!("[{address}]"),
        },
        other => other.to_string(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        write!(f, "{}://{host}", scheme.as_str())?;
        if *port == scheme.default_port() {
            Ok(())
        } else {
            write!(f, ":{port}")
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().expect("a URI")
    }

    #[test]
    fn a_uri_is_of_the_origin_in_any_spelling_and_of_no_other() {
        // origin, URI, whether the URI is at the origin
        for (origin, written, expected) in [
            ("https://example.com", "https://example.com/a?b", true),
            ("https://example.com", "https://example.com:443", true),
            ("https://example.com", "HTTPS://EXAMPLE.com/", true),
            ("https://EXAMPLE.com:443/", "https://example.com/", true),
            ("https://example.com", "https://us:pw@example.com/", true),
            ("https://example.com", "http://example.com/", false),
            ("https://example.com", "http://example.com:443/", false),
            ("https://example.com", "https://example.com:8443/", false),
            ("https://example.com", "https://example.com./", false),
            ("https://example.com.", "https://example.com./", true),
            ("https://example.com", "https://a.example.com/", false),
            ("https://example.com", "https://example.com.evil/", false),
            ("https://example.com", "https://example.com@evil/", false),
            ("https://a.example.com", "https://example.com/", false),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example/",
                true,
            ),
            (
                "https://xn--bcher-kva.example",
                "https://XN--BCHER-KVA.example/",
                true,
            ),
            (
                "https://b\u{fc}cher.example",
                "https://bucher.example/",
                false,
            ),
            ("https://127.0.0.1", "https://127.1/", true),
            ("https://127.0.0.1", "https://[::ffff:127.0.0.1]/", true),
            ("https://[::1]:8443", "https://[0:0::1]:8443/", true),
            ("https://[::1]", "https://[::2]/", false),
            ("http://example.com", "http://example.com:80/", true),
            ("https://example.com", "/a", false),
            ("https://example.com", "ftp://example.com/", false),
        ] {
            let parsed: Origin = origin.parse().expect(origin);
            assert_eq!(parsed.is_of(&uri(written)), expected, "{origin} {written}");
            let same = Origin::of(&uri(written)).is_some_and(|of| of == parsed);
            assert_eq!(same, expected, "{origin} {written}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused_and_not_repeated() {
        for (text, error) in [
            ("https://us:s3cret@example.com", OriginError::MoreThanOrigin),
            ("https://s3cret@example.com", OriginError::MoreThanOrigin),
            ("https://example.com/s3cret", OriginError::MoreThanOrigin),
            ("https://example.com?s3cret", OriginError::MoreThanOrigin),
            ("https://example.com/#s3cret", OriginError::MoreThanOrigin),
            ("https://example.com:0", OriginError::PortZero),
            ("ftp://example.com", OriginError::NotHttp),
            ("example.com:443", OriginError::NotHttp),
            (
                "example.com",
                OriginError::Malformed {
                    source: ParseError::RelativeUrlWithoutBase,
                },
            ),
            (
                "https://",
                OriginError::Malformed {
                    source: ParseError::EmptyHost,
                },
            ),
        ] {
            let got = text.parse::<Origin>().expect_err(text);
            assert_eq!(got, error, "{text}");
            assert!(!format!("{got} {got:?}").contains("s3cret"));
        }
    }
}
