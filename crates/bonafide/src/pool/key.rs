//! What must be equal for two requests to share a connection.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::LazyLock;

use bonafide_verify::{Epoch, ZoneId};
use foldhash::quality::RandomState;
use tokio::runtime;

use crate::connect::Versions;
use crate::origin::Origin;
use crate::proxy::Route;

/// The seed of this process. Hosts may come from an attacker, so it is random.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Hashes with the seed of this process.
pub(crate) fn hash_of(value: impl Hash) -> u64 {
    SEED.hash_one(value)
}

/// Everything that keeps two connections apart. Each field takes part in `Eq` and `Hash`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PartitionParts {
    /// Where the requests go; the host in its canonical form.
    pub(crate) origin: Origin,
    /// The versions of HTTP that may be used, and so the protocols that are offered by ALPN. The
    /// limits of a partition hold for each choice of versions.
    pub(crate) versions: Versions,
    /// The way there, with all credentials for a proxy.
    pub(crate) route: Route,
    /// The runtime that drives the connection, `None` for none. A connection of another runtime is
    /// never used here, since that runtime may be shut down or no longer driven.
    pub(crate) runtime: Option<runtime::Id>,
    /// The zone that judges the peer.
    pub(crate) zone: ZoneId,
    /// The epoch of the policy that the zone belongs to. Zone and epoch stand for the client
    /// identity too, which is the zone's own; connections of one that was replaced are called back,
    /// see [`Recall`](super::connection::Recall).
    pub(crate) epoch: Epoch,
}

/// The runtime that the caller is on.
pub(crate) fn current_runtime() -> Option<runtime::Id> {
    runtime::Handle::try_current()
        .ok()
        .map(|handle| handle.id())
}

/// The key of a partition: [`PartitionParts`] and their hash, computed once.
#[derive(Clone)]
pub(crate) struct PartitionKey {
    hash: u64,
    parts: PartitionParts,
}

impl PartitionKey {
    /// Computes the hash.
    pub(crate) fn new(parts: PartitionParts) -> Self {
        Self {
            hash: hash_of(&parts),
            parts,
        }
    }

    /// What the key is made of.
    pub(crate) fn parts(&self) -> &PartitionParts {
        &self.parts
    }

    /// The hash, computed by [`PartitionKey::new`].
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }
}

impl PartialEq for PartitionKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.parts == other.parts
    }
}

impl Eq for PartitionKey {}

impl fmt::Debug for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PartitionParts {
            origin,
            versions,
            route,
            runtime,
            zone,
            epoch,
        } = &self.parts;
        f.debug_struct("PartitionKey")
            .field("origin", origin)
            .field("versions", versions)
            .field("route", route)
            .field("runtime", runtime)
            .field("zone", zone)
            .field("epoch", epoch)
            .finish()
    }
}
