//! What two requests must have in common to share a connection.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, LazyLock};

use foldhash::quality::RandomState;
use tokio::runtime;

/// The seed of this process. Hosts may come from an attacker, so it is random.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Hashes with the seed of this process.
pub(super) fn hash_of(value: impl Hash) -> u64 {
    SEED.hash_one(value)
}

/// Whether the bytes on the wire are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// TLS.
    Https,
    /// Clear text.
    Http,
}

/// The zone of the policy that judged the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ZoneId(pub(crate) u32);

/// The way to the origin.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    /// Straight to the origin.
    Direct,
    /// Through this proxy. Whatever tells two proxies or two accounts at one proxy apart belongs in the text.
    Proxy(Arc<str>),
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("Direct"),
            Self::Proxy(proxy) => {
                let (before, authority) = proxy.rsplit_once('@').unwrap_or(("", proxy));
                let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
                let separator = if scheme.is_empty() { "" } else { "://" };
                write!(f, "Proxy({scheme}{separator}{authority})")
            }
        }
    }
}

/// Everything that keeps two connections apart. Each field takes part in `Eq` and `Hash`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PartitionParts {
    /// Whether TLS is spoken with the origin.
    pub(crate) scheme: Scheme,
    /// The origin's host: a name in A-label form or an address, in lower case.
    pub(crate) host: Arc<str>,
    /// The origin's port.
    pub(crate) port: u16,
    /// The way there.
    pub(crate) route: Route,
    /// The runtime that drives the connection, `None` for none. A connection of another runtime, which may be shut
    /// down or driven no more, serves nobody here.
    pub(crate) runtime: Option<runtime::Id>,
    /// The zone that judges the peer.
    pub(crate) zone: ZoneId,
    /// The epoch of the policy that the zone belongs to.
    pub(crate) epoch: u64,
    /// Number of the client identity that is presented, 0 for none. A number that the client hands out, never made
    /// of key material. What takes its place later is not another number: connections made before are called back, see
    /// [`Recall`](super::connection::Recall).
    pub(crate) identity: u64,
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
    /// Puts the host in lower case and computes the hash.
    pub(crate) fn new(mut parts: PartitionParts) -> Self {
        if parts.host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            parts.host = parts.host.to_ascii_lowercase().into();
        }
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
            scheme,
            host,
            port,
            route,
            runtime,
            zone,
            epoch,
            identity,
        } = &self.parts;
        f.debug_struct("PartitionKey")
            .field("scheme", scheme)
            .field("host", host)
            .field("port", port)
            .field("route", route)
            .field("runtime", runtime)
            .field("zone", zone)
            .field("epoch", epoch)
            .field("identity", &if *identity == 0 { "none" } else { "set" })
            .finish()
    }
}
