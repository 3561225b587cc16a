//! A reader that blocks, read on the threads that tokio keeps for blocking work.

use std::io::{self, Read};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::outgoing::PIECE_BYTES;

/// A reader between two reads, and the piece that was read last; no reader at the end.
type Step<R> = io::Result<(Option<R>, Bytes)>;

/// The content of a reader. At most one piece is in memory.
pub(super) enum OffThread<R> {
    Closed(Box<dyn FnOnce() -> io::Result<R> + Send>),
    Open(R),
    Reading(JoinHandle<Step<R>>),
    Ended,
}

impl<R> OffThread<R> {
    /// What `open` opens, on such a thread, when the content is first asked for.
    pub(super) fn new(open: impl FnOnce() -> io::Result<R> + Send + 'static) -> Self {
        Self::Closed(Box::new(open))
    }
}

impl<R: Read + Send + Unpin + 'static> Stream for OffThread<R> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Self::Reading(reading) = &mut *self {
                let step = ready!(Pin::new(reading).poll(cx));
                *self = Self::Ended;
                let (reader, piece) = step.unwrap_or_else(|error| Err(io::Error::other(error)))?;
                let Some(reader) = reader else {
                    return Poll::Ready(None);
                };
                *self = Self::Open(reader);
                return Poll::Ready(Some(Ok(piece)));
            }
            let runtime = Handle::try_current().map_err(io::Error::other)?;
            let reading = match mem::replace(&mut *self, Self::Ended) {
                Self::Closed(open) => runtime.spawn_blocking(move || read_piece(open()?)),
                Self::Open(reader) => runtime.spawn_blocking(move || read_piece(reader)),
                Self::Reading(_) | Self::Ended => return Poll::Ready(None),
            };
            *self = Self::Reading(reading);
        }
    }
}

/// Reads once: what a reader has now is sent before it is asked for more.
fn read_piece<R: Read>(mut reader: R) -> Step<R> {
    let mut piece = vec![0; PIECE_BYTES];
    let length = loop {
        match reader.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    piece.truncate(length);
    let rest = (length > 0).then_some(reader);
    Ok((rest, piece.into()))
}
