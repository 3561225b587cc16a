//! First contacts: stored once the peer has proved that it holds its key.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::Recorder;
use crate::events::{self, Event};
use crate::first_use::{FirstUseError, KeyReason, KnownBy, KnownKey, Swap};
use crate::host::name::{canonical, host_text};
use crate::path::presented::{Peer, PresentedChain};
use crate::verdict::receipt::report::{Receipt, Verdict};
use crate::verdict::refusal::report::Refusal;
use crate::x509::spki::SpkiSha256;

/// A first contact that will be stored once the peer has proved that it holds its key.
#[derive(Debug)]
pub(crate) struct PendingFirstContact {
    name: ServerName<'static>,
    chain: Vec<CertificateDer<'static>>,
    time: UnixTime,
    key: SpkiSha256,
    receipt: Arc<Receipt>,
}

/// What the store of a server's zone has for the server at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreState {
    /// The zone has no store.
    NoStore,
    /// This key.
    Known(KnownKey),
    /// No key, or the store cannot be read.
    Unknown,
}

impl PendingFirstContact {
    /// The first contact of `receipt`, if it is the receipt of one.
    pub(crate) fn of(receipt: &Arc<Receipt>, peer: &Peer<'_>) -> Option<Self> {
        match (receipt.verdict(), peer.name) {
            (
                Verdict::KnownKey {
                    key,
                    by: KnownBy::FirstContact,
                },
                Some(name),
            ) => Some(Self {
                name: name.to_owned(),
                chain: peer
                    .chain
                    .iter()
                    .map(|certificate| certificate.clone().into_owned())
                    .collect(),
                time: receipt.time(),
                key: *key,
                receipt: Arc::clone(receipt),
            }),
            _ => None,
        }
    }
}

impl Recorder {
    /// Whether a first contact is possible in any zone.
    pub(crate) fn has_first_use(&self) -> bool {
        self.judge
            .zones
            .iter()
            .any(|zone| zone.first_use().is_some())
    }

    /// Whether the zone of the server has a store of known keys.
    pub(crate) fn is_first_use(&self, name: &ServerName<'_>) -> bool {
        self.judge
            .zone_of(&canonical(name))
            .is_ok_and(|zone| zone.first_use().is_some())
    }

    /// What the store of the server's zone has for it at this time.
    pub(crate) fn store_state(&self, name: &ServerName<'_>) -> StoreState {
        let name = canonical(name);
        let Some(store) = self
            .judge
            .zone_of(&name)
            .ok()
            .and_then(|zone| zone.first_use())
        else {
            return StoreState::NoStore;
        };
        match store.look_up(&host_text(&name)) {
            Ok(Some(known)) => StoreState::Known(known),
            Ok(None) | Err(_) => StoreState::Unknown,
        }
    }

    /// Stores a first contact, after the peer has proved that it holds the key. If another
    /// handshake has stored a key meanwhile, the peer is judged by that key.
    pub(crate) fn complete(&self, contact: PendingFirstContact) -> Result<(), Refusal> {
        let PendingFirstContact {
            name,
            chain,
            time,
            key,
            receipt,
        } = contact;
        let name = canonical(&name);
        let peer = Peer::from_chain(PresentedChain::new(&chain), &name).at_handshake(time);
        let zone = self.judge.zone_of(&name)?;
        let host = host_text(&name);
        let refuse = |reason| self.judge.refuse_key(zone, &peer, reason);
        let Some(store) = zone.first_use() else {
            return Ok(());
        };
        let known = KnownKey {
            key,
            first_seen: time,
        };
        match store.compare_and_set(&host, None, Some(known)) {
            Ok(Swap::Done) => {
                self.events.emit(&Event::FirstContact(events::FirstContact {
                    host: host.clone().into_owned(),
                    key,
                }));
                self.receipts.keep(zone.id(), &host, &peer.chain, &receipt);
                Ok(())
            }
            // Another handshake was faster, and this peer is judged by its key. If that key has
            // been removed again, there is no second attempt.
            Ok(Swap::Found(Some(_))) => {
                let settled = Peer::from_chain(peer.chain, &name);
                self.verify_handshake(&settled).map(drop)
            }
            Ok(Swap::Found(None)) => Err(refuse(KeyReason::of_store(FirstUseError::Other(
                "the store has no key for the host and did not accept one".into(),
            )))),
            Err(error) => Err(refuse(KeyReason::of_store(error))),
        }
    }
}
