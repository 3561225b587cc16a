//! A body that is produced elsewhere.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderValue;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use sync_wrapper::SyncWrapper;

use super::counted::Count;
use super::outgoing::Progress;
use super::repeat::Again;
use crate::error::Error;

/// Any body, behind one pointer.
pub(super) struct Streamed {
    body: SyncWrapper<Pin<Box<dyn Body<Data = Bytes, Error = Error> + Send>>>,
    /// The body's last size hint; a shared reference cannot query the body.
    hint: SizeHint,
    ended: bool,
    /// Counts the bytes if the body or the request declares a length.
    count: Option<Count>,
    progress: Option<Progress>,
    /// Makes the same body again, for another attempt.
    again: Option<Again>,
    /// Whether anything was read, or tried to be.
    touched: bool,
    /// The names of the trailers that will come, as the value of `Trailer`.
    pub(super) announced: Option<HeaderValue>,
}

impl Streamed {
    /// `error` turns the errors of `body` into the client's.
    pub(super) fn new<B, E>(body: B, error: E) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
        E: Fn(Box<dyn StdError + Send + Sync>) -> Error + Send + 'static,
    {
        let hint = body.size_hint();
        let ended = body.is_end_stream();
        let body = body.map_err(move |cause| error(cause.into()));
        Self {
            body: SyncWrapper::new(Box::pin(body)),
            hint,
            ended,
            count: hint.exact().map(|length| Count::new(length, ended)),
            progress: None,
            again: None,
            touched: false,
            announced: None,
        }
    }

    /// Makes this body again with `again` for each further attempt.
    pub(super) fn repeated_by(&mut self, again: Again) {
        self.again = Some(again);
    }

    /// Makes the same body again, if that is possible and nothing was read yet.
    pub(super) fn repeat(&self) -> Option<super::Body> {
        let again = self.again.as_ref().filter(|_| !self.touched)?;
        let body = again.body()?;
        Some(match self.declared() {
            Some(length) => body.declared(length),
            None => body,
        })
    }

    /// Treats the body's length as a hint as long as it is the body of a response.
    pub(super) fn unbound(mut self) -> Self {
        self.count = None;
        self
    }

    /// Requires a length of `length` bytes, unless the body declares one itself.
    pub(super) fn declare(&mut self, length: u64) {
        self.count
            .get_or_insert_with(|| Count::new(length, self.ended));
    }

    /// The length that is declared.
    pub(super) fn declared(&self) -> Option<u64> {
        self.count.as_ref().map(Count::declared)
    }

    /// Records progress from now on, as the body of a request, whose length is checked.
    pub(super) fn watch(&mut self) -> Progress {
        if let Some(length) = self.hint.exact() {
            self.declare(length);
        }
        self.progress.get_or_insert_with(Progress::new).clone()
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.touched = true;
        if let Some(progress) = &self.progress {
            progress.note();
        }
        let body = self.body.get_mut();
        let polled = match &mut self.count {
            Some(count) => count.poll_frame(body.as_mut(), cx),
            None => body.as_mut().poll_frame(cx),
        };
        self.hint = body.size_hint();
        self.ended = body.is_end_stream();
        if let Some(progress) = &self.progress {
            if let Poll::Ready(Some(Ok(frame))) = &polled
                && let Some(data) = frame.data_ref()
            {
                progress.note_bytes(data.len());
            }
            match &polled {
                Poll::Ready(Some(Err(error))) => progress.note_failure(error.to_failure()),
                Poll::Ready(None) => progress.note_end(),
                _ if self.is_end() => progress.note_end(),
                _ => {}
            }
        }
        polled
    }

    pub(super) fn is_end(&self) -> bool {
        self.count.as_ref().map_or(self.ended, Count::is_ended)
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.count.as_ref().map_or(self.hint, Count::size_hint)
    }
}
