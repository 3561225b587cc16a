//! The receipts of an epoch, kept for later connections.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::{Equivalent, HashMap};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::path::presented::PresentedChain;
use crate::verdict::receipt::report::Receipt;
use crate::zone::ZoneId;

/// Maximum number of receipts of an epoch. A receipt takes a few kilobytes, mostly for the
/// certificates of the path. After one was dropped, the chain is judged again when needed.
const MOST_RECEIPTS: usize = 1024;
/// Maximum size in bytes of all presented chains of these receipts together: 8 KiB each on average.
/// A public server sends some 4 KiB, and rustls accepts at most 64 KiB.
const MOST_BYTES: usize = MOST_RECEIPTS * 8 * 1024;

/// A bounded map from (zone, host, presented chain) to the receipt of the last verification of it.
///
/// rustls resumes a session without calling the verifier, but it returns the original chain. The
/// receipt is found by that chain.
///
/// **A receipt is found only by exactly what it was made for.** The map belongs to one epoch. Zone
/// and host select the receipts of a server; of these, the one whose whole chain has the same bytes
/// is returned: the same certificates in the same order, and no others. The bytes themselves are
/// compared, not digests, so nothing depends on a hash function; it is also cheaper. A server with
/// many chains makes the search more expensive, up to comparing [`MOST_BYTES`].
#[derive(Debug, Default)]
pub(super) struct Receipts {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_server: HashMap<Arc<Server>, Vec<KeptReceipt>>,
    oldest_first: VecDeque<(Arc<Server>, SharedChain)>,
    /// The size of all chains.
    bytes: usize,
}

/// A host in the zone that judges it.
#[derive(PartialEq, Eq, Hash)]
struct Server {
    zone: ZoneId,
    host: Box<str>,
}

/// The same, borrowed. The fields have the same order, so that the hash is the same.
#[derive(Hash)]
struct AskedServer<'a> {
    zone: ZoneId,
    host: &'a str,
}

impl Equivalent<Arc<Server>> for AskedServer<'_> {
    fn equivalent(&self, server: &Arc<Server>) -> bool {
        let Server { zone, host } = &**server;
        self.zone == *zone && *self.host == **host
    }
}

/// As presented, leaf first.
type SharedChain = Arc<[CertificateDer<'static>]>;

struct KeptReceipt {
    chain: SharedChain,
    receipt: Arc<Receipt>,
}

impl KeptReceipt {
    fn is_for(&self, chain: &PresentedChain<'_>) -> bool {
        self.chain.len() == chain.len()
            && self
                .chain
                .iter()
                .zip(chain.iter())
                .all(|(kept, presented)| **kept == **presented)
    }
}

impl Receipts {
    pub(super) fn keep(
        &self,
        zone: ZoneId,
        host: &str,
        chain: &PresentedChain<'_>,
        receipt: &Arc<Receipt>,
    ) {
        let asked = AskedServer { zone, host };
        let mut kept = self.locked();
        let of_server = kept.by_server.get_mut(&asked);
        let same = of_server.and_then(|kept| kept.iter_mut().find(|kept| kept.is_for(chain)));
        match same {
            Some(same) => same.receipt = Arc::clone(receipt),
            None => kept.add(&asked, chain, receipt),
        }
    }

    pub(super) fn find(
        &self,
        zone: ZoneId,
        host: &str,
        chain: &PresentedChain<'_>,
    ) -> Option<Arc<Receipt>> {
        let kept = self.locked();
        let of_server = kept.by_server.get(&AskedServer { zone, host })?;
        let found = of_server.iter().find(|kept| kept.is_for(chain))?;
        Some(Arc::clone(&found.receipt))
    }

    /// All that are kept, in no order.
    pub(super) fn all(&self) -> Vec<Arc<Receipt>> {
        let kept = self.locked();
        let all = kept.by_server.values().flatten();
        all.map(|kept| Arc::clone(&kept.receipt)).collect()
    }

    /// The earliest deadline after `now` of the receipts of a host; see
    /// [`Recorder::deadline_of`](super::Recorder::deadline_of).
    pub(super) fn deadline_of(
        &self,
        zone: ZoneId,
        host: &str,
        now: UnixTime,
    ) -> Option<Option<UnixTime>> {
        let kept = self.locked();
        let of_server = kept.by_server.get(&AskedServer { zone, host })?;
        of_server
            .iter()
            .map(|kept| kept.receipt.deadline())
            .filter(|deadline| deadline.is_none_or(|deadline| now < deadline))
            .reduce(|one, other| match (one, other) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            })
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows how many receipts are kept, and no certificates: a busy client has a thousand.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            by_server: _,
            oldest_first,
            bytes,
        } = self;
        f.debug_struct("Kept")
            .field("receipts", &oldest_first.len())
            .field("bytes", bytes)
            .finish_non_exhaustive()
    }
}

