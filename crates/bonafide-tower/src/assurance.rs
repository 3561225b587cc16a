//! What is known of the server that a response came from.

use std::sync::Arc;

use bonafide_verify::Receipt;
use http::Extensions;

/// What is known of the server at the other end of an `https://` connection.
///
/// Of an `http://` connection nothing is known, whatever is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// Path, name and all enforced checks were proved: [`Receipt::is_verified`].
    Verified,
    /// Anything less: a grant, a server known by its key alone, or no receipt.
    Unverified,
}

impl Assurance {
    /// What the extensions of a response show: [`Verified`](Self::Verified) if they hold an
    /// `Arc<Receipt>` of a verified connection.
    pub fn of(extensions: &Extensions) -> Self {
        match extensions.get::<Arc<Receipt>>() {
            Some(receipt) if receipt.is_verified() => Self::Verified,
            _ => Self::Unverified,
        }
    }
}
