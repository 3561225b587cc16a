//! Following redirects.

mod hop;
mod location;
mod rewrite;

pub use self::hop::Hop;
pub(crate) use self::location::{location, unusable};
pub(crate) use self::rewrite::{Credentials, next_method, strip_body_headers, strip_credentials};

/// How many redirects a client follows.
///
/// Redirects are followed as browsers, curl and reqwest do: after 301 and 302 a `POST` becomes a
/// `GET` without body, after 303 everything but `HEAD` does, and 307 and 308 repeat method and body.
/// A body that was streamed cannot be repeated; the 307 or 308 is then the response.
///
/// A `Location` is resolved by the URL standard; octets that are not UTF-8 are percent-encoded. A redirect
/// without a `Location`, or with an empty one, is the response. One whose `Location` is not a usable URL is an
/// error of [`Kind::Redirect`](crate::Kind::Redirect), which quotes its first 128 bytes.
///
/// Two rules have no switch. `https://` never leads to `http://`. And when the origin (scheme, host
/// and port) changes, `Authorization`, `Cookie`, `Proxy-Authorization` and `WWW-Authenticate` are
/// left out from there on, the caller's and the client's own, and so is the caller's `Host`. No `Referer`
/// is added; one that the caller sets is sent at every hop. Every hop is a request of its own to the policy:
/// its host's zone, pins and checks apply.
///
/// ```
/// use bonafide::{Client, Redirects};
///
/// let client = Client::builder().redirects(Redirects::none()).build()?;
/// # Ok::<(), bonafide::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects {
    limit: usize,
}

impl Redirects {
    /// Follows up to `limit` redirects; one more is an error of
    /// [`Kind::TooManyRedirects`](crate::Kind::TooManyRedirects).
    pub const fn up_to(limit: usize) -> Self {
        Self { limit }
    }

    /// Follows none: the 3xx is the response.
    pub const fn none() -> Self {
        Self { limit: 0 }
    }

    /// How many are followed; 0 if the 3xx is the response.
    pub(crate) fn limit(self) -> usize {
        self.limit
    }
}

/// Up to 10 redirects.
impl Default for Redirects {
    fn default() -> Self {
        Self::up_to(10)
    }
}
