//! Why a response is refused.

use std::sync::Arc;

use bonafide_verify::{Code, Receipt, Verdict};

/// A response whose connection does not show what the layer requires. Its body was dropped unread.
///
/// If there is no receipt, the stack is at fault. Otherwise the policy requires less than the stack
/// does, and the receipt shows what it checked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotVerified {
    /// There is no receipt: the connection is plain http, or the client attaches no receipts.
    #[error(
        "the connection of the response has no receipt, so its server is not known to be verified"
    )]
    NoReceipt,
    /// The server was not verified; a grant allowed the connection.
    #[error("{} was not verified; a grant allowed the connection", host(receipt))]
    Granted {
        /// What was checked, and what the grant forgave.
        receipt: Arc<Receipt>,
    },
    /// The policy accepted the server by its key alone, without a path, and the layer does not
    /// allow that.
    #[error(
        "{} was accepted by its key alone, and a verified server is required",
        host(receipt)
    )]
    KnownKey {
        /// What was checked, and why the key is accepted.
        receipt: Arc<Receipt>,
    },
    /// The server was verified without a pin, and the layer requires one.
    #[error("{} was verified without a pin, and a pin is required", host(receipt))]
    NotPinned {
        /// What was checked.
        receipt: Arc<Receipt>,
    },
    /// The receipt is of something else than a verified connection: an audit without a name, or a
    /// refusal.
    #[error("the receipt does not show a verified server: {}", receipt.verdict())]
    NotProved {
        /// What was checked.
        receipt: Arc<Receipt>,
    },
}

impl NotVerified {
    /// What was checked, if there is a receipt.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        match self {
            Self::NoReceipt => None,
            Self::Granted { receipt }
            | Self::KnownKey { receipt }
            | Self::NotPinned { receipt }
            | Self::NotProved { receipt } => Some(receipt),
        }
    }

    /// The stable code of the refusal that the receipt records, if there is one.
    pub fn code(&self) -> Option<Code> {
        match self.receipt()?.verdict() {
            Verdict::Refused(code) => Some(*code),
            _ => None,
        }
    }
}

fn host(receipt: &Receipt) -> &str {
    receipt.host().unwrap_or("the server")
}
