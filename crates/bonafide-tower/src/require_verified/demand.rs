//! What a response's connection must show.

use std::sync::Arc;

use bonafide_verify::{Receipt, Verdict};
use http::Extensions;

use super::NotVerified;

/// What a response's connection must show: that path, name and all enforced checks are proved, and
/// what the fields require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) pins: Pins,
    pub(super) known_keys: KnownKeys,
}

/// Whether one key of the path has to be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pins {
    NotDemanded,
    Demanded,
}

/// Whether a server is accepted that its policy accepts by its key alone, without a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KnownKeys {
    Refused,
    Allowed,
}

impl Demand {
    pub(super) const VERIFIED: Self = Self {
        pins: Pins::NotDemanded,
        known_keys: KnownKeys::Refused,
    };

    /// Judges the receipt in the extensions of a response.
    pub(super) fn check(self, extensions: &Extensions) -> Result<(), NotVerified> {
        let receipt = extensions
            .get::<Arc<Receipt>>()
            .ok_or(NotVerified::NoReceipt)?;
        let Self { pins, known_keys } = self;
        let satisfied = match pins {
            Pins::NotDemanded => receipt.is_verified(),
            Pins::Demanded => receipt.is_pinned(),
        };
        if satisfied || (receipt.is_known_key() && known_keys == KnownKeys::Allowed) {
            return Ok(());
        }
        let receipt = Arc::clone(receipt);
        Err(match receipt.verdict() {
            Verdict::Verified => NotVerified::NotPinned { receipt },
            Verdict::Granted { .. } => NotVerified::Granted { receipt },
            Verdict::KnownKey { .. } => NotVerified::KnownKey { receipt },
            _ => NotVerified::NotProved { receipt },
        })
    }
}

impl Default for Demand {
    fn default() -> Self {
        Self::VERIFIED
    }
}
