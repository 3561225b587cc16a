//! The time limits of one request.

use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep_until};

/// The time limits of one request; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLimits {
    /// For a connection, each time that the request needs one. The client's limits hold too.
    pub(crate) connect: Option<Duration>,
    /// From the last byte of the request that was handed over to the response's headers.
    pub(crate) headers: Option<Duration>,
    /// Between two pieces of the response's body.
    pub(crate) read: Option<Duration>,
    /// The whole request with its redirects, up to the last byte of the response's body.
    pub(crate) total: Option<Duration>,
    /// How long a body with `Expect: 100-continue` waits for the server.
    pub(crate) expect_continue: Option<Duration>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            connect: None,
            headers: Some(Duration::from_secs(30)),
            read: Some(Duration::from_secs(30)),
            total: None,
            expect_continue: Some(Duration::from_secs(1)),
        }
    }
}

impl RequestLimits {
    /// When a request that starts now must have ended.
    pub(crate) fn deadline(&self) -> Deadline {
        let total = self.total?;
        Some((Instant::now().checked_add(total)?, total))
    }
}

/// A timer that is set when it is first polled; `None` outside a tokio runtime.
pub(crate) fn timer(until: Instant) -> Option<Pin<Box<Sleep>>> {
    Handle::try_current()
        .is_ok()
        .then(|| Box::pin(sleep_until(until)))
}

/// The moment at which a request must have ended, and the limit that sets it.
pub(crate) type Deadline = Option<(Instant, Duration)>;

/// Time limits of one request, in place of the client's.
///
/// Set by [`RequestBuilder::timeout`](crate::RequestBuilder::timeout) and the methods like it. It
/// has the same effect in the extensions of an `http::Request` that is sent through the tower
/// service. The inner `None` is no limit, the outer `None` the client's limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestTimeouts {
    /// For the whole request with its redirects, up to the last byte of the response's body.
    pub total: Option<Option<Duration>>,
    /// For a connection, each time that the request needs one; see
    /// [`RequestBuilder::connect_timeout`](crate::RequestBuilder::connect_timeout).
    pub connect: Option<Option<Duration>>,
    /// From the last byte of the request to the response's headers.
    pub headers: Option<Option<Duration>>,
    /// Between two pieces of the response's body.
    pub read: Option<Option<Duration>>,
}

impl RequestTimeouts {
    pub(crate) fn apply(&self, limits: &mut RequestLimits) {
        let Self {
            total,
            connect,
            headers,
            read,
        } = *self;
        limits.connect = connect.unwrap_or(limits.connect);
        limits.total = total.unwrap_or(limits.total);
        limits.headers = headers.unwrap_or(limits.headers);
        limits.read = read.unwrap_or(limits.read);
    }
}
