//! The wait before an attempt, and the response of the one before.

use std::time::Duration;

use bytes::Buf as _;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::body::Body;
use crate::limits::{Deadline, MAX_ABANDONED_BYTES, REPLACED_LIMIT};

/// How long to wait for the end of a body that is dropped, if the wait before the next attempt is
/// shorter: a long round trip. A new handshake takes longer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Waits for `after`, and meanwhile reads the rest of `wasted`, so that its connection can serve
/// the next attempt. A body that is long or slow is dropped.
pub(super) async fn wait(after: Duration, wasted: Option<Body>, deadline: Deadline) {
    let now = Instant::now();
    // The clock can represent every wait, unless the caller has set very large limits.
    let ends = now.checked_add(after).unwrap_or(now + FAR);
    if let Some(body) = wasted {
        let patience = after.clamp(PATIENCE, REPLACED_LIMIT);
        let ends = deadline.map_or(now + patience, |(at, _)| at.min(now + patience));
        // When the time is over, the body is dropped as well.
        let _ = timeout_at(ends, read(body)).await;
    }
    if ends > Instant::now() {
        sleep_until(ends).await;
    }
}

/// A wait that does not end.
const FAR: Duration = Duration::from_secs(86_400 * 365);

/// Reads `body` to its end, unless it is too large for that.
async fn read(mut body: Body) {
    let mut read: u64 = 0;
    while read <= MAX_ABANDONED_BYTES
        && !body.is_end_stream()
        && let Some(Ok(frame)) = body.frame().await
    {
        // An empty frame counts as one byte, since a server can send any number of them.
        let bytes = frame.data_ref().map_or(1, |data| data.remaining().max(1));
        read = read.saturating_add(bytes as u64);
    }
}
