//! Points in time, from whichever clock type the caller has at hand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls_pki_types::UnixTime;
use time::OffsetDateTime;

/// A point in time with a resolution of one second, as certificates hold them.
///
/// It is made from a [`SystemTime`], from the [`UnixTime`] that rustls' verifiers
/// take, or from a `time::OffsetDateTime`, so every method here that wants a time
/// takes any of the three.
///
/// ```
/// use bonafide_testkit::Moment;
/// use rustls_pki_types::UnixTime;
/// use std::time::{Duration, SystemTime};
///
/// let later = Moment::now() + Duration::from_secs(3600);
/// assert!(later > Moment::now());
/// let frozen = Moment::from(UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000)));
/// assert_eq!(frozen.as_unix_seconds(), 1_700_000_000);
/// assert!(Moment::from(SystemTime::now()) > frozen);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(OffsetDateTime);

impl Moment {
    /// The present second.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn as_unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The same moment as a [`UnixTime`], which is what rustls' verifiers take.
    /// A moment before 1970 becomes 1970.
    pub fn as_unix_time(self) -> UnixTime {
        let seconds = u64::try_from(self.as_unix_seconds()).unwrap_or(0);
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    pub(crate) fn as_offset_date_time(self) -> OffsetDateTime {
        self.0
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Self;

    fn add(self, later_by: Duration) -> Self {
        Self(self.0 + later_by)
    }
}

impl std::ops::Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, earlier_by: Duration) -> Self {
        Self(self.0 - earlier_by)
    }
}

impl From<OffsetDateTime> for Moment {
    fn from(time: OffsetDateTime) -> Self {
        Self(time.replace_nanosecond(0).unwrap_or(time))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        Self::from(OffsetDateTime::from(time))
    }
}

impl From<UnixTime> for Moment {
    fn from(time: UnixTime) -> Self {
        Self::from(UNIX_EPOCH + Duration::from_secs(time.as_secs()))
    }
}
