//! Keys that are trusted without a path: the key of a host's first contact, or exactly the keys and
//! certificates that a zone names.
//!
//! What belongs here compares keys and stores them. It never looks at names, dates or issuers.
//!
//! ```
//! use bonafide_verify::first_use::MemoryFirstUse;
//! use bonafide_verify::{Policy, Zone};
//!
//! let devices = Zone::for_host("**.devices.example").first_use(MemoryFirstUse::new());
//! let policy = Policy::builder().zone(devices).build()?;
//! # let _ = policy;
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

mod exactly;
mod file;
mod format;
mod memory;
mod reason;
mod store;

use std::sync::Arc;

use rustls_pki_types::UnixTime;

pub use self::exactly::{CertificateSha256, Exactly};
pub use self::file::FileFirstUse;
pub use self::format::StoreFault;
pub use self::memory::MemoryFirstUse;
pub use self::reason::KeyReason;
pub use self::store::{FirstUse, FirstUseError, SharedFirstUseError, Swap};

use crate::config::description::Description;
use crate::x509::spki::SpkiSha256;

/// A key that a host presented, and when it was first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KnownKey {
    /// The key.
    pub key: SpkiSha256,
    /// When it was first seen, by the clock of the policy.
    pub first_seen: UnixTime,
}

/// Why a peer's key is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KnownBy {
    /// No key was known for the host, so this one was stored.
    FirstContact,
    /// The store has this key for the host.
    FirstUse {
        /// When it was first seen.
        since: UnixTime,
    },
    /// The policy names it.
    Exactly(Exactly),
}

/// The keys that a zone trusts instead of a path.
#[derive(Clone, Debug)]
pub(crate) enum KnownPeers {
    /// For each host, the key of its first contact.
    FirstUse(Arc<dyn FirstUse>),
    /// Exactly these keys and certificates.
    Exactly(Arc<[Exactly]>),
}

impl KnownPeers {
    pub(crate) fn describe(&self, description: &mut Description) {
        match self {
            Self::FirstUse(store) => {
                description.setting("first-use", "the key of the first contact");
                store.describe(description);
            }
            Self::Exactly(peers) => {
                let peers: Vec<_> = peers.iter().map(ToString::to_string).collect();
                description.setting("exactly", peers);
            }
        }
    }
}
