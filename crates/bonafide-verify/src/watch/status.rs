//! The status of a watcher.

use rustls_pki_types::UnixTime;

use super::error::ReloadError;

/// The status of a watcher.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchStatus {
    /// When the current policy or certificate came into force, by the clock of the policy.
    pub since: UnixTime,
    /// Why the current contents of the files are not in force; `None` if they are.
    pub failure: Option<ReloadError>,
    /// How changes are found.
    pub by: WatchedBy,
}

/// How changes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchedBy {
    /// By notifications of the operating system, and by comparing the contents at intervals.
    Notices,
    /// By comparing the contents at intervals.
    Polling,
}
