//! A connection under a grant.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::code::Code;
use crate::config::clock::{self, Rfc3339Time};

/// A connection is made to a peer that is not verified, under a grant; emitted for each handshake, resumed ones too, once the peer is judged: the peer may still fail to prove
/// that it holds its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantedConnection {
    /// The host.
    pub host: String,
    /// What was forgiven.
    pub forgiven: Vec<Code>,
    /// The reason that the grant states.
    pub reason: String,
    /// When the grant ends.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub expires: UnixTime,
}

impl fmt::Display for GrantedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "connection to {}, which is not verified, under a grant that forgives",
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
