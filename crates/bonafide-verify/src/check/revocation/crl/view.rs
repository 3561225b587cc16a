//! What identifies a list.

use rustls_pki_types::UnixTime;
use serde::Serialize;

use super::Label;
use crate::config::clock;
use crate::config::description::{Description, ExpiryKind};

/// A list, for a person; ordered by its fields.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct ListView {
    pub(super) issuer: String,
    /// The `cRLNumber` (RFC 5280, 5.2.3), in base 16.
    pub(super) number: String,
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub(super) this_update: UnixTime,
    #[serde(serialize_with = "clock::as_optional_rfc3339")]
    pub(super) next_update: Option<UnixTime>,
    /// Of the whole list, in base 16.
    pub(super) sha256: String,
    #[serde(skip)]
    pub(super) label: Label,
}

impl ListView {
    pub(super) fn forecast(&self, description: &mut Description) {
        if let Some(at) = self.next_update {
            let what = format!("revocation list of {} from {}", self.issuer, self.label);
            description.expires(ExpiryKind::Crl, what, at);
        }
    }
}
