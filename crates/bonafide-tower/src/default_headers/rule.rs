//! Which headers are added to a request: without a client.

use std::fmt;

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::DefaultHeaderError;
use crate::origin::Origin;

/// Headers that cannot be defaults: those that name the host, authenticate to a proxy, frame a body
/// (RFC 9112 section 6) or describe a connection (RFC 9110 section 7.6.1).
pub const NOT_FOR_EVERY_REQUEST: [HeaderName; 12] = [
    HOST,
    PROXY_AUTHORIZATION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    TRAILER,
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    UPGRADE,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("expect"),
];

/// Headers that are secret by their name.
const SECRET: [HeaderName; 2] = [AUTHORIZATION, COOKIE];

/// Headers to add to requests that do not have them.
///
/// See the [module docs](super) for an example.
#[derive(Clone, Default)]
pub struct DefaultHeaderValues {
    everywhere: HeaderMap,
    at: Vec<(Origin, HeaderMap)>,
}

impl DefaultHeaderValues {
    /// No headers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header for all requests. If the name was added before, both values are sent.
    ///
    /// # Errors
    ///
    /// [`DefaultHeaderError`] if the header cannot be a default, or is secret.
    pub fn everywhere(
        mut self,
        name: HeaderName,
        value: HeaderValue,
    ) -> Result<Self, DefaultHeaderError> {
        check(&name)?;
        if is_secret(&name, &value) {
            return Err(DefaultHeaderError::SecretEverywhere { name });
        }
        self.everywhere.append(name, value);
        Ok(self)
    }

    /// Adds a header for requests to one origin, such as `https://api.example.com`. If the name was
    /// added before, both values are sent. `Authorization` and `Cookie` are made
    /// [sensitive](HeaderValue::set_sensitive).
    ///
    /// # Errors
    ///
    /// [`DefaultHeaderError`] if the header cannot be a default, if `origin` is not an origin, or
    /// if the value is secret and the origin is not `https`.
    pub fn at(
        mut self,
        origin: &str,
        name: HeaderName,
        mut value: HeaderValue,
    ) -> Result<Self, DefaultHeaderError> {
        check(&name)?;
        let origin: Origin = match origin.parse() {
            Ok(origin) => origin,
            Err(source) => return Err(DefaultHeaderError::NotAnOrigin { name, source }),
        };
        if is_secret(&name, &value) {
            if !origin.is_https() {
                return Err(DefaultHeaderError::SecretOverPlainHttp {
                    name,
                    host: origin.host().to_owned(),
                });
            }
            value.set_sensitive(true);
        }
        match self.at.iter_mut().find(|(other, _)| *other == origin) {
            Some((_, headers)) => {
                headers.append(name, value);
            }
            None => self
                .at
                .push((origin, HeaderMap::from_iter([(name, value)]))),
        }
        Ok(self)
    }

    /// Adds a secret header for requests to one `https` origin, such as an API key.
    ///
    /// # Errors
    ///
    /// Those of [`at`](Self::at), and [`DefaultHeaderError::NotAValue`] if the value contains a
    /// character that a header cannot hold.
    pub fn secret_at(
        self,
        origin: &str,
        name: HeaderName,
        value: impl AsRef<str>,
    ) -> Result<Self, DefaultHeaderError> {
        let Ok(mut value) = HeaderValue::from_str(value.as_ref()) else {
            return Err(DefaultHeaderError::NotAValue { name });
        };
        value.set_sensitive(true);
        self.at(origin, name, value)
    }

    /// The headers for requests to `origin` over a connection whose server was not verified: all but
    /// the secret ones. Those for all requests are not among them.
    pub fn public_at(&self, origin: &Origin) -> HeaderMap {
        let mut headers = self.at_origin(origin);
        let secret: Vec<_> = headers
            .iter()
            .filter(|(_, value)| value.is_sensitive())
            .map(|(name, _)| name.clone())
            .collect();
        for name in secret {
            headers.remove(name);
        }
        headers
    }

    /// The headers for requests to `origin`, for a client that knows that the server was verified.
    /// Those for all requests are not among them.
    pub fn at_origin(&self, origin: &Origin) -> HeaderMap {
        let own = self.at.iter().find(|(other, _)| other == origin);
        own.map(|(_, headers)| headers.clone()).unwrap_or_default()
    }

    /// Whether there is no header for one origin.
    pub fn has_none_at_origins(&self) -> bool {
        self.at.is_empty()
    }

    /// Adds the missing headers to `headers`, those of a request to `uri`.
    pub fn apply(&self, uri: &Uri, headers: &mut HeaderMap) {
        let Self { everywhere, at } = self;
        if let Some((_, own)) = at.iter().find(|(origin, _)| origin.is_of(uri)) {
            add(own, headers);
        }
        add(everywhere, headers);
    }
}

/// Adds those of `defaults` whose name is not among `headers`.
fn add(defaults: &HeaderMap, headers: &mut HeaderMap) {
    for name in defaults.keys() {
        if !headers.contains_key(name) {
            for value in defaults.get_all(name) {
                headers.append(name.clone(), value.clone());
            }
        }
    }
}

fn check(name: &HeaderName) -> Result<(), DefaultHeaderError> {
    if NOT_FOR_EVERY_REQUEST.contains(name) {
        return Err(DefaultHeaderError::NotForEveryRequest { name: name.clone() });
    }
    Ok(())
}

fn is_secret(name: &HeaderName, value: &HeaderValue) -> bool {
    value.is_sensitive() || SECRET.contains(name)
}

/// Shows the names, but no values.
impl fmt::Debug for DefaultHeaderValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { everywhere, at } = self;
        let names = |headers: &HeaderMap| headers.keys().cloned().collect::<Vec<_>>();
        let at: Vec<_> = at
            .iter()
            .map(|(origin, headers)| (origin, names(headers)))
            .collect();
        f.debug_struct("DefaultHeaderValues")
            .field("everywhere", &names(everywhere))
            .field("at", &at)
            .finish()
    }
}
