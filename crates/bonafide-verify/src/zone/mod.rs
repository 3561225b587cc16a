//! Zones: host patterns with their own anchors, checks, client certificate, TLS versions and key exchange groups.

mod anchors;
pub(crate) mod limits;
mod table;

use std::sync::Arc;

use rustls::{NamedGroup, SupportedProtocolVersion};

pub(crate) use self::anchors::ZoneAnchors;
pub(crate) use self::table::Zones;

use crate::anchors::{AnchorSet, Anchors};
use crate::check::{Check, Mode, Profile};
use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::first_use::{Exactly, FirstUse, KnownPeers};
use crate::host::pattern::HostPattern;
use crate::identity::{IdentitySource, ZoneIdentity};
use crate::pins::{PinSet, Pins};
use crate::zone::limits::Limits;

/// The number of a zone within its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ZoneId(u32);

impl ZoneId {
    pub(crate) fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number; 0 is the default zone.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// The lowest TLS version that a zone speaks. TLS 1.0 and 1.1 cannot be asked for (RFC 8996).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 with ephemeral keys and AEAD suites (RFC 5246), and 1.3. The default.
    #[default]
    Tls12,
    /// TLS 1.3 only (RFC 8446).
    Tls13,
}

impl TlsVersion {
    pub(crate) fn and_later(self) -> &'static [&'static SupportedProtocolVersion] {
        static TLS13_ONLY: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
        match self {
            Self::Tls12 => rustls::ALL_VERSIONS,
            Self::Tls13 => TLS13_ONLY,
        }
    }
}

/// The hosts of one pattern, with what a peer there must show.
#[derive(Debug)]
pub struct Zone {
    pub(crate) id: ZoneId,
    pub(crate) name: Arc<str>,
    pub(crate) pattern: Option<HostPattern>,
    pub(crate) anchors: Arc<ZoneAnchors>,
    pub(crate) profile: (Profile, Mode),
    pub(crate) checks: Vec<(Arc<dyn Check>, Mode)>,
    /// Whom the zone believes without a path; it looks for none then, and asks no check.
    pub(crate) known: Option<KnownPeers>,
    pub(crate) identity: Option<ZoneIdentity>,
    pub(crate) min_version: TlsVersion,
    /// What is offered, the preferred one first; none of them is missing from the crypto provider.
    pub(crate) groups: Arc<[NamedGroup]>,
    pub(crate) limits: Limits,
    #[cfg(feature = "danger-insecure-grants")]
    pub(crate) grant: Option<Arc<crate::danger::Grant>>,
}

impl Zone {
    /// Starts a zone for the hosts of `pattern`; see [`HostPattern`] for its forms. Among zones that match a host, the longest pattern
    /// wins.
    ///
    /// What the zone does not set, it takes from the policy's default zone, but for the client certificate, which is offered only where it
    /// is named. Checks and pins of the default zone hold in every zone, except in one that believes keys and has no path to ask them about
    /// ([`ZoneBuilder::first_use`], [`ZoneBuilder::exactly`]).
    pub fn for_host(pattern: impl Into<String>) -> ZoneBuilder {
        ZoneBuilder {
            pattern: pattern.into(),
            facets: Facets::default(),
        }
    }

    /// The number of the zone within its policy.
    pub fn id(&self) -> ZoneId {
        self.id
    }

    /// The zone's host pattern as text, or `default`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone's host pattern; none for the default zone.
    pub fn pattern(&self) -> Option<&HostPattern> {
        self.pattern.as_ref()
    }

    /// Whether the zone believes keys and looks for no path: see [`ZoneBuilder::first_use`] and [`ZoneBuilder::exactly`].
    pub fn trusts_keys(&self) -> bool {
        self.known.is_some()
    }

    /// Where the zone keeps the keys that its hosts have shown first.
    pub(crate) fn first_use(&self) -> Option<&Arc<dyn FirstUse>> {
        match &self.known {
            Some(KnownPeers::FirstUse(store)) => Some(store),
            Some(KnownPeers::Exactly(_)) | None => None,
        }
    }

    /// The anchors of the zone, none for one that believes keys; the first call may read the system's store.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] when there are none.
    pub fn anchors(&self) -> Result<&Arc<AnchorSet>, ConfigError> {
        self.anchors.get()
    }

    /// Whether the zone has a client certificate to offer.
    pub fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// The grant of the zone, if there is one, whether it has expired or not.
    #[cfg(feature = "danger-insecure-grants")]
    pub fn grant(&self) -> Option<&crate::danger::Grant> {
        self.grant.as_deref()
    }

