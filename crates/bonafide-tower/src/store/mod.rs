//! Stores that keep cookies and HSTS hosts between runs of a program.
//!
//! ```
//! use bonafide_tower::store::{Key, Kind, MemoryStore, Partition, Store, Swapped};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), bonafide_tower::store::StoreError> {
//! let store = MemoryStore::new();
//! let key = Key::new(Kind::Cookies, Partition::new("a user"));
//! assert_eq!(store.compare_and_set(&key, None, b"one".to_vec()).await?, Swapped::Done);
//!
//! let Some(found) = store.load(&key).await? else { return Ok(()) };
//! let version = Some(&found.version);
//! assert_eq!(store.compare_and_set(&key, version, b"two".to_vec()).await?, Swapped::Done);
//! // The state has changed since: nothing is written.
//! let late = store.compare_and_set(&key, version, b"three".to_vec()).await?;
//! assert_eq!(late, Swapped::Conflict);
//! # Ok(())
//! # }
//! ```
//!
//! A [`Store`] holds one state, a sequence of bytes, for each [`Key`]. It replaces a state only if
//! the writer has read the current version. A jar and a table of HSTS hosts work in memory, and no
//! request waits for a store: the program calls `load` when it starts, and `save` at times that it
//! chooses. `save` reads the stored state, applies the changes made in memory since the last load
//! or save, and writes with compare-and-set, so that programs that share a store do not lose each
//! other's changes.
//!
//! | store | where it holds states |
//! |---|---|
//! | [`MemoryStore`] | in memory: for tests, and for jars that share within a process |
//! | [`FileStore`], feature `file-store` | in a folder, crash-safe, one file for each key, readable only by its owner |
//!
//! States hold the values of cookies in the clear. A store that you write must protect them like
//! passwords.

#[cfg(any(feature = "cookies", feature = "hsts"))]
mod changes;
mod error;
#[cfg(feature = "file-store")]
mod file;
mod key;
#[cfg(any(feature = "cookies", feature = "hsts"))]
mod lines;
mod memory;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "cookies", feature = "hsts"))]
mod update;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(any(feature = "cookies", feature = "hsts"))]
pub(crate) use self::changes::Changes;
pub use self::error::StoreError;
#[cfg(feature = "file-store")]
pub use self::file::FileStore;
pub use self::key::{Key, Kind, Partition};
#[cfg(any(feature = "cookies", feature = "hsts"))]
pub(crate) use self::lines::{Fields, Lines, Writer};
pub use self::memory::MemoryStore;
#[cfg(any(feature = "cookies", feature = "hsts"))]
pub(crate) use self::update::{stored, update};

/// What the methods of a [`Store`] return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Holds states. Each is replaced as a whole, and only by a writer that has read the current
/// version.
pub trait Store: fmt::Debug + Send + Sync {
    /// The state of `key`, and its version; `None` if there is no state.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Snapshot>>;

    /// Replaces the state of `key` if its version is `expected` (`None`: if there is no state yet),
    /// else leaves it unchanged and returns [`Swapped::Conflict`]. If the write is interrupted, the
    /// stored state must be the old or the new one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be written.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Version>,
        state: Vec<u8>,
    ) -> StoreFuture<'a, Swapped>;
}

/// A state at the time when it was read.
#[derive(Clone)]
pub struct Snapshot {
    /// The state.
    pub state: Arc<[u8]>,
    /// Its version.
    pub version: Version,
}

/// Shows only the length of the state.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, version: _ } = self;
        f.debug_struct("Snapshot")
            .field("bytes", &state.len())
            .finish_non_exhaustive()
    }
}

/// The version of a state that was read: equal for equal states. Only the store that made it can
/// interpret it.
#[derive(Clone, PartialEq, Eq)]
pub struct Version(Arc<[u8]>);

impl Version {
    /// A version with this token, which differs for each state: a counter, an entity tag, a digest,
    /// or the state itself.
    pub fn new(token: impl Into<Arc<[u8]>>) -> Self {
        Self(token.into())
    }

    /// The token that was passed to [`new`](Self::new).
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Does not show the token, which may be the state.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Version")
    }
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum Swapped {
    /// The new state is stored.
    Done,
    /// The stored version was not the expected one. Nothing was written.
    Conflict,
}
