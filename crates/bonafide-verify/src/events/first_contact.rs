//! A host presented a key for the first time.

use std::fmt;

use serde::Serialize;

use crate::x509::spki::SpkiSha256;

/// A host presented a key for the first time, in a zone that trusts the key of the first contact.
/// The key has been stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FirstContact {
    /// The host.
    pub host: String,
    /// The key that is known from now on.
    pub key: SpkiSha256,
}

impl fmt::Display for FirstContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, key } = self;
        write!(f, "first contact with {host}: {key} is now its known key")
    }
}
