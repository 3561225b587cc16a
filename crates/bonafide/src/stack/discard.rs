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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn empty_frames_are_not_read_without_end() {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&read);
        let frames = stream::iter((0..2 * MAX_ABANDONED_BYTES).map(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Frame::data(Bytes::new()))
        }));
        let body = Body::wrap(StreamBody::new(frames));
        discard(body, Instant::now() + Duration::from_secs(3600)).await;
        assert_eq!(read.load(Ordering::SeqCst), MAX_ABANDONED_BYTES + 1);
    }
}
