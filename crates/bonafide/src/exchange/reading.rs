//! Reading a response's body from its connection.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::framing::Framing;
use crate::body::Arriving;
use crate::connect::Connector;
use crate::error::{Delivery, Error, Failure, Kind, Phase, h2_cause};
use crate::limits::{Deadline, MAX_ABANDONED_BYTES, SILENCE, timer};
use crate::pool::Lease;

/// A response's body, and the connection that it arrives on.
pub(super) struct Reading {
    /// Declared first, so that it is dropped before `lease` returns the connection.
    incoming: Option<Incoming>,
    lease: Option<Lease<Connector>>,
    framing: Framing,
    /// The limit between two pieces.
    idle: Option<Duration>,
    deadline: Deadline,
    /// Made when the body first keeps its reader waiting.
    timer: Option<Pin<Box<Sleep>>>,
    /// When the reader started to wait for the next piece, and the socket's `reads` at that time.
    waiting_since: Option<(Instant, u64)>,
}

impl Reading {
    pub(super) fn new(
        incoming: Incoming,
        lease: Lease<Connector>,
        framing: Framing,
        idle: Option<Duration>,
        deadline: Deadline,
    ) -> Self {
        let mut reading = Self {
            incoming: Some(incoming),
            lease: Some(lease),
            framing,
            idle,
            deadline,
            timer: None,
            waiting_since: None,
        };
        if reading.is_end() {
            reading.finish();
        }
        reading
    }

    /// Ready once the body has taken too long. The timer is not reset for each piece, since that
    /// takes a lock. If it fires too early, it is set to the right time then.
    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        let lease = &self.lease;
        let reads = || {
            lease
                .as_ref()
                .map_or(0, |lease| lease.meta().socket.reads())
        };
        let (since, reads) = *self
            .waiting_since
            .get_or_insert_with(|| (Instant::now(), reads()));
        let (idle, total) = (self.idle, self.deadline);
        let until_idle = idle.and_then(|idle| since.checked_add(idle));
        let Some(until) = until_idle.into_iter().chain(total.map(|(at, _)| at)).min() else {
            return Poll::Pending;
        };
        if self.timer.is_none() {
            self.timer = timer(until);
        }
        let Some(timer) = &mut self.timer else {
            return Poll::Ready(Failure::outside_a_runtime("the body"));
        };
        loop {
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if timer.deadline() >= until {
                break;
            }
            timer.as_mut().reset(until);
        }
        if let Some(Lease::Http2(lease)) = &self.lease
            && since.elapsed() >= SILENCE
        {
            lease.doubt(reads);
        }
        Poll::Ready(match (total, idle) {
            (Some((at, limit)), _) if at == until => Failure::overdue(limit),
            (_, idle) => {
                let idle = idle.unwrap_or_default();
                let what = format!("no more of the response's body arrived within {idle:?}");
                Failure::new(Kind::Timeout, what)
            }
        })
    }

    /// The body is read: its connection serves the next request.
    fn finish(&mut self) {
        self.incoming = None;
        self.timer = None;
        match self.lease.take() {
            Some(Lease::Http1(lease)) if self.framing.last => {
                if self.framing.unsent {
                    // hyper would wait for the body.
                    lease.conn().cut_off();
                }
                lease.report_fault();
            }
            Some(Lease::Http1(lease)) => lease.return_to_pool(),
            Some(Lease::Http2(lease)) => lease.end(),
            None => {}
        }
    }

    /// The body cannot be read further, and its HTTP/1.1 connection cannot be used again.
    fn fail(&mut self, failure: Failure) -> Error {
        self.incoming = None;
        self.timer = None;
        if let Some(Lease::Http1(lease)) = self.lease.take() {
            lease.conn().cut_off();
            lease.report_fault();
        }
        failure
            .during(Phase::Body)
            .delivered(Delivery::Answered)
            .into()
    }
}

impl Arriving for Reading {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        match Pin::new(&mut *incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.waiting_since = None;
                if self.framing.bodiless && frame.data_ref().is_some_and(|data| !data.is_empty()) {
                    let what = "the server sent a body in a response that cannot have one";
                    return Poll::Ready(Some(Err(self.fail(Failure::new(Kind::Protocol, what)))));
                }
                if incoming.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                let missing = incoming.size_hint().lower();
                let what = if missing > 0 {
                    format!("the response's body ended {missing} bytes early").into()
                } else if self.framing.http2 && !incoming.is_end_stream() {
                    // hyper treats RST_STREAM and GOAWAY with NO_ERROR as the end of a body.
                    Cow::Borrowed(
                        "the server ended the stream before the end of the response's body",
                    )
                } else {
                    self.finish();
                    return Poll::Ready(None);
                };
                Poll::Ready(Some(Err(self.fail(Failure::new(Kind::Body, what)))))
            }
            Poll::Ready(Some(Err(error))) => {
                let whole = incoming.size_hint().exact() == Some(0);
                if self.framing.http2 && whole && h2_cause(&error).is_some_and(h2::Error::is_io) {
                    // All declared bytes have arrived. h2 loses an END_STREAM if the connection
                    // breaks while the request's body is still being sent.
                    self.finish();
                    return Poll::Ready(None);
                }
                let (kind, what) = if h2_cause(&error).is_some_and(h2::Error::is_library) {
                    (Kind::Protocol, "the server broke the rules of HTTP/2")
                } else {
                    (Kind::Body, "the response's body was cut off")
                };
                let failure = Failure::new(kind, what).caused_by(error);
                Poll::Ready(Some(Err(self.fail(failure))))
            }
            Poll::Pending => match self.poll_limits(cx) {
                Poll::Ready(failure) => Poll::Ready(Some(Err(self.fail(failure)))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some((since, reads)) = self.waiting_since
            && let Some(Lease::Http2(lease)) = &self.lease
            && since.elapsed() >= SILENCE
        {
            lease.doubt(reads);
        }
        let Some(incoming) = self.incoming.take() else {
            return;
        };
        let left = incoming.size_hint().upper();
        drop(incoming);
        if let Some(Lease::Http1(lease)) = self.lease.take() {
            if !self.framing.last && left.is_some_and(|left| left <= MAX_ABANDONED_BYTES) {
                lease.return_to_pool();
            } else {
                lease.conn().cut_off();
            }
        }
    }
}
