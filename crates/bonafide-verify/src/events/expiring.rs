//! Something that a policy depends on expires soon or has expired.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::{self, Rfc3339Time};
use crate::config::description::ExpiryKind;

/// Something that a policy depends on expires soon or has expired; see
/// [`PolicyBuilder::forecast`](crate::PolicyBuilder::forecast).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Expiring {
    /// What kind of thing it is.
    pub kind: ExpiryKind,
    /// The host that was verified with it; `None` for what the policy itself names.
    pub host: Option<String>,
    /// The zones that it is used in.
    pub zones: Vec<String>,
    /// Which one: a subject, a host, a list.
    pub what: String,
    /// The last moment at which it holds.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub at: UnixTime,
    /// The shortest horizon within which it expires, in days; 0 once it has expired.
    pub within_days: u32,
}

impl fmt::Display for Expiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            host,
            zones,
            what,
            at,
            within_days,
        } = self;
        write!(f, "{kind} {what}")?;
        if let Some(host) = host {
            write!(f, " of {host}")?;
        }
        write!(f, " in zone {}", zones.join(", "))?;
        let at = Rfc3339Time(*at);
        match within_days {
            0 => write!(f, " has expired, at {at}"),
            1 => write!(f, " expires within 1 day, at {at}"),
            days => write!(f, " expires within {days} days, at {at}"),
        }
    }
}
