//! Timers that outlive their requests.
//!
//! Setting and cancelling a timer takes the lock of the runtime's timers twice. Nearly all requests
//! are answered long before their limit, so a connection keeps the timer of a request for the next
//! one. If it fires early enough for that one, it is only polled.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

/// The most timers that one connection keeps. An HTTP/2 connection may have more requests at once;
/// those beyond set their own.
const MAX_KEPT: usize = 64;

/// The timers that a connection keeps.
#[derive(Default)]
pub(crate) struct Timers {
    kept: Mutex<Vec<Pin<Box<Sleep>>>>,
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timers")
    }
}

/// A timer for one request.
pub(crate) struct Timer<'a> {
    timers: &'a Timers,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<'a> Timer<'a> {
    /// A timer that is not set yet.
    pub(crate) fn of(timers: &'a Timers) -> Self {
        Self {
            timers,
            sleep: None,
        }
    }

    /// Ready once it is `until`, which may differ from that of an earlier poll.
    pub(crate) fn poll_until(&mut self, until: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = match &mut self.sleep {
            Some(sleep) => sleep,
            none => {
                let kept = self
                    .timers
                    .kept
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop();
                none.insert(kept.unwrap_or_else(|| Box::pin(sleep_until(until))))
            }
        };
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= until {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(until);
        }
        Poll::Pending
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        let Some(sleep) = self.sleep.take() else {
            return;
        };
        let mut kept = self
            .timers
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_KEPT {
            kept.push(sleep);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    async fn wait(timer: &mut Timer<'_>, until: Instant) {
        poll_fn(|cx| timer.poll_until(until, cx)).await;
    }

    fn kept(timers: &Timers) -> usize {
        timers.kept.lock().expect("no panic").len()
    }

    /// A kept timer fires at its request's limit, whether it was set for an earlier or a later
    /// time.
    #[tokio::test(start_paused = true)]
    async fn a_kept_timer_fires_at_the_time_of_its_next_request() {
        let timers = Timers::default();
        for (first, second) in [(30, 30), (30, 5), (5, 30), (1, 90)] {
            let start = Instant::now();
            {
                let mut timer = Timer::of(&timers);
                let until = start + Duration::from_secs(first);
                assert!(
                    poll_fn(|cx| Poll::Ready(timer.poll_until(until, cx)))
                        .await
                        .is_pending()
                );
            }
            assert_eq!(kept(&timers), 1);
            tokio::time::advance(Duration::from_secs(2)).await;
            let start = Instant::now();
            let mut timer = Timer::of(&timers);
            wait(&mut timer, start + Duration::from_secs(second)).await;
            assert_eq!(start.elapsed().as_secs(), second, "{first}");
            assert_eq!(kept(&timers), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_was_not_needed_is_not_kept_and_no_more_than_the_bound_are() {
        let timers = Timers::default();
        drop(Timer::of(&timers));
        assert_eq!(kept(&timers), 0);
        let until = Instant::now() + Duration::from_secs(1);
        let mut set = Vec::new();
        for _ in 0..MAX_KEPT + 1 {
            let mut timer = Timer::of(&timers);
            poll_fn(|cx| Poll::Ready(timer.poll_until(until, cx)))
                .await
                .is_pending();
            set.push(timer);
        }
        drop(set);
        assert_eq!(kept(&timers), MAX_KEPT);
    }
}
