//! Which redirects a caller wants followed.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use url::{Host, Url};

use crate::shown::ShownUrl;
use crate::site::site;

/// Where redirects may lead. A redirect that leads further is not followed: the 3xx is the
/// response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// To any host.
    #[default]
    Any,
    /// To hosts of the same registrable domain, such as `api.example.com` from `www.example.com`,
    /// over the same scheme or from `http` to `https`. An IP address is a site of its own.
    SameSite,
    /// To the same scheme, host and port.
    SameOrigin,
}

impl Scope {
    pub(super) fn allows(self, from: &Url, to: &Url) -> bool {
        match self {
            Self::Any => true,
            Self::SameSite => is_same_site(from, to),
            Self::SameOrigin => from.origin() == to.origin(),
        }
    }
}

fn is_same_site(from: &Url, to: &Url) -> bool {
    let schemes = from.scheme() == to.scheme() || to.scheme() == "https";
    schemes
        && match (from.host(), to.host()) {
            (Some(Host::Domain(from)), Some(Host::Domain(to))) => site(from) == site(to),
            (from, to) => from == to,
        }
}

/// A redirect that the rule would follow, shown to the caller's
/// [policy](super::Redirects::with_policy).
#[non_exhaustive]
pub struct Proposal<'a> {
    /// The URL that answered with the redirect.
    pub from: &'a Url,
    /// Where it leads.
    pub to: &'a Url,
    /// Its status.
    pub status: StatusCode,
    /// The method of the next request.
    pub method: &'a Method,
    /// How many redirects were followed before it.
    pub followed: usize,
    /// The headers of the next request, to be changed. What must not cross origins is already left
    /// out; a policy that puts it back sends it.
    pub headers: &'a mut HeaderMap,
}

/// The URLs as [`ShownUrl`] shows them, and no headers.
impl fmt::Debug for Proposal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from,
            to,
            status,
            method,
            followed,
            headers: _,
        } = self;
        f.debug_struct("Proposal")
            .field("from", &ShownUrl(from))
            .field("to", &ShownUrl(to))
            .field("status", status)
            .field("method", method)
            .field("followed", followed)
            .finish_non_exhaustive()
    }
}

/// What a caller's policy decides about a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the caller wants the redirect followed, or not"]
pub enum Choice {
    /// The redirect is followed.
    Follow,
    /// The 3xx is the response.
    Stop,
}

/// A caller's policy.
#[derive(Clone)]
pub(super) struct Policy(pub(super) Arc<dyn Fn(&mut Proposal<'_>) -> Choice + Send + Sync>);

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policy")
    }
}
