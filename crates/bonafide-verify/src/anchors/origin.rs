//! Where an anchor came from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::fence::AndList;

/// Where an anchor came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// The operating system's store.
    System,
    /// A file or directory that an environment variable names.
    Environment {
        /// The variable, for example `SSL_CERT_FILE`.
        variable: String,
        /// The file that the certificate was read from; in [`OriginCounts`], its directory.
        path: PathBuf,
    },
    /// A file that the program names, or one in a directory that it names.
    File(PathBuf),
    /// A directory that the program names. Used in [`OriginCounts`]; each anchor itself has the
    /// origin [`File`](Self::File).
    Directory(PathBuf),
    /// Bytes in memory, with the label that the program gave.
    Memory(String),
    /// Mozilla's roots, compiled into the program.
    Bundled,
    /// Any of these, restricted by [`CustomCa::only_for`](crate::CustomCa::only_for).
    Fenced {
        /// Where the anchor came from.
        origin: Box<Self>,
        /// The DNS names and networks that it is trusted for.
        only_for: Vec<String>,
    },
}

impl Origin {
    /// Whether the program added the anchor: from a file, a directory, memory, or a variable that
    /// the program named.
    pub(crate) fn is_private(&self) -> bool {
        match self {
            Self::System | Self::Bundled => false,
            Self::Environment { variable, .. } => {
                !["SSL_CERT_FILE", "SSL_CERT_DIR"].contains(&variable.as_str())
            }
            Self::File(_) | Self::Directory(_) | Self::Memory(_) => true,
            Self::Fenced { origin, .. } => origin.is_private(),
        }
    }
}

/// The origin of an anchor, and the origin under which it is counted.
#[derive(Clone)]
pub(super) struct Origins {
    pub(super) own: Arc<Origin>,
    pub(super) counted: Arc<Origin>,
}

impl Origins {
    /// The origins of an anchor that is counted under its own origin.
    pub(super) fn one(origin: Origin) -> Self {
        let own = Arc::new(origin);
        let counted = Arc::clone(&own);
        Self { own, counted }
    }

    /// The same origins, restricted to `only_for`.
    pub(super) fn inside(self, only_for: Vec<String>) -> Self {
        let fenced = |origin, only_for| {
            Arc::new(Origin::Fenced {
                origin: Box::new(Arc::unwrap_or_clone(origin)),
                only_for,
            })
        };
        if Arc::ptr_eq(&self.own, &self.counted) {
            let own = fenced(self.own, only_for);
            let counted = Arc::clone(&own);
            return Self { own, counted };
        }
        Self {
            own: fenced(self.own, only_for.clone()),
            counted: fenced(self.counted, only_for),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system store"),
            Self::Environment { variable, path } => {
                write!(f, "{} (from {variable})", path.display())
            }
            Self::File(path) | Self::Directory(path) => write!(f, "{}", path.display()),
            Self::Memory(label) => write!(f, "memory ({label})"),
            Self::Bundled => f.write_str("bundled roots"),
            Self::Fenced { origin, only_for } => {
                write!(f, "{origin} only for {}", AndList(only_for))
            }
        }
    }
}

/// The number of anchors from each origin, in the order of loading. All files of a directory count
/// as one origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginCounts(pub(crate) Vec<(Arc<Origin>, usize)>);

impl OriginCounts {
    /// The origins with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (&Origin, usize)> {
        self.0
            .iter()
            .map(|(origin, count)| (origin.as_ref(), *count))
    }

    /// All anchors together.
    pub fn total(&self) -> usize {
        self.0.iter().map(|(_, count)| count).sum()
    }
}

impl fmt::Display for OriginCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no anchors");
        }
        for (index, (origin, count)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{count} from {origin}")?;
        }
        Ok(())
    }
}
