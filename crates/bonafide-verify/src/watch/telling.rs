//! When to tell of a failure.

use std::time::{Duration, Instant};

/// So many failures are told at once.
const AT_ONCE: u32 = 16;
/// After so long one more.
const ONE_MORE: Duration = Duration::from_secs(15);
/// A failure that lasts is told so often.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// What was told. `K` is which failure it was.
#[derive(Debug)]
pub(super) struct Telling<K> {
    last: Option<(K, Instant)>,
    left: u32,
    filled: Instant,
}

impl<K: PartialEq> Telling<K> {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            last: None,
            left: AT_ONCE,
            filled: now,
        }
    }

    /// Whether this failure is to be told now. One that is not, since there were too many, is when it happens again.
    pub(super) fn of(&mut self, now: Instant, failure: K) -> bool {
        while self.left < AT_ONCE && now.saturating_duration_since(self.filled) >= ONE_MORE {
            self.left += 1;
            self.filled += ONE_MORE;
        }
        if self.left == AT_ONCE {
            self.filled = now;
        }
        let is_known = self.last.as_ref().is_some_and(|(last, at)| {
            *last == failure && now.saturating_duration_since(*at) < AGAIN
        });
        if is_known || self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.last = Some((failure, now));
        true
    }

    /// The failure is over: the same one is told when it comes back.
    pub(super) fn is_over(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_and_every_hour() {
        let start = Instant::now();
        let mut telling = Telling::new(start);
        let minutes = |minutes: u64| start + Duration::from_secs(60 * minutes);
        assert!(telling.of(start, 1));
        for minute in 0..60 {
            assert!(!telling.of(minutes(minute), 1), "{minute}");
        }
        assert!(telling.of(minutes(60), 1));
        assert!(!telling.of(minutes(119), 1));
        assert!(telling.of(minutes(119), 2));
        telling.is_over();
        assert!(telling.of(minutes(119), 2));
    }

    #[test]
    fn a_flood_of_different_failures_is_bounded_and_the_last_one_is_told_later() {
        let start = Instant::now();
        let mut telling = Telling::new(start);
        let told = (0..1_000).filter(|failure| telling.of(start, *failure));
        assert_eq!(told.count(), 16);
        assert!(!telling.of(start + Duration::from_secs(14), 999));
        assert!(telling.of(start + Duration::from_secs(15), 999));
        assert!(!telling.of(start + Duration::from_secs(15), 1_000));
    }
}
