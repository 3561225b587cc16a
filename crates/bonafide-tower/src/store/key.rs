//! The owner of a state.

use std::fmt;
use std::sync::Arc;

/// The owner of a state: separates the state of one zone and identity from that of others.
///
/// An opaque name. A client with zones makes one for each zone and client identity. Default: the
/// empty name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(Arc<str>);

impl Partition {
    /// The partition of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Partition {
    fn default() -> Self {
        Self::new("")
    }
}

/// The kind of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The cookies of a jar.
    Cookies,
    /// The hosts of an HSTS table.
    Hsts,
}

impl Kind {
    /// `cookies` or `hsts`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookies => "cookies",
            Self::Hsts => "hsts",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The key of a state in a [`Store`](super::Store): its kind and its owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    kind: Kind,
    partition: Partition,
}

impl Key {
    /// The state of `kind` that belongs to `partition`.
    pub const fn new(kind: Kind, partition: Partition) -> Self {
        Self { kind, partition }
    }

    /// The kind of the state.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The owner of the state.
    pub const fn partition(&self) -> &Partition {
        &self.partition
    }
}
