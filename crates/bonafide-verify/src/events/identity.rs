//! A client certificate replaced another.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::{self, Rfc3339Time};

/// A client certificate replaced another, by a call or because a callback returned another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdentityReplaced {
    /// The [`Generation`](crate::identity::Generation) that ended.
    pub from: u64,
    /// The one that began.
    pub to: u64,
    /// The subject of the certificate that is presented from now on.
    pub subject: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// The end of its validity; `None` if it cannot be read.
    #[serde(serialize_with = "clock::as_optional_rfc3339")]
    pub not_after: Option<UnixTime>,
}

impl fmt::Display for IdentityReplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "client certificate generation {} was replaced by generation {}: {}, SHA-256 {}",
            self.from, self.to, self.subject, self.sha256
        )?;
        match self.not_after {
            Some(end) => write!(f, ", until {}", Rfc3339Time(end)),
            None => Ok(()),
        }
    }
}
