//! The recorder: calls the judge for the peer of a handshake and records its verdict.
//!
//! What belongs here keeps receipts for later connections, emits events, remembers intermediates
//! and stores first contacts. It never decides: it passes on the verdict of the judge unchanged.
//! The judge does not know it.

mod announce;
mod first_contact;
pub(crate) mod forecast;
mod onlooker;
mod receipts;
pub(crate) mod shadow;

use std::sync::Arc;

use rustls_pki_types::{ServerName, UnixTime};

pub(crate) use self::first_contact::{PendingFirstContact, StoreState};
pub(crate) use self::onlooker::Onlooker;
pub use self::onlooker::ShadowCounts;
use self::receipts::Receipts;
use crate::events::{Events, Expiring};
use crate::host::name::{canonical, host_text};
use crate::judge::Judge;
use crate::path::intermediates::Learner;
use crate::path::presented::{Peer, PresentedChain};
use crate::record::forecast::Forecast;
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::Refusal;

/// A judge and the records of one epoch. The rustls adapter holds it.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) judge: Judge,
    receipts: Receipts,
    learner: Learner,
    events: Events,
    forecast: Forecast,
    onlooker: Option<Arc<dyn Onlooker>>,
}

/// How a connection was established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// By a full handshake: the peer has signed with its key.
    Full,
    /// By resumption: the peer has proved that it knows the secrets of an earlier session.
    Resumed,
}

impl Recorder {
    /// A recorder without records.
    pub(crate) fn new(
        judge: Judge,
        learner: Learner,
        events: Events,
        forecast: Forecast,
        onlooker: Option<Arc<dyn Onlooker>>,
    ) -> Self {
        Self {
            judge,
            receipts: Receipts::default(),
            learner,
            events,
            forecast,
            onlooker,
        }
    }

    /// A recorder whose judge decides the same in a new epoch, without receipts.
    pub(crate) fn renewed(&self) -> Self {
        let Self {
            judge,
            receipts: _,
            learner,
            events,
            forecast,
            onlooker,
        } = self;
        Self::new(
            judge.renewed(),
            learner.clone(),
            events.clone(),
            forecast.renewed(),
            onlooker.clone(),
        )
    }

    /// The sinks of the policy's events.
    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    /// Shares with `other`, which was in force before, the record of reported expiries.
    pub(crate) fn continue_from(&self, other: &Self) {
        self.forecast.continue_from(&other.forecast);
    }

    /// Judges the peer of a handshake, and keeps the receipt for later connections. The receipt of
    /// a [`PendingFirstContact`] is kept when the contact is completed.
    pub(crate) fn verify_handshake(&self, peer: &Peer<'_>) -> Result<Arc<Receipt>, Refusal> {
        self.look_through();
        let judged = self
            .judge
            .verify(peer)
            .inspect_err(|refusal| self.announce_key_change(refusal));
        match &judged {
            Ok(receipt) => self.announce_pins(receipt, None),
            Err(refusal) => self.announce_pins(refusal.receipt(), Some(refusal)),
        }
        let receipt = judged?;
        self.announce(&receipt);
        self.forecast.met(&receipt, &self.events);
        if let Some(path) = receipt.path().filter(|_| receipt.is_verified()) {
            self.learner.learn(path.certificates());
        }
        if PendingFirstContact::of(&receipt, peer).is_some() {
            return Ok(receipt);
        }
        if let Some(name) = peer.name {
            let host = host_text(name);
            let zone = self.judge.zone_of(name)?.id();
            self.receipts.keep(zone, &host, &peer.chain, &receipt);
        }
        Ok(receipt)
    }

    /// Reports what the policy names that expires soon, at most once a day.
    pub(crate) fn look_through(&self) {
        let Judge { zones, clock, .. } = &self.judge;
        self.forecast.look_through(zones, clock.now(), &self.events);
    }

    /// Everything that expires soon: what the policy names, and the certificates on the paths of
    /// the kept receipts.
    pub(crate) fn expiring(&self) -> Vec<Expiring> {
        let receipts = self.receipts.all();
        let Judge { zones, clock, .. } = &self.judge;
        self.forecast.all(zones, &receipts, clock.now())
    }

    /// Until when the verdict about a server holds: the earliest future deadline of its receipts,
    /// `Some(None)` if none of them has a deadline, and `None` if no receipt of it is kept.
    pub(crate) fn deadline_of(&self, name: &ServerName<'_>) -> Option<Option<UnixTime>> {
        let name = canonical(name);
        let zone = self.judge.zone_of(&name).ok()?;
        self.receipts
            .deadline_of(zone.id(), &host_text(&name), self.judge.clock.now())
    }

    /// The receipt of a chain that was verified under this epoch, in this handshake or in the one
    /// of the resumed session.
    ///
    /// If the zone trusts the key of the first contact, a resumed session is judged again: the key
    /// may have been forgotten or replaced since.
    pub(crate) fn receipt_of_chain(
        &self,
        name: &ServerName<'_>,
        chain: PresentedChain<'_>,
        handshake: Handshake,
    ) -> Result<Arc<Receipt>, Refusal> {
        let zone = self.judge.zone_of(name)?;
        if zone.first_use().is_some() && handshake == Handshake::Resumed {
            return self.judge.verify(&Peer::from_chain(chain, name));
        }
        let kept = self.receipts.find(zone.id(), &host_text(name), &chain);
        match kept.filter(|receipt| {
            receipt
                .deadline()
                .is_none_or(|deadline| self.judge.clock.now() < deadline)
        }) {
            Some(receipt) => Ok(receipt),
            None => self.verify_handshake(&Peer::from_chain(chain, name)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bonafide_testkit::{Recipe, TestCa};

    use super::*;
    use crate::anchors::Anchors;
    use crate::policy::Policy;

    #[test]
    fn a_receipt_is_found_in_the_epoch_that_it_was_made_in_and_not_in_the_next() {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("a.test"));
        let name = ServerName::try_from("a.test").unwrap();
        let policy = Policy::builder()
            .anchors(Anchors::only(ca.certificate().clone()))
            .build()
            .unwrap();
        let recorder = policy.recorder();
        let receipt = recorder
            .verify_handshake(&Peer::new(identity.chain(), &name))
            .unwrap();
        let of_chain = |recorder: &Recorder| {
            let chain = PresentedChain::new(identity.chain());
            recorder
                .receipt_of_chain(&name, chain, Handshake::Resumed)
                .unwrap()
        };
        assert!(Arc::ptr_eq(&of_chain(recorder), &receipt));
        let renewed = recorder.renewed();
        assert_eq!(renewed.deadline_of(&name), None);
        let judged_again = of_chain(&renewed);
        assert!(!Arc::ptr_eq(&judged_again, &receipt));
        assert_eq!(judged_again.epoch(), renewed.judge.epoch);
    }
}
