//! Known keys in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::KnownKey;
use super::store::{FirstUse, FirstUseError, Swap};
use crate::config::description::Description;
use crate::x509::spki::SpkiSha256;

/// Maximum number of hosts of a store in memory.
const MAX_HOSTS: usize = 65_536;

/// Known keys in memory, for the lifetime of the process. Clones are the same store.
///
/// **After every start of the program, each host has a first contact again**;
/// [`FileFirstUse`](super::FileFirstUse) is persistent. At most 65,536 hosts are stored; the next
/// one is refused.
#[derive(Clone, Debug, Default)]
pub struct MemoryFirstUse {
    known: Arc<Mutex<HashMap<String, KnownKey>>>,
}

impl MemoryFirstUse {
    /// An empty store.
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
