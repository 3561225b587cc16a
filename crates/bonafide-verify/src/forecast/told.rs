//! What was told when, so that it is told once a day.

use std::collections::VecDeque;

use hashbrown::HashMap;
use rustls_pki_types::UnixTime;
use sha2::{Digest as _, Sha256};

use super::horizons::DAY;
use crate::event::Expiring;

/// How many things of hosts are remembered. With more, the oldest is forgotten, and told again when it is met again.
const CAPACITY: usize = 4096;

/// The SHA-256 of what kind of thing it is, whose, and which.
type Key = [u8; 32];

#[derive(Clone, Copy, Debug)]
struct Last {
    seconds: u64,
    within_days: u32,
}

/// What was told when. What the policy itself names is apart, so that no number of hosts makes it forgotten.
#[derive(Debug, Default)]
pub(super) struct Told {
    given: HashMap<Key, Last>,
    met: HashMap<Key, Last>,
    oldest_first: VecDeque<Key>,
}

impl Told {
    /// Whether it is to be told now: for the first time, a day after the last, or at once where it has come nearer than the last time said. Notes that it is.
    pub(super) fn is_due(&mut self, expiring: &Expiring, now: UnixTime) -> bool {
        let key = key(expiring);
        let last = Last {
            seconds: now.as_secs(),
            within_days: expiring.within_days,
        };
        let map = match expiring.host {
            None => &mut self.given,
            Some(_) => &mut self.met,
        };
        if let Some(before) = map.get_mut(&key) {
            let is_due = before.seconds.abs_diff(last.seconds) >= DAY.as_secs()
                || last.within_days < before.within_days;
            if is_due {
                *before = last;
            }
            return is_due;
        }
        map.insert(key, last);
        if expiring.host.is_some() {
            self.oldest_first.push_back(key);
            if self.oldest_first.len() > CAPACITY
                && let Some(oldest) = self.oldest_first.pop_front()
            {
                self.met.remove(&oldest);
            }
        }
        true
    }

    /// Forgets what no policy has named for two days.
    pub(super) fn forget_given(&mut self, now: UnixTime) {
        let now = now.as_secs();
        self.given
            .retain(|_, last| last.seconds.abs_diff(now) < 2 * DAY.as_secs());
    }
}

/// Every part is preceded by its length, so that no two run together.
fn key(expiring: &Expiring) -> Key {
    let mut digest = Sha256::new();
    let host = expiring.host.as_deref().unwrap_or_default();
    for part in [expiring.kind.as_str(), host, &expiring.what] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use super::*;
    use crate::description::ExpiryKind;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    fn expiring(host: Option<&str>, within_days: u32) -> Expiring {
        Expiring {
            kind: ExpiryKind::Leaf,
            host: host.map(ToOwned::to_owned),
            zones: vec!["default".to_owned()],
            what: "CN=a".to_owned(),
            at: at(0),
            within_days,
        }
    }

    #[test]
    fn a_day_passes_between_two_unless_it_has_come_nearer() {
        let mut told = Told::default();
        let day = DAY.as_secs();
        for (now, within, due) in [
            (0, 30, true),
            (day - 1, 30, false),
            (day, 30, true),
            (day + 1, 14, true),
            (day + 2, 14, false),
            (day + 2, 30, false),
            (2 * day + 1, 14, true),
        ] {
            let expiring = expiring(Some("a.test"), within);
            assert_eq!(told.is_due(&expiring, at(now)), due, "{now}");
        }
    }

    #[test]
    fn hosts_without_end_take_a_bounded_place_and_do_not_displace_what_the_policy_names() {
        let mut told = Told::default();
        assert!(told.is_due(&expiring(None, 1), at(0)));
        for number in 0..2 * CAPACITY {
            let host = format!("{number}.test");
            assert!(told.is_due(&expiring(Some(&host), 1), at(0)));
        }
        assert_eq!(
            (told.met.len(), told.oldest_first.len()),
            (CAPACITY, CAPACITY)
        );
        assert!(!told.is_due(&expiring(None, 1), at(0)));
        let newest = format!("{}.test", 2 * CAPACITY - 1);
        assert!(!told.is_due(&expiring(Some(&newest), 1), at(0)));
        assert!(told.is_due(&expiring(Some("0.test"), 1), at(0)));
    }
}
