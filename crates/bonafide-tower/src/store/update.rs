//! Writing what has changed in memory over what others have written.

use super::{Key, Store, StoreError, Swapped};

/// How often a write is tried again that another writer came before.
const MAX_ATTEMPTS: usize = 32;

/// Replaces the state of `key` by what `change` makes of it, and returns what else `change` made.
/// `change` is called again where another writer came first.
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