    /// Whether a grant holds in the zone.
    pub(crate) fn is_granted(&self) -> bool {
        #[cfg(feature = "danger-insecure-grants")]
        return self.grant.is_some();
        #[cfg(not(feature = "danger-insecure-grants"))]
        false
    }

    /// The same zone without its grant, with other anchors where there are some: for judging again, never for a connection.
    pub(crate) fn apart(&self, anchors: Option<Arc<ZoneAnchors>>) -> Self {
        let Self {
            id,
            name,
            pattern,
            anchors: own,
            profile,
            checks,
            known,
            identity: _,
            min_version,
            groups,
            limits,
            #[cfg(feature = "danger-insecure-grants")]
                grant: _,
        } = self;
        Self {
            id: *id,
            name: Arc::clone(name),
            pattern: pattern.clone(),
            anchors: anchors.unwrap_or_else(|| Arc::clone(own)),
            profile: *profile,
            checks: checks.clone(),
            known: known.clone(),
            identity: None,
            min_version: *min_version,
            groups: Arc::clone(groups),
            limits: *limits,
            #[cfg(feature = "danger-insecure-grants")]
            grant: None,
        }
    }

    /// Says what the zone decides by, and what of it expires; its anchors apart.
    pub(crate) fn describe_expiries(&self, description: &mut Description) {
        for (check, _) in &self.checks {
            check.describe(description);
        }
        if let Some(identity) = &self.identity {
            identity.describe(description);
        }
        #[cfg(feature = "danger-insecure-grants")]
        if let Some(grant) = &self.grant {
            let what = format!("grant for {}", grant.host);
            description.expires(
                crate::config::description::ExpiryKind::Grant,
                what,
                grant.expiry(),
            );
        }
    }

    /// What one `rustls::ClientConfig` cannot serve both zones with, if anything.
    pub(crate) fn differs_in(&self, other: &Self) -> Option<&'static str> {
        let same_identity = match (&self.identity, &other.identity) {
            (None, None) => true,
            (Some(one), Some(two)) => one.is(two),
            _ => false,
        };
        if !same_identity {
            Some("client certificate")
        } else if self.min_version != other.min_version {
            Some("TLS version")
        } else if self.groups != other.groups {
            Some("list of key exchange groups")
        } else {
            None
        }
    }
}

/// What a zone is made of, the default one included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facets {
    pub(crate) anchors: Option<Anchors>,
    pub(crate) profile: Option<(Profile, Mode)>,
    pub(crate) checks: Vec<(Arc<dyn Check>, Mode)>,
    pub(crate) identity: Option<IdentitySource>,
    pub(crate) min_version: Option<TlsVersion>,
    pub(crate) groups: Option<Vec<NamedGroup>>,
    pub(crate) limits: Option<Limits>,
    /// More than one is a mistake.
    pub(crate) known: Vec<KnownPeers>,
}

impl Facets {
    pub(crate) fn add_check(&mut self, check: impl Check + 'static, mode: Mode) {
        self.checks.push((Arc::new(check), mode));
    }
}

/// Builds a [`Zone`]; its mistakes are reported by [`PolicyBuilder::build`](crate::PolicyBuilder::build).
#[derive(Clone, Debug)]
pub struct ZoneBuilder {
    pub(crate) pattern: String,
    pub(crate) facets: Facets,
}

impl ZoneBuilder {
    /// The roots that a path may end in. Default: those of the default zone.
    pub fn anchors(mut self, anchors: Anchors) -> Self {
        self.facets.anchors = Some(anchors);
        self
    }

