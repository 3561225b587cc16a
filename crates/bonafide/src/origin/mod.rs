//! Where a request goes: an origin, a path and a query.

mod canonical;
mod host;
mod into_url;
mod scheme;

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;

use base64::Engine as _;
use bonafide_tower::shown::shown_scheme;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use url::{Position, Url};

use self::canonical::Split;
pub(crate) use self::host::{carried as carried_host, in_url, read as read_host, server_name};
pub use self::into_url::IntoUrl;
pub(crate) use self::into_url::sealed::Written;
pub(crate) use self::scheme::Scheme;
use crate::error::{Delivery, Error, Failure, Kind};

/// Scheme, host and port.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    /// As [`host`] has it.
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
}

impl Origin {
    /// Host and port as URLs write them, the port only where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        let Self { scheme, host, port } = self;
        let host = in_url(host);
        if *port == scheme.default_port() {
            host.into_owned()
        } else {
            format!("{host}:{port}")
        }
    }

    /// The URL of `path` at this origin.
    pub(crate) fn url(&self, path: &PathAndQuery) -> Option<Url> {
        Url::parse(&format!("{self}{path}")).ok()
    }

    /// The absolute URI of `path` at this origin.
    pub(crate) fn uri(&self, path: &PathAndQuery) -> Result<Uri, Error> {
        let uri = Uri::builder()
            .scheme(self.scheme.to_http())
            .authority(self.authority())
            .path_and_query(path.clone())
            .build();
        uri.map_err(|error| {
            Failure::new(Kind::Request, "the URL is not valid")
                .caused_by(error)
                .delivered(Delivery::NotSent)
                .into()
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL split into what a request needs. `find` looks up its origin before anything is copied.
pub(crate) struct Parsed<O> {
    pub(crate) endpoint: Endpoint<O>,
    pub(crate) path: PathAndQuery,
    /// The `Authorization` made of the URL's user name and password (RFC 7617).
    pub(crate) basic: Option<HeaderValue>,
}

/// An origin: what `find` knows about it, or its name if it is not known.
#[derive(Clone)]
pub(crate) enum Endpoint<O> {
    Known(O),
    Named(Origin),
}

impl<O> Parsed<O> {
    /// Parses what the caller wrote. `find` gives the origin for scheme, host and port, if it is
    /// known.
    pub(crate) fn new(
        written: Written<'_>,
        find: impl Fn(Scheme, &str, u16) -> Option<O>,
    ) -> Result<Self, Error> {
        let owned;
        let text = match written {
            Written::Text(text) => text,
            Written::Url(url) => url.as_str(),
            Written::Uri(uri) => {
                if let Some(path) = uri.path_and_query()
                    && let Some(split) = canonical::split_uri(uri)
                    && let Some(endpoint) = endpoint_of(&split, &find)
                {
                    return Ok(Self {
                        endpoint,
                        path: path.clone(),
                        basic: None,
                    });
                }
                owned = uri.to_string();
                &owned
            }
        };
        if let Some(split) = canonical::split(text)
            && let Some(endpoint) = endpoint_of(&split, &find)
        {
            let path = match split.path_and_query {
                "/" => PathAndQuery::from_static("/"),
                other => PathAndQuery::try_from(other).map_err(invalid)?,
            };
            return Ok(Self {
                endpoint,
                path,
                basic: None,
            });
        }
        match written {
            Written::Url(url) => Self::of_url(url, find),
            Written::Text(_) | Written::Uri(_) => Self::of_url(&parse(text)?, find),
        }
    }

    fn of_url(url: &Url, find: impl Fn(Scheme, &str, u16) -> Option<O>) -> Result<Self, Error> {
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(not_http(url).into()),
        };
        let Some(host) = url.host() else {
            return Err(Failure::new(Kind::Url, "the URL has no host").into());
        };
        let host =
            host::carried(host).map_err(|failure| Error::from(failure).at(|| Some(url.clone())))?;
        let port = url.port().unwrap_or(scheme.default_port());
        if port == 0 {
            let failure = Failure::new(Kind::Url, "port 0 cannot be connected to");
            return Err(Error::from(failure).at(|| Some(url.clone())));
        }
        let path = PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery])
            .map_err(|error| invalid(error).at(|| Some(url.clone())))?;
        Ok(Self {
            endpoint: endpoint(find, scheme, &host, port),
            path,
            basic: basic_of(url),
        })
    }
}

/// The URL that the caller wrote, if a request can be sent to it.
fn url_of(written: Written<'_>) -> Result<Url, Error> {
    let url = match written {
        Written::Text(text) => parse(text)?,
        Written::Url(url) => url.clone(),
        Written::Uri(uri) => parse(&uri.to_string())?,
    };
    Parsed::<()>::of_url(&url, |_, _, _| None)?;
    Ok(url)
}

fn parse(text: &str) -> Result<Url, Error> {
    match Url::parse(text) {
        Ok(url) => Ok(url),
        Err(_) if has_zone_id(text) => Err(zone_id().into()),
        Err(error) => Err(invalid(error)),
    }
}

/// The endpoint of a URL that was split, if its host is known or at least canonical.
fn endpoint_of<O>(
    split: &Split<'_>,
    find: impl Fn(Scheme, &str, u16) -> Option<O>,
) -> Option<Endpoint<O>> {
    let Split {
        scheme, host, port, ..
    } = *split;
    if let Some(origin) = find(scheme, host, port) {
        return Some(Endpoint::Known(origin));
    }
    split.has_canonical_host().then(|| {
        Endpoint::Named(Origin {
            scheme,
            host: host.into(),
            port,
        })
    })
}

