//! The jar: cookies of several partitions, with one limit for all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::CookieError;
use super::cookie::{Cookie, micros};
use super::kept::Base;
use super::rule::{Channel, admit};
use super::shelf::{Route, Shelf, Use};
use crate::assurance::Assurance;
use crate::store::Partition;

/// How many cookies a [`Jar`] stores, and how many bytes of them it sends with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JarLimits {
    /// The most cookies of one domain in one partition. Default: 50. When there are more, the jar
    /// removes an expired cookie first, then one that is not `Secure`, then any; each time the one
    /// that was used longest ago.
    pub per_domain: usize,
    /// The most cookies in all partitions together. Default: 3,000. When there are more, the jar
    /// removes an expired cookie first, then the one of the fullest partition that was used longest
    /// ago: one zone cannot push out the cookies of the others.
    pub in_all: usize,
    /// The most bytes of the value of one `Cookie` field. Default: 8,000. Cookies are taken in the
    /// order in which they are sent; one that does not fit is left out, and smaller ones after it
    /// may still fit. What is left out stays stored.
    ///
    /// A server refuses a field that is too long, with 400 or 431 (RFC 6585 section 5), and does so
    /// until the cookies expire: a sibling host that sets cookies for the parent domain could lock
    /// a user out. By default Apache httpd accepts 8,190 bytes of a field, its name included, and
    /// nginx 8 KiB of a line.
    pub header_bytes: usize,
}

/// For the stored cookies, the limits of RFC 6265bis section 6.1.
impl Default for JarLimits {
    fn default() -> Self {
        Self {
            per_domain: 50,
            in_all: 3_000,
            header_bytes: 8_000,
        }
    }
}

/// Cookies, separated by [`Partition`]. Clones share them.
///
/// A jar belongs to one user of a service: give each user a separate jar or a separate partition. A
/// jar in a `static` sends the cookies of one user with the requests of another.
///
/// All methods are synchronous. Their arguments are the URL, the partition, the assurance of the
/// server, and the time. No cookie is sent to, or set by, an `https://` server that is not
/// [verified](Assurance::Verified).
///
/// ```
/// use std::time::SystemTime;
///
/// use bonafide_tower::assurance::Assurance::Verified;
/// use bonafide_tower::cookies::Jar;
/// use bonafide_tower::store::Partition;
/// use url::Url;
///
/// let (jar, user, now) = (Jar::new(), Partition::new("user 17"), SystemTime::now());
/// let url = Url::parse("https://www.example.com/shop/basket")?;
/// jar.set(&url, &user, Verified, b"id=7; Secure; Domain=example.com; Path=/shop", now)?;
///
/// let cookies = jar.cookies(&url, &user, Verified, now);
/// assert_eq!((cookies[0].name(), cookies[0].value()), (Some("id"), Some("7")));
/// let there = Url::parse("https://api.example.com/shop")?;
/// assert_eq!(jar.header(&there, &user, Verified, now).ok_or("no cookie")?, "id=7");
/// assert_eq!(jar.header(&there, &Partition::new("user 18"), Verified, now), None);
///
/// assert!(jar.remove(&user, &cookies[0]));
/// assert!(jar.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Jar {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) shelves: HashMap<Partition, Shelf>,
    /// What was stored of a partition when it was last loaded or saved.
    pub(super) bases: HashMap<Partition, Base>,
    pub(super) limits: JarLimits,
    sequence: u64,
}

