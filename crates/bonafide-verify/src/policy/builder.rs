//! Building a policy.

use std::collections::HashSet;
use std::sync::Arc;

use rustls::NamedGroup;
use rustls::crypto::CryptoProvider;

use super::Policy;
use super::assembly::Assembly;
use crate::anchors::Anchors;
use crate::check::{Check, Mode, Profile};
use crate::config::clock::Clock;
use crate::config::epoch::{Epoch, Successor};
use crate::config::error::ConfigError;
use crate::config::provider::Provider;
use crate::events::Horizons;
use crate::events::{EventSink, Events};
use crate::host::pattern::HostPattern;
use crate::identity::IdentitySource;
use crate::judge::Judge;
use crate::path::intermediates::Intermediates;
use crate::pins::{PinSet, Pins};
use crate::record::Recorder;
use crate::record::forecast::Forecast;
use crate::record::shadow::Shadow;
use crate::zone::limits::Limits;
use crate::zone::{Facets, TlsVersion, ZoneBuilder, Zones};

/// Builds a [`Policy`]. Anchors, profile, checks, identity and versions given here are the default
/// zone's.
#[derive(Clone, Debug, Default)]
pub struct PolicyBuilder {
    default: Facets,
    zones: Vec<ZoneBuilder>,
    other_hosts: OtherHosts,
    intermediates: Intermediates,
    clock: Clock,
    provider: Option<Arc<CryptoProvider>>,
    events: Events,
    forecast: Horizons,
    shadow: Option<Shadow>,
    #[cfg(feature = "danger-insecure-grants")]
    grants: Vec<crate::danger::Grant>,
}

/// What becomes of hosts that no zone matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum OtherHosts {
    #[default]
    UseDefaultZone,
    AreRefused,
}

impl PolicyBuilder {
    /// The roots that a path may end in. Default: [`Anchors::system`].
    pub fn anchors(mut self, anchors: Anchors) -> Self {
        self.default.anchors = Some(anchors);
        self
    }

