//! Which divergences were told when.

use std::collections::VecDeque;

use hashbrown::HashMap;
use rustls_pki_types::UnixTime;

use crate::event::Judged;

/// How many hosts with their verdicts are remembered. With more, the oldest is forgotten, and told again when it is met again.
const CAPACITY: usize = 1024;
/// How many seconds pass between two events about one host and one pair of verdicts.
const HOUR: u64 = 60 * 60;

type Key = (String, Judged, Judged);

#[derive(Debug, Default)]
pub(super) struct Told {
    last: HashMap<Key, Last>,
    oldest_first: VecDeque<Key>,
}

#[derive(Debug)]
struct Last {
    seconds: u64,
    /// How many there were since.
    since: u64,
}

impl Told {
    /// Counts one; says how many there were where it is time to tell.
    pub(super) fn count(&mut self, key: Key, now: UnixTime) -> Option<u64> {
        let seconds = now.as_secs();
        if let Some(last) = self.last.get_mut(&key) {
            last.since += 1;
            if last.seconds.abs_diff(seconds) < HOUR {
                return None;
            }
            let count = last.since;
            *last = Last { seconds, since: 0 };
            return Some(count);
        }
        self.oldest_first.push_back(key.clone());
        self.last.insert(key, Last { seconds, since: 0 });
        if self.oldest_first.len() > CAPACITY
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.last.remove(&oldest);
        }
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::code::Code;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    fn key(host: &str) -> Key {
        let refused = Judged::Refused(Code::PinMismatch);
        (host.to_owned(), Judged::Verified, refused)
    }

    #[test]
    fn one_is_told_at_once_and_the_others_are_counted_for_an_hour() {
        let mut told = Told::default();
        for (now, count) in [
            (0, Some(1)),
            (1, None),
            (HOUR - 1, None),
            (HOUR, Some(3)),
            (HOUR + 1, None),
        ] {
            assert_eq!(told.count(key("a.test"), at(now)), count, "{now}");
        }
        let other = ("a.test".to_owned(), Judged::Granted, Judged::Verified);
        assert_eq!(told.count(other, at(HOUR + 1)), Some(1));
    }

    #[test]
    fn hosts_without_end_take_a_bounded_place() {
        let mut told = Told::default();
        for number in 0..2 * CAPACITY {
            let count = told.count(key(&format!("{number}.test")), at(0));
            assert_eq!(count, Some(1));
        }
        assert_eq!(
            (told.last.len(), told.oldest_first.len()),
            (CAPACITY, CAPACITY)
        );
    }
}