impl Jar {
    /// An empty jar with the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty jar with these limits.
    pub fn with_limits(limits: JarLimits) -> Self {
        let state = State {
            limits,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the cookies of the `Set-Cookie` fields of a response from `url`. Cookies that must
    /// not be stored are left out; [`set`](Self::set) returns the reason.
    pub fn receive(
        &self,
        url: &Url,
        partition: &Partition,
        assurance: Assurance,
        headers: &HeaderMap,
        now: SystemTime,
    ) {
        for field in headers.get_all(SET_COOKIE) {
            // An invalid cookie is no reason to fail the request, so the error is dropped.
            let _ = self.set(url, partition, assurance, field.as_bytes(), now);
        }
    }

    /// Stores the cookie of one `Set-Cookie` field from `url`: of a response, or written by the
    /// caller. A `;` ends the value and begins an attribute. An expired cookie, for example with
    /// `Max-Age=0`, removes the stored one.
    ///
    /// # Errors
    ///
    /// [`CookieError`] if it must not be stored.
    pub fn set(
        &self,
        url: &Url,
        partition: &Partition,
        assurance: Assurance,
        field: &[u8],
        now: SystemTime,
    ) -> Result<(), CookieError> {
        let now = micros(now);
        let state = &mut *self.state();
        state.sequence += 1;
        let cookie = admit(url, assurance, field, now, state.sequence)?;
        let came_over_http = !matches!(Channel::of(url, assurance)?, (Channel::Verified, _));
        let shelf = state.shelves.entry(partition.clone()).or_default();
        let hides = came_over_http && shelf.hides_secure(&cookie, now);
        if !hides {
            shelf.put(cookie, now, state.limits.per_domain);
        }
        state.bound(now);
        if hides {
            return Err(CookieError::HidesSecure);
        }
        Ok(())
    }

    /// The cookies of a request to `url`, in the order in which they are sent: longer paths first,
    /// and for equal lengths, older cookies first (RFC 6265bis section 5.8.3).
    pub fn cookies(
        &self,
        url: &Url,
        partition: &Partition,
        assurance: Assurance,
        now: SystemTime,
    ) -> Vec<Cookie> {
        let state = &mut *self.state();
        let selected = state.select(url, partition, assurance, micros(now), Use::Shown);
        selected.into_iter().cloned().collect()
    }

    /// The `Cookie` field of a request to `url`; `None` if there is no cookie for it. It is marked
    /// as [sensitive](HeaderValue::is_sensitive). The cookies for `url` count as used now, also
    /// those that are left out because the field would be [too long](JarLimits::header_bytes).
    pub fn header(
        &self,
        url: &Url,
        partition: &Partition,
        assurance: Assurance,
        now: SystemTime,
    ) -> Option<HeaderValue> {
        let state = &mut *self.state();
        let limit_bytes = state.limits.header_bytes;
        let mut text = Vec::new();
        for cookie in state.select(url, partition, assurance, micros(now), Use::Sent) {
            let separator_bytes = if text.is_empty() { 0 } else { 2 };
            if text.len() + separator_bytes + cookie.pair_bytes() > limit_bytes {
                continue;
            }
            if !text.is_empty() {
                text.extend_from_slice(b"; ");
            }
            if !cookie.name.is_empty() {
                text.extend_from_slice(&cookie.name);
                text.push(b'=');
            }
            text.extend_from_slice(&cookie.value);
        }
        if text.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_bytes(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// All cookies of a partition that have not expired, for any URL.
    pub fn all(&self, partition: &Partition, now: SystemTime) -> Vec<Cookie> {
        let now = micros(now);
        let state = self.state();
        let shelf = state.shelves.get(partition);
        let cookies = shelf.into_iter().flat_map(Shelf::iter);
        let fresh = cookies.filter(|cookie| !cookie.is_expired(now));
        fresh.cloned().collect()
    }

    /// Removes the cookie of the name, domain and path of `cookie`. Returns whether there was one.
    pub fn remove(&self, partition: &Partition, cookie: &Cookie) -> bool {
        let mut state = self.state();
        let shelf = state.shelves.get_mut(partition);
        let removed = shelf.is_some_and(|shelf| shelf.remove(&cookie.identity()));
        state.drop_empty();
        removed
    }

    /// Removes all cookies of a partition.
    pub fn clear(&self, partition: &Partition) {
        self.state().shelves.remove(partition);
    }

    /// Removes all cookies of all partitions.
    pub fn clear_all(&self) {
        self.state().shelves.clear();
    }

    /// How many cookies there are, in all partitions; some may have expired.
    pub fn len(&self) -> usize {
        self.state().len()
    }

    /// Whether there is no cookie.
    pub fn is_empty(&self) -> bool {
        self.state().shelves.is_empty()
    }
}

impl State {
    /// The next place in the order of creation.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    fn len(&self) -> usize {
        self.shelves.values().map(Shelf::len).sum()
    }

    fn select(
        &mut self,
        url: &Url,
        partition: &Partition,
        assurance: Assurance,
        now: i64,
        purpose: Use,
    ) -> Vec<&Cookie> {
        let (Ok((channel, host)), Some(shelf)) =
            (Channel::of(url, assurance), self.shelves.get_mut(partition))
        else {
            return Vec::new();
        };
        let route = Route { url, host, channel };
        shelf.select(&route, now, purpose)
    }

    /// Drops what is beyond the limit of all partitions, and partitions without cookies.
    pub(super) fn bound(&mut self, now: i64) {
        if self.len() > self.limits.in_all {
            for shelf in self.shelves.values_mut() {
                shelf.drop_expired(now);
            }
        }
        while self.len() > self.limits.in_all {
            let shelves = self.shelves.iter_mut();
            let fullest = shelves.max_by(|one, other| {
                let by_size = one.1.len().cmp(&other.1.len());
                by_size.then_with(|| other.0.cmp(one.0))
            });
            let Some((_, fullest)) = fullest else { break };
            fullest.drop_stalest();
        }
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        self.shelves.retain(|_, shelf| shelf.len() > 0);
    }
}

/// How many cookies there are, and nothing of them.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Jar")
            .field("cookies", &state.len())
            .field("partitions", &state.shelves.len())
            .field("limits", &state.limits)
            .finish()
    }
}