    /// The profile, enforced. Default: [`Profile::Browser`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.default.profile = Some((profile, Mode::Enforce));
        self
    }

    /// A profile whose refusals are written on the receipt and refuse nothing.
    pub fn profile_report_only(mut self, profile: Profile) -> Self {
        self.default.profile = Some((profile, Mode::ReportOnly));
        self
    }

    /// Adds pins, enforced, in every zone.
    pub fn pins(self, pins: Pins) -> Self {
        self.check(pins)
    }

    /// Adds the pins of many hosts, such as those of a file, in every zone; each entry says itself
    /// whether it is enforced.
    pub fn pin_set(self, pins: PinSet) -> Self {
        self.check(pins)
    }

    /// Adds a check, enforced, in every zone.
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.default.add_check(check, Mode::Enforce);
        self
    }

    /// Adds a check, in every zone, whose refusals are written on the receipt and refuse nothing.
    pub fn report_only(mut self, check: impl Check + 'static) -> Self {
        self.default.add_check(check, Mode::ReportOnly);
        self
    }

    /// The client certificate that is offered to servers of the default zone that ask for one: a
    /// [`ClientIdentity`](crate::ClientIdentity), or an [`IdentityHandle`](crate::identity::IdentityHandle)
    /// or [`IdentityCallback`](crate::identity::IdentityCallback) for one that changes. Default: none.
    pub fn identity(mut self, identity: impl Into<IdentitySource>) -> Self {
        self.default.identity = Some(identity.into());
        self
    }

    /// The lowest TLS version. Default: [`TlsVersion::Tls12`].
    pub fn min_tls_version(mut self, version: TlsVersion) -> Self {
        self.default.min_version = Some(version);
        self
    }

    /// The key exchange groups that are offered, the preferred one first (RFC 8446, 4.2.7).
    /// Default: those of the crypto provider; of aws-lc-rs X25519MLKEM768, X25519, P-256 and P-384,
    /// of ring the same without the first.
    ///
    /// X25519MLKEM768 protects recordings of today against the quantum computers of tomorrow, and
    /// makes the ClientHello larger than one packet. Where something on the way drops such packets,
    /// the zone of that host can do without it:
    ///
    /// ```
    /// use bonafide_verify::{NamedGroup, Policy, Zone};
    ///
    /// let classical = [NamedGroup::X25519, NamedGroup::secp256r1, NamedGroup::secp384r1];
    /// let policy = Policy::builder()
    ///     .zone(Zone::for_host("old-firewall.example").key_exchange_groups(classical))
    ///     .build()?;
    /// # let _ = policy;
    /// # Ok::<(), bonafide_verify::ConfigError>(())
    /// ```
    ///
    /// In TLS 1.2 the list is for the curve of a server's ECDSA key too (RFC 8422, 5.1.1): keep
    /// P-256 and P-384 in it where servers may have such keys. X25519MLKEM768 is for TLS 1.3 alone.
    ///
    /// An empty list, or a group that the provider does not have, is an error of [`Self::build`]. A
    /// group that is named twice is offered once.
    pub fn key_exchange_groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
        self.default.groups = Some(groups.into_iter().collect());
        self
    }

    /// What a peer may present. Default: [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.default.limits = Some(limits);
        self
    }

    /// Intermediates to try where a server leaves its own out, in every zone. Default: none.
    pub fn intermediates(mut self, intermediates: Intermediates) -> Self {
        self.intermediates = intermediates;
        self
    }

    /// Adds a zone; see [`Zone::for_host`](crate::Zone::for_host).
    pub fn zone(mut self, zone: ZoneBuilder) -> Self {
        self.zones.push(zone);
        self
    }

    /// Refuses hosts that no zone matches. Default: the default zone judges them.
    pub fn closed(mut self) -> Self {
        self.other_hosts = OtherHosts::AreRefused;
        self
    }

    /// The clock that validity is judged by. Default: [`Clock::system`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A crypto provider of your own, used as it is. Default: aws-lc-rs, or ring where only that
    /// feature is on; the process's default provider of rustls plays no part.
    pub fn crypto_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Adds a sink for the policy's events; see [`Event`](crate::events::Event). Default: the log alone.
    ///
    /// That a policy takes another's place is reported to the sinks of both; to one that they
    /// share, by cloning a builder, once.
    pub fn events(mut self, sink: impl EventSink + 'static) -> Self {
        self.events.add(sink);
        self
    }

    /// How long before something expires it is reported as an
    /// [`Event::Expiring`](crate::events::Event::Expiring). Default: 30, 14, 7 and 1 days.
    ///
    /// | what | when it is looked at |
    /// |---|---|
    /// | certificates on the verified path of a handshake: leaf, intermediates, anchor | at that handshake |
    /// | what the policy names: anchors that the program added, pins, client certificates, revocation lists, log lists, grants | when it comes into force in a [`PolicyHandle`](crate::PolicyHandle), or at its first handshake, then once a day as handshakes happen |
    ///
    /// Each thing, and each certificate for each host, is reported once a day, and at once where it
    /// has come within a nearer horizon. What has expired already is reported too.
    /// [`Policy::forecast`] gives the list at any time.
    pub fn forecast(mut self, horizons: Horizons) -> Self {
        self.forecast = horizons;
        self
    }

    /// Has a candidate policy judge the same handshakes without deciding anything; see [`Shadow`].
    /// Default: none.
    pub fn shadow(mut self, shadow: Shadow) -> Self {
        self.shadow = Some(shadow);
        self
    }

    /// Adds a grant: an exception for one exact host. See [`danger`](crate::danger).
    #[cfg(feature = "danger-insecure-grants")]
    pub fn danger_grant(mut self, grant: crate::danger::Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Checks and builds the policy, loading all anchors but the system's store, which is read at
    /// the first need.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] for a zone without anchors, [`ConfigError::Fence`] for names that
    /// cannot fence one, [`ConfigError::Pattern`] and [`ConfigError::DuplicateZone`] for host
    /// patterns, [`ConfigError::ReadIntermediates`], [`ConfigError::NoCryptoProvider`],
    /// [`ConfigError::NoKeyExchangeGroup`] and [`ConfigError::UnsupportedKeyExchangeGroup`], and
    /// what [`ClientIdentity`](crate::ClientIdentity) says of keys.
    pub fn build(self) -> Result<Policy, ConfigError> {
        let provider = match self.provider {
            Some(provider) => Provider::custom(provider),
            None => Provider::built_in()?,
        };
        let assembly = Assembly {
            default: &self.default,
            provider: &provider,
            clock: &self.clock,
            events: &self.events,
        };
        let mut seen = HashSet::new();
        let mut zones = Vec::with_capacity(self.zones.len());
        for builder in &self.zones {
            let pattern: HostPattern = builder.pattern.parse()?;
            if !seen.insert(pattern.clone()) {
                return Err(ConfigError::DuplicateZone {
                    pattern: pattern.to_string(),
                });
            }
            zones.push(assembly.zone(pattern, &builder.facets, zones.len() + 1)?);
        }
        let default = match self.other_hosts {
            OtherHosts::UseDefaultZone => Some(assembly.default_zone()?),
            OtherHosts::AreRefused if zones.is_empty() => {
                return Err(ConfigError::NoAnchors {
                    report: crate::files::AnchorReport::default(),
                });
            }
            OtherHosts::AreRefused => None,
        };
        #[cfg(feature = "danger-insecure-grants")]
        let zones = super::grants::with_grants(self.grants, default.as_ref(), zones)?;
        let (intermediates, learner) = self.intermediates.load()?;
        let judge = Judge {
            epoch: Epoch::next(),
            successor: Successor::default(),
            zones: Arc::new(Zones::new(default, zones)),
            intermediates: Arc::new(intermediates),
            clock: self.clock,
            provider,
        };
        let onlooker = self
            .shadow
            .map(|shadow| shadow.onlooker(self.events.clone()));
        let forecast = Forecast::new(self.forecast);
        Ok(Policy::from_recorder(Recorder::new(
            judge,
            learner,
            self.events,
            forecast,
            onlooker,
        )))
    }
}
