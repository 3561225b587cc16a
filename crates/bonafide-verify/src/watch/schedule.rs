//! Decides when to compare the files and when to reload. It uses no clock and no files itself, so
//! that every case can be tested.

use std::time::{Duration, Instant};

/// The durations of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// How long the contents must stay unchanged before they are read.
    pub(super) quiet: Duration,
    /// After this time they are read even if they keep changing.
    pub(super) patience: Duration,
    /// Poll interval when no notification arrives.
    pub(super) poll: Duration,
    /// Wait before the first retry after a failure. It doubles with each further failure.
    pub(super) first_retry: Duration,
    /// Maximum wait before a retry.
    pub(super) last_retry: Duration,
}

/// What to do after comparing the contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: the contents are those in force.
    AsInForce,
    /// The contents differ and are not to be read yet.
    Wait,
    /// The contents differ and are to be read.
    Reload,
}

/// When to compare next. `C` is the type of the contents.
#[derive(Debug)]
pub(super) struct Schedule<C> {
    pace: Pace,
    next: Instant,
    last_look: Option<Instant>,
    changing: Option<Changing<C>>,
    failed: Option<Failed<C>>,
}

#[derive(Debug)]
struct Changing<C> {
    seen: C,
    /// When these contents were first seen.
    since: Instant,
    /// When contents first differed from those in force.
    first: Instant,
}

#[derive(Debug)]
struct Failed<C> {
    seen: C,
    retry_at: Instant,
    wait: Duration,
}

impl<C: PartialEq> Schedule<C> {
    /// A schedule that compares at once: something may have changed since the start.
    pub(super) fn new(pace: Pace, now: Instant) -> Self {
        Self {
            pace,
            next: now,
            last_look: None,
            changing: None,
            failed: None,
        }
    }

    pub(super) fn next(&self) -> Instant {
        self.next
    }

    pub(super) fn poll_every(&mut self, poll: Duration, now: Instant) {
        self.pace.poll = poll;
        self.no_later_than(now + poll);
    }

    /// A notification arrived: compare soon, but at most once in each quiet time.
    pub(super) fn noticed(&mut self, now: Instant) {
        let allowed = self.last_look.map_or(now, |last| last + self.pace.quiet);
        self.no_later_than(allowed.max(now));
    }

    /// The contents `seen` were read; `differs` is whether they differ from those in force.
    pub(super) fn looked(&mut self, now: Instant, seen: C, differs: bool) -> Next {
        self.last_look = Some(now);
        self.next = now + self.pace.poll;
        if !differs {
            self.changing = None;
            self.failed = None;
            return Next::AsInForce;
        }
        if let Some(failed) = &self.failed
            && failed.seen == seen
        {
            self.changing = None;
            if now >= failed.retry_at {
                return Next::Reload;
            }
            let at = failed.retry_at;
            self.no_later_than(at);
            return Next::Wait;
        }
        let (since, first) = match &self.changing {
            Some(changing) if changing.seen == seen => (changing.since, changing.first),
            Some(changing) => (now, changing.first),
            None => (now, now),
        };
        let is_quiet = now.saturating_duration_since(since) >= self.pace.quiet;
        let is_late = now.saturating_duration_since(first) >= self.pace.patience;
        if is_quiet || is_late {
            self.changing = None;
            return Next::Reload;
        }
        self.changing = Some(Changing { seen, since, first });
        self.no_later_than(since + self.pace.quiet);
        Next::Wait
    }

    pub(super) fn succeeded(&mut self, now: Instant) {
        self.changing = None;
        self.failed = None;
        self.next = now + self.pace.poll;
    }

    /// A reload with these contents failed.
    pub(super) fn failed(&mut self, now: Instant, seen: C) {
        let wait = match &self.failed {
            Some(failed) if failed.seen == seen => (failed.wait * 2).min(self.pace.last_retry),
            _ => self.pace.first_retry,
        };
        let retry_at = now + wait;
        self.changing = None;
        self.failed = Some(Failed {
            seen,
            retry_at,
            wait,
        });
        self.next = retry_at.min(now + self.pace.poll);
    }

    fn no_later_than(&mut self, at: Instant) {
        self.next = self.next.min(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    const PACE: Pace = Pace {
        quiet: ms(200),
        patience: ms(2_000),
        poll: ms(60_000),
        first_retry: ms(200),
        last_retry: ms(1_000),
    };

    fn idle() -> (Schedule<u32>, Instant) {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE, start);
        assert_eq!(schedule.next(), start);
        assert_eq!(schedule.looked(start, 0, false), Next::AsInForce);
        assert_eq!(schedule.next(), start + PACE.poll);
        (schedule, start)
    }

    #[test]
    fn what_changed_is_read_once_it_stays_the_same() {
        let (mut schedule, start) = idle();
        let at = start + ms(5_000);
        schedule.noticed(at);
        assert_eq!(schedule.next(), at);
        assert_eq!(schedule.looked(at, 1, true), Next::Wait);
        assert_eq!(schedule.next(), at + ms(200));
        assert_eq!(schedule.looked(at + ms(200), 2, true), Next::Wait);
        assert_eq!(schedule.looked(at + ms(399), 2, true), Next::Wait);
        assert_eq!(schedule.looked(at + ms(400), 2, true), Next::Reload);
    }

    #[test]
    fn a_storm_of_notices_costs_one_look_a_quiet_time() {
        let (mut schedule, start) = idle();
        for millisecond in 0..200 {
            schedule.noticed(start + ms(millisecond));
            assert_eq!(schedule.next(), start + ms(200));
        }
    }

    #[test]
    fn a_stream_of_changes_is_read_at_last() {
        let (mut schedule, start) = idle();
        let at = start + ms(1_000);
        for turn in 0..10 {
            let look = at + ms(200 * u64::from(turn));
            assert_eq!(schedule.looked(look, turn + 1, true), Next::Wait);
        }
        assert_eq!(schedule.looked(at + ms(2_000), 11, true), Next::Reload);
    }

    #[test]
    fn what_failed_is_tried_again_after_longer_and_longer_times_and_whatever_was_noticed() {
        let (mut schedule, start) = idle();
        let mut at = start + ms(1_000);
        schedule.failed(at, 1);
        for wait in [200, 400, 800, 1_000, 1_000] {
            assert_eq!(schedule.next(), at + ms(wait));
            schedule.noticed(at + ms(1));
            assert_eq!(schedule.looked(at + ms(1), 1, true), Next::Wait);
            assert_eq!(schedule.next(), at + ms(wait));
            at += ms(wait);
            assert_eq!(schedule.looked(at, 1, true), Next::Reload);
            schedule.failed(at, 1);
        }
    }

    #[test]
    fn other_contents_than_those_that_failed_are_read_when_they_stay_the_same() {
        let (mut schedule, start) = idle();
        for _ in 0..5 {
            schedule.failed(start, 1);
        }
        assert_eq!(schedule.looked(start + ms(10), 2, true), Next::Wait);
        assert_eq!(schedule.looked(start + ms(210), 2, true), Next::Reload);
        schedule.failed(start + ms(210), 2);
        assert_eq!(
            schedule.next(),
            start + ms(410),
            "from the shortest wait on"
        );
    }

    #[test]
    fn contents_that_are_put_back_end_a_failure() {
        let (mut schedule, start) = idle();
        schedule.failed(start, 1);
        assert_eq!(schedule.looked(start + ms(200), 0, false), Next::AsInForce);
        assert_eq!(schedule.next(), start + ms(200) + PACE.poll);
    }
}
