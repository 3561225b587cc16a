//! Observer of verdicts; cannot influence them.

use std::fmt;

use super::Recorder;
use crate::path::presented::Peer;
use crate::verdict::receipt::report::Receipt;

/// Sees each handshake after it was judged. Has no way to change the verdict: it is called when
/// that has been made, and returns nothing.
pub(crate) trait Onlooker: fmt::Debug + Send + Sync {
    /// The peer was accepted or refused, as the receipt says. Called in the middle of the
    /// handshake: it must not wait.
    fn saw(&self, peer: &Peer<'_>, receipt: &Receipt);

    /// What has become of what it saw.
    fn counts(&self) -> ShadowCounts;
}

/// What has become of the handshakes that a [`Shadow`](crate::Shadow) saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowCounts {
    /// Both policies said the same.
    pub agreed: u64,
    /// The candidate would have said otherwise, whether an event was emitted or one was emitted
    /// within the hour before.
    pub differed: u64,
    /// The candidate had no time for it: too many were waiting.
    pub dropped: u64,
    /// A check of the candidate panicked.
    pub panicked: u64,
}

impl Recorder {
    /// Shows a handshake that was judged to the onlooker.
    pub(crate) fn show(&self, peer: &Peer<'_>, receipt: &Receipt) {
        if let Some(onlooker) = &self.onlooker {
            onlooker.saw(peer, receipt);
        }
    }

    /// What has become of what the onlooker saw; none where there is none.
    pub(crate) fn shadow_counts(&self) -> Option<ShadowCounts> {
        self.onlooker.as_ref().map(|onlooker| onlooker.counts())
    }
}
