//! Time limits of one request.

use std::time::Duration;

use crate::exchange::CallLimits;

/// Time limits of one request, in place of the client's.
///
/// Set by [`RequestBuilder::timeout`](crate::RequestBuilder::timeout) and its like. In the extensions of
/// an `http::Request` that goes through the tower service it has the same effect. The inner `None` is no
/// limit, the outer `None` the client's limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestTimeouts {
    /// For the whole request with its redirects, up to the last byte of the response's body.
    pub total: Option<Option<Duration>>,
    /// For a server to answer once it has the request.
    pub headers: Option<Option<Duration>>,
    /// Between two pieces of the response's body.
    pub read: Option<Option<Duration>>,
}

impl RequestTimeouts {
    pub(crate) fn apply(&self, limits: &mut CallLimits) {
        let Self {
            total,
            headers,
            read,
        } = *self;
        limits.total = total.unwrap_or(limits.total);
        limits.headers = headers.unwrap_or(limits.headers);
        limits.read = read.unwrap_or(limits.read);
    }
}
