//! Proxies.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use bonafide_tower::shown::without_credentials;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::error::{Delivery, Error, Failure, Kind};
use crate::origin::{basic, carried_host};

/// A proxy that all connections of a client go through.
///
/// The proxy only forwards bytes: the TLS handshake is with the server, whose certificate is judged
/// as without a proxy. Plain `http://` requests, where they are allowed, go through a tunnel too.
/// The proxy itself is reached without TLS. No environment variable is read; a program that wants
/// to use `HTTPS_PROXY` reads it and passes its value here.
///
/// `CONNECT` has `Host`, the client's `User-Agent`, `Proxy-Authorization` where the URL has
/// credentials, and the [fields that are added](Self::header). The proxy learns the server's host
/// and port, and nothing else about a request.
///
/// ```
/// use bonafide::{Client, Proxy};
///
/// let client = Client::builder()
///     .proxy(Proxy::http("http://user:secret@proxy.example:3128")?)
///     .build()?;
/// # Ok::<(), bonafide::Error>(())
/// ```
///
/// A text whose scheme is `http` or `socks5` parses into the proxy that [`http`](Self::http) or
/// [`socks5`](Self::socks5) makes of it: for an option of a command line, or a variable that the
/// program reads.
///
/// ```
/// use bonafide::Proxy;
///
/// let proxy: Proxy = "socks5://proxy.example".parse()?;
/// assert_eq!(proxy, Proxy::socks5("socks5://proxy.example:1080")?);
/// # Ok::<(), bonafide::Error>(())
/// ```
///
/// If the proxy opens no tunnel, the request fails with [`Kind::Proxy`]; the proxy's answer is
/// never shown as the server's response. [`Error::proxy_refusal`] has its status, its header fields
/// and its page; [`Error::proxy_error`] has every other reason, such as the reply of a SOCKS proxy:
///
/// ```
/// # async fn show(client: bonafide::Client) {
/// if let Err(error) = client.get("https://shop.example/").send().await {
///     // https://shop.example/: the proxy http://proxy.example:3128 refused the tunnel: 407 Proxy
///     // Authentication Required
///     eprintln!("{error}");
///     if let Some(refusal) = error.proxy_refusal() {
///         eprintln!("{}", String::from_utf8_lossy(refusal.body()));
///     }
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    protocol: Protocol,
    /// Without user name and password.
    url: Url,
    host: String,
    port: u16,
    user: Vec<u8>,
    password: Option<Vec<u8>>,
    /// What the caller adds to `CONNECT`.
    headers: HeaderMap,
}

/// The protocol that opens a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    /// `CONNECT` (RFC 9110 section 9.3.6).
    Http,
    /// SOCKS version 5 (RFC 1928), the name looked up by the proxy.
    Socks5,
}

/// Fields of `CONNECT` that a caller cannot set: those that name its target, and those that are
/// about framing or the connection (RFC 9110 section 7.6.1), which becomes a tunnel.
const OURS: [HeaderName; 9] = [
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    UPGRADE,
    EXPECT,
    TE,
    TRAILER,
];

/// The longest user name and the longest password in SOCKS 5 (RFC 1929 section 2).
const MAX_SOCKS_CREDENTIAL: usize = 255;

impl Proxy {
    /// A proxy that makes tunnels with `CONNECT`, written `http://host:port` or
    /// `http://user:password@host:port`. The port is 80 if none is written. Characters that a URL
    /// cannot hold are percent-encoded in user name and password.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`] if `url` is not of that form, or if the user name has a colon, since a colon
    /// ends the user name in the credentials (RFC 7617 section 2).
    pub fn http(url: &str) -> Result<Self, Error> {
        let proxy = Self::new(Protocol::Http, url, "http", 80)?;
        if proxy.inner.user.contains(&b':') {
            let what = "the user name for the proxy has a colon";
            return Err(unusable(Kind::Url, what).into());
        }
        Ok(proxy)
    }

    /// A SOCKS 5 proxy, written `socks5://host:port` or `socks5://user:password@host:port`. The
    /// port is 1080 if none is written. Names are looked up by the proxy.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`] if `url` is not of that form, or if user name or password have more than 255
    /// bytes (RFC 1929 section 2).
    pub fn socks5(url: &str) -> Result<Self, Error> {
        let proxy = Self::new(Protocol::Socks5, url, "socks5", 1080)?;
        let Inner { user, password, .. } = &*proxy.inner;
        let longest = password.iter().map(Vec::len).fold(user.len(), usize::max);
        if longest > MAX_SOCKS_CREDENTIAL {
            let what = "the user name or the password for the proxy has more than 255 bytes";
            return Err(unusable(Kind::Url, what).into());
        }
        Ok(proxy)
    }

