//! The decision what to do with a response: synchronous, without a client.
//!
//! RFC 9110 section 15.4, with the rewriting that it permits for 301 and 302 and that the Fetch
//! standard ("HTTP-redirect fetch", step 12) made the rule.

use std::fmt;
use std::sync::Arc;

use http::header::{
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, HOST,
    HeaderName, TRANSFER_ENCODING,
};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::location::location;
use super::policy::Policy;
use super::upgrade::Upgrade;
use super::{Choice, Proposal, RedirectError, Scope, strip_credentials};
use crate::shown::ShownUrl;

/// The header fields that describe a body.
const OF_A_BODY: [HeaderName; 6] = [
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    TRANSFER_ENCODING,
];

/// How many redirects are followed, and the rule by which they are. Default: 10.
///
/// The rule is synchronous and independent of any client: the caller passes a response and follows
/// the decision. The [module docs](super) say what it decides.
///
/// ```
/// use bonafide_tower::redirect::{Redirects, Seen, Step};
/// use http::{HeaderMap, HeaderValue, Method, StatusCode};
/// use url::Url;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("location", HeaderValue::from_static("/new"));
/// let seen = Seen {
///     url: &Url::parse("https://example.com/old")?,
///     method: &Method::POST,
///     status: StatusCode::SEE_OTHER,
///     headers: &headers,
///     followed: 0,
///     can_repeat_body: false,
/// };
/// match Redirects::default().judge(&seen)? {
///     Step::Follow(follow) => {
///         assert_eq!(follow.url.as_str(), "https://example.com/new");
///         assert_eq!((follow.method, follow.keeps_body), (Method::GET, false));
///     }
///     Step::Respond => unreachable!("a 303 with a Location is followed"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Redirects {
    limit: usize,
    scope: Scope,
    /// Beside [`PRIVATE_HEADERS`](super::PRIVATE_HEADERS).
    private: Option<Arc<[HeaderName]>>,
    policy: Option<Policy>,
    upgrade: Option<Upgrade>,
}

impl Redirects {
    /// Follows up to `limit` redirects; one more is [`RedirectError::TooMany`].
    #[doc(alias = "limited")]
    pub const fn up_to(limit: usize) -> Self {
        Self {
            limit,
            scope: Scope::Any,
            private: None,
            policy: None,
            upgrade: None,
        }
    }

    /// Follows none: the 3xx is the response.
    pub const fn none() -> Self {
        Self::up_to(0)
    }

    /// Sets where redirects may lead. One that leads further is not followed: the 3xx is the
    /// response. Default: [`Scope::Any`].
    ///
    /// ```
    /// use bonafide_tower::redirect::{Redirects, Scope};
    ///
    /// let redirects = Redirects::up_to(5).with_scope(Scope::SameSite);
    /// # let _ = redirects;
    /// ```
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Adds a header that does not cross origins, beside
    /// [`PRIVATE_HEADERS`](super::PRIVATE_HEADERS) and values that are marked as
    /// [sensitive](http::HeaderValue::set_sensitive).
    ///
    /// ```
    /// use bonafide_tower::redirect::Redirects;
    /// use http::HeaderName;
    ///
    /// let redirects = Redirects::default()
    ///     .with_private_header(HeaderName::from_static("x-corp-ticket"));
    /// # let _ = redirects;
    /// ```
    #[must_use]
    pub fn with_private_header(mut self, name: HeaderName) -> Self {
        let before = self.private.as_deref().unwrap_or_default();
        self.private = Some(before.iter().cloned().chain([name]).collect());
        self
    }

