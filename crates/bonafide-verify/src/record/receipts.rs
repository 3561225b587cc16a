//! The receipts of an epoch, kept for the connections that rest on them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use rustls_pki_types::UnixTime;
use sha2::{Digest as _, Sha256};

use crate::chain::PresentedChain;
use crate::receipt::Receipt;
use crate::zone::ZoneId;

/// How many receipts an epoch keeps. One is a few kilobytes, most of it the certificates of the path; one that was dropped is made
/// again by judging the chain again.
const CAPACITY: usize = 1024;

/// A bounded map from (zone, host, presented chain) to the receipt of the last verification of it.
///
/// rustls resumes a session without calling the verifier, and hands the original chain over then too: that chain is the way back to
/// the receipt.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<Key, Arc<Receipt>>,
    oldest_first: VecDeque<Key>,
}

type Key = [u8; 32];

impl Receipts {
    pub(super) fn keep(
        &self,
        zone: ZoneId,
        host: &str,
        chain: &PresentedChain<'_>,
        receipt: &Arc<Receipt>,
    ) {
        let key = key(zone, host, chain);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_key.insert(key, Arc::clone(receipt)).is_some() {
            return;
        }
        kept.oldest_first.push_back(key);
        if kept.oldest_first.len() > CAPACITY
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.by_key.remove(&oldest);
        }
    }

    pub(super) fn find(
        &self,
        zone: ZoneId,
        host: &str,
        chain: &PresentedChain<'_>,
    ) -> Option<Arc<Receipt>> {
        let key = key(zone, host, chain);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_key.get(&key).map(Arc::clone)
    }

    /// All that are kept, in no order.
    pub(super) fn all(&self) -> Vec<Arc<Receipt>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_key.values().map(Arc::clone).collect()
    }

    /// The earliest deadline after `now` of the receipts of a host; see [`Recorder::deadline_of`](super::Recorder::deadline_of).
    pub(super) fn deadline_of(
        &self,
        zone: &str,
        host: &str,
        now: UnixTime,
    ) -> Option<Option<UnixTime>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_key
            .values()
            .filter(|receipt| receipt.zone() == zone && receipt.host() == Some(host))
            .map(|receipt| receipt.deadline())
            .filter(|deadline| deadline.is_none_or(|deadline| now < deadline))
            .reduce(|one, other| match (one, other) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            })
    }
}

/// Every part is preceded by its length, so that no two inputs run together.
fn key(zone: ZoneId, host: &str, chain: &PresentedChain<'_>) -> Key {
    let mut digest = Sha256::new();
    digest.update(zone.get().to_be_bytes());
    for part in std::iter::once(host.as_bytes()).chain(chain.iter().map(AsRef::as_ref)) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
