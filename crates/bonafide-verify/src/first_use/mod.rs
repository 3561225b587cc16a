//! Keys that are trusted without a path: the key that a host showed first, or exactly the keys and
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

/// A key that a host has shown, and since when it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KnownKey {
    /// The key.
    pub key: SpkiSha256,
    /// When it was seen first, by the clock of the policy that saw it.
    pub first_seen: UnixTime,
}

/// Why a peer's key is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KnownBy {
    /// No key was known for the host, and this one is known from now on.
    FirstContact,
    /// The store has known it since then.
    FirstUse {
        /// When it was seen first.
        since: UnixTime,
    },
    /// The policy names it.
    Exactly(Exactly),
}

/// What a zone believes instead of a path.
#[derive(Clone, Debug)]
pub(crate) enum KnownPeers {
    /// The key that each host has shown first.
    FirstUse(Arc<dyn FirstUse>),
    /// One of these.
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
