//! A body that leaves at the pace of the script.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// How a body leaves.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// Before the first byte.
    pub(super) delay: Duration,
    /// Bytes a chunk; with its length before, unless set.
    pub(super) chunk: Option<usize>,
    /// Bytes a period.
    pub(super) throttle: Option<(usize, Duration)>,
    pub(super) trailers: HeaderMap,
}

impl Pace {
    /// Whether the body leaves at once and with its length before.
    pub(super) fn is_plain(&self) -> bool {
        let Self {
            delay,
            chunk,
            throttle,
            trailers,
        } = self;
        delay.is_zero() && chunk.is_none() && throttle.is_none() && trailers.is_empty()
    }
}

pub(super) struct Paced {
    rest: Bytes,
    pace: Pace,
    has_begun: bool,
    /// What may leave before the next pause.
    allowance: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(body: Bytes, pace: Pace) -> Self {
        Self {
            rest: body,
            allowance: pace.throttle.map_or(usize::MAX, |(bytes, _)| bytes),
            pace,
            has_begun: false,
            pause: None,
        }
    }

    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.has_begun {
            self.has_begun = true;
            self.pause_for(self.pace.delay);
        }
        if self.allowance == 0
            && !self.rest.is_empty()
            && let Some((bytes, period)) = self.pace.throttle
        {
            self.allowance = bytes;
            self.pause_for(period);
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    fn pause_for(&mut self, time: Duration) {
        if !time.is_zero() {
            self.pause = Some(Box::pin(tokio::time::sleep(time)));
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        ready!(this.poll_pause(cx));
        if this.rest.is_empty() {
            let trailers = std::mem::take(&mut this.pace.trailers);
            let last = (!trailers.is_empty()).then(|| Ok(Frame::trailers(trailers)));
            return Poll::Ready(last);
        }
        let chunk = this.pace.chunk.unwrap_or(usize::MAX);
        let length = this.rest.len().min(chunk).min(this.allowance);
        this.allowance -= length;
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        let is_due = self.has_begun && self.pause.is_none();
        is_due && self.rest.is_empty() && self.pace.trailers.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.pace.chunk.is_some() || !self.pace.trailers.is_empty() {
            SizeHint::default()
        } else {
            SizeHint::with_exact(self.rest.len() as u64)
        }
    }
}
