//! The body of a response whose request is sent again.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf as _;
use http_body::Body;

/// The most bytes that are read of a body that is dropped, so that its connection can serve the
/// next attempt. `bonafide::Client` has the same limit.
const MAX_BYTES: usize = 64 * 1024;

/// How long to wait for the end of a body that is dropped, if the wait before the next attempt is
/// shorter: a long round trip. A new handshake takes longer.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);

/// Reads on in `body`, of which `read` bytes were. Ready at its end, and when it is larger than
/// what is worth it.
pub(super) fn poll_read<B: Body>(
    mut body: Pin<&mut B>,
    read: &mut usize,
    cx: &mut Context<'_>,
) -> Poll<()> {
    while *read <= MAX_BYTES && !body.is_end_stream() {
        match body.as_mut().poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                // An empty frame counts as one byte, since a server can send any number of them.
                let bytes = frame.data_ref().map_or(1, |data| data.remaining().max(1));
                *read = read.saturating_add(bytes);
            }
            Poll::Ready(Some(Err(_)) | None) => break,
        }
    }
    Poll::Ready(())
}
