//! Who may set a cookie, and who gets it: synchronous, without a client and without a jar.
//!
//! RFC 6265bis sections 5.7 and 5.8, where "a secure connection" is a verified one.

use std::time::Duration;

use url::Url;

use super::CookieError;
use super::cookie::Cookie;
use super::matching::{default_path, is_address, is_within};
use super::set_cookie::{MAX_ATTRIBUTE_BYTES, PathAttribute, SetCookie};
use crate::assurance::Assurance;
use crate::site::registrable;

/// The longest lifetime of a cookie (RFC 6265bis section 5.6.1): 400 days.
pub const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// 400 days.
pub(super) const MAX_AGE_MICROS: i64 = 400 * 24 * 60 * 60 * MICROS;
const MICROS: i64 = 1_000_000;

/// The security of a request's connection, as far as cookies depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// `http://`: no `Secure` cookies.
    Plain,
    /// `https://`, and the server is verified: all cookies.
    Verified,
}

impl Channel {
    /// The channel of a request to `url`, and the host.
    pub(super) fn of(url: &Url, assurance: Assurance) -> Result<(Self, &str), CookieError> {
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(CookieError::NotHttp)?;
        match (url.scheme(), assurance) {
            ("http", _) => Ok((Self::Plain, host)),
            ("https", Assurance::Verified) => Ok((Self::Verified, host)),
            ("https", Assurance::Unverified) => Err(CookieError::Unverified),
            _ => Err(CookieError::NotHttp),
        }
    }
}

/// The cookie that `field` of a response from `url` sets at `now`, in microseconds since 1970. If
/// it has already expired, it removes the stored one.
pub(super) fn admit(
    url: &Url,
    assurance: Assurance,
    field: &[u8],
    now: i64,
    sequence: u64,
) -> Result<Cookie, CookieError> {
    let (channel, host) = Channel::of(url, assurance)?;
    let set = SetCookie::parse(field)?;
    let (domain, host_only) = match &set.domain {
        Some(domain) => covered(url, host, domain)?,
        None => (host, true),
    };
    if set.secure && channel == Channel::Plain {
        return Err(CookieError::SecureOverHttp);
    }
    let path = match set.path {
        PathAttribute::Is(path) => String::from_utf8_lossy(path).into(),
        PathAttribute::Default | PathAttribute::Missing => {
            bounded(default_path(url.path()))?.into()
        }
    };
    let cookie = Cookie {
        name: set.name.into(),
        value: set.value.into(),
        domain: domain.into(),
        path,
        host_only,
        secure: set.secure,
        http_only: set.http_only,
        same_site: set.same_site,
        created: now,
        accessed: now,
        expires: expires(&set, now),
        sequence,
    };
    let has_path = !matches!(set.path, PathAttribute::Missing);
    keeps_its_promise(&cookie, has_path)?;
    Ok(cookie)
}

fn bounded(path: &str) -> Result<&str, CookieError> {
    if path.len() <= MAX_ATTRIBUTE_BYTES {
        return Ok(path);
    }
    Err(CookieError::PathTooLong {
        bytes: path.len(),
        limit_bytes: MAX_ATTRIBUTE_BYTES,
    })
}

/// The domain of a cookie with that `Domain`, and whether it is host-only.
fn covered<'a>(url: &Url, host: &'a str, domain: &'a str) -> Result<(&'a str, bool), CookieError> {
    let is_address = is_address(url);
    let registrable = if is_address { None } else { registrable(host) };
    // An address, or a host that is a public suffix, may name only itself as its domain.
    if domain == host && registrable.is_none() {
        return Ok((host, true));
    }
    if is_address || !is_within(host, domain) {
        return Err(CookieError::ForeignDomain {
            domain: domain.to_owned(),
            host: host.to_owned(),
        });
    }
    // Parents of public suffixes are refused too: `kobe.jp` is not a public suffix, but the names
    // below it are.
    let name = domain.strip_suffix('.').unwrap_or(domain);
    if registrable.is_none_or(|registrable| !is_within(name, registrable)) {
        return Err(CookieError::PublicSuffix {
            domain: domain.to_owned(),
        });
    }
    Ok((domain, false))
}

/// When it ends, 400 days from now at the latest; `Max-Age` counts before `Expires`.
fn expires(set: &SetCookie<'_>, now: i64) -> Option<i64> {
    let latest = now.saturating_add(MAX_AGE_MICROS);
    match (set.max_age, set.expires) {
        (Some(..=0), _) => Some(i64::MIN),
        (Some(seconds), _) => {
            let micros = seconds.saturating_mul(MICROS);
            Some(now.saturating_add(micros).min(latest))
        }
        (None, Some(seconds)) => Some(seconds.saturating_mul(MICROS).min(latest)),
        (None, None) => None,
    }
}

/// The prefixes of names, in any case (RFC 6265bis section 4.1.3). A cookie without a name must not
/// look like one that has such a name.
fn keeps_its_promise(cookie: &Cookie, has_path: bool) -> Result<(), CookieError> {
    let begins = |text: &[u8], prefix: &'static str| {
        let start = text.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let is_host = cookie.secure && cookie.host_only && has_path && &*cookie.path == "/";
    for (prefix, kept) in [("__Secure-", cookie.secure), ("__Host-", is_host)] {
        let promised = begins(&cookie.name, prefix);
        let pretended = cookie.name.is_empty() && begins(&cookie.value, prefix);
        if pretended || (promised && !kept) {
            return Err(CookieError::Prefix { prefix });
        }
    }
    Ok(())
}
