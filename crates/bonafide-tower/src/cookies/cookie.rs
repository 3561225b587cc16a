//! A stored cookie.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A cookie of a [`Jar`](super::Jar). `Debug` and `Display` show its name, domain and path, but not
/// its value.
#[derive(Clone)]
pub struct Cookie {
    pub(super) name: Box<[u8]>,
    pub(super) value: Box<[u8]>,
    pub(super) domain: Box<str>,
    pub(super) path: Box<str>,
    pub(super) host_only: bool,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: SameSite,
    /// Times are in microseconds since 1970.
    pub(super) created: i64,
    pub(super) accessed: i64,
    /// `None` for a session cookie.
    pub(super) expires: Option<i64>,
    /// The order of cookies that were created in the same microsecond.
    pub(super) sequence: u64,
}

/// `SameSite` of a cookie (RFC 6265bis section 5.6.7). It can be read, and has no effect here: it
/// limits which pages of a browser may cause a request, and a client has no pages. The program that
/// makes a request decides which cookies it may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// No `SameSite`, or one with an unknown value.
    #[default]
    Unset,
    /// `None`.
    None,
    /// `Lax`.
    Lax,
    /// `Strict`.
    Strict,
}

impl SameSite {
    pub(super) fn parse(value: &[u8]) -> Self {
        let all = [Self::None, Self::Lax, Self::Strict];
        let named = |one: &Self| value.eq_ignore_ascii_case(one.as_str().as_bytes());
        all.into_iter().find(named).unwrap_or_default()
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::None => "None",
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        }
    }
}

/// The identity of a cookie within its partition (RFC 6265bis section 5.7).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Identity {
    pub(super) domain: Box<str>,
    pub(super) host_only: bool,
    pub(super) path: Box<str>,
    pub(super) name: Box<[u8]>,
}

impl Cookie {
    /// Its name, if that is UTF-8. The name may be empty.
    pub fn name(&self) -> Option<&str> {
        str::from_utf8(&self.name).ok()
    }

    /// Its name.
    pub fn name_bytes(&self) -> &[u8] {
        &self.name
    }

    /// Its value, if that is UTF-8. Quotation marks are part of it.
    pub fn value(&self) -> Option<&str> {
        str::from_utf8(&self.value).ok()
    }

    /// Its value.
    pub fn value_bytes(&self) -> &[u8] {
        &self.value
    }

    /// How many bytes it takes in a `Cookie` field, as `NAME=VALUE` or, without a name, `VALUE`.
    pub(super) fn pair_bytes(&self) -> usize {
        let equals_bytes = usize::from(!self.name.is_empty());
        self.name.len() + equals_bytes + self.value.len()
    }

    /// The host that the cookie is for. Unless it is [host-only](Self::is_host_only), it is also
    /// for all subdomains of this host.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether it is for its host only, and not for subdomains.
    pub const fn is_host_only(&self) -> bool {
        self.host_only
    }

    /// The path that it is for, with all paths below it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is sent only over verified https.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it has `HttpOnly`, which hides it from scripts of a page. It has no effect here.
    pub const fn is_http_only(&self) -> bool {
        self.http_only
    }

    /// Its `SameSite`, which has no effect here.
    pub const fn same_site(&self) -> SameSite {
        self.same_site
    }

    /// When it expires: at most 400 days after it was set. `None` for a session cookie, which lives
    /// as long as the jar and is not saved.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires.map(time)
    }

    pub(super) fn identity(&self) -> Identity {
        Identity {
            domain: self.domain.clone(),
            host_only: self.host_only,
            path: self.path.clone(),
            name: self.name.clone(),
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.domain == other.domain
            && self.host_only == other.host_only
            && self.path == other.path
            && self.name == other.name
    }

    /// Whether a server would see no difference, now or later.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.is(other)
            && self.value == other.value
            && self.expires == other.expires
            && self.secure == other.secure
            && self.http_only == other.http_only
            && self.same_site == other.same_site
    }

    pub(super) fn is_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// In microseconds since 1970.
pub(super) fn micros(time: SystemTime) -> i64 {
    let whole = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole(after),
        Err(before) => -whole(before.duration()),
    }
}

fn time(micros: i64) -> SystemTime {
    let distance = Duration::from_micros(micros.unsigned_abs());
    let time = if micros < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

/// Name, domain and path.
impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.escape_ascii();
        write!(
            f,
            "{name} for {}{}",
            self.domain,
            self.path.escape_default()
        )
    }
}

/// All but the value.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            value: _,
            domain,
            path,
            host_only,
            secure,
            http_only,
            same_site,
            created: _,
            accessed: _,
            expires: _,
            sequence: _,
        } = self;
        f.debug_struct("Cookie")
            .field("name", &name.escape_ascii().to_string())
            .field("domain", domain)
            .field("path", path)
            .field("host_only", host_only)
            .field("secure", secure)
            .field("http_only", http_only)
            .field("same_site", same_site)
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}
