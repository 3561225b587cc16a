//! Stores states in memory.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Key, Snapshot, Store, StoreFuture, Swapped, Version};

/// Stores states in memory. Clones share them.
#[derive(Clone, Default)]
pub struct MemoryStore {
    states: Arc<Mutex<HashMap<Key, Arc<[u8]>>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn states(&self) -> MutexGuard<'_, HashMap<Key, Arc<[u8]>>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Snapshot>> {
        let state = self.states().get(key).cloned();
        Box::pin(ready(Ok(state.map(|state| Snapshot {
            version: Version::new(Arc::clone(&state)),
            state,
        }))))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Version>,
        state: Vec<u8>,
    ) -> StoreFuture<'a, Swapped> {
        let mut states = self.states();
        let found = states.get(key).map(|state| &state[..]);
        let swapped = if found == expected.map(Version::as_bytes) {
            states.insert(key.clone(), state.into());
            Swapped::Done
        } else {
            Swapped::Conflict
        };
        Box::pin(ready(Ok(swapped)))
    }
}

/// Shows only the number of states.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("states", &self.states().len())
            .finish()
    }
}
