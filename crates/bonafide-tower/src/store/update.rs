//! Reads a stored state, merges changes in memory with it, and writes the result.

use super::{Key, Store, StoreError, Swapped};

/// How many attempts a write has when other writers change the state first.
const MAX_ATTEMPTS: usize = 32;

/// The state of `key`, as `read` reads it. If nothing is stored, the default.
pub(crate) async fn stored<S: Default>(
    store: &dyn Store,
    key: &Key,
    read: impl Fn(&[u8]) -> Result<S, StoreError>,
) -> Result<S, StoreError> {
    match store.load(key).await? {
        Some(found) => read(&found.state),
        None => Ok(S::default()),
    }
}

/// Replaces the state of `key`, which `read` reads, by the one that `change` makes of it, and
/// returns the second value of `change`. Both are called again if another writer has changed the
/// state first.
pub(crate) async fn update<S: Default, T>(
    store: &dyn Store,
    key: &Key,
    read: impl Fn(&[u8]) -> Result<S, StoreError>,
    mut change: impl FnMut(S) -> (Vec<u8>, T),
) -> Result<T, StoreError> {
    for _ in 0..MAX_ATTEMPTS {
        let found = store.load(key).await?;
        let old = found.as_ref().map(|found| &found.state[..]);
        let (new, made) = change(old.map(&read).transpose()?.unwrap_or_default());
        if old == Some(&new[..]) {
            return Ok(made);
        }
        let version = found.as_ref().map(|found| &found.version);
        match store.compare_and_set(key, version, new).await? {
            Swapped::Done => return Ok(made),
            Swapped::Conflict => {}
        }
    }
    Err(StoreError::Contended {
        attempts: MAX_ATTEMPTS,
    })
}
