//! The redirects that led to a response.

use std::fmt;

use http::StatusCode;
use url::Url;

use crate::shown::ShownUrl;

/// One redirect that was followed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The URL that answered with the redirect; without user name and password. Its query may hold
    /// secrets; `Debug` redacts them.
    pub url: Url,
    /// The status of the redirect.
    pub status: StatusCode,
}

/// The URL as the texts of an [`Error`](crate::Error) show it.
impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, status } = self;
        f.debug_struct("Hop")
            .field("url", &ShownUrl(url))
            .field("status", status)
            .finish()
    }
}
