//! Events about the sources of a watched policy.

use std::fmt;

use serde::Serialize;

/// A watched policy started without some of its sources, because they could not be read. A source
/// that fails later does not change the policy ([`ReloadFailed`](super::ReloadFailed)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SourcesIncomplete {
    /// The sources that could not be read, each with its place and the reason.
    pub failures: Vec<String>,
}

/// Files are polled for changes, because the operating system does not report all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WatchingByPolling {
    /// The reason.
    pub reason: String,
    /// The poll interval in milliseconds.
    pub every_ms: u64,
}

impl fmt::Display for SourcesIncomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the watched policy starts without sources that could not be read")?;
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
            "watched files are polled every {} ms, because the operating system does not report all changes: {}",
            self.every_ms,
            self.reason.escape_debug()
        )
    }
}
