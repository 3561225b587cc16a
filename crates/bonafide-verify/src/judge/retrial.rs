//! Judging a refused peer again with one premise changed, to find out what would help.

use std::sync::Arc;

use super::trial::{self, Trial};
use super::{Judge, KnownIntermediates};
use crate::anchors::Anchors;
use crate::chain::{Peer, PresentedChain};
use crate::receipts::Receipts;
use crate::refusal::{Exhibit, Premise, Rejudge};
use crate::zone::{Zone, ZoneAnchors};

/// Everything that decided, with no receipts and no grant: what is judged here is for a person and for no connection.
struct Retrial {
    judge: Judge,
    zone: Zone,
}

impl Trial<'_> {
    /// What this trial was about.
    pub(super) fn exhibit(&self) -> Exhibit {
        let peer = self.peer;
        Exhibit {
            chain: peer
                .chain
                .iter()
                .map(|certificate| certificate.clone().into_owned())
                .collect(),
            name: peer.name.map(|name| name.to_owned()),
            time: self.time,
            ocsp_staple: peer.ocsp_staple.map(<[u8]>::to_vec),
            scts: peer.scts.map(<[u8]>::to_vec),
            anchors: self.zone.anchors.get().ok().map(Arc::clone),
            again: Arc::new(Retrial {
                judge: self.judge.apart(None),
                zone: self.zone.apart(None),
            }),
        }
    }
}

impl Judge {
    /// One that decides the same, with other intermediates where there are some, and has no receipts.
    fn apart(&self, intermediates: Option<KnownIntermediates>) -> Self {
        let Self {
            epoch,
            zones,
            intermediates: own,
            clock,
            provider,
            receipts: _,
        } = self;
        Self {
            epoch: *epoch,
            zones: Arc::clone(zones),
            intermediates: intermediates.map_or_else(|| Arc::clone(own), Arc::new),
            clock: clock.clone(),
            provider: provider.clone(),
            receipts: Receipts::default(),
        }
    }
}

impl Rejudge for Retrial {
    fn would_believe(&self, exhibit: &Exhibit, premise: &Premise<'_>) -> bool {
        let Some(asked) = &exhibit.name else {
            return false;
        };
        let name = match premise {
            Premise::Name(name) => name,
            _ => asked,
        };
        let time = match premise {
            Premise::Time(time) => *time,
            _ => exhibit.time,
        };
        let peer = Peer::from_chain(PresentedChain::new(&exhibit.chain), name)
            .with_ocsp_staple(exhibit.ocsp_staple.as_deref().unwrap_or_default())
            .with_scts(exhibit.scts.as_deref().unwrap_or_default())
            .at(time);
        let anchors = match premise {
            Premise::SystemStore => match ZoneAnchors::new(Anchors::system()) {
                Ok(anchors) => Some(Arc::new(anchors)),
                Err(_) => return false,
            },
            _ => None,
        };
        let intermediates = match premise {
            Premise::Intermediates(certificates) => Some(KnownIntermediates::only(certificates)),
            _ => None,
        };
        let judge = self.judge.apart(intermediates);
        trial::judge(&judge, &self.zone.apart(anchors), &peer)
            .is_ok_and(|receipt| receipt.is_verified())
    }
}
