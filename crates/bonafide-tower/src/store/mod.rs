//! Where cookies and HSTS hosts are kept between runs.
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
//! A [`Store`] keeps one state, some bytes, for each [`Key`], and replaces it only for a writer
//! that has seen it. A jar and a table of HSTS hosts work in memory, and no request waits for a
//! store: the program calls `load` when it starts and `save` when it wants to. `save` reads what is
//! stored, applies what has changed in memory since, and writes with compare-and-set, so that
//! programs that share a store do not lose each other's changes.
//!
//! | store | keeps its states |
//! |---|---|
//! | [`MemoryStore`] | in memory: for tests, and for jars that share within a process |
//! | [`FileStore`], feature `file-store` | in a folder, crash-safe, a file for each key, readable by its owner alone |
//!
//! States hold the values of cookies in the clear. An own store protects them as it would a
//! password.

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

pub use self::error::StoreError;
#[cfg(feature = "file-store")]
pub use self::file::FileStore;
pub use self::key::{Key, Kind, Partition};
#[cfg(any(feature = "cookies", feature = "hsts"))]
pub(crate) use self::lines::{Fields, Lines, Writer};
pub use self::memory::MemoryStore;
#[cfg(any(feature = "cookies", feature = "hsts"))]
pub(crate) use self::update::update;

/// What the methods of a [`Store`] return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place for states, each replaced as a whole and only by a writer that has seen it.
pub trait Store: fmt::Debug + Send + Sync {
    /// The state of `key`, and its version; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Snapshot>>;

    /// Replaces the state of `key` if its version is `expected` (`None`: if there is no state yet),
    /// else leaves it as it is and returns [`Swapped::Conflict`]. Whatever happens in between, the
    /// state is the old or the new one.
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

/// A state, as it was when it was read.
#[derive(Clone)]
pub struct Snapshot {
    /// The state.
    pub state: Arc<[u8]>,
    /// Its version.
    pub version: Version,
}

/// The length of the state, and nothing of it.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, version: _ } = self;
        f.debug_struct("Snapshot")
            .field("bytes", &state.len())
            .finish_non_exhaustive()
    }
}

/// Which state was seen: equal for equal states. Opaque to all but the store that made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Version(Arc<[u8]>);

impl Version {
    /// A version by what tells it from others: a counter, an entity tag, a digest, or the state.
    pub fn new(token: impl Into<Arc<[u8]>>) -> Self {
        Self(token.into())
    }

    /// What [`new`](Self::new) was given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Nothing of it: a token may be the state.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Version")
    }
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum Swapped {
    /// The new state is stored.
    Done,
    /// The state was not the expected one. Nothing was written.
    Conflict,
}
