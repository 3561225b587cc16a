//! Passing requests to hyper, so that each is answered or returned.
//!
//! hyper's sender pushes a request into a channel that the connection's task reads. If the task
//! ends at that moment, the request stays in a channel that is never read, for as long as the
//! sender lives, and its future never resolves. The sender therefore ends with the task: hyper then
//! returns the request.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::socket::SocketState;
use crate::body::Body;

/// hyper's result for a request: a response, or an error with the request if nothing of it was
/// written.
pub(super) type SendResult = Result<Response<Incoming>, TrySendError<Request<Body>>>;

/// hyper's sender `S`, until the task of its connection ends. Dropping it lets the connection
/// close.
pub(super) struct Sender<S> {
    slot: Arc<Slot<S>>,
}

impl<S> Sender<S> {
    /// The second half belongs to the connection's task.
    pub(super) fn new(send: S, socket: Arc<SocketState>) -> (Self, TaskEnd<S>) {
        let slot = Arc::new(Slot(Mutex::new(Some(send))));
        let end = TaskEnd {
            slot: Arc::clone(&slot),
            socket,
        };
        (Self { slot }, end)
    }

    /// Passes `request` to hyper, or returns its body if the connection's task has ended.
    pub(super) fn send<F>(
        &self,
        request: Request<Body>,
        send: impl FnOnce(&mut S, Request<Body>) -> F,
    ) -> Result<F, Body> {
        match &mut *self.slot.lock() {
            Some(sender) => Ok(send(sender, request)),
            None => Err(request.into_body()),
        }
    }

    /// Calls hyper's sender; `None` once the connection's task has ended.
    pub(super) fn ask<R>(&self, question: impl FnOnce(&mut S) -> R) -> Option<R> {
        self.slot.lock().as_mut().map(question)
    }
}

impl<S> Drop for Sender<S> {
    fn drop(&mut self) {
        self.slot.clear();
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.slot.lock().is_none();
        f.debug_struct("Sender").field("ended", &ended).finish()
    }
}

/// Held by the task of the connection: however that ends, the sender ends with it.
pub(super) struct TaskEnd<S> {
    slot: Arc<Slot<S>>,
    socket: Arc<SocketState>,
}

impl<S> Drop for TaskEnd<S> {
    fn drop(&mut self) {
        self.socket.end();
        self.slot.clear();
    }
}

struct Slot<S>(Mutex<Option<S>>);

impl<S> Slot<S> {
    fn lock(&self) -> MutexGuard<'_, Option<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Dropping a sender wakes other tasks, so it happens without the lock.
    fn clear(&self) {
        let sender = self.lock().take();
        drop(sender);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request<Body> {
        Request::new(Body::from("body"))
    }

    #[test]
    fn the_sender_ends_with_the_task_and_hands_requests_back_from_then_on() {
        let held = Arc::new(());
        let socket = Arc::new(SocketState::default());
        let (sender, end) = Sender::new(Arc::clone(&held), Arc::clone(&socket));
        assert!(sender.send(request(), |_, _| ()).is_ok());
        assert!(!socket.has_ended());
        drop(end);
        // hyper returns its queued requests when the last sender is dropped.
        assert_eq!(Arc::strong_count(&held), 1);
        assert!(socket.has_ended());
        let body = sender.send(request(), |_, _| ()).expect_err("ended");
        assert_eq!(body.as_bytes(), Some(&b"body"[..]));
    }

    #[test]
    fn a_connection_that_nobody_holds_any_more_loses_its_sender() {
        let held = Arc::new(());
        let (sender, _end) = Sender::new(Arc::clone(&held), Arc::default());
        drop(sender);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
