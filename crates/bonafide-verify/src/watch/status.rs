//! How watching goes.

use rustls_pki_types::UnixTime;

use super::error::ReloadError;

/// How watching goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchStatus {
    /// Since when what is in force is in force, by the clock of the policy.
    pub since: UnixTime,
    /// Why what the files say now is not in force; nothing while it is.
    pub failure: Option<ReloadError>,
    /// How changes are found.
    pub by: WatchedBy,
}

/// How changes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchedBy {
    /// The system tells of them; the contents are compared from time to time all the same.
    Notices,
    /// By comparing the contents from time to time.
    Polling,
}