fn endpoint<O>(
    find: impl Fn(Scheme, &str, u16) -> Option<O>,
    scheme: Scheme,
    host: &str,
    port: u16,
) -> Endpoint<O> {
    match find(scheme, host, port) {
        Some(origin) => Endpoint::Known(origin),
        None => Endpoint::Named(Origin {
            scheme,
            host: host.into(),
            port,
        }),
    }
}

/// Without `//`, the text before the colon may be a user name or a host, so the error does not
/// repeat it.
#[cold]
fn not_http(url: &Url) -> Failure {
    let what = match shown_scheme(url) {
        Some(scheme) => format!("the scheme is {scheme:?}, not https").into(),
        None => Cow::Borrowed("the URL does not start with https://"),
    };
    Failure::new(Kind::Url, what)
}

/// Whether the host is an IPv6 address with a zone id (RFC 6874).
fn has_zone_id(text: &str) -> bool {
    let literal = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    literal
        .and_then(|(literal, _)| literal.split_once('%'))
        .is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok())
}

#[cold]
fn zone_id() -> Failure {
    let what = "a URL cannot contain a zone id: use a host name, and give its address with the scope id \
                to `ClientBuilder::resolve`";
    Failure::new(Kind::Url, what)
}

/// The text of an unusable URL is not repeated: it may hold a password.
fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Failure::new(Kind::Url, "the URL is not valid")
        .caused_by(error)
        .into()
}

fn basic_of(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let user = percent_encoding::percent_decode_str(url.username()).collect::<Vec<u8>>();
    let password = url
        .password()
        .map(|password| percent_encoding::percent_decode_str(password).collect::<Vec<u8>>());
    Some(basic(&user, password.as_deref()))
}

/// The value of `Authorization` for a user name and a password (RFC 7617 section 2).
pub(crate) fn basic(user: &[u8], password: Option<&[u8]>) -> HeaderValue {
    let mut pair = user.to_vec();
    pair.push(b':');
    pair.extend_from_slice(password.unwrap_or_default());
    let text = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    );
    // Base64 consists of characters that a header value can hold.
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Parsed<()>, Error> {
        Parsed::new(Written::Text(text), |_, _, _| None)
    }

    fn name(parsed: &Parsed<()>) -> String {
        match &parsed.endpoint {
            Endpoint::Named(name) => name.to_string(),
            Endpoint::Known(()) => unreachable!("nothing is known"),
        }
    }

    #[test]
    fn hosts_are_canonical() {
        for (written, origin, path) in [
            ("https://Example.COM", "https://example.com", "/"),
            (
                "HTTPS://b\u{fc}cher.example/\u{fc}",
                "https://xn--bcher-kva.example",
                "/%C3%BC",
            ),
            ("https://[0:0::1]:8443/x", "https://[::1]:8443", "/x"),
            ("https://127.1/", "https://127.0.0.1", "/"),
            ("http://h:80/a/../b?c#d", "http://h", "/b?c"),
            ("https://h.?q", "https://h.", "/?q"),
        ] {
            let parsed = parsed(written).expect(written);
            assert_eq!(name(&parsed), origin, "{written}");
            assert_eq!(parsed.path, path, "{written}");
        }
    }

    #[test]
    fn credentials_in_the_url_become_basic_auth() {
        let parsed = parsed("https://us%20er:p%40ss@h/").expect("a URL");
        let value = parsed.basic.clone().expect("credentials");
        assert_eq!(value, "Basic dXMgZXI6cEBzcw==");
        assert!(value.is_sensitive());
        assert_eq!(name(&parsed), "https://h");
    }

    #[test]
    fn unusable_urls_are_typed_errors_without_their_password() {
        for (written, text) in [
            ("ftp://user:secret@h/x", "the scheme is \"ftp\", not https"),
            ("data:secret", "the URL does not start with https://"),
            ("us:secret@host", "the URL does not start with https://"),
            ("localhost:8443/", "the URL does not start with https://"),
            (
                "us:secret@host:8443/a?b",
                "the URL does not start with https://",
            ),
            (
                "file:///user:secret@h/x",
                "the scheme is \"file\", not https",
            ),
            ("ws:/user:secret@h/x", "the scheme is \"ws\", not https"),
            ("/path", "the URL is not valid: relative URL without a base"),
            ("https://user:secret@/", "the URL is not valid: empty host"),
            (
                "https://user:secret@h:99999/",
                "the URL is not valid: invalid port number",
            ),
            (
                "https://user:secret@h:0/?sig=secret",
                "https://h:0/?sig=REDACTED: port 0 cannot be connected to",
            ),
            ("http://h:00", "http://h:0/: port 0 cannot be connected to"),
            (
                "https://user:secret@[::1%25secret/",
                "the URL is not valid: invalid IPv6 address",
            ),
        ] {
            let error = parsed(written).err().expect(written);
            assert_eq!(error.kind(), Kind::Url, "{written}");
            assert_eq!(error.phase(), None, "{written}");
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_zone_id_is_refused_and_the_way_to_a_scope_named() {
        for written in [
            "https://[fe80::1%25eth0]/",
            "https://[fe80::1%eth0]:8443/",
            "http://user:secret@[fe80::1%2]/",
        ] {
            let error = parsed(written).err().expect(written);
            assert_eq!(error.kind(), Kind::Url, "{written}");
            assert_eq!(
                error.to_string(),
                "a URL cannot contain a zone id: use a host name, and give its address with the scope id \
                 to `ClientBuilder::resolve`"
            );
        }
    }
}