    /// Sets a policy of the caller's own. It is asked about each redirect that the rule would
    /// follow, and may stop there or change the headers of the next request. It cannot have a
    /// redirect followed that the rule refuses. Default: none.
    ///
    /// ```
    /// use bonafide_tower::redirect::{Choice, Redirects};
    ///
    /// let redirects = Redirects::default().with_policy(|proposal| {
    ///     match proposal.to.path().starts_with("/login") {
    ///         true => Choice::Stop,
    ///         false => Choice::Follow,
    ///     }
    /// });
    /// # let _ = redirects;
    /// ```
    #[doc(alias = "custom")]
    #[must_use]
    pub fn with_policy(
        mut self,
        policy: impl Fn(&mut Proposal<'_>) -> Choice + Send + Sync + 'static,
    ) -> Self {
        self.policy = Some(Policy(Arc::new(policy)));
        self
    }

    /// Adds a source of hosts that are requested only over https, such as an HSTS table. It is
    /// asked for each `http://` target, before the redirect is judged: a redirect to a known host
    /// is followed to its `https://` URL. A redirect from https to any other `http://` host stays
    /// refused. If several are added, the first one that knows the host counts.
    ///
    /// The function returns the URL to request instead. An answer that is not an `https://` URL of
    /// the same host is ignored. Default: none.
    ///
    #[cfg_attr(feature = "hsts", doc = "```")]
    #[cfg_attr(not(feature = "hsts"), doc = "```ignore")]
    /// use std::time::SystemTime;
    ///
    /// use bonafide_tower::hsts::HstsHosts;
    /// use bonafide_tower::redirect::Redirects;
    ///
    /// let hosts = HstsHosts::new();
    /// let redirects = Redirects::default()
    ///     .with_upgrade(move |url| hosts.upgrade(url, SystemTime::now()));
    /// # let _ = redirects;
    /// ```
    #[must_use]
    pub fn with_upgrade(
        mut self,
        upgrade: impl Fn(&Url) -> Option<Url> + Send + Sync + 'static,
    ) -> Self {
        self.upgrade = Some(Upgrade::after(self.upgrade, upgrade));
        self
    }

    /// Removes what does not cross origins: what [`strip_credentials`] removes, and the headers
    /// that the caller [has added](Self::with_private_header). For a client with headers of its
    /// own, which [`prepare`](Self::prepare) does not see.
    ///
    /// ```
    /// use bonafide_tower::redirect::Redirects;
    /// use http::{HeaderMap, HeaderName, HeaderValue};
    ///
    /// let redirects = Redirects::default()
    ///     .with_private_header(HeaderName::from_static("x-corp-ticket"));
    /// let mut defaults = HeaderMap::new();
    /// defaults.insert("x-corp-ticket", HeaderValue::from_static("abc"));
    /// defaults.insert("x-api-key", HeaderValue::from_static("abc"));
    /// redirects.strip_private(&mut defaults);
    /// assert!(defaults.is_empty());
    /// ```
    pub fn strip_private(&self, headers: &mut HeaderMap) {
        strip_credentials(headers);
        for name in self.private.iter().flat_map(|names| names.iter()) {
            headers.remove(name);
        }
    }

    /// Whether the caller has set a [policy](Self::with_policy), which may have changed headers.
    pub const fn has_policy(&self) -> bool {
        self.policy.is_some()
    }

    /// How many are followed; 0 if the 3xx is the response.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Whether a response with this status may be a redirect to follow. If it is not,
    /// [`judge`](Self::judge) returns [`Step::Respond`], so the rest of such a response need not be
    /// read.
    pub const fn follows(&self, status: StatusCode) -> bool {
        self.limit > 0 && matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
    }

    /// What to do with the response that `seen` describes.
    ///
    /// # Errors
    ///
    /// [`RedirectError`] if the redirect is one too many, leads from https to http, or its
    /// `Location` is unusable.
    pub fn judge(&self, seen: &Seen<'_>) -> Result<Step, RedirectError> {
        if !self.follows(seen.status) {
            return Ok(Step::Respond);
        }
        let to_get = becomes_get(seen.status, seen.method);
        if !to_get && !seen.can_repeat_body {
            return Ok(Step::Respond);
        }
        let Some(url) = location(seen.url, seen.headers)? else {
            return Ok(Step::Respond);
        };
        let url = match &self.upgrade {
            Some(upgrade) => upgrade.apply(url),
            None => url,
        };
        if seen.followed >= self.limit {
            return Err(RedirectError::TooMany {
                limit: self.limit,
                next: url.origin(),
            });
        }
        if seen.url.scheme() == "https" && url.scheme() == "http" {
            return Err(RedirectError::Insecure { to: url.origin() });
        }
        if !self.scope.allows(seen.url, &url) {
            return Ok(Step::Respond);
        }
        Ok(Step::Follow(Follow {
            url,
            method: if to_get {
                Method::GET
            } else {
                seen.method.clone()
            },
            keeps_body: !to_get,
        }))
    }

    /// Makes `headers` those of the request that `follow` describes, and asks the caller's
    /// [policy](Self::with_policy). With [`Choice::Stop`] the headers are as before.
    pub fn prepare(
        &self,
        seen: &Seen<'_>,
        follow: &Follow,
        target: Target,
        headers: &mut HeaderMap,
    ) -> Choice {
        let Some(Policy(policy)) = &self.policy else {
            self.edit_headers(follow, target, headers);
            return Choice::Follow;
        };
        let mut next = headers.clone();
        self.edit_headers(follow, target, &mut next);
        let choice = policy(&mut Proposal {
            from: seen.url,
            to: &follow.url,
            status: seen.status,
            method: &follow.method,
            followed: seen.followed,
            headers: &mut next,
        });
        if choice == Choice::Follow {
            *headers = next;
        }
        choice
    }

    fn edit_headers(&self, follow: &Follow, target: Target, headers: &mut HeaderMap) {
        follow.edit_headers(headers, target);
        if target == Target::OtherOrigin {
            self.strip_private(headers);
        }
    }
}

/// Up to 10 redirects.
impl Default for Redirects {
    fn default() -> Self {
        Self::up_to(10)
    }
}

/// Whether a request of `method` is a `GET` without body after a redirect of `status`.
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::POST,
        StatusCode::SEE_OTHER => method != Method::HEAD && method != Method::GET,
        _ => false,
    }
}

