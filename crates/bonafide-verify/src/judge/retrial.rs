//! Judges a refused peer again with one premise changed, to find out what would help.

use std::borrow::Cow;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::trial::{self, Trial};
use super::{Judge, KnownIntermediates};
use crate::anchors::Anchors;
use crate::host::name::{canonical, host_text};
use crate::path::presented::{Peer, PresentedChain};
use crate::verdict::refusal::report::{Exhibit, Premise, Rejudge};
use crate::zone::{Zone, ZoneAnchors};

/// Maximum bytes of a peer's certificates that a refusal keeps; a rustls handshake allows a quarter
/// of that.
const MAX_KEPT_BYTES: usize = 256 * 1024;
/// Maximum number of certificates that it keeps.
const MAX_KEPT_CERTIFICATES: usize = 256;
/// Maximum bytes that it keeps of a staple and of a list of timestamps: the most that TLS can carry
/// of either.
const MAX_KEPT_BESIDE: usize = 64 * 1024;

/// The judge and the zone that decided, without a grant: the result is for a person, and no
/// connection uses it.
struct Retrial {
    judge: Judge,
    zone: Zone,
}

impl Trial<'_> {
    /// What this trial judged, kept for an explanation.
    pub(super) fn exhibit(&self) -> Exhibit {
        let peer = self.peer;
        let mut room = MAX_KEPT_BYTES;
        let chain: Vec<CertificateDer<'static>> = peer
            .chain
            .iter()
            .take(MAX_KEPT_CERTIFICATES)
            .map_while(|certificate| {
                room = room.checked_sub(certificate.len())?;
                Some(certificate.clone().into_owned())
            })
            .collect();
        let beside = [peer.ocsp_staple, peer.scts];
        let [ocsp_staple, scts] =
            beside.map(|bytes| bytes.filter(|bytes| bytes.len() <= MAX_KEPT_BESIDE));
        let left_out = peer.chain.len() - chain.len();
        Exhibit {
            left_out,
            is_whole: left_out == 0 && beside == [ocsp_staple, scts],
            chain,
            name: peer.name.map(|name| name.to_owned()),
            time: self.time,
            ocsp_staple: ocsp_staple.map(<[u8]>::to_vec),
            scts: scts.map(<[u8]>::to_vec),
            anchors: self
                .zone
                .anchors
                .get()
                .ok()
                .filter(|anchors| !anchors.is_empty())
                .map(Arc::clone),
            again: Arc::new(Retrial {
                judge: self.judge.clone(),
                zone: self.zone.apart(None),
            }),
        }
    }
}

impl Rejudge for Retrial {
    fn would_accept(&self, exhibit: &Exhibit, premise: &Premise<'_>) -> bool {
        let Some(asked) = &exhibit.name else {
            return false;
        };
        let name = match premise {
            Premise::Name(name) => canonical(name),
            _ => Cow::Borrowed(asked),
        };
        let zone = match premise {
            // Another name may belong to another zone, or to none.
            Premise::Name(_) => match self.judge.zones.of(&host_text(&name)) {
                Some(zone) => zone,
                None => return false,
            },
            _ => &self.zone,
        };
        let time = match premise {
            Premise::Time(time) => *time,
            _ => exhibit.time,
        };
        let peer = Peer::from_chain(PresentedChain::new(&exhibit.chain), &name)
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
        let mut judge = self.judge.clone();
        if let Premise::Intermediates(certificates) = premise {
            judge.intermediates = Arc::new(KnownIntermediates::only(certificates));
        }
        trial::judge(&judge, &zone.apart(anchors), &peer)
            .is_ok_and(|receipt| receipt.is_verified() || receipt.is_known_key())
    }
}
