//! The judge: everything that decides about a peer. Its result is a receipt or a refusal. It
//! records nothing, and has no access to a recorder.

mod checks;
pub(crate) mod diagnosis;
#[cfg(feature = "danger-insecure-grants")]
mod forgive;
mod known;
mod retrial;
mod search;
mod trial;

use std::sync::Arc;

use rustls_pki_types::ServerName;

use crate::config::clock::Clock;
use crate::config::epoch::{Epoch, Successor};
use crate::config::provider::Provider;
use crate::host::name::{canonical, host_text};
use crate::path::intermediates::KnownIntermediates;
use crate::path::presented::Peer;
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::Refusal;
use crate::zone::{Zone, Zones};

/// Everything that decides about a peer. A copy decides the same way, so a shadow and `explain` use
/// copies: no connection depends on their verdicts.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pub(crate) epoch: Epoch,
    pub(crate) successor: Successor,
    pub(crate) zones: Arc<Zones>,
    pub(crate) intermediates: Arc<KnownIntermediates>,
    pub(crate) clock: Clock,
    pub(crate) provider: Provider,
}

impl Judge {
    /// A judge that decides the same way, in a new epoch.
    pub(crate) fn renewed(&self) -> Self {
        Self {
            epoch: Epoch::next(),
            successor: Successor::default(),
            ..self.clone()
        }
    }

    /// The refusal of a host without a zone in the policy, or of a host for which the current TLS
    /// configuration was not made.
    pub(crate) fn refuse_host(&self, host: &str) -> Refusal {
        trial::refuse_host(self, host)
    }

    pub(crate) fn zone_of(&self, name: &ServerName<'_>) -> Result<&Zone, Refusal> {
        let host = host_text(name);
        self.zones.of(&host).ok_or_else(|| self.refuse_host(&host))
    }

    /// Judges a peer.
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
}
