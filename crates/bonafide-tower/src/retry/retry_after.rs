//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderValue, RETRY_AFTER};

/// How long the response with these headers asks to wait, counted from `now`, when it arrived.
/// `None` where it has no usable `Retry-After` (RFC 9110 section 10.2.3).
///
/// A number of seconds counts from `now`. A date counts by the clock of this machine and by the
/// response's own `Date`: the longer of the two waits is returned, so that a wrong clock does not
/// cause an early retry. A date that has passed is no wait. If there are several fields, the
/// longest wait counts.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use bonafide_tower::retry::retry_after;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", HeaderValue::from_static("120"));
/// let wait = retry_after(&headers, SystemTime::now());
/// assert_eq!(wait, Some(Duration::from_secs(120)));
/// ```
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let values = headers.get_all(RETRY_AFTER).iter();
    values.filter_map(|value| wait(value, headers, now)).max()
}

fn wait(value: &HeaderValue, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = value.to_str().ok()?.trim_matches([' ', '\t']);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit into a u64 is a very long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let sent = headers
        .get(DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let from = sent.map_or(now, |sent| sent.min(now));
    Some(at.duration_since(from).unwrap_or_default())
}
