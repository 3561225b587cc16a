//! Proxies.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use url::Url;

use crate::error::{Error, Failure, Kind, without_credentials};
use crate::pool::Route;
use crate::target::basic;

/// A proxy that all connections of a client go through.
///
/// The proxy only carries bytes: TLS is spoken with the server, whose certificate is judged as
/// without a proxy. No environment variable is read; who wants `HTTPS_PROXY` to count reads it and
/// hands it over here.
///
/// ```
/// use bonafide::{Client, Proxy};
///
/// let client = Client::builder()
///     .proxy(Proxy::http("http://user:secret@proxy.example:3128")?)
///     .build()?;
/// # Ok::<(), bonafide::Error>(())
/// ```
#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

struct Inner {
    protocol: Protocol,
    /// Without user name and password.
    url: Url,
    host: String,
    port: u16,
    user: String,
    password: Option<String>,
}

/// How a proxy is asked for a way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `CONNECT` (RFC 9110 section 9.3.6).
    Http,
    /// SOCKS version 5 (RFC 1928), the name looked up by the proxy.
    Socks5,
}

impl Proxy {
    /// A proxy that makes tunnels with `CONNECT`, written `http://host:port` or
    /// `http://user:password@host:port`. The port is 80 if none is written.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`] if `url` is not of that form.
    pub fn http(url: &str) -> Result<Self, Error> {
        Self::new(Protocol::Http, url, "http", 80)
    }

    /// A SOCKS 5 proxy, written `socks5://host:port` or `socks5://user:password@host:port`. The port
    /// is 1080 if none is written. Names are looked up by the proxy.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`] if `url` is not of that form.
    pub fn socks5(url: &str) -> Result<Self, Error> {
        Self::new(Protocol::Socks5, url, "socks5", 1080)
    }

    fn new(protocol: Protocol, text: &str, scheme: &str, default_port: u16) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|error| {
            Failure::new(Kind::Url, "the proxy's URL is not valid").caused_by(error)
        })?;
        let host = url.host_str().unwrap_or_default();
        if url.scheme() != scheme || host.is_empty() {
            let what = format!("the proxy's URL is not of the form {scheme}://host:port");
            return Err(Failure::new(Kind::Url, what).into());
        }
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        Ok(Self {
            inner: Arc::new(Inner {
                protocol,
                host: host
                    .trim_start_matches('[')
                    .trim_end_matches(']')
                    .to_owned(),
                port: url.port().unwrap_or(default_port),
                user: decode(url.username()),
                password: url.password().map(decode),
                url: without_credentials(url),
            }),
        })
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.inner.protocol
    }

    /// The proxy's host without brackets, and its port.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.inner.host, self.inner.port)
    }

    /// The proxy as the connector of `hyper-util` wants it.
    pub(crate) fn uri(&self) -> Uri {
        Uri::try_from(self.inner.url.as_str()).unwrap_or_default()
    }

    /// User name and password, where there are any.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        let password = self.inner.password.as_deref();
        (!self.inner.user.is_empty() || password.is_some())
            .then(|| (self.inner.user.as_str(), password.unwrap_or_default()))
    }

    /// `Proxy-Authorization` for `CONNECT`.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        self.credentials()
            .map(|(user, password)| basic(user.as_bytes(), Some(password.as_bytes())))
    }

    /// What keeps connections through this proxy apart from others. A client has one proxy for its
    /// life, so that the password adds nothing here.
    pub(crate) fn route(&self) -> Route {
        let Inner {
            protocol,
            url: _,
            host,
            port,
            user,
            password: _,
        } = &*self.inner;
        Route::Proxy(format!("{protocol:?}://{user}@{host}:{port}").into())
    }
}

/// The URL without user name and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.inner.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_used_and_never_shown() {
        let proxy = Proxy::http("http://us%20er:s3cret@[::1]:3128").expect("a proxy");
        assert_eq!(proxy.address(), ("::1", 3128));
        assert_eq!(proxy.credentials(), Some(("us er", "s3cret")));
        assert_eq!(
            proxy.authorization().expect("credentials"),
            "Basic dXMgZXI6czNjcmV0"
        );
        assert_eq!(proxy.to_string(), "http://[::1]:3128");
        assert_eq!(format!("{proxy:?}"), "Proxy(http://[::1]:3128)");
        assert!(!format!("{:?}", proxy.route()).contains("s3cret"));
    }

    #[test]
    fn each_form_takes_its_own_scheme_only() {
        assert_eq!(
            Proxy::socks5("socks5://h").expect("a proxy").address(),
            ("h", 1080)
        );
        assert_eq!(
            Proxy::http("http://h").expect("a proxy").address(),
            ("h", 80)
        );
        for outcome in [
            Proxy::http("https://h:3128"),
            Proxy::http("socks5://h:1080"),
            Proxy::socks5("http://h:1080"),
            Proxy::http("h:3128"),
        ] {
            assert_eq!(outcome.expect_err("another form").kind(), Kind::Url);
        }
    }
}
