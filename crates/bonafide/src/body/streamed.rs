//! A body that somebody else produces.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use sync_wrapper::SyncWrapper;

use super::outgoing::Progress;
use crate::error::{Error, Failure, Kind, Phase};

/// Any body, behind one pointer.
pub(super) struct Streamed {
    body: SyncWrapper<Pin<Box<dyn Body<Data = Bytes, Error = Error> + Send>>>,
    /// What the body said last; it cannot be asked through a shared reference.
    hint: SizeHint,
    ended: bool,
    progress: Option<Progress>,
}

impl Streamed {
    pub(super) fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let hint = body.size_hint();
        let ended = body.is_end_stream();
        let body = body.map_err(|error| {
            Failure::new(Kind::Body, "the request's body could not be read")
                .during(Phase::Send)
                .caused_by_boxed(error.into())
                .into()
        });
        Self {
            body: SyncWrapper::new(Box::pin(body)),
            hint,
            ended,
            progress: None,
        }
    }

    pub(super) fn watch(&mut self) -> Progress {
        self.progress.get_or_insert_with(Progress::new).clone()
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(progress) = &self.progress {
            progress.note();
        }
        let body = self.body.get_mut();
        let polled = body.as_mut().poll_frame(cx);
        self.hint = body.size_hint();
        self.ended = body.is_end_stream();
        if let Some(progress) = &self.progress {
            match &polled {
                Poll::Ready(Some(Err(error))) => progress.note_failure(error.to_failure()),
                Poll::Ready(None) => progress.note_end(),
                _ if self.ended => progress.note_end(),
                _ => {}
            }
        }
        polled
    }

    pub(super) fn is_end(&self) -> bool {
        self.ended
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
