//! The redirects that led to a response.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use url::Url;

use crate::shown::{ShownUrl, without_credentials};

/// One redirect that was followed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The URL whose response was the redirect, without user name, password and fragment. Its query
    /// may hold secrets; `Debug` redacts them.
    pub url: Url,
    /// The status of the redirect.
    pub status: StatusCode,
}

impl Hop {
    /// The redirect with which `url` answered. User name, password and fragment of `url` are left
    /// out.
    pub fn new(url: Url, status: StatusCode) -> Self {
        let mut url = without_credentials(url);
        url.set_fragment(None);
        Self { url, status }
    }
}

/// The URL as [`ShownUrl`] shows it.
impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, status } = self;
        f.debug_struct("Hop")
            .field("url", &ShownUrl(url))
            .field("status", status)
            .finish()
    }
}

/// The redirects that led to a response, in the order in which they were followed: an extension of
/// the response.
///
/// A response without redirects has no such extension. Cheap to clone.
///
/// ```
/// use bonafide_tower::redirect::{Hop, Hops};
/// use http::{Response, StatusCode};
/// use url::Url;
///
/// let mut response = Response::new(());
/// let hop = Hop::new(Url::parse("https://example.com/old")?, StatusCode::FOUND);
/// response.extensions_mut().insert(Hops::from(vec![hop]));
///
/// let hops = response.extensions().get::<Hops>().map_or(&[][..], Hops::as_slice);
/// assert_eq!(hops[0].url.path(), "/old");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Hops(Arc<[Hop]>);

impl Hops {
    /// All of them, the first one first.
    pub fn as_slice(&self) -> &[Hop] {
        &self.0
    }
}

impl From<Vec<Hop>> for Hops {
    fn from(hops: Vec<Hop>) -> Self {
        Self(hops.into())
    }
}

impl fmt::Debug for Hops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), f)
    }
}
