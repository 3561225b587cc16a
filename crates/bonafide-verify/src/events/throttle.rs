//! Rate limit for repeated events: the same rule for all of them.
//!
//! | user | key | interval | reported sooner | keys | reports at once |
//! |---|---|---|---|---|---|
//! | `forecast` | what expires, and of which host | a day | when a nearer horizon is reached | 4,096 of hosts, 4,096 of the policy | all |
//! | `shadow` | a host and the two verdicts | an hour | | 1,024 | all |
//! | `watch` | a failure and the contents of the files | an hour | when it comes back | 1: the last | 16, and one more each 15 s |

use std::collections::VecDeque;
use std::hash::Hash;
use std::time::Duration;

use hashbrown::HashMap;

/// Decides for each occurrence of a key whether to report it.
///
/// **The rule.** A key is reported at its first occurrence, and again at the first occurrence after
/// the interval, or sooner if its urgency has grown since the last report. A report that exceeds
/// the [`Budget`] is made at the next occurrence of its key.
///
/// **The bound.** At most `most_keys` keys are remembered. Beyond that, the key that was first seen
/// longest ago is forgotten, and reported when it occurs again.
///
/// Times are durations since a moment that the caller chooses, so that any clock can be used. A
/// clock that is set back counts like a clock that is set forward by the same amount.
#[derive(Debug)]
pub(crate) struct Throttle<K, U = ()> {
    interval: Duration,
    most_keys: usize,
    budget: Option<Budget>,
    reported: HashMap<K, Reported<U>>,
    oldest_first: VecDeque<K>,
}

/// The last report of a key.
#[derive(Debug)]
struct Reported<U> {
    at: Duration,
    urgency: U,
    /// The number of occurrences since then.
    since: u64,
}

/// Maximum number of reports of all keys together.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u32,
    one_more_after: Duration,
    left: u32,
    filled: Duration,
}

impl<K: Clone + Eq + Hash, U: Ord> Throttle<K, U> {
    /// Reports each key once in each `interval` and remembers `most_keys` keys.
    pub(crate) fn new(interval: Duration, most_keys: usize) -> Self {
        Self {
            interval,
            most_keys,
            budget: None,
            reported: HashMap::new(),
            oldest_first: VecDeque::new(),
        }
    }

    /// Limits all reports together to `budget`.
    #[cfg_attr(
        not(any(feature = "watch", test)),
        expect(dead_code, reason = "files are watched with a feature")
    )]
    pub(crate) fn within(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Counts an occurrence of `key`. Returns `Some` if it is to be reported: the number of
    /// occurrences since the last report, this one included.
    pub(crate) fn count(&mut self, key: &K, urgency: U, now: Duration) -> Option<u64> {
        if let Some(budget) = &mut self.budget {
            budget.fill(now);
        }
        if let Some(last) = self.reported.get_mut(key) {
            last.since += 1;
            let is_due = last.at.abs_diff(now) >= self.interval || urgency > last.urgency;
            if !is_due || !spend(&mut self.budget) {
                return None;
            }
            let count = last.since;
            *last = Reported {
                at: now,
                urgency,
                since: 0,
            };
            return Some(count);
        }
        if !spend(&mut self.budget) {
            return None;
        }
        let first = Reported {
            at: now,
            urgency,
            since: 0,
        };
        self.reported.insert(key.clone(), first);
        self.oldest_first.push_back(key.clone());
        if self.oldest_first.len() > self.most_keys
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.reported.remove(&oldest);
        }
        Some(1)
    }

    /// Forgets all keys: each is reported when it occurs again, within the budget.
    #[cfg_attr(
        not(any(feature = "watch", test)),
        expect(dead_code, reason = "files are watched with a feature")
    )]
    pub(crate) fn forget(&mut self) {
        self.reported.clear();
        self.oldest_first.clear();
    }
}

fn spend(budget: &mut Option<Budget>) -> bool {
    budget.as_mut().is_none_or(Budget::spend)
}

