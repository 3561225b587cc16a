//! Break-glass: the pins of one host only report for a limited time, because enforcing them would
//! lock out every client.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::UnixTime;

use crate::config::error::ConfigError;
use crate::host::pattern::HostPattern;

/// Maximum duration of a break-glass: long enough to ship a release with new pins.
const MAX_BROKEN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// One break-glass: its host, its reason, and its period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BreakGlass {
    host: HostPattern,
    reason: Arc<str>,
    during: Range<UnixTime>,
}

impl BreakGlass {
    pub(super) fn new(
        host: &str,
        reason: &str,
        during: Range<UnixTime>,
    ) -> Result<Self, ConfigError> {
        let invalid = |problem| ConfigError::InvalidBreakGlass {
            host: host.to_owned(),
            problem,
        };
        let pattern: HostPattern = host.parse()?;
        if !pattern.is_exact() {
            return Err(invalid("is not for one exact host"));
        }
        if reason.trim().is_empty() {
            return Err(invalid("has no reason"));
        }
        match during.end.as_secs().checked_sub(during.start.as_secs()) {
            None | Some(0) => Err(invalid("ends before it begins")),
            Some(seconds) if seconds > MAX_BROKEN.as_secs() => {
                Err(invalid("lasts longer than 30 days"))
            }
            Some(_) => Ok(Self {
                host: pattern,
                reason: Arc::from(reason),
                during,
            }),
        }
    }

    /// Whether the break-glass is in force for this host at this time.
    pub(super) fn applies(&self, host: &str, time: UnixTime) -> bool {
        self.host.covers(host) && self.during.contains(&time)
    }

    pub(super) fn host(&self) -> &str {
        self.host.host()
    }

    pub(super) fn reason(&self) -> &Arc<str> {
        &self.reason
    }

    pub(super) fn during(&self) -> &Range<UnixTime> {
        &self.during
    }

    pub(super) fn until(&self) -> UnixTime {
        self.during.end
    }
}