/// A response, and the request that it answers.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The URL that was requested; `https` or `http`. Its fragment is not passed on to the target
    /// of the redirect.
    pub url: &'a Url,
    /// The method of the request.
    pub method: &'a Method,
    /// The status of the response.
    pub status: StatusCode,
    /// The headers of the response. Of these, `Location` is read.
    pub headers: &'a HeaderMap,
    /// How many redirects were followed until then.
    pub followed: usize,
    /// Whether the body of the request can be sent once more. A body without content can.
    pub can_repeat_body: bool,
}

/// The URL as [`ShownUrl`] shows it, and no headers.
impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            method,
            status,
            headers: _,
            followed,
            can_repeat_body,
        } = self;
        f.debug_struct("Seen")
            .field("url", &ShownUrl(url))
            .field("method", method)
            .field("status", status)
            .field("followed", followed)
            .field("can_repeat_body", can_repeat_body)
            .finish_non_exhaustive()
    }
}

/// What to do with a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is the response of the call.
    Respond,
    /// It leads to another request.
    Follow(Follow),
}

/// The request that a redirect leads to.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Follow {
    /// Where it goes: an `https` or `http` URL without user name and password. The fragment of the
    /// `Location` is in it.
    pub url: Url,
    /// Its method: that of the request before, or `GET`.
    pub method: Method,
    /// Whether the body of the request before is sent once more; else the request has none.
    pub keeps_body: bool,
}

impl Follow {
    /// Whether the request goes to the origin (scheme, host and port) of `from`, the URL of the
    /// request before.
    pub fn target(&self, from: &Url) -> Target {
        if self.url.origin() == from.origin() {
            Target::SameOrigin
        } else {
            Target::OtherOrigin
        }
    }

    /// Makes the headers of the request before those of this request: removes the fields that
    /// describe a body that is not sent, and, for another origin, what [`strip_credentials`]
    /// removes and `Host`.
    ///
    /// The next redirect starts from these headers: removed fields do not come back with a redirect
    /// to the first origin. A client that adds credentials of its own must stop adding them after
    /// the first other origin: see [`Redirects::strip_private`].
    pub fn edit_headers(&self, headers: &mut HeaderMap, target: Target) {
        if !self.keeps_body {
            for name in OF_A_BODY {
                headers.remove(name);
            }
        }
        if target == Target::OtherOrigin {
            strip_credentials(headers);
            headers.remove(HOST);
        }
    }
}

/// The URL as [`ShownUrl`] shows it.
impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            method,
            keeps_body,
        } = self;
        f.debug_struct("Follow")
            .field("url", &ShownUrl(url))
            .field("method", method)
            .field("keeps_body", keeps_body)
            .finish()
    }
}

/// Whether the next request goes to the origin of the request before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Scheme, host and port stay.
    SameOrigin,
    /// One of them changes.
    OtherOrigin,
}
