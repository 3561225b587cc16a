//! Requests to a running connection.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::Waker;

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

    /// Wakes this one at the next wish.
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
