//! The rest of a response that another attempt replaces.

use bytes::Buf as _;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::body::Body;
use crate::limits::MAX_ABANDONED_BYTES;

/// Reads `body` to its end, so that its connection can serve the next attempt. A body that is
/// large, or has not ended at `end`, is dropped, and its connection with it.
pub(super) async fn discard(body: Body, end: Instant) {
    let _ = timeout_at(end, read(body)).await;
}

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
