//! Reporting how much of a body has passed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::repeat::Again;
use super::{Arriving, Body, Inner};
use crate::error::Error;

/// Is called with the bytes so far and the bytes in all, if their number is known.
type Report = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

impl Body {
    /// Calls `report` whenever the connection has taken a piece of this body, with the bytes that
    /// it has taken and, if it is known, the length of the body. The connection buffers some 400 KB
    /// at most before it waits for the network. Each attempt to send the request counts from 0.
    ///
    /// `report` is called on the task that sends; it must not block. It is not called for an empty
    /// body.
    ///
    /// ```
    /// use bonafide::Body;
    ///
    /// let body = Body::from("abc").on_progress(|sent, total| match total {
    ///     Some(total) => println!("{sent} of {total} bytes"),
    ///     None => println!("{sent} bytes"),
    /// });
    /// ```
    pub fn on_progress(self, report: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        if matches!(self.inner, Inner::Empty) {
            return self;
        }
        let report: Report = Arc::new(report);
        let spare = self.try_clone();
        let body = Self::reported(self, Arc::clone(&report));
        let Some(spare) = spare else {
            return body;
        };
        body.repeated_by(Again::new(move || {
            Some(Self::reported(spare.try_clone()?, Arc::clone(&report)))
        }))
    }

    fn reported(body: Self, report: Report) -> Self {
        let announced = body.announced_trailers().cloned();
        let total = body.known_length();
        Self::composed(Reported::new(body, total, report)).announcing(announced)
    }

    /// The body of a response, of which `report` is called for each piece.
    pub(crate) fn reporting(
        self,
        report: impl Fn(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Self {
        let total = self.size_hint().exact();
        Self::arriving(Reported::new(self, total, Arc::new(report)))
    }
}

/// A body that is counted for its sender or its receiver.
struct Reported {
    body: Body,
    passed: u64,
    total: Option<u64>,
    report: Report,
}

impl Reported {
    fn new(body: Body, total: Option<u64>, report: Report) -> Self {
        Self {
            body,
            passed: 0,
            total,
            report,
        }
    }
}

impl Arriving for Reported {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref().filter(|data| !data.is_empty())
        {
            self.passed += data.len() as u64;
            (self.report)(self.passed, self.total);
        }
        polled
    }

    fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl http_body::Body for Reported {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Arriving::poll_frame(&mut *self, cx)
    }

    fn is_end_stream(&self) -> bool {
        Arriving::is_end(self)
    }

    fn size_hint(&self) -> SizeHint {
        Arriving::size_hint(self)
    }
}
