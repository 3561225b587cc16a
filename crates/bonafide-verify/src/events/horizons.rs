//! How long before its end an expiry is reported.

use std::time::Duration;

use rustls_pki_types::UnixTime;

/// A day in seconds.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The times before an expiry at which an [`Event::Expiring`](crate::events::Event::Expiring) is
/// emitted, in days. Default: 30, 14, 7 and 1.
///
/// ```
/// use bonafide_verify::Policy;
/// use bonafide_verify::events::Horizons;
///
/// // Certificates that are valid for a week are usually renewed two days before their end.
/// let policy = Policy::builder().forecast(Horizons::days([1]));
/// # let _ = policy;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Horizons(Option<Vec<u32>>);

impl Default for Horizons {
    fn default() -> Self {
        Self::days([30, 14, 7, 1])
    }
}

impl Horizons {
    /// Reports at these numbers of days, in any order. What has expired is always reported, also if
    /// the list is empty.
    pub fn days(days: impl IntoIterator<Item = u32>) -> Self {
        let mut days: Vec<u32> = days.into_iter().filter(|days| *days > 0).collect();
        days.sort_unstable();
        days.dedup();
        Self(Some(days))
    }

    /// Reports nothing, not even what has expired.
    pub fn off() -> Self {
        Self(None)
    }

    pub(crate) fn is_off(&self) -> bool {
        self.0.is_none()
    }

    /// The shortest horizon that `at` is within, in days: 0 if `at` has passed, `None` if it is
    /// beyond every horizon.
    pub(crate) fn reached(&self, at: UnixTime, now: UnixTime) -> Option<u32> {
        let days = self.0.as_ref()?;
        if now > at {
            return Some(0);
        }
        let left = at.as_secs() - now.as_secs();
        let is_within = |days: &&u32| left <= u64::from(**days) * DAY.as_secs();
        days.iter().find(is_within).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn the_nearest_horizon_counts_and_the_last_second_is_not_yet_past() {
        let horizons = Horizons::days([1, 30, 7, 7, 0]);
        let day = DAY.as_secs();
        let end = 100 * day;
        for (left, within) in [
            (30 * day + 1, None),
            (30 * day, Some(30)),
            (7 * day + 1, Some(30)),
            (7 * day, Some(7)),
            (day, Some(1)),
            (0, Some(1)),
        ] {
            assert_eq!(horizons.reached(at(end), at(end - left)), within, "{left}");
        }
        assert_eq!(horizons.reached(at(end), at(end + 1)), Some(0));
        assert_eq!(Horizons::days([]).reached(at(end), at(end)), None);
        assert_eq!(Horizons::days([]).reached(at(end), at(end + 1)), Some(0));
        assert_eq!(Horizons::off().reached(at(end), at(end + 1)), None);
    }
}
