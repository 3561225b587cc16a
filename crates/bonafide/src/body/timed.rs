//! A body that must be read before the deadline of its call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::{Arriving, Body};
use crate::error::{Delivery, Error, Failure, Phase};
use crate::limits::timer;

/// The body of a response that has passed layers. A layer may have made it, without the call's
/// deadline.
pub(super) struct Timed {
    body: Body,
    deadline: (Instant, Duration),
    /// Made when the body first keeps its reader waiting.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    /// `body`, until `deadline`.
    pub(super) fn new(body: Body, deadline: (Instant, Duration)) -> Self {
        Self {
            body,
            deadline,
            timer: None,
        }
    }
}

impl Arriving for Timed {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let (at, limit) = self.deadline;
        if self.timer.is_none() {
            self.timer = timer(at);
        }
        let failure = match &mut self.timer {
            None => Failure::outside_a_runtime("the body"),
            Some(timer) => {
                ready!(timer.as_mut().poll(cx));
                Failure::overdue(limit)
            }
        };
        self.body = Body::empty();
        let failure = failure.during(Phase::Body).delivered(Delivery::Answered);
        Poll::Ready(Some(Err(failure.into())))
    }

    fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
