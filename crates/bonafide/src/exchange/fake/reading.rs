//! Reading a fake response's body, within the limits of a real one.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::body::{Arriving, Body};
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::limits::{Deadline, timer};

/// The body of a fake response.
pub(super) struct Reading {
    body: Body,
    /// The limit between two pieces.
    idle: Option<Duration>,
    deadline: Deadline,
    /// Made when a piece keeps its reader waiting.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Reading {
    pub(super) fn new(body: Body, idle: Option<Duration>, deadline: Deadline) -> Self {
        Self {
            body,
            idle,
            deadline,
            timer: None,
        }
    }

    /// Ready once the body has taken too long.
    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        if self.timer.is_none() {
            let idle = self.idle.and_then(|idle| Instant::now().checked_add(idle));
            let total = self.deadline.map(|(at, _)| at);
            let Some(until) = idle.into_iter().chain(total).min() else {
                return Poll::Pending;
            };
            self.timer = timer(until);
        }
        let Some(timer) = &mut self.timer else {
            return Poll::Ready(Failure::outside_a_runtime("the body"));
        };
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(match self.deadline {
            Some((at, limit)) if at <= timer.deadline() => Failure::overdue(limit),
            _ => {
                let idle = self.idle.unwrap_or_default();
                let what = format!("no more of the response's body arrived within {idle:?}");
                Failure::new(Kind::Timeout, what)
            }
        })
    }

    fn fail(&mut self, failure: Failure) -> Error {
        self.body = Body::empty();
        failure
            .during(Phase::Body)
            .delivered(Delivery::Answered)
            .into()
    }
}

impl Arriving for Reading {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Err(error))) => {
                let failure = Failure::new(Kind::Body, "the response's body was cut off");
                Poll::Ready(Some(Err(self.fail(failure.caused_by(error)))))
            }
            Poll::Ready(frame) => {
                self.timer = None;
                Poll::Ready(frame)
            }
            Poll::Pending => {
                let failure = ready!(self.poll_limits(cx));
                Poll::Ready(Some(Err(self.fail(failure))))
            }
        }
    }

    fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