impl Budget {
    /// `most` reports at once, and one more after each `one_more_after`.
    #[cfg_attr(
        not(any(feature = "watch", test)),
        expect(dead_code, reason = "files are watched with a feature")
    )]
    pub(crate) fn new(most: u32, one_more_after: Duration, now: Duration) -> Self {
        Self {
            most,
            one_more_after,
            left: most,
            filled: now,
        }
    }

    fn fill(&mut self, now: Duration) {
        while self.left < self.most && now.saturating_sub(self.filled) >= self.one_more_after {
            self.left += 1;
            self.filled += self.one_more_after;
        }
        if self.left == self.most {
            self.filled = now;
        }
    }

    fn spend(&mut self) -> bool {
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn hourly<U: Ord>(most_keys: usize) -> Throttle<u32, U> {
        Throttle::new(at(HOUR), most_keys)
    }

    #[test]
    fn a_key_is_reported_at_once_and_then_hourly_with_what_was_not_reported_since() {
        let mut throttle = hourly(10);
        for (now, count) in [
            (0, Some(1)),
            (1, None),
            (HOUR - 1, None),
            (HOUR, Some(3)),
            (HOUR + 1, None),
        ] {
            assert_eq!(throttle.count(&1, (), at(now)), count, "{now}");
        }
        assert_eq!(throttle.count(&2, (), at(HOUR + 1)), Some(1));
    }

    #[test]
    fn a_clock_that_is_set_back_far_does_not_silence_a_key() {
        let mut throttle = hourly(10);
        assert_eq!(throttle.count(&1, (), at(10 * HOUR)), Some(1));
        assert_eq!(throttle.count(&1, (), at(9 * HOUR + 1)), None);
        assert_eq!(throttle.count(&1, (), at(9 * HOUR)), Some(2));
    }

    #[test]
    fn a_key_that_is_more_urgent_than_at_its_last_report_is_reported_at_once() {
        let mut throttle = hourly(10);
        for (now, urgency, count) in [
            (0, 1, Some(1)),
            (1, 2, Some(1)),
            (2, 2, None),
            (3, 1, None),
            (4, 2, None),
            (HOUR + 1, 1, Some(4)),
            (HOUR + 2, 2, Some(1)),
        ] {
            assert_eq!(throttle.count(&1, urgency, at(now)), count, "{now}");
        }
    }

    #[test]
    fn keys_without_end_take_a_bounded_place_and_the_oldest_is_forgotten() {
        let mut throttle = hourly(100);
        for key in 0..200 {
            assert_eq!(throttle.count(&key, (), at(0)), Some(1));
        }
        let places = (throttle.reported.len(), throttle.oldest_first.len());
        assert_eq!(places, (100, 100));
        assert_eq!(throttle.count(&100, (), at(1)), None);
        assert_eq!(throttle.count(&99, (), at(1)), Some(1));
        assert_eq!(throttle.count(&100, (), at(1)), Some(1));
    }

    #[test]
    fn what_the_budget_has_no_room_for_is_reported_at_its_next_occurrence_with_room() {
        let budget = Budget::new(16, at(15), at(0));
        let mut throttle = hourly(1_000).within(budget);
        let reported = (0..1_000).filter(|key| throttle.count(key, (), at(0)).is_some());
        assert_eq!(reported.count(), 16);
        assert_eq!(throttle.count(&999, (), at(14)), None);
        assert_eq!(throttle.count(&999, (), at(15)), Some(1));
        assert_eq!(throttle.count(&998, (), at(15)), None);
        // A known key that is due needs room too, and stays due.
        assert_eq!(throttle.count(&999, (), at(15 + HOUR)), Some(1));
        let others = (1_000..2_000).filter(|key| throttle.count(key, (), at(15 + HOUR)).is_some());
        assert_eq!(others.count(), 15);
        assert_eq!(throttle.count(&0, (), at(15 + HOUR)), None);
        assert_eq!(throttle.count(&0, (), at(30 + HOUR)), Some(2));
    }

    #[test]
    fn a_time_without_reports_fills_the_budget_and_no_more() {
        let mut throttle = hourly(1_000).within(Budget::new(2, at(15), at(0)));
        for (now, reported) in [(0, 2), (HOUR, 2), (HOUR + 15, 1)] {
            let keys = (0..10).map(|key| key + u32::try_from(now).unwrap_or(0));
            let count = keys.filter(|key| throttle.count(key, (), at(now)).is_some());
            assert_eq!(count.count(), reported, "{now}");
        }
    }

    #[test]
    fn a_key_that_was_forgotten_is_reported_when_it_comes_back() {
        let mut throttle = hourly(1);
        assert_eq!(throttle.count(&1, (), at(0)), Some(1));
        assert_eq!(throttle.count(&1, (), at(1)), None);
        throttle.forget();
        assert_eq!(throttle.count(&1, (), at(2)), Some(1));
    }

    #[test]
    fn of_one_place_only_the_last_key_is_known() {
        let mut throttle = hourly(1);
        for key in [1, 2, 1] {
            assert_eq!(throttle.count(&key, (), at(0)), Some(1));
            assert_eq!(throttle.count(&key, (), at(1)), None);
        }
    }
}
