//! Requests to a running connection.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;
use futures_util::task::AtomicWaker;

use super::wire::Parting;

/// Between a connection's task, its wire, its exchanges and its server: what shall
/// become of it.
#[derive(Debug, Default)]
pub(super) struct Control {
    wish: AtomicU8,
    silent: AtomicBool,
    unflushed: AtomicBool,
    waker: AtomicWaker,
    inserts: Mutex<Inserts>,
}

/// Bytes that go onto the wire between what HTTP writes.
#[derive(Debug, Default)]
struct Inserts {
    /// At the next boundary of frames or messages.
    next: VecDeque<Bytes>,
    /// When HTTP has nothing more to write.
    last: VecDeque<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Go on.
    None,
    /// Close when the exchanges under way are done.
    Close,
    /// Part when everything written so far has left.
    Part(Parting),
}

const CLOSE: u8 = 1;
const SHUTDOWN: u8 = 2;
const RESET: u8 = 3;
const FREEZE: u8 = 4;

impl Control {
    /// Closes when the exchanges under way are done.
    pub(super) fn close(&self) {
        self.wish_for(CLOSE);
    }

    /// Parts when everything written so far has left.
    pub(super) fn part(&self, parting: Parting) {
        self.wish_for(match parting {
            Parting::Shutdown => SHUTDOWN,
            Parting::Reset => RESET,
            Parting::Freeze => FREEZE,
        });
    }

    fn wish_for(&self, wish: u8) {
        // A harder wish is not softened by a later one.
        self.wish.fetch_max(wish, Ordering::SeqCst);
        self.waker.wake();
    }

    pub(super) fn wish(&self) -> Wish {
        match self.wish.load(Ordering::SeqCst) {
            CLOSE => Wish::Close,
            SHUTDOWN => Wish::Part(Parting::Shutdown),
            RESET => Wish::Part(Parting::Reset),
            FREEZE => Wish::Part(Parting::Freeze),
            _ => Wish::None,
        }
    }

    /// Writes these bytes at the next boundary of frames or messages.
    pub(super) fn insert(&self, bytes: Bytes) {
        self.inserts().next.push_back(bytes);
        self.waker.wake();
    }

    /// Writes these bytes when HTTP has nothing more to write.
    pub(super) fn insert_last(&self, bytes: Bytes) {
        self.inserts().last.push_back(bytes);
        self.waker.wake();
    }

    /// The next bytes to write at a boundary.
    pub(super) fn next_insert(&self) -> Option<Bytes> {
        self.inserts().next.pop_front()
    }

    pub(super) fn has_inserts(&self) -> bool {
        !self.inserts().next.is_empty()
    }

    /// How many inserts wait until HTTP has nothing more to write.
    pub(super) fn waiting_inserts(&self) -> usize {
        self.inserts().last.len()
    }

    /// Lets the first `count` of the waiting inserts be written at the next boundary.
    pub(super) fn release_inserts(&self, count: usize) {
        let Inserts { next, last } = &mut *self.inserts();
        let released = count.min(last.len());
        next.extend(last.drain(..released));
    }

    fn inserts(&self) -> MutexGuard<'_, Inserts> {
        self.inserts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes this one at the next wish or insert.
    pub(super) fn wake(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Leaves the TLS close_notify out at the end.
    pub(super) fn close_silently(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    pub(super) fn closes_silently(&self) -> bool {
        self.silent.load(Ordering::SeqCst)
    }

    pub(super) fn wrote(&self) {
        self.unflushed.store(true, Ordering::SeqCst);
    }

    pub(super) fn flushed(&self) {
        self.unflushed.store(false, Ordering::SeqCst);
    }

    pub(super) fn has_unflushed(&self) -> bool {
        self.unflushed.load(Ordering::SeqCst)
    }
}
