//! Policies: the default zone and all other zones, immutable once built.
//!
//! What belongs here builds a policy from its parts, replaces it, and gives clients what they use
//! of it. It never judges a path, a name or a check itself: `judge` does. It never knows HTTP.

mod assembly;
mod builder;
pub mod effective;
pub(crate) mod forbidden;
#[cfg(feature = "danger-insecure-grants")]
mod grants;
pub(crate) mod handle;
#[cfg(feature = "tokio")]
mod opening;
mod shadow;
#[cfg(feature = "tokio")]
pub(crate) mod stream;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use rustls_pki_types::ServerName;

pub use self::builder::PolicyBuilder;

use crate::config::clock::Clock;
use crate::config::description::Description;
use crate::config::epoch::Epoch;
use crate::config::error::ConfigError;
use crate::events::subscription::Listener;
use crate::events::{Events, Expiring};
use crate::host::name::{CanonicalHost, HostError};
use crate::identity::Rotation;
use crate::judge::Judge;
use crate::path::presented::Peer;
use crate::policy::effective::Effective;
use crate::record::{Recorder, ShadowCounts};
use crate::rustls::adapter;
use crate::rustls::sessions::ResumedSessions;
use crate::text::excerpt;
#[cfg(feature = "tokio")]
use crate::verdict::receipt::connection::IdentityUse;
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::Refusal;
use crate::zone::Zone;

/// Which peers a client accepts: the trusted anchors and keys and the checks, for each host.
///
/// A policy is immutable once built; clones share it. Every policy has an epoch of its own:
/// connections and session tickets belong to it and are never shared with another policy.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa, Policy, Zone};
///
/// # let ca = bonafide_testkit::TestCa::new();
/// # let pem = ca.pem();
/// let policy = Policy::builder()
///     .anchors(Anchors::system())
///     .zone(Zone::for_host("**.corp.example").anchors(Anchors::only(CustomCa::pem("corp", pem))))
///     .build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    recorder: Arc<Recorder>,
    #[cfg(feature = "tokio")]
    configs: Arc<adapter::TlsConfigs>,
}

