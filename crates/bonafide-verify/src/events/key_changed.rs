//! A host presented another key than its known one.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::{self, Rfc3339Time};
use crate::x509::spki::SpkiSha256;

/// A host presented another key than its known one and was refused. Emitted for each handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyChanged {
    /// The host.
    pub host: String,
    /// The known key.
    pub known: SpkiSha256,
    /// When the known key was first seen.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub since: UnixTime,
    /// The key that was presented. The peer has not proved that it holds this key.
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
            "{host} presented the key {observed} and was refused: its known key is {known} since {}",
            Rfc3339Time(*since)
        )
    }
}
