//! Reloads that failed, and their end.

use std::fmt;
use std::path::PathBuf;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::{self, Rfc3339Time};

/// What changed could not be put in force, and what was in force stays.
///
/// Told once for each change and each error, at most 16 times at once and then once in 15 seconds, and again every hour for as long as it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReloadFailed {
    /// What stays in force: `the policy of epoch 3`.
    pub in_force: String,
    /// Since when it is in force.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub since: UnixTime,
    /// The files and directories that are not as they were when it was made.
    pub changed: Vec<PathBuf>,
    /// The error, with what it rests on.
    pub error: String,
    /// Since when reloads fail.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub failing_since: UnixTime,
    /// How many reloads have failed since then.
    pub attempts: u64,
}

/// What is in force is what the files say again, after it was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReloadRecovered {
    /// What is in force: `the policy of epoch 4`.
    pub in_force: String,
    /// Since when reloads failed.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub failing_since: UnixTime,
    /// How many had failed.
    pub attempts: u64,
}

impl fmt::Display for ReloadFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} stays in force, as of {}",
            self.in_force,
            Rfc3339Time(self.since)
        )?;
        for (index, path) in self.changed.iter().enumerate() {
            let before = if index == 0 { "; changed: " } else { ", " };
            write!(f, "{before}{}", path.display())?;
        }
        write!(f, "; reload failed: {}", self.error.escape_debug())?;
        if self.attempts > 1 {
            write!(
                f,
                " (failure {} since {})",
                self.attempts,
                Rfc3339Time(self.failing_since)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ReloadRecovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is what the files say, after {} failed reloads since {}",
            self.in_force,
            self.attempts,
            Rfc3339Time(self.failing_since)
        )
    }
}
