//! Sending a body in pieces, to distinguish a slow upload from a server that does not answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::time::Instant;

use crate::error::Failure;

/// Most bytes that are handed to a connection at once. hyper buffers about 400 KB before it waits
/// for the network, so an accepted piece means that earlier pieces were sent.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// Counts the pieces that a connection has accepted, and keeps an error of the body.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    taken: AtomicU64,
    bytes: AtomicU64,
    failure: OnceLock<Failure>,
    end: Mutex<End>,
}

/// The end of a body, as its connection sees it.
#[derive(Debug, Default)]
struct End {
    at: Option<Instant>,
    /// Wakes the task that waits for it.
    waiting: Option<Waker>,
}

/// What [`Progress`] counts once the body has ended.
const ENDED: u64 = 1 << 63;

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            shared: Arc::default(),
        }
    }

    /// Records that the connection accepted a piece, or asked for one.
    pub(crate) fn note(&self) {
        self.shared.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// Records that the connection accepted the whole body.
    pub(crate) fn note_end(&self) {
        self.shared.taken.fetch_or(ENDED, Ordering::Relaxed);
        let mut end = self.end();
        end.at.get_or_insert_with(Instant::now);
        let waiting = end.waiting.take();
        drop(end);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Counts the bytes of a piece.
    pub(super) fn note_bytes(&self, count: usize) {
        self.shared.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The bytes that the connection has accepted.
    pub(crate) fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// When the connection accepted the whole body, if it did.
    pub(crate) fn ended_at(&self) -> Option<Instant> {
        self.end().at
    }

    /// Ready once the connection has accepted the whole body. One task can wait.
    pub(crate) fn poll_end(&self, cx: &Context<'_>) -> Poll<()> {
        let mut end = self.end();
        if end.at.is_some() {
            return Poll::Ready(());
        }
        end.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.shared
            .end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the body cannot be read. On HTTP/2, hyper reports this to the peer and not to
    /// the request.
    pub(crate) fn note_failure(&self, failure: Failure) {
        // A later failure repeats the first one.
        let _ = self.shared.failure.set(failure);
    }

    /// Why the body could not be read, if it could not.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.shared.failure.get().cloned()
    }

    /// Whether the connection accepted the whole body.
    pub(crate) fn is_ended(&self) -> bool {
        self.mark() & ENDED != 0
    }

    /// A number that changes whenever the connection accepts something.
    pub(crate) fn mark(&self) -> u64 {
        self.shared.taken.load(Ordering::Relaxed)
    }
}

/// Bytes in memory, sent piece by piece.
#[derive(Debug)]
pub(super) struct Pieces {
    rest: Bytes,
    progress: Option<Progress>,
}

impl Pieces {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self {
            rest: bytes,
            progress: None,
        }
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Starts to note progress, if there is more than one piece.
    pub(super) fn watch(&mut self) -> Option<Progress> {
        if self.rest.len() > PIECE_BYTES && self.progress.is_none() {
            self.progress = Some(Progress::new());
        }
        self.progress.clone()
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if let Some(progress) = &self.progress {
            progress.note();
        }
        if self.rest.is_empty() {
            return None;
        }
        if self.rest.len() <= PIECE_BYTES {
            if let Some(progress) = &self.progress {
                progress.note_bytes(self.rest.len());
                progress.note_end();
            }
            return Some(std::mem::take(&mut self.rest));
        }
        if let Some(progress) = &self.progress {
            progress.note_bytes(PIECE_BYTES);
        }
        Some(self.rest.split_to(PIECE_BYTES))
    }
}

/// A clone reports progress to its own request.
impl Clone for Pieces {
    fn clone(&self) -> Self {
        Self::new(self.rest.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_comes_in_pieces_and_each_is_noted() {
        let mut pieces = Pieces::new(Bytes::from(vec![7; 2 * PIECE_BYTES + 1]));
        let progress = pieces.watch().expect("worth watching");
        let start = progress.mark();
        assert!(pieces.next().is_some());
        assert_ne!(progress.mark(), start);
        assert!(!progress.is_ended());
        let lengths: Vec<_> = pieces.by_ref().map(|piece| piece.len()).collect();
        assert_eq!(lengths, [PIECE_BYTES, 1]);
        assert!(progress.is_ended());
    }

    #[test]
    fn a_small_body_is_not_watched() {
        let mut pieces = Pieces::new(Bytes::from_static(b"small"));
        assert!(pieces.watch().is_none());
        assert_eq!(pieces.next(), Some(Bytes::from_static(b"small")));
        assert_eq!(pieces.next(), None);
    }
}
