//! The redirects that led to a response.

use http::StatusCode;
use url::Url;

/// One redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The URL that answered with the redirect; without user name and password.
    pub url: Url,
    /// The status of the redirect.
    pub status: StatusCode,
}
