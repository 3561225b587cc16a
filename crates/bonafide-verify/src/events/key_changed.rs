//! A host has shown another key than the one that it showed first.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::{self, Rfc3339Time};
use crate::x509::spki::SpkiSha256;

/// A host has shown another key than the one that it showed first, and was refused; emitted for each handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyChanged {
    /// The host.
    pub host: String,
    /// The key that is known.
    pub known: SpkiSha256,
    /// Since when it is known.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub since: UnixTime,
    /// The key that was shown. The peer has not proved that it holds it.
    pub observed: SpkiSha256,
}

impl fmt::Display for KeyChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            known,
            since,
            observed,
        } = self;
        write!(
            f,
            "{host} has shown {observed} and was refused: its known key is {known} since {}",
            Rfc3339Time(*since)
        )
    }
}
