//! Reloads that failed, and the first success after them.

use std::fmt;
use std::path::PathBuf;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::{self, Rfc3339Time};

/// A reload failed. The policy or client certificate that was in force stays in force.
///
/// Reported once for each change and each error, and again every hour while the failure lasts. At
/// most 16 reports are emitted at once, then one in 15 seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReloadFailed {
    /// What stays in force: `the policy of epoch 3`.
    pub in_force: String,
    /// Since when it is in force.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub since: UnixTime,
    /// The files and directories that have changed since it was made.
    pub changed: Vec<PathBuf>,
    /// The error, with its sources.
    pub error: String,
    /// Since when reloads fail.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub failing_since: UnixTime,
    /// How many reloads have failed since then.
    pub attempts: u64,
}

/// A reload succeeded after failures: what is in force matches the files again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReloadRecovered {
    /// What is in force: `the policy of epoch 4`.
    pub in_force: String,
    /// Since when reloads failed.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub failing_since: UnixTime,
    /// How many reloads had failed.
    pub attempts: u64,
}

impl fmt::Display for ReloadFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reload failed: {}", self.error.escape_debug())?;
        if self.attempts > 1 {
            write!(
                f,
                " (failure {} since {})",
                self.attempts,
                Rfc3339Time(self.failing_since)
            )?;
        }
        write!(
            f,
            "; {} stays in force (since {})",
            self.in_force,
            Rfc3339Time(self.since)
        )?;
        for (index, path) in self.changed.iter().enumerate() {
            let before = if index == 0 { "; changed: " } else { ", " };
            write!(f, "{before}{}", path.display())?;
        }
        Ok(())
    }
}

impl fmt::Display for ReloadRecovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "reload succeeded after {} failures since {}: {} matches the files",
            self.attempts,
            Rfc3339Time(self.failing_since),
            self.in_force
        )
    }
}
