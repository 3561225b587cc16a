//! Whether the server that a response came from was verified.

use std::sync::Arc;

use bonafide_verify::Receipt;
use http::Extensions;

/// Whether the server of an `https://` connection was verified.
///
/// The value has no meaning for an `http://` connection, which is never verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// Path, name and all enforced checks were proved: [`Receipt::is_verified`].
    Verified,
    /// Not verified: a grant, a server trusted only by its key, or no receipt.
    Unverified,
}

impl Assurance {
    /// The assurance that the extensions of a response show: [`Verified`](Self::Verified) if they
    /// hold an `Arc<Receipt>` of a verified connection.
    pub fn of(extensions: &Extensions) -> Self {
        Self::by(extensions.get::<Arc<Receipt>>().map(Arc::as_ref))
    }

    /// The assurance that the receipt of a connection shows.
    pub fn by(receipt: Option<&Receipt>) -> Self {
        match receipt {
            Some(receipt) if receipt.is_verified() => Self::Verified,
            _ => Self::Unverified,
        }
    }
}
