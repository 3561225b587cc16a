//! How sources are watched, and what they lack.

use std::fmt;

use serde::Serialize;

/// A watched policy began without some of its sources: what could not be read then is missing from it. What fails later is refused instead
/// ([`ReloadFailed`](super::ReloadFailed)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SourcesIncomplete {
    /// What could not be read: where, and why.
    pub failures: Vec<String>,
}

/// Changes of files are found by looking at them from time to time, since the system does not tell of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WatchingByPolling {
    /// Why.
    pub reason: String,
    /// How often, in milliseconds.
    pub every_ms: u64,
}

impl fmt::Display for SourcesIncomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the watched policy begins without what could not be read")?;
        for (index, failure) in self.failures.iter().enumerate() {
            let before = if index == 0 { ": " } else { "; " };
            write!(f, "{before}{}", failure.escape_debug())?;
        }
        Ok(())
    }
}

impl fmt::Display for WatchingByPolling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "watched files are looked at every {} ms, since the system does not tell of changes: {}",
            self.every_ms,
            self.reason.escape_debug()
        )
    }
}
