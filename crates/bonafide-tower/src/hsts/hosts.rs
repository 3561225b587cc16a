//! The hosts that are requested only over https.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::iter::successors;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::STRICT_TRANSPORT_SECURITY;
use url::{Host, Url};

use super::Preload;
use super::field::Field;
use crate::assurance::Assurance;
use crate::site::site;

/// How many hosts an [`HstsHosts`] learns by default: 10,000.
pub const MAX_HOSTS: usize = 10_000;

/// Hosts that are requested only over https: those that sent the header, and those of a
/// [`Preload`]. Clones share the learned hosts.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use bonafide_tower::assurance::Assurance::Verified;
/// use bonafide_tower::hsts::HstsHosts;
/// use http::{HeaderMap, HeaderValue};
/// use url::Url;
///
/// let (hosts, now) = (HstsHosts::new(), SystemTime::now());
/// let mut headers = HeaderMap::new();
/// let field = HeaderValue::from_static("max-age=3600; includeSubDomains");
/// headers.insert("strict-transport-security", field);
/// hosts.learn(&Url::parse("https://example.com/")?, &headers, Verified, now);
///
/// let upgraded = hosts.upgrade(&Url::parse("http://www.example.com/a")?, now);
/// assert_eq!(upgraded.ok_or("not known")?.as_str(), "https://www.example.com/a");
/// let later = now + Duration::from_secs(3600);
/// assert_eq!(hosts.upgrade(&Url::parse("http://www.example.com/a")?, later), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HstsHosts {
    learned: Arc<Mutex<Learned>>,
    preload: Preload,
    max_hosts: usize,
}

/// The learned hosts, and those that were stored at the last load or save.
#[derive(Default)]
pub(super) struct Learned {
    pub(super) hosts: Entries,
    pub(super) base: Entries,
}

/// By the host, in the canonical form of URLs, without a trailing period.
pub(super) type Entries = BTreeMap<String, Entry>;

/// The settings of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// In seconds since 1970.
    pub(super) expires: u64,
    pub(super) include_subdomains: bool,
}

impl HstsHosts {
    /// Knows no host, and learns [`MAX_HOSTS`] at most.
    pub fn new() -> Self {
        Self {
            learned: Arc::default(),
            preload: Preload::default(),
            max_hosts: MAX_HOSTS,
        }
    }

    /// Adds hosts that are known from the start and are never forgotten. They do not count towards
    /// the limit.
    pub fn with_preload(mut self, preload: Preload) -> Self {
        self.preload = preload;
        self
    }

    /// Sets how many hosts are learned at most. Default: [`MAX_HOSTS`]. When there are more, an
    /// expired host is removed first; then, of the registrable domain with the most hosts, the host
    /// that expires first. So a site cannot push out other sites with many subdomains.
    pub fn with_max_hosts(mut self, max_hosts: usize) -> Self {
        self.max_hosts = max_hosts;
        self
    }

    /// The URL to request instead of `url`, if that is an `http://` URL of a known host: with the
    /// scheme `https`, and port 443 instead of port 80. Any other port stays (RFC 6797 section
    /// 8.3).
    ///
    /// A host is known if its own name is in the table, or a parent domain with
    /// `includeSubDomains`. An IP address is never known (section 8.2).
    pub fn upgrade(&self, url: &Url, now: SystemTime) -> Option<Url> {
        if url.scheme() != "http" || !self.is_known(url, now) {
            return None;
        }
        let mut upgraded = url.clone();
        upgraded.set_scheme("https").ok()?;
        Some(upgraded)
    }

    fn is_known(&self, url: &Url, now: SystemTime) -> bool {
        let Some(host) = domain(url) else {
            return false;
        };
        let now = seconds(now);
        let learned = self.learned();
        let mut domains = successors(Some(host), |domain| Some(domain.split_once('.')?.1));
        domains.any(|domain| {
            let covers =
                |include_subdomains: bool| include_subdomains || domain.len() == host.len();
            let entry = learned.hosts.get(domain);
            entry.is_some_and(|entry| entry.expires > now && covers(entry.include_subdomains))
                || self.preload.get(domain).is_some_and(covers)
        })
    }

    /// Learns from a response from `url`: reads the first `Strict-Transport-Security` field (RFC
    /// 6797 section 8.1). `max-age=0` makes the table forget the host, unless it is preloaded.
    ///
    /// Nothing is learned from an unverified server, over `http://`, from an IP address, or from a
    /// field that breaks the grammar. Returns whether anything was learned.
    pub fn learn(
        &self,
        url: &Url,
        headers: &HeaderMap,
        assurance: Assurance,
        now: SystemTime,
    ) -> bool {
        let Some(field) = headers.get(STRICT_TRANSPORT_SECURITY) else {
            return false;
        };
        if url.scheme() != "https" || assurance != Assurance::Verified {
            return false;
        }
        let (Some(host), Some(field)) = (domain(url), Field::parse(field.as_bytes())) else {
            return false;
        };
        let now = seconds(now);
        let hosts = &mut self.learned().hosts;
        if field.max_age_seconds == 0 {
            hosts.remove(host);
        } else {
            let entry = Entry {
                expires: now.saturating_add(field.max_age_seconds),
                include_subdomains: field.include_subdomains,
            };
            hosts.insert(host.to_owned(), entry);
            bound(hosts, self.max_hosts, now);
        }
        true
    }

    /// Forgets what was learned of `host`, as [`Url::host_str`] has it without a trailing period.
    /// Returns whether there was anything.
    pub fn forget(&self, host: &str) -> bool {
        self.learned().hosts.remove(host).is_some()
    }

    /// Forgets all that was learned.
    pub fn clear(&self) {
        self.learned().hosts.clear();
    }

    /// How many hosts were learned; some may have expired.
    pub fn len(&self) -> usize {
        self.learned().hosts.len()
    }

    /// Whether no host was learned.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no host is known, from the start or learned: then no URL is upgraded.
    pub fn knows_none(&self) -> bool {
        self.preload.is_empty() && self.is_empty()
    }

    pub(super) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn max_hosts(&self) -> usize {
        self.max_hosts
    }
}

impl Default for HstsHosts {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows only the number of hosts: their names are a history of visits.
impl fmt::Debug for HstsHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            learned: _,
            preload,
            max_hosts,
        } = self;
        f.debug_struct("HstsHosts")
            .field("learned", &self.len())
            .field("preload", preload)
            .field("max_hosts", max_hosts)
            .finish()
    }
}

/// The host of `url`, without a trailing period, if it is a name.
fn domain(url: &Url) -> Option<&str> {
    let Host::Domain(host) = url.host()? else {
        return None;
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    Some(host).filter(|host| !host.is_empty())
}

/// Drops what is beyond `max_hosts`.
pub(super) fn bound(hosts: &mut Entries, max_hosts: usize, now: u64) {
    if hosts.len() > max_hosts {
        hosts.retain(|_, entry| entry.expires > now);
    }
    while hosts.len() > max_hosts {
        let entries = hosts.iter();
        let entries: Vec<_> = entries
            .map(|(host, entry)| (site(host), entry.expires, host))
            .collect();
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        for (site, ..) in &entries {
            *sizes.entry(site).or_default() += 1;
        }
        let first = entries
            .iter()
            .max_by_key(|(site, expires, _)| (sizes.get(site).copied(), Reverse(*expires)));
        let Some(host) = first.map(|(.., host)| (*host).clone()) else {
            break;
        };
        hosts.remove(&host);
    }
}

/// In seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
