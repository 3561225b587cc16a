//! Observer of verdicts; cannot influence them.

use std::fmt;

use super::Recorder;
use crate::path::presented::Peer;
use crate::verdict::receipt::report::Receipt;

/// Observes each handshake after its verdict. It cannot change the verdict: it is called afterwards
/// and returns nothing.
pub(crate) trait Onlooker: fmt::Debug + Send + Sync {
    /// Called with the receipt of each accepted or refused peer, in the middle of the handshake. It
    /// must not block.
    fn saw(&self, peer: &Peer<'_>, receipt: &Receipt);

    /// The counts of the observed handshakes.
    fn counts(&self) -> ShadowCounts;
}

/// The counts of the handshakes that a [`Shadow`](crate::Shadow) received, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowCounts {
    /// Both policies reached the same verdict.
    pub agreed: u64,
    /// The candidate reached another verdict. An event is emitted at most once an hour for each
    /// host and pair of verdicts.
    pub differed: u64,
    /// The handshake was not judged by the candidate: too many were waiting.
    pub dropped: u64,
    /// A check of the candidate panicked.
    pub panicked: u64,
}

impl Recorder {
    /// Passes a handshake that was judged to the onlooker.
    pub(crate) fn show(&self, peer: &Peer<'_>, receipt: &Receipt) {
        if let Some(onlooker) = &self.onlooker {
            onlooker.saw(peer, receipt);
        }
    }

    /// The counts of the onlooker; `None` if there is none.
    pub(crate) fn shadow_counts(&self) -> Option<ShadowCounts> {
        self.onlooker.as_ref().map(|onlooker| onlooker.counts())
    }
}