impl Kept {
    fn add(&mut self, asked: &AskedServer<'_>, chain: &PresentedChain<'_>, receipt: &Arc<Receipt>) {
        let chain: SharedChain = chain
            .iter()
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        let server = match self.by_server.get_key_value(asked) {
            Some((server, _)) => Arc::clone(server),
            None => Arc::new(Server {
                zone: asked.zone,
                host: asked.host.into(),
            }),
        };
        self.bytes += bytes_of(&chain);
        self.by_server
            .entry(Arc::clone(&server))
            .or_default()
            .push(KeptReceipt {
                chain: Arc::clone(&chain),
                receipt: Arc::clone(receipt),
            });
        self.oldest_first.push_back((server, chain));
        while self.oldest_first.len() > MOST_RECEIPTS || self.bytes > MOST_BYTES {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((server, chain)) = self.oldest_first.pop_front() else {
            return;
        };
        self.bytes -= bytes_of(&chain);
        if let Some(of_server) = self.by_server.get_mut(&server) {
            of_server.retain(|kept| !Arc::ptr_eq(&kept.chain, &chain));
            if of_server.is_empty() {
                self.by_server.remove(&server);
            }
        }
    }
}

fn bytes_of(chain: &[CertificateDer<'_>]) -> usize {
    chain.iter().map(|certificate| certificate.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::anchors::OriginCounts;
    use crate::config::epoch::{Epoch, Successor};
    use crate::verdict::receipt::report::{Verdict, Verification};

    const HOST: &str = "a.test";

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    fn receipt(valid_until: Option<u64>) -> Arc<Receipt> {
        Arc::new(Receipt::new(Arc::new(Verification {
            verdict: Verdict::Verified,
            epoch: Epoch::next(),
            successor: Successor::default(),
            zone: "default".into(),
            host: Some(HOST.to_owned()),
            time: at(0),
            clock: "test".into(),
            provider: "none",
            anchors: OriginCounts::default(),
            path: None,
            checks: Vec::new(),
            valid_until: valid_until.map(at),
        })))
    }

    fn zone() -> ZoneId {
        ZoneId::new(0)
    }

    fn chain(certificates: &[impl AsRef<[u8]>]) -> Vec<CertificateDer<'static>> {
        let certificates = certificates.iter().map(AsRef::as_ref);
        certificates.map(|bytes| bytes.to_vec().into()).collect()
    }

    fn places(receipts: &Receipts) -> (usize, usize, usize) {
        let kept = receipts.locked();
        let of_servers = kept.by_server.values().map(Vec::len).sum();
        (of_servers, kept.oldest_first.len(), kept.bytes)
    }

    #[test]
    fn a_receipt_is_found_by_its_zone_host_and_whole_chain_and_by_nothing_else() {
        let receipts = Receipts::default();
        let own = chain(&["leaf", "issuer"]);
        receipts.keep(zone(), HOST, &PresentedChain::new(&own), &receipt(None));
        let found = |zone, host, certificates: &[&str]| {
            let chain = chain(certificates);
            let found = receipts.find(zone, host, &PresentedChain::new(&chain));
            found.is_some()
        };
        assert!(found(zone(), HOST, &["leaf", "issuer"]));
        assert!(!found(ZoneId::new(1), HOST, &["leaf", "issuer"]), "zone");
        assert!(!found(zone(), "b.test", &["leaf", "issuer"]), "host");
        for other in [
            &[] as &[&str],
            &["leaf"],
            &["leaf", "issueR"],
            &["Leaf", "issuer"],
            &["issuer", "leaf"],
            &["leafi", "ssuer"],
            &["leafissuer"],
            &["leaf", "issuer", ""],
            &["leaf", "issuer", "issuer"],
            &["leaf", "other", "issuer"],
        ] {
            assert!(!found(zone(), HOST, other), "{other:?}");
        }
    }

    #[test]
    fn every_chain_of_a_server_has_a_receipt_of_its_own_which_the_next_verification_replaces() {
        let receipts = Receipts::default();
        let (one, two) = (chain(&[b"one"]), chain(&[b"two"]));
        let (of_one, of_two, again) = (receipt(None), receipt(None), receipt(None));
        receipts.keep(zone(), HOST, &PresentedChain::new(&one), &of_one);
        receipts.keep(zone(), HOST, &PresentedChain::new(&two), &of_two);
        receipts.keep(zone(), HOST, &PresentedChain::new(&one), &again);
        let find = |chain| receipts.find(zone(), HOST, &PresentedChain::new(chain));
        assert!(find(&one).is_some_and(|found| Arc::ptr_eq(&found, &again)));
        assert!(find(&two).is_some_and(|found| Arc::ptr_eq(&found, &of_two)));
        assert_eq!(places(&receipts), (2, 2, 6));
    }

    #[test]
    fn receipts_without_end_take_a_bounded_place_and_the_oldest_is_dropped() {
        let receipts = Receipts::default();
        let keep = |number: usize| {
            let leaf = number.to_be_bytes();
            let host = format!("{}.test", number / 2);
            let chain = chain(&[&leaf]);
            receipts.keep(zone(), &host, &PresentedChain::new(&chain), &receipt(None));
            (host, chain)
        };
        let all: Vec<_> = (0..2 * MOST_RECEIPTS).map(keep).collect();
        let places_of_all = (MOST_RECEIPTS, MOST_RECEIPTS, 8 * MOST_RECEIPTS);
        assert_eq!(places(&receipts), places_of_all);
        assert_eq!(receipts.locked().by_server.len(), MOST_RECEIPTS / 2);
        for (number, (host, chain)) in all.iter().enumerate() {
            let found = receipts.find(zone(), host, &PresentedChain::new(chain));
            assert_eq!(found.is_some(), number >= MOST_RECEIPTS, "{number}");
        }
    }

    #[test]
    fn large_chains_take_a_bounded_place_too() {
        let receipts = Receipts::default();
        for number in 0..=255 {
            let large = vec![number; 64 * 1024];
            let chain = chain(&[&large]);
            receipts.keep(zone(), HOST, &PresentedChain::new(&chain), &receipt(None));
        }
        let most = MOST_BYTES / (64 * 1024);
        assert_eq!(places(&receipts), (most, most, MOST_BYTES));
    }

    #[test]
    fn the_deadline_of_a_server_is_the_earliest_to_come_of_its_receipts() {
        let receipts = Receipts::default();
        for (leaf, host, until) in [
            (b"a", HOST, Some(10)),
            (b"b", HOST, Some(30)),
            (b"c", HOST, Some(20)),
            (b"d", "b.test", Some(15)),
            (b"e", "c.test", None),
        ] {
            let chain = chain(&[leaf]);
            receipts.keep(zone(), host, &PresentedChain::new(&chain), &receipt(until));
        }
        let deadline = |host, now| receipts.deadline_of(zone(), host, at(now));
        assert_eq!(deadline(HOST, 0), Some(Some(at(10))));
        assert_eq!(deadline(HOST, 10), Some(Some(at(20))));
        assert_eq!(deadline(HOST, 30), None);
        assert_eq!(deadline("c.test", 30), Some(None));
        assert_eq!(deadline("d.test", 0), None);
        assert_eq!(receipts.deadline_of(ZoneId::new(1), HOST, at(0)), None);
    }
}
