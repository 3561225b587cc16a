//! What a response's connection must show.

use std::sync::Arc;

use bonafide_verify::{Receipt, Verdict};
use http::Extensions;

use super::NotVerified;

/// What a response's connection must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Demand {
    /// Path, name and all enforced checks are proved.
    #[default]
    Verified,
    /// And one key of the path is pinned.
    Pinned,
}

impl Demand {
    /// Judges what the extensions of a response hold.
    pub(super) fn check(self, extensions: &Extensions) -> Result<(), NotVerified> {
        let receipt = extensions
            .get::<Arc<Receipt>>()
            .ok_or(NotVerified::NoReceipt)?;
        let satisfied = match self {
            Self::Verified => receipt.is_verified(),
            Self::Pinned => receipt.is_pinned(),
        };
        if satisfied {
            return Ok(());
        }
        let receipt = Arc::clone(receipt);
        Err(match receipt.verdict() {
            Verdict::Verified => NotVerified::NotPinned { receipt },
            Verdict::Granted { .. } => NotVerified::Granted { receipt },
            _ => NotVerified::NotProved { receipt },
        })
    }
}
