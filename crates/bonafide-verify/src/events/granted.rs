//! A connection under a grant.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::code::Code;
use crate::config::clock::{self, Rfc3339Time};

/// A connection is made to an unverified peer under a grant.
///
/// Emitted for each handshake, resumed ones included, once the peer is judged. The peer may still
/// fail to prove that it holds its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantedConnection {
    /// The host.
    pub host: String,
    /// The refusals that were forgiven.
    pub forgiven: Vec<Code>,
    /// The reason of the grant.
    pub reason: String,
    /// When the grant ends.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub expires: UnixTime,
}

impl fmt::Display for GrantedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unverified connection to {} under a grant that forgives",
            self.host
        )?;
        for code in &self.forgiven {
            write!(f, " {code}")?;
        }
        write!(
            f,
            " until {} because \"{}\"",
            Rfc3339Time(self.expires),
            self.reason.escape_debug()
        )
    }
}