impl Policy {
    /// Starts a policy: system store, [`Profile::Browser`](crate::Profile::Browser), TLS 1.2 and
    /// 1.3, open, system clock.
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder::default()
    }

    pub(crate) fn from_recorder(recorder: Recorder) -> Self {
        let recorder = Arc::new(recorder);
        Self {
            #[cfg(feature = "tokio")]
            configs: Arc::new(adapter::TlsConfigs::new(Arc::clone(&recorder))),
            recorder,
        }
    }

    /// The same policy in a new epoch, without anything that depends on the old one.
    pub(crate) fn renewed(&self) -> Self {
        Self::from_recorder(self.recorder.renewed())
    }

    /// The policy for a handle: this one, or the same in a new epoch if a handle holds or held this
    /// one.
    pub(crate) fn placed(self) -> Self {
        if self.judge().successor.claim() {
            self
        } else {
            let renewed = self.renewed();
            renewed.judge().successor.claim();
            renewed
        }
    }

    pub(crate) fn was_replaced_by(&self, epoch: Epoch) {
        self.judge().successor.set(epoch);
    }

    /// Whether the policy has event sinks besides the log; see [`PolicyBuilder::events`].
    pub fn has_event_sinks(&self) -> bool {
        self.events().len() > 0
    }

    #[cfg(test)]
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The part that decides. It records nothing.
    fn judge(&self) -> &Judge {
        &self.recorder.judge
    }

    /// The sinks of the policy's events.
    pub(crate) fn events(&self) -> &Events {
        self.recorder.events()
    }

    /// The epoch of this policy; no two policies of a process have the same.
    pub fn epoch(&self) -> Epoch {
        self.judge().epoch
    }

    /// The clock that validity is judged by.
    pub fn clock(&self) -> &Clock {
        &self.judge().clock
    }

    /// The zone that judges the peer `name`: the longest matching host pattern, else the default
    /// zone.
    ///
    /// # Errors
    /// A [`Refusal`] with [`Code::HostNotInPolicy`](crate::Code::HostNotInPolicy) when the policy
    /// is closed and no zone matches.
    pub fn zone_of(&self, name: &ServerName<'_>) -> Result<&Zone, Refusal> {
        self.judge().zone_of(name)
    }

    /// All zones, the default zone first if there is one.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.judge().zones.iter()
    }

    /// The files and directories that the policy was read from, each once, ordered by name. When
    /// one of them changes, the policy is out of date. The system's store is not included.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut description = Description::default();
        self.judge().intermediates.describe(&mut description);
        for zone in self.zones() {
            zone.anchors.describe(&mut description);
            if let Some(identity) = &zone.identity {
                identity.describe(&mut description);
            }
            for (check, _) in &zone.checks {
                check.describe(&mut description);
            }
            if let Some(known) = &zone.known {
                known.describe(&mut description);
            }
        }
        let files: BTreeSet<_> = description.files().map(Path::to_owned).collect();
        files.into_iter().collect()
    }

    /// Everything that affects decisions, in a form that can be stored and compared. Loads the
    /// anchors of all zones.
    pub fn effective(&self) -> Effective {
        Effective::of(self.judge())
    }

    /// Everything that expires within a horizon of [`PolicyBuilder::forecast`], the nearest first:
    /// what the policy names, and the certificates on the paths of recently verified servers. Call
    /// it from a timer, for example. It emits no event and does not affect later events.
    pub fn forecast(&self) -> Vec<Expiring> {
        self.recorder.expiring()
    }

    /// The counts of the handshakes that the policy's [`Shadow`](crate::Shadow) received; `None` if
    /// the policy has no shadow.
    pub fn shadow_counts(&self) -> Option<ShadowCounts> {
        self.recorder.shadow_counts()
    }

    /// Takes over from `other`, which was in force before, which expiries were reported.
    pub(crate) fn takes_over_from(&self, other: &Self) {
        self.recorder.continue_from(&other.recorder);
    }

    /// Called when the policy comes into force.
    pub(crate) fn came_into_force(&self) {
        self.recorder.look_through();
    }

    /// Whether the anchors of all zones are loaded. If so, a handshake does not read the system's
    /// store.
    pub fn is_loaded(&self) -> bool {
        self.zones().all(|zone| zone.anchors.is_loaded())
    }

    /// Loads the anchors of all zones on this thread. The first call in a process reads the
    /// system's store; later calls cost nothing.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] of the first zone without anchors. The other zones are loaded
    /// nevertheless.
    pub fn load(&self) -> Result<(), ConfigError> {
        // Every zone is loaded, also after one without anchors.
        self.zones()
            .map(|zone| zone.anchors.get().map(drop))
            .fold(Ok(()), Result::and)
    }

    /// Draws the crypto provider's first random number, which takes aws-lc-rs some 30 ms once in a
    /// process. Call it on a thread that may block.
    pub fn draw_entropy(&self) {
        self.judge().provider.draw_entropy();
    }

    /// Judges a peer without a socket: path, then name, then checks.
    ///
    /// Reads the system's store if it is needed and was not read before.
    ///
    /// # Errors
    /// A [`Refusal`] with the reason, if the peer is not accepted.
    ///
    /// ```
    /// use bonafide_verify::{Anchors, Code, Peer, Policy};
    /// use bonafide_verify::pki_types::ServerName;
    /// use bonafide_testkit::{Recipe, TestCa};
    ///
    /// let ca = TestCa::new();
    /// let identity = ca.issue(Recipe::for_host("api.example.com"));
    /// let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
    ///
    /// let name = ServerName::try_from("api.example.com")?;
    /// let receipt = policy.verify(&Peer::new(identity.chain(), &name))?;
    /// assert!(receipt.is_verified());
    ///
    /// let other = ServerName::try_from("other.example.com")?;
    /// let refusal = policy.verify(&Peer::new(identity.chain(), &other)).unwrap_err();
    /// assert_eq!(refusal.code(), Code::NameMismatch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, peer: &Peer<'_>) -> Result<Arc<Receipt>, Refusal> {
        self.judge().verify(peer)
    }

    /// A configuration for any rustls client, for all zones: the verifier finds the zone by the
    /// name of each handshake.
    ///
    /// Set ALPN on it as the protocol requires. Reads the system's store if it is needed and was
    /// not read before.
    ///
    /// With a client certificate that changes, each handshake presents the current one, and no
    /// session is resumed, because a ticket does not show for which certificate it was issued.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`]; [`ConfigError::ZoneNeedsOwnConfig`] when a zone has its own
    /// client certificate, TLS versions or key exchange groups, which rustls chooses before it
    /// knows a name: take [`Policy::client_config_for`] then.
    pub fn client_config(&self) -> Result<rustls::ClientConfig, ConfigError> {
        self.load()?;
        let mut zones = self.zones();
        let Some(first) = zones.next() else {
            return Err(ConfigError::NoAnchors {
                report: crate::files::AnchorReport::default(),
            });
        };
        for zone in zones {
            if let Some(facet) = first.differs_in(zone) {
                return Err(ConfigError::ZoneNeedsOwnConfig {
                    zone: zone.name().to_owned(),
                    facet,
                });
            }
        }
        Ok(self.for_any_client(adapter::client_config(
            &self.recorder,
            first,
            None,
            ResumedSessions::AreNotJudged,
        )?))
    }

    /// A configuration for any rustls client, for the zone of one host; handshakes with hosts of
    /// other zones are refused.
    ///
    /// # Errors
    /// [`ConfigError::InvalidHost`], [`ConfigError::HostNotInPolicy`] and
    /// [`ConfigError::NoAnchors`].
    pub fn client_config_for(&self, host: &str) -> Result<rustls::ClientConfig, ConfigError> {
        let canonical =
            CanonicalHost::parse(host).map_err(|HostError| ConfigError::InvalidHost {
                host: excerpt(host),
            })?;
        let zone =
            self.zone_of(canonical.server_name())
                .map_err(|_| ConfigError::HostNotInPolicy {
                    host: host.to_owned(),
                })?;
        zone.anchors.get()?;
        Ok(self.for_any_client(adapter::client_config(
            &self.recorder,
            zone,
            Some(zone.id()),
            ResumedSessions::AreNotJudged,
        )?))
    }

    /// Another client would resume sessions without checking whether a grant has expired. So it
    /// resumes none if a zone has a grant.
    fn for_any_client(&self, mut config: rustls::ClientConfig) -> rustls::ClientConfig {
        if self.zones().any(Zone::is_granted) {
            config.resumption = rustls::client::Resumption::disabled();
        }
        config
    }

    /// The receipt of a connection that any rustls client has made with one of this policy's
    /// configurations.
    ///
    /// **The connection must have been made with a configuration of this policy, for this `name`**.
    /// This method cannot check that; for another connection the receipt would be wrong. It works
    /// for resumed sessions too. If the receipt of the chain is no longer stored or no longer
    /// valid, the chain is judged again.
    ///
    /// # Errors
    /// A [`Refusal`] if the chain has to be judged again and is no longer accepted.
    pub fn receipt_of(
        &self,
        name: &ServerName<'_>,
        connection: &rustls::ClientConnection,
    ) -> Result<Arc<Receipt>, Refusal> {
        adapter::receipt_of(&self.recorder, name, connection, None)
    }

    /// The same, for a caller that knows which client certificate was presented.
    #[cfg(feature = "tokio")]
    pub(crate) fn receipt_with(
        &self,
        name: &ServerName<'_>,
        connection: &rustls::ClientConnection,
        identity: IdentityUse,
    ) -> Result<Arc<Receipt>, Refusal> {
        adapter::receipt_of(&self.recorder, name, connection, Some(identity))
    }

    /// Subscribes `listener` to replacements of the client certificate of any zone, until it is
    /// dropped. A certificate may have been replaced before the subscription: check afterwards
    /// whether the [`Credential`](crate::identity::Credential) of existing connections has retired.
    pub fn subscribe_to_identities(&self, listener: Weak<impl Listener<Rotation> + 'static>) {
        let listener: Weak<dyn Listener<Rotation>> = listener;
        for identity in self.zones().filter_map(|zone| zone.identity.as_ref()) {
            identity.subscribe(&listener);
        }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn tls_config(
        &self,
        zone: &Zone,
        alpn: &[&[u8]],
    ) -> Result<adapter::TlsConfig, ConfigError> {
        self.configs.get(zone, alpn)
    }
}
