//! Why a response is not shown to come from a verified server.

use std::sync::Arc;

use bonafide_verify::{Code, Receipt, Verdict};

/// A response whose connection does not show what was demanded of it. Its body was dropped unread.
///
/// The stack is at fault when there is no receipt; else the policy that judged gave less than the stack demands, and the receipt shows what.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotVerified {
    /// Nothing says that the server was verified: plain http, or a client that carries no receipts.
    #[error(
        "the connection of the response has no receipt, so its server is not known to be verified"
    )]
    NoReceipt,
    /// The server was not verified, and a grant let it pass.
    #[error("{} was not verified; a grant let it through", host(receipt))]
    Granted {
        /// What was checked, and what the grant forgave.
        receipt: Arc<Receipt>,
    },
    /// The server was believed by its key alone, without a path, and that is not allowed here.
    #[error(
        "{} was accepted by its key alone, and a verified server is required",
        host(receipt)
    )]
    KnownKey {
        /// What was checked, and why the key is believed.
        receipt: Arc<Receipt>,
    },
    /// The server was verified, but not by a pin, and a pin is demanded.
    #[error("{} was verified without a pin, and a pin is required", host(receipt))]
    NotPinned {
        /// What was checked.
        receipt: Arc<Receipt>,
    },
    /// The receipt is of something else than a verified connection: an audit without a name, or a refusal.
    #[error("the receipt does not show a verified server: {}", receipt.verdict())]
    NotProved {
        /// What was checked.
        receipt: Arc<Receipt>,
    },
}

impl NotVerified {
    /// What was checked, where anything was.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        match self {
            Self::NoReceipt => None,
            Self::Granted { receipt }
            | Self::KnownKey { receipt }
            | Self::NotPinned { receipt }
            | Self::NotProved { receipt } => Some(receipt),
        }
    }

    /// The stable code, where there is one: that of the refusal which the receipt records.
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
