//! Challenges of a server: `WWW-Authenticate` and `Proxy-Authenticate` (RFC 9110 section 11.6.1).

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use http::HeaderMap;
use http::header::HeaderName;

use self::parse::Reader;
pub(super) use self::parse::{is_token68, parameters};

/// The most bytes of challenges that are read from one response: 16 KiB.
pub const MAX_CHALLENGE_BYTES: usize = 16 * 1024;

/// The most challenges that are read from one response: 32.
pub const MAX_CHALLENGES: usize = 32;

/// One challenge: a scheme, and either parameters or one token.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token: Option<String>,
    parameters: Parameters,
}

/// Parameters by their names, which are in lower case.
pub(super) type Parameters = Vec<(String, Vec<u8>)>;

impl Challenge {
    /// The challenges in the fields called `name` of a response, in order.
    ///
    /// A field may hold several, and a response several fields. From the first byte that cannot be
    /// read, the rest of its field is left out, with the challenge that it belongs to; so is what
    /// exceeds [`MAX_CHALLENGES`] or [`MAX_CHALLENGE_BYTES`], and a challenge that has a parameter
    /// twice. Where servers are known to write what the RFC does not allow, it is read: a value
    /// that should be in quotation marks, a comma that is missing between two parameters.
    ///
    /// ```
    /// use bonafide_tower::auth::Challenge;
    /// use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
    ///
    /// let mut headers = HeaderMap::new();
    /// let value = r#"Digest realm="a, b", nonce=x, Basic realm="a, b""#;
    /// headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(value));
    /// let challenges = Challenge::all(&headers, &WWW_AUTHENTICATE);
    /// assert!(challenges[0].is_scheme("digest"));
    /// assert_eq!(challenges[0].parameter("realm"), Some(&b"a, b"[..]));
    /// assert_eq!(challenges[1].scheme(), "Basic");
    /// ```
    pub fn all(headers: &HeaderMap, name: &HeaderName) -> Vec<Self> {
        let mut challenges = Vec::new();
        let mut left = MAX_CHALLENGE_BYTES;
        for field in headers.get_all(name) {
            let field = field.as_bytes();
            if field.len() > left || challenges.len() >= MAX_CHALLENGES {
                break;
            }
            left -= field.len();
            Reader::new(field).read(&mut challenges);
        }
        challenges
    }

    /// The scheme, as the server wrote it.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether it is of this scheme, in any case.
    pub fn is_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The token (`token68`) that `Negotiate` and its like have in place of parameters.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The value of the parameter `name`, without quotation marks and escapes; case does not count
    /// in its name.
    pub fn parameter(&self, name: &str) -> Option<&[u8]> {
        parameter(&self.parameters, name)
    }
}

/// The value of the parameter `name`.
pub(super) fn parameter<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a [u8]> {
    let found = parameters
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| &**value)
}

/// The scheme and the names of the parameters: their values are the server's.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scheme,
            token: _,
            parameters,
        } = self;
        let names: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Challenge")
            .field("scheme", scheme)
            .field("parameters", &names)
            .finish_non_exhaustive()
    }
}
