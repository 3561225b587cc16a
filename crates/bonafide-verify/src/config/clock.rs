//! The clock that validity periods are judged by.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;
use serde::Serializer;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The clock of a policy, by which validity periods, pins and grants are judged.
///
/// Every receipt records the name of the clock, so that the fixed clock of a test is visible. The
/// default is [`Clock::system`].
#[derive(Clone)]
pub struct Clock {
    name: Arc<str>,
    now: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl Clock {
    /// The clock of the operating system, named `system`.
    pub fn system() -> Self {
        Self {
            name: Arc::from("system"),
            now: Arc::new(UnixTime::now),
        }
    }

    /// A clock that always shows `time`, named `fixed`.
    pub fn fixed(time: UnixTime) -> Self {
        Self {
            name: Arc::from("fixed"),
            now: Arc::new(move || time),
        }
    }

    /// A clock of your own, such as a trusted time service, with a name for receipts.
    pub fn from_fn(
        name: impl Into<Arc<str>>,
        now: impl Fn() -> UnixTime + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            now: Arc::new(now),
        }
    }

    /// The current time by this clock.
    pub fn now(&self) -> UnixTime {
        (self.now)()
    }

    /// The name of the clock, as receipts print it.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.name).finish()
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.now())
    }
}

/// Prints a time as RFC 3339 in UTC.
pub(crate) struct Rfc3339Time(pub(crate) UnixTime);

impl fmt::Display for Rfc3339Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let formatted = i64::try_from(seconds)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .and_then(|time| time.format(&Rfc3339).ok());
        match formatted {
            Some(text) => f.write_str(&text),
            None => write!(f, "@{seconds}"),
        }
    }
}

/// Serialises a time as RFC 3339 in UTC.
pub(crate) fn as_rfc3339<S: Serializer>(time: &UnixTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Rfc3339Time(*time))
}

/// The same, or null.
pub(crate) fn as_optional_rfc3339<S: Serializer>(
    time: &Option<UnixTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => as_rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// The text is not a time since 1970 in RFC 3339.
#[derive(Debug)]
pub(crate) struct NotATime;

impl FromStr for Rfc3339Time {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotATime)?;
        let seconds = u64::try_from(time.unix_timestamp()).map_err(|_| NotATime)?;
        Ok(Self(UnixTime::since_unix_epoch(Duration::from_secs(
            seconds,
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_rfc_3339_and_out_of_range_ones_as_seconds() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        assert_eq!(Rfc3339Time(at(0)).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            Rfc3339Time(at(u64::MAX)).to_string(),
            format!("@{}", u64::MAX)
        );
    }

    #[test]
    fn a_fixed_clock_stands_still_and_says_so() {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
        let clock = Clock::fixed(time);
        assert_eq!((clock.now(), clock.name()), (time, "fixed"));
    }
}
