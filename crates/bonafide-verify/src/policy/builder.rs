//! The builder of a policy.

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

/// Builds a [`Policy`]. Anchors, profile, checks, identity and versions that are set here belong to
/// the default zone.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa, Policy, Profile};
///
/// # let ca = bonafide_testkit::TestCa::new();
/// # let pem = ca.pem();
/// let policy = Policy::builder()
///     .anchors(Anchors::only(CustomCa::pem("corp root", pem)))
///     .profile(Profile::WebPki)
///     .build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
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

/// How hosts that no zone matches are treated.
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

    /// A profile that only reports: its refusals are recorded on the receipt and refuse no peer.
    pub fn profile_report_only(mut self, profile: Profile) -> Self {
        self.default.profile = Some((profile, Mode::ReportOnly));
        self
    }

    /// Adds pins, enforced, in every zone.
    pub fn pins(self, pins: Pins) -> Self {
        self.check(pins)
    }

    /// Adds the pins of many hosts, such as those of a file, in every zone. Each entry states
    /// whether it is enforced.
    pub fn pin_set(self, pins: PinSet) -> Self {
        self.check(pins)
    }

    /// Adds a check, enforced, in every zone.
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.default.add_check(check, Mode::Enforce);
        self
    }

    /// Adds a check that only reports, in every zone: its refusals are recorded on the receipt and
    /// refuse no peer.
    pub fn report_only(mut self, check: impl Check + 'static) -> Self {
        self.default.add_check(check, Mode::ReportOnly);
        self
    }

    /// The client certificate for servers of the default zone that request one: a
    /// [`ClientIdentity`](crate::ClientIdentity), or an
    /// [`IdentityHandle`](crate::identity::IdentityHandle) or
    /// [`IdentityCallback`](crate::identity::IdentityCallback) for one that changes. Default: none.
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
    /// Default: those of the crypto provider. With aws-lc-rs: X25519MLKEM768, X25519, P-256 and
    /// P-384; with ring the same without the first.
    ///
    /// X25519MLKEM768 protects recorded traffic against future quantum computers, and makes the
    /// ClientHello larger than one packet. If a device on the path drops such packets, remove it in
    /// the zone of that host:
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
    /// In TLS 1.2 the list also restricts the curve of a server's ECDSA key (RFC 8422, 5.1.1): keep
    /// P-256 and P-384 in it if servers may have such keys. X25519MLKEM768 is used in TLS 1.3 only.
    ///
    /// An empty list, or a group that the provider does not support, is an error of
    /// [`Self::build`]. A group that is listed twice is offered once.
    pub fn key_exchange_groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
        self.default.groups = Some(groups.into_iter().collect());
        self
    }

    /// What a peer may present. Default: [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.default.limits = Some(limits);
        self
    }

    /// Intermediates to try if a server omits its own, in every zone. Default: none.
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

    /// A crypto provider of your own, used unchanged. Default: aws-lc-rs, or ring if only that
    /// feature is on. The process-wide default provider of rustls is never used.
    pub fn crypto_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Adds a sink for the policy's events; see [`Event`](crate::events::Event). Default: only the
    /// log.
    ///
    /// The replacement of a policy by another is reported to the sinks of both. A sink that both
    /// share, because their builder was cloned, receives it once.
    pub fn events(mut self, sink: impl EventSink + 'static) -> Self {
        self.events.add(sink);
        self
    }

    /// How long before something expires an [`Event::Expiring`](crate::events::Event::Expiring)
    /// reports it. Default: 30, 14, 7 and 1 days.
    ///
    /// | what | when it is checked |
    /// |---|---|
    /// | certificates on the verified path of a handshake: leaf, intermediates, anchor | in that handshake |
    /// | what the policy names: anchors that the program added, pins, client certificates, revocation lists, log lists, grants | when the policy comes into force in a [`PolicyHandle`](crate::PolicyHandle), or in its first handshake, then once a day during handshakes |
    ///
    /// Each of them, and each certificate for each host, is reported once a day, and at once when
    /// it reaches a shorter horizon. What has expired is reported too. [`Policy::forecast`] returns
    /// the list at any time.
    pub fn forecast(mut self, horizons: Horizons) -> Self {
        self.forecast = horizons;
        self
    }

    /// Adds a candidate policy that judges the same handshakes and decides nothing; see [`Shadow`].
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

    /// Checks and builds the policy, and loads all anchors except the system's store, which is read
    /// when it is first needed.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] for a zone without anchors, [`ConfigError::Fence`] for invalid
    /// names of [`CustomCa::only_for`](crate::CustomCa::only_for), [`ConfigError::Pattern`] and
    /// [`ConfigError::DuplicateZone`] for host patterns, [`ConfigError::ReadIntermediates`],
    /// [`ConfigError::NoCryptoProvider`], [`ConfigError::NoKeyExchangeGroup`] and
    /// [`ConfigError::UnsupportedKeyExchangeGroup`], [`ConfigError::KeyMismatch`] and
    /// [`ConfigError::UnusableKey`] for client certificates.
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
