//! The header fields that do not cross origins.

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Names that are left out once a redirect leads to another origin: credentials by RFC 9110 section
/// 11 and RFC 6265, and the header fields in which well-known services expect API keys and tokens.
/// [`Redirects::with_private_header`](super::Redirects::with_private_header) adds one.
pub const PRIVATE_HEADERS: [HeaderName; 37] = [
    AUTHORIZATION,
    COOKIE,
    // RFC 2965 section 3.3.5, obsolete since RFC 6265.
    HeaderName::from_static("cookie2"),
    PROXY_AUTHORIZATION,
    WWW_AUTHENTICATE,
    HeaderName::from_static("api-key"),
    HeaderName::from_static("api_key"),
    HeaderName::from_static("apikey"),
    HeaderName::from_static("api-token"),
    HeaderName::from_static("circle-token"),
    HeaderName::from_static("dd-api-key"),
    HeaderName::from_static("dd-application-key"),
    HeaderName::from_static("deploy-token"),
    HeaderName::from_static("job-token"),
    HeaderName::from_static("ocp-apim-subscription-key"),
    HeaderName::from_static("private-token"),
    HeaderName::from_static("x-access-token"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-api-token"),
    HeaderName::from_static("x-apikey"),
    HeaderName::from_static("x-auth"),
    HeaderName::from_static("x-auth-email"),
    HeaderName::from_static("x-auth-key"),
    HeaderName::from_static("x-auth-token"),
    HeaderName::from_static("x-authorization"),
    HeaderName::from_static("x-aws-ec2-metadata-token"),
    HeaderName::from_static("x-csrf-token"),
    HeaderName::from_static("x-figma-token"),
    HeaderName::from_static("x-functions-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("x-rapidapi-key"),
    HeaderName::from_static("x-session-token"),
    HeaderName::from_static("x-shopify-access-token"),
    HeaderName::from_static("x-subject-token"),
    HeaderName::from_static("x-vault-token"),
    HeaderName::from_static("x-xsrf-token"),
];

/// Removes [`PRIVATE_HEADERS`], and each field with a value that is marked as
/// [sensitive](http::HeaderValue::set_sensitive). For a client with headers of its own, which
/// [`Follow::edit_headers`](super::Follow::edit_headers) does not see;
/// [`Redirects::strip_private`](super::Redirects::strip_private) removes those of its caller too.
///
/// ```
/// use bonafide_tower::redirect::strip_credentials;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut ticket = HeaderValue::from_static("abc");
/// ticket.set_sensitive(true);
/// let mut defaults = HeaderMap::new();
/// defaults.insert("authorization", HeaderValue::from_static("Bearer abc"));
/// defaults.insert("x-api-key", HeaderValue::from_static("abc"));
/// defaults.insert("x-corp-ticket", ticket);
/// defaults.insert("accept-language", HeaderValue::from_static("sw"));
/// strip_credentials(&mut defaults);
/// assert_eq!(defaults.keys().collect::<Vec<_>>(), ["accept-language"]);
/// ```
pub fn strip_credentials(headers: &mut HeaderMap) {
    for name in &PRIVATE_HEADERS {
        headers.remove(name);
    }
    let marked = |(name, value): (&HeaderName, &HeaderValue)| {
        let is_sensitive = value.is_sensitive();
        is_sensitive.then(|| name.clone())
    };
    let marked: Vec<_> = headers.iter().filter_map(marked).collect();
    for name in marked {
        headers.remove(name);
    }
}
