//! The judge: everything that decides about a peer, and the receipts of what was decided.

mod announce;
mod checks;
#[cfg(feature = "danger-insecure-grants")]
mod forgive;
mod known;
mod onlooker;
mod retrial;
mod search;
mod trial;

use std::sync::Arc;

use rustls_pki_types::{ServerName, UnixTime};

pub(crate) use self::known::{FirstContact, Remembered};
pub(crate) use self::onlooker::Onlooker;
pub use self::onlooker::ShadowCounts;

use crate::chain::{Peer, PresentedChain};
use crate::clock::Clock;
use crate::epoch::{Epoch, Successor};
use crate::event::{Events, Expiring};
use crate::forecast::Forecast;
use crate::host::{canonical, host_text};
use crate::intermediates::KnownIntermediates;
use crate::provider::Provider;
use crate::receipt::Receipt;
use crate::receipts::Receipts;
use crate::refusal::Refusal;
use crate::zone::{Zone, Zones};

/// Everything that decides about a peer; what the rustls adapter holds on to.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) epoch: Epoch,
    pub(crate) successor: Successor,
    pub(crate) zones: Arc<Zones>,
    pub(crate) intermediates: Arc<KnownIntermediates>,
    pub(crate) clock: Clock,
    pub(crate) provider: Provider,
    pub(crate) receipts: Receipts,
    pub(crate) events: Events,
    pub(crate) forecast: Forecast,
    pub(crate) onlooker: Option<Arc<dyn Onlooker>>,
}

/// How a connection began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The peer has signed with its key.
    Full,
    /// It has shown that it knows the secrets of an earlier session.
    Resumed,
}

impl Judge {
    /// One that decides the same in a new epoch, and has decided nothing yet.
    pub(crate) fn renewed(&self) -> Self {
        let Self {
            epoch: _,
            successor: _,
            zones,
            intermediates,
            clock,
            provider,
            receipts: _,
            events,
            forecast,
            onlooker,
        } = self;
        Self {
            epoch: Epoch::next(),
            successor: Successor::default(),
            zones: Arc::clone(zones),
            intermediates: Arc::clone(intermediates),
            clock: clock.clone(),
            provider: provider.clone(),
            receipts: Receipts::default(),
            events: events.clone(),
            forecast: forecast.renewed(),
            onlooker: onlooker.clone(),
        }
    }

    /// The refusal of a host that the policy has no zone for, or that the configuration at hand was not made for.
    pub(crate) fn refuse_host(&self, host: &str) -> Refusal {
        trial::refuse_host(self, host)
    }

    pub(crate) fn zone_of(&self, name: &ServerName<'_>) -> Result<&Zone, Refusal> {
        let host = host_text(name);
        self.zones.of(&host).ok_or_else(|| self.refuse_host(&host))
    }

    /// Judges a peer and keeps nothing of it.
    pub(crate) fn verify(&self, peer: &Peer<'_>) -> Result<Arc<Receipt>, Refusal> {
        let Some(name) = peer.name else {
            let zone = self
                .zones
                .default_zone()
                .ok_or_else(|| self.refuse_host("(no name)"))?;
            return trial::judge(self, zone, peer);
        };
        let name = canonical(name);
        let peer = Peer {
            name: Some(&name),
            ..peer.clone()
        };
        trial::judge(self, self.zone_of(&name)?, &peer)
    }

    /// Judges the peer of a handshake, and keeps the receipt for the connections that will rest on it; that of a [`FirstContact`] is kept when that
    /// is complete.
    pub(crate) fn verify_handshake(&self, peer: &Peer<'_>) -> Result<Arc<Receipt>, Refusal> {
        self.look_through();
        let judged = self
            .verify(peer)
            .inspect_err(|refusal| self.tell_of_change(refusal));
        match &judged {
            Ok(receipt) => self.announce_pins(receipt, None),
            Err(refusal) => self.announce_pins(refusal.receipt(), Some(refusal)),
        }
        let receipt = judged?;
        self.announce(&receipt);
        self.forecast.met(&receipt, &self.events);
        if let Some(path) = receipt.path().filter(|_| receipt.is_verified()) {
            self.intermediates.remember(path.certificates());
        }
        if FirstContact::of(&receipt, peer).is_some() {
            return Ok(receipt);
        }
        if let Some(name) = peer.name {
            let host = host_text(name);
            self.receipts
                .keep(self.zone_of(name)?.id(), &host, &peer.chain, &receipt);
        }
        Ok(receipt)
    }

    /// Tells what the policy names and what expires soon, at most once a day.
    pub(crate) fn look_through(&self) {
        self.forecast
            .look_through(&self.zones, self.clock.now(), &self.events);
    }

    /// All that expires soon: what the policy names, and what is on the paths of the receipts at hand.
    pub(crate) fn expiring(&self) -> Vec<Expiring> {
        let receipts = self.receipts.all();
        self.forecast.all(&self.zones, &receipts, self.clock.now())
    }

    /// Until when what was believed of a server holds: the earliest deadline of its receipts that is still to come, `Some(None)` if none of them has one, and
    /// nothing if no receipt of it is kept.
    pub(crate) fn deadline_of(&self, name: &ServerName<'_>) -> Option<Option<UnixTime>> {
        let name = canonical(name);
        let zone = self.zone_of(&name).ok()?;
        self.receipts
            .deadline_of(zone.name(), &host_text(&name), self.clock.now())
    }

    /// The receipt of a chain that a handshake, this one or the one that it resumes, has verified under this epoch.
    ///
    /// Where the zone believes the key that was seen first, a resumed session is judged again: the key may have been forgotten or replaced since.
    pub(crate) fn receipt_of_chain(
        &self,
        name: &ServerName<'_>,
        chain: PresentedChain<'_>,
        handshake: Handshake,
    ) -> Result<Arc<Receipt>, Refusal> {
        let zone = self.zone_of(name)?;
        if zone.first_use().is_some() && handshake == Handshake::Resumed {
            return self.verify(&Peer::from_chain(chain, name));
        }
        let kept = self.receipts.find(zone.id(), &host_text(name), &chain);
        match kept.filter(|receipt| {
            receipt
                .deadline()
                .is_none_or(|deadline| self.clock.now() < deadline)
        }) {
            Some(receipt) => Ok(receipt),
            None => self.verify_handshake(&Peer::from_chain(chain, name)),
        }
    }
}
