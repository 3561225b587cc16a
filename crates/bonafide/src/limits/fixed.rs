//! The limits that no caller can set.

use std::time::Duration;

#[cfg(feature = "sse")]
use bonafide_tower::retry::Budget;

/// How long an HTTP/2 connection may be silent before a cancelled request counts against it: no
/// further request then uses the connection until something arrives on it.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);

/// Maximum number of cancelled requests on one HTTP/2 connection; then another connection takes its
/// place. Each leaves a stream that the client has to remember for a while. Servers close
/// connections with many of them, since an attack does the same (CVE-2023-44487).
pub(crate) const MAX_CANCELLED: usize = 512;

/// How many interim responses to one request the caller's callback is called for. A server that
/// sends more is read on, within the limit for the response's headers.
pub(crate) const MAX_INTERIM_RESPONSES: usize = 32;

/// Most bytes of a line of a response's body, where the caller sets no limit.
pub(crate) const MAX_LINE_BYTES: usize = 64 * 1024;

/// How often a request is sent in total if servers refuse it unprocessed.
pub(crate) const MAX_SENDINGS: u8 = 3;

/// Most unread bytes of a dropped HTTP/1.1 response that keep its connection open: hyper reads the
/// bytes that have arrived, and the pool waits a moment for that.
pub(crate) const MAX_ABANDONED_BYTES: u64 = 64 * 1024;

/// How long unused connections beyond [`PoolLimits::max_idle`] may stay open. The pool looks for
/// them once in this time, so that a connection that becomes unused costs no look at all others.
pub(crate) const SURPLUS_LIMIT: Duration = Duration::from_secs(1);

/// How long the client reads the rest of a response that another attempt replaces, so that its
/// connection can serve that; [`MAX_ABANDONED_BYTES`] is how much.
#[cfg(any(feature = "auth", feature = "retry", test))]
pub(crate) const REPLACED_LIMIT: Duration = Duration::from_secs(1);

/// How many origins a client remembers with their partitions.
pub(crate) const MAX_ORIGINS: usize = 256;

/// The most bytes that are kept of the page of a proxy that refuses.
pub(crate) const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// Most bytes of a line of an event stream, its end not counted.
#[cfg(feature = "sse")]
pub(crate) const MAX_EVENT_LINE_BYTES: usize = 1024 * 1024;

/// Most bytes of the data of one event.
#[cfg(feature = "sse")]
pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// How long an event stream may be silent before another connection takes its place. Servers that
/// keep a stream alive send a comment every 15 to 30 s (WHATWG HTML standard, section 9.2.7).
#[cfg(feature = "sse")]
pub(crate) const EVENTS_IDLE: Duration = Duration::from_secs(60);

/// How long an event stream waits before it connects again, unless the server sends `retry`.
#[cfg(feature = "sse")]
pub(crate) const RECONNECT_WAIT: Duration = Duration::from_secs(3);

/// The shortest such wait, whatever the server sends.
#[cfg(feature = "sse")]
pub(crate) const MIN_RECONNECT_WAIT: Duration = Duration::from_millis(100);

/// The longest such wait, and the longest addition to it.
#[cfg(feature = "sse")]
pub(crate) const MAX_RECONNECT_WAIT: Duration = Duration::from_secs(60);

/// How many connections of an event stream may fail in a row before it ends.
#[cfg(feature = "sse")]
pub(crate) const MAX_RECONNECTS: u32 = 10;

/// Failed connections of all event streams of a client to one origin: 100, and one more for each
/// connection on which something arrived.
#[cfg(feature = "sse")]
pub(crate) const EVENT_BUDGET: Budget = Budget::new(100, 100);

/// How long the client waits for that page. The page only explains a refusal that is already known.
pub(crate) const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// How long a request waits for its credential.
#[cfg(feature = "auth")]
pub(crate) const CREDENTIAL_LIMIT: Duration = Duration::from_secs(60);

/// How often the rest of a file is asked for, whatever the rule of retries says.
#[cfg(feature = "download")]
pub(crate) const MAX_RESUMPTIONS: u32 = 100;
