//! The cookies of one partition.

use std::collections::BTreeMap;

use url::Url;

use super::cookie::{Cookie, Identity};
use super::matching::{domains, is_within, path_matches};
use super::rule::Channel;

/// The cookies of one partition, by their domain.
#[derive(Default)]
pub(super) struct Shelf {
    domains: BTreeMap<Box<str>, Vec<Cookie>>,
}

/// The order in which cookies are removed: the smallest first.
type Standing = (bool, bool, i64, u64);

impl Shelf {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Cookie> {
        self.domains.values().flatten()
    }

    pub(super) fn len(&self) -> usize {
        self.domains.values().map(Vec::len).sum()
    }

    pub(super) fn get(&self, identity: &Identity) -> Option<&Cookie> {
        let cookies = self.domains.get(&identity.domain)?;
        cookies.iter().find(|cookie| cookie.identity() == *identity)
    }

    /// Stores `cookie` in place of the one that it replaces, and keeps the creation time of that
    /// one. If `cookie` has expired, only removes that one. Then reduces its domain to `per_domain`
    /// cookies.
    pub(super) fn put(&mut self, mut cookie: Cookie, now: i64, per_domain: usize) {
        let domain = cookie.domain.clone();
        let cookies = self.domains.entry(domain.clone()).or_default();
        if let Some(at) = cookies.iter().position(|old| old.is(&cookie)) {
            let old = cookies.swap_remove(at);
            (cookie.created, cookie.sequence) = (old.created, old.sequence);
        }
        if !cookie.is_expired(now) {
            cookies.push(cookie);
        }
        while cookies.len() > per_domain {
            let places = cookies.iter().enumerate();
            let first = places.min_by_key(|(_, cookie)| standing(cookie, now));
            let Some((at, _)) = first else { break };
            cookies.swap_remove(at);
        }
        if cookies.is_empty() {
            self.domains.remove(&domain);
        }
    }

    pub(super) fn remove(&mut self, identity: &Identity) -> bool {
        let Some(cookies) = self.domains.get_mut(&identity.domain) else {
            return false;
        };
        let before = cookies.len();
        cookies.retain(|cookie| cookie.identity() != *identity);
        let removed = cookies.len() < before;
        if cookies.is_empty() {
            self.domains.remove(&identity.domain);
        }
        removed
    }

    pub(super) fn drop_expired(&mut self, now: i64) {
        for cookies in self.domains.values_mut() {
            cookies.retain(|cookie| !cookie.is_expired(now));
        }
        self.domains.retain(|_, cookies| !cookies.is_empty());
    }

    /// Removes the cookie that was used longest ago.
    pub(super) fn drop_stalest(&mut self) {
        let stalest = self
            .iter()
            .min_by_key(|cookie| (cookie.accessed, cookie.sequence));
        if let Some(identity) = stalest.map(Cookie::identity) {
            self.remove(&identity);
        }
    }

    /// Whether `cookie`, which was set over http, would be sent in place of a `Secure` one (RFC
    /// 6265bis section 5.7, "leave secure cookies alone").
    pub(super) fn hides_secure(&self, cookie: &Cookie, now: i64) -> bool {
        self.iter().any(|old| {
            let related = |one: &str, other: &str| one == other || is_within(one, other);
            old.secure
                && !old.is_expired(now)
                && old.name == cookie.name
                && (related(&old.domain, &cookie.domain) || related(&cookie.domain, &old.domain))
                && path_matches(&cookie.path, &old.path)
        })
    }

    /// The cookies for `url`, whose host is `host`: longer paths first, then older cookies first.
    /// Expired cookies are dropped.
    pub(super) fn select(&mut self, route: &Route<'_>, now: i64, purpose: Use) -> Vec<&Cookie> {
        for domain in domains(route.url, route.host) {
            let Some(cookies) = self.domains.get_mut(domain) else {
                continue;
            };
            cookies.retain(|cookie| !cookie.is_expired(now));
            if cookies.is_empty() {
                self.domains.remove(domain);
            } else if purpose == Use::Sent {
                let sent = cookies.iter_mut().filter(|cookie| route.takes(cookie));
                sent.for_each(|cookie| cookie.accessed = now);
            }
        }
        let of_domains = domains(route.url, route.host);
        let cookies = of_domains
            .filter_map(|domain| self.domains.get(domain))
            .flatten();
        let mut selected: Vec<&Cookie> = cookies.filter(|cookie| route.takes(cookie)).collect();
        selected.sort_by(|one, other| {
            let by_path = other.path.len().cmp(&one.path.len());
            let by_age = (one.created, one.sequence).cmp(&(other.created, other.sequence));
            by_path
                .then(by_age)
                .then_with(|| one.identity().cmp(&other.identity()))
        });
        selected
    }
}

/// The target and the security of a request.
pub(super) struct Route<'a> {
    pub(super) url: &'a Url,
    pub(super) host: &'a str,
    pub(super) channel: Channel,
}

impl Route<'_> {
    /// Whether a cookie of one of the domains of the host goes there.
    fn takes(&self, cookie: &Cookie) -> bool {
        (!cookie.host_only || &*cookie.domain == self.host)
            && (!cookie.secure || self.channel == Channel::Verified)
            && path_matches(self.url.path(), &cookie.path)
    }
}

/// What cookies are selected for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Shown,
    Sent,
}

/// Expired ones go first, then those that are not `Secure`, then the ones used longest ago (RFC
/// 6265bis section 5.7).
fn standing(cookie: &Cookie, now: i64) -> Standing {
    let (expired, secure) = (cookie.is_expired(now), cookie.secure);
    (!expired, secure, cookie.accessed, cookie.sequence)
}