    fn new(protocol: Protocol, text: &str, scheme: &str, default_port: u16) -> Result<Self, Error> {
        let form = || format!("the proxy's URL is not of the form {scheme}://host:port");
        let url = Url::parse(text).map_err(|error| unusable(Kind::Url, form()).caused_by(error))?;
        let host = url.host().and_then(|host| carried_host(host).ok());
        let has_more =
            !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some();
        let host = host.ok_or_else(|| unusable(Kind::Url, form()))?;
        if url.scheme() != scheme || has_more || url.port() == Some(0) {
            return Err(unusable(Kind::Url, form()).into());
        }
        let decode = |text: &str| percent_encoding::percent_decode_str(text).collect();
        Ok(Self {
            inner: Arc::new(Inner {
                protocol,
                host,
                port: url.port().unwrap_or(default_port),
                user: decode(url.username()),
                password: url.password().map(decode),
                url: without_credentials(url),
                headers: HeaderMap::new(),
            }),
        })
    }

    /// Adds a header field to every `CONNECT`. It replaces the client's own field of that name. A
    /// field that is added twice is sent twice, except `User-Agent` and `Proxy-Authorization`,
    /// where the last one replaces the earlier ones.
    ///
    /// `Proxy-Authorization` is for schemes other than Basic, and replaces the credentials of the
    /// URL. Its value is marked as sensitive.
    ///
    /// ```
    /// let proxy = bonafide::Proxy::http("http://proxy.example:3128")?
    ///     .header("proxy-authorization", "Bearer SECRET")?
    ///     .header("x-team", "payments")?;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Config`] if name or value are not valid, if the proxy uses SOCKS, which has no
    /// header fields, or for `Host`, `Content-Length`, `Transfer-Encoding`, `Connection`,
    /// `Keep-Alive`, `Upgrade`, `Expect`, `TE` and `Trailer`, which only the client sets.
    pub fn header<N, V>(mut self, name: N, value: V) -> Result<Self, Error>
    where
        HeaderName: TryFrom<N>,
        <HeaderName as TryFrom<N>>::Error: Into<http::Error>,
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        let mistake =
            |what: &'static str, error: http::Error| unusable(Kind::Config, what).caused_by(error);
        let name = HeaderName::try_from(name)
            .map_err(|error| mistake("the header's name is not valid", error.into()))?;
        let mut value = HeaderValue::try_from(value)
            .map_err(|error| mistake("the header's value is not valid", error.into()))?;
        if self.inner.protocol != Protocol::Http {
            let what = format!("{name} cannot be sent to a SOCKS proxy");
            return Err(unusable(Kind::Config, what).into());
        }
        if OURS.contains(&name) {
            let what = format!("the header {name} cannot be set for a proxy");
            return Err(unusable(Kind::Config, what).into());
        }
        let headers = &mut Arc::make_mut(&mut self.inner).headers;
        if name == PROXY_AUTHORIZATION {
            value.set_sensitive(true);
        }
        if name == PROXY_AUTHORIZATION || name == USER_AGENT {
            headers.insert(name, value);
        } else {
            headers.append(name, value);
        }
        Ok(self)
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.inner.protocol
    }

    /// The proxy's host without brackets, and its port.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.inner.host, self.inner.port)
    }

    /// User name and password, where there are any.
    pub(crate) fn credentials(&self) -> Option<(&[u8], &[u8])> {
        let password = self.inner.password.as_deref();
        (!self.inner.user.is_empty() || password.is_some())
            .then(|| (&*self.inner.user, password.unwrap_or_default()))
    }

    /// `Proxy-Authorization` for `CONNECT`, from the credentials of the URL.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        self.credentials()
            .map(|(user, password)| basic(user, Some(password)))
    }

    /// What the caller adds to `CONNECT`.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }
}

/// The way to an origin: directly, or through a proxy.
///
/// Two proxies are the same if they get the same bytes: host, port and protocol, credentials, and
/// header fields in their order. `Debug` shows neither credentials nor fields.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    /// Straight to the origin.
    Direct,
    /// Through this proxy.
    Proxy(Proxy),
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("Direct"),
            Self::Proxy(proxy) => fmt::Debug::fmt(proxy, f),
        }
    }
}

impl Inner {
    /// All that distinguishes two proxies. The URL repeats host, port and protocol.
    fn identity(&self) -> impl PartialEq + Hash {
        let Self {
            protocol,
            url: _,
            host,
            port,
            user,
            password,
            headers,
        } = self;
        let fields: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name, value.as_bytes()))
            .collect();
        (*protocol, host, *port, user, password, fields)
    }
}

impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.identity() == other.inner.identity()
    }
}

impl Eq for Proxy {}

impl Hash for Proxy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.identity().hash(state);
    }
}

/// Nothing is sent with such a proxy.
fn unusable(kind: Kind, what: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(kind, what).delivered(Delivery::NotSent)
}

impl FromStr for Proxy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text);
        match url.as_ref().map(Url::scheme) {
            Ok("http") => Self::http(text),
            Ok("socks5") => Self::socks5(text),
            // The scheme is not quoted: without `//`, it may be a user name.
            _ => {
                let what = "the proxy's URL is neither http://host:port nor socks5://host:port";
                let failure = unusable(Kind::Url, what);
                Err(match url {
                    Ok(_) => failure,
                    Err(error) => failure.caused_by(error),
                }
                .into())
            }
        }
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
mod tests;
