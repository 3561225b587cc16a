//! Whether an event stream connects again, and when. Synchronous; knows no connection.

use std::time::Duration;

use bonafide_tower::retry::Backoff;
use http::StatusCode;

use crate::error::{Delivery, Error, Kind, Phase};
use crate::limits::{MAX_RECONNECT_WAIT, MAX_RECONNECTS, MIN_RECONNECT_WAIT, RECONNECT_WAIT};

/// The limits on connecting again, and how many connections have failed in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reconnect {
    pub(super) max_failures: u32,
    pub(super) max_wait: Duration,
    pub(super) failures: u32,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            max_failures: MAX_RECONNECTS,
            max_wait: MAX_RECONNECT_WAIT,
            failures: 0,
        }
    }
}

impl Reconnect {
    /// Something arrived on a connection.
    pub(super) fn connected(&mut self) {
        self.failures = 0;
    }

    /// A connection failed before anything arrived. Whether there may be another one.
    pub(super) fn failed(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures <= self.max_failures
    }

    /// How long to wait before the next connection: as long as the server asked for by the field
    /// `retry` or by `Retry-After`, and a random part of `retry`, which doubles with each failure.
    /// `None` if `Retry-After` is longer than is waited for.
    pub(super) fn wait(
        &self,
        retry: Option<Duration>,
        retry_after: Option<Duration>,
        random: u64,
    ) -> Option<Duration> {
        let retry_after = retry_after.unwrap_or_default();
        if retry_after > self.max_wait {
            return None;
        }
        let retry = retry
            .unwrap_or(RECONNECT_WAIT)
            .max(MIN_RECONNECT_WAIT)
            .min(self.max_wait);
        let backoff = Backoff::new(retry, self.max_wait);
        let random = backoff.wait(self.failures.saturating_add(1), random);
        Some(retry.max(retry_after).saturating_add(random))
    }
}

/// Whether another connection may succeed after this error, for a request that may be repeated.
pub(super) fn may_pass(error: &Error) -> bool {
    match (error.delivery(), error.kind()) {
        // Not a refusal, a policy that cannot be used, an alert of TLS, or a mistake of the caller.
        (Delivery::NotSent | Delivery::RefusedUnprocessed, _) => error.is_retryable(),
        (_, Kind::Closed | Kind::Timeout) => true,
        (_, Kind::Body) => error.phase() == Some(Phase::Body),
        (_, Kind::Status) => error.status().is_some_and(may_pass_by_status),
        _ => false,
    }
}

/// Whether a response with this status says that the server is not there for a while.
fn may_pass_by_status(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}
