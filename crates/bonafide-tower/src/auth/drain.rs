//! Reads bodies of responses that the caller does not get.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Buf as _;
use http_body::Body;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep};

/// The most bytes that are read of one: 64 KiB, as for redirects in `bonafide::Client`.
const MAX_BYTES: usize = 64 * 1024;

/// The longest time to read, inside a tokio runtime.
const LIMIT: Duration = Duration::from_secs(1);

/// A body that is read up to a bound, so that its connection can be used again.
pub(super) struct Drain {
    left: usize,
    limit: Option<Pin<Box<Sleep>>>,
}

impl Drain {
    pub(super) fn new() -> Self {
        let in_runtime = Handle::try_current().is_ok();
        Self {
            left: MAX_BYTES,
            limit: in_runtime.then(|| Box::pin(sleep(LIMIT))),
        }
    }

    /// Ready when `body` is at its end or its bound.
    pub(super) fn poll<B: Body>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if let Some(limit) = &mut self.limit
            && limit.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(());
        }
        loop {
            let Some(Ok(frame)) = ready!(body.as_mut().poll_frame(cx)) else {
                return Poll::Ready(());
            };
            let bytes = frame.data_ref().map_or(0, |data| data.remaining());
            match self.left.checked_sub(bytes) {
                Some(left) if left > 0 => self.left = left,
                _ => return Poll::Ready(()),
            }
        }
    }
}
