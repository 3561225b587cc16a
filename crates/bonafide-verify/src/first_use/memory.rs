//! Known keys in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::KnownKey;
use super::store::{FirstUse, FirstUseError, Swap};
use crate::config::description::Description;
use crate::x509::spki::SpkiSha256;

/// How many hosts a store in memory can know.
const MAX_HOSTS: usize = 65_536;

/// Known keys in memory: what one process has seen, gone when it ends. Clones are the same store.
///
/// **Every start of the program is a first contact with every host**; [`FileFirstUse`](super::FileFirstUse) remembers. Knows 65,536 hosts at most; a further one
/// is refused.
#[derive(Clone, Debug, Default)]
pub struct MemoryFirstUse {
    known: Arc<Mutex<HashMap<String, KnownKey>>>,
}

impl MemoryFirstUse {
    /// A store that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl FirstUse for MemoryFirstUse {
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.get(host).copied())
    }

    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(host).copied();
        if found.map(|found| found.key) != expected {
            return Ok(Swap::Found(found));
        }
        match new {
            Some(_) if found.is_none() && known.len() >= MAX_HOSTS => {
                return Err(FirstUseError::Full { limit: MAX_HOSTS });
            }
            Some(new) => known.insert(host.to_owned(), new),
            None => known.remove(host),
        };
        Ok(Swap::Done)
    }

    fn describe(&self, description: &mut Description) {
        description.setting("first-use", "memory");
    }
}
