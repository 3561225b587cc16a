//! Merges changes in memory with the stored state, and writes the result.

use super::{Key, Store, StoreError, Swapped};

/// How many attempts a write has when other writers change the state first.
const MAX_ATTEMPTS: usize = 32;

/// Replaces the state of `key` by the one that `change` returns, and returns the second value of
/// `change`. `change` is called again if another writer has changed the state first.
pub(crate) async fn update<T>(
    store: &dyn Store,
    key: &Key,
    mut change: impl FnMut(Option<&[u8]>) -> Result<(Vec<u8>, T), StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..MAX_ATTEMPTS {
        let found = store.load(key).await?;
        let old = found.as_ref().map(|found| &found.state[..]);
        let (new, made) = change(old)?;
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