    /// The profile, enforced. Default: that of the default zone.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.facets.profile = Some((profile, Mode::Enforce));
        self
    }

    /// A profile whose refusals are written on the receipt and refuse nothing, in place of the enforced one.
    pub fn profile_report_only(mut self, profile: Profile) -> Self {
        self.facets.profile = Some((profile, Mode::ReportOnly));
        self
    }

    /// Adds pins, enforced.
    pub fn pins(self, pins: Pins) -> Self {
        self.check(pins)
    }

    /// Adds the pins of many hosts, such as those of a file; each entry says itself whether it is enforced.
    pub fn pin_set(self, pins: PinSet) -> Self {
        self.check(pins)
    }

    /// Adds a check, enforced.
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.facets.add_check(check, Mode::Enforce);
        self
    }

    /// Adds a check whose refusals are written on the receipt and refuse nothing.
    pub fn report_only(mut self, check: impl Check + 'static) -> Self {
        self.facets.add_check(check, Mode::ReportOnly);
        self
    }

    /// Believes the key that each host has shown at the **first contact**, and no other from then on: for devices and peers that sign their own certificates, where
    /// nobody vouches for them. Default: the zone looks for a path to its anchors.
    ///
    /// Whoever answers at the first contact is believed: make that one over a network that you trust, or use [`ZoneBuilder::exactly`].
    ///
    /// - First contact: once the peer has proved that it holds the key, the key is written to `store`, by compare-and-set, before the handshake ends.
    /// - The same key: believed, whatever certificate it comes in.
    /// - Another key: refused with [`Code::KeyChanged`](crate::Code::KeyChanged), always. A person looks into it, then calls [`FirstUse::forget`] or [`FirstUse::replace`].
    /// - A store that cannot be read or written: refused with [`Code::KeyStore`](crate::Code::KeyStore).
    ///
    /// The receipt says [`Verdict::KnownKey`](crate::Verdict::KnownKey), which does not count as verified. There is no path, so there is nothing to judge a name, dates, a
    /// profile or checks by: they read "not checked". Dates are no matter of keys (RFC 7671, 5.1, has it so for DANE-EE), and a device whose self-made certificate expires
    /// would be stranded for nothing. The zone takes no anchors, profile, checks or pins; checks of the default zone are not asked in it, and its pins for a host of this zone are an error.
    /// The limits on what a peer may present hold.
    ///
    /// A session is resumed only while the store has the key that it began with, by `Policy::connect` and what is built on it, and by other clients of rustls not at all. `bonafide`'s client reuses
    /// a connection for ten minutes at most, so that a key which was forgotten ends with them; to end them at once, replace the policy in its [`PolicyHandle`](crate::PolicyHandle).
    /// [`Policy::verify`](crate::Policy::verify) reads the store and never writes to it.
    ///
    /// ```
    /// use bonafide_verify::{Policy, Zone};
    /// use bonafide_verify::first_use::MemoryFirstUse;
    ///
    /// let policy = Policy::builder()
    ///     .zone(Zone::for_host("*.devices.example").first_use(MemoryFirstUse::new()))
    ///     .build()?;
    /// # let _ = policy;
    /// # Ok::<(), bonafide_verify::ConfigError>(())
    /// ```
    pub fn first_use(mut self, store: impl FirstUse + 'static) -> Self {
        self.facets
            .known
            .push(KnownPeers::FirstUse(Arc::new(store)));
        self
    }

    /// Believes exactly one of these keys or certificates, and nothing else. Default: the zone looks for a path to its anchors.
    ///
    /// Anything else is refused with [`Code::NotTheKey`](crate::Code::NotTheKey). What [`ZoneBuilder::first_use`] says of the receipt, names, dates, checks, pins and limits holds
    /// here too: an exactly named certificate is believed past its `notAfter`, until the policy names another.
    ///
    /// ```
    /// use bonafide_verify::{Policy, Zone};
    /// use bonafide_verify::x509::SpkiSha256;
    ///
    /// let key: SpkiSha256 = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?;
    /// let policy = Policy::builder()
    ///     .zone(Zone::for_host("printer.example").exactly([key]))
    ///     .build()?;
    /// # let _ = policy;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exactly(mut self, peers: impl IntoIterator<Item: Into<Exactly>>) -> Self {
        let peers = peers.into_iter().map(Into::into).collect();
        self.facets.known.push(KnownPeers::Exactly(peers));
        self
    }

    /// The client certificate that is offered to servers of the zone that ask for one: a [`ClientIdentity`](crate::ClientIdentity), or an
    /// [`IdentityHandle`](crate::identity::IdentityHandle) or [`IdentityCallback`](crate::identity::IdentityCallback) for one that changes. Default: none.
    pub fn identity(mut self, identity: impl Into<IdentitySource>) -> Self {
        self.facets.identity = Some(identity.into());
        self
    }

    /// The lowest TLS version. Default: that of the default zone.
    pub fn min_tls_version(mut self, version: TlsVersion) -> Self {
        self.facets.min_version = Some(version);
        self
    }

    /// The key exchange groups that are offered, the preferred one first. Default: those of the
    /// default zone; see [`PolicyBuilder::key_exchange_groups`](crate::PolicyBuilder::key_exchange_groups).
    pub fn key_exchange_groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
        self.facets.groups = Some(groups.into_iter().collect());
        self
    }

    /// What a peer may present. Default: that of the default zone.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.facets.limits = Some(limits);
        self
    }
}
