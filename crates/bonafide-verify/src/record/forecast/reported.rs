//! The record of reported expiries, which limits each to one report a day.

use std::cmp::Reverse;
use std::time::Duration;

use rustls_pki_types::UnixTime;
use sha2::{Digest as _, Sha256};

use crate::events::DAY;
use crate::events::Expiring;
use crate::events::throttle::Throttle;

/// Maximum number of remembered expiries, for hosts and for the policy each.
const MOST_THINGS: usize = 4096;

/// The SHA-256 of kind, host and subject of an expiry.
type Key = [u8; 32];

/// The reported expiries. What the policy itself names is kept separately, so that many hosts
/// cannot displace it.
#[derive(Debug)]
pub(super) struct Reports {
    of_policy: Throttle<Key, Reverse<u32>>,
    of_hosts: Throttle<Key, Reverse<u32>>,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            of_policy: Throttle::new(DAY, MOST_THINGS),
            of_hosts: Throttle::new(DAY, MOST_THINGS),
        }
    }
}

impl Reports {
    /// Whether to report it now: for the first time, a day after the last report, or when it has
    /// reached a shorter horizon. Records the report.
    pub(super) fn is_due(&mut self, expiring: &Expiring, now: UnixTime) -> bool {
        let throttle = match expiring.host {
            None => &mut self.of_policy,
            Some(_) => &mut self.of_hosts,
        };
        let now = Duration::from_secs(now.as_secs());
        throttle
            .count(&key(expiring), Reverse(expiring.within_days), now)
            .is_some()
    }
}

/// Every part is preceded by its length, so that different parts cannot have the same digest input.
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
    use crate::config::description::ExpiryKind;

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
        let mut reports = Reports::default();
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
            assert_eq!(reports.is_due(&expiring, at(now)), due, "{now}");
        }
    }

    #[test]
    fn hosts_without_end_displace_one_another_and_nothing_that_the_policy_names() {
        let mut reports = Reports::default();
        assert!(reports.is_due(&expiring(None, 1), at(0)));
        for number in 0..2 * MOST_THINGS {
            let host = format!("{number}.test");
            assert!(reports.is_due(&expiring(Some(&host), 1), at(0)));
        }
        assert!(!reports.is_due(&expiring(None, 1), at(0)));
        let newest = format!("{}.test", 2 * MOST_THINGS - 1);
        assert!(!reports.is_due(&expiring(Some(&newest), 1), at(0)));
        assert!(reports.is_due(&expiring(Some("0.test"), 1), at(0)));
    }
}
