//! Zones: host patterns with their own anchors, checks, client certificate, TLS versions and key
//! exchange groups.
//!
//! What belongs here is what applies to the hosts of one pattern, and finding the zone of a host.
//! It never judges a peer, and never knows a policy or a receipt.

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

/// The lowest TLS version that a zone uses. TLS 1.0 and 1.1 are not available (RFC 8996).
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

/// The hosts of one pattern, and the requirements for peers there.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa, Policy, TlsVersion, Zone};
///
/// # let ca = bonafide_testkit::TestCa::new();
/// # let pem = ca.pem();
/// let corp = Zone::for_host("**.corp.example")
///     .anchors(Anchors::only(CustomCa::pem("corp root", pem)))
///     .min_tls_version(TlsVersion::Tls13);
/// let policy = Policy::builder().zone(corp).build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Zone {
    pub(crate) id: ZoneId,
    pub(crate) name: Arc<str>,
    pub(crate) pattern: Option<HostPattern>,
    pub(crate) anchors: Arc<ZoneAnchors>,
    pub(crate) profile: (Profile, Mode),
    pub(crate) checks: Vec<(Arc<dyn Check>, Mode)>,
    /// The keys that the zone trusts without a path. It then builds no path and runs no check.
    pub(crate) known: Option<KnownPeers>,
    pub(crate) identity: Option<ZoneIdentity>,
    pub(crate) min_version: TlsVersion,
    /// The offered key exchange groups, the preferred one first. The crypto provider supports all
    /// of them.
    pub(crate) groups: Arc<[NamedGroup]>,
    pub(crate) limits: Limits,
    #[cfg(feature = "danger-insecure-grants")]
    pub(crate) grant: Option<Arc<crate::danger::Grant>>,
}

impl Zone {
    /// Starts a zone for the hosts of `pattern`; see [`HostPattern`] for its forms. If several
    /// zones match a host, the one with the longest pattern is used.
    ///
    /// What the zone does not set is taken from the policy's default zone, except the client
    /// certificate, which is presented only in the zones that set it. Checks and pins of the
    /// default zone apply in every zone, except in zones that trust keys and build no path
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

    /// The zone's host pattern; `None` for the default zone.
    pub fn pattern(&self) -> Option<&HostPattern> {
        self.pattern.as_ref()
    }

    /// Whether the zone trusts keys and builds no path; see [`ZoneBuilder::first_use`] and
    /// [`ZoneBuilder::exactly`].
    pub fn trusts_keys(&self) -> bool {
        self.known.is_some()
    }

    /// The store of the keys that the zone's hosts presented at first contact.
    pub(crate) fn first_use(&self) -> Option<&Arc<dyn FirstUse>> {
        match &self.known {
            Some(KnownPeers::FirstUse(store)) => Some(store),
            Some(KnownPeers::Exactly(_)) | None => None,
        }
    }

    /// The anchors of the zone; empty for a zone that trusts keys. The first call may read the
    /// system's store.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] when there are none.
    pub fn anchors(&self) -> Result<&Arc<AnchorSet>, ConfigError> {
        self.anchors.get()
    }

    /// Whether the zone has a client certificate.
    pub fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// The grant of the zone, if there is one, also if it has expired.
    #[cfg(feature = "danger-insecure-grants")]
    pub fn grant(&self) -> Option<&crate::danger::Grant> {
        self.grant.as_deref()
    }

    /// Whether the zone has a grant.
    pub(crate) fn is_granted(&self) -> bool {
        #[cfg(feature = "danger-insecure-grants")]
        return self.grant.is_some();
        #[cfg(not(feature = "danger-insecure-grants"))]
        false
    }

    /// The same zone without its grant and client certificate, and with `anchors` instead of its
    /// own if given. For judging again, never for a connection.
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

    /// Describes the checks, client certificate and grant of the zone, for their expiries. Its
    /// anchors are not included.
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

    /// The setting in which the zones differ and which one `rustls::ClientConfig` cannot have
    /// twice, if any.
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

/// The settings of a zone, the default zone included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facets {
    pub(crate) anchors: Option<Anchors>,
    pub(crate) profile: Option<(Profile, Mode)>,
    pub(crate) checks: Vec<(Arc<dyn Check>, Mode)>,
    pub(crate) identity: Option<IdentitySource>,
    pub(crate) min_version: Option<TlsVersion>,
    pub(crate) groups: Option<Vec<NamedGroup>>,
    pub(crate) limits: Option<Limits>,
    /// At most one; more are an error of building the policy.
    pub(crate) known: Vec<KnownPeers>,
}

impl Facets {
    pub(crate) fn add_check(&mut self, check: impl Check + 'static, mode: Mode) {
        self.checks.push((Arc::new(check), mode));
    }
}

/// Builds a [`Zone`]. [`PolicyBuilder::build`](crate::PolicyBuilder::build) reports its errors.
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

    /// A profile that only reports, instead of the enforced one: its refusals are recorded on the
    /// receipt and refuse no peer.
    pub fn profile_report_only(mut self, profile: Profile) -> Self {
        self.facets.profile = Some((profile, Mode::ReportOnly));
        self
    }

    /// Adds pins, enforced.
    pub fn pins(self, pins: Pins) -> Self {
        self.check(pins)
    }

    /// Adds the pins of many hosts, such as those of a file. Each entry states whether it is
    /// enforced.
    pub fn pin_set(self, pins: PinSet) -> Self {
        self.check(pins)
    }

    /// Adds a check, enforced.
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.facets.add_check(check, Mode::Enforce);
        self
    }

    /// Adds a check that only reports: its refusals are recorded on the receipt and refuse no peer.
    pub fn report_only(mut self, check: impl Check + 'static) -> Self {
        self.facets.add_check(check, Mode::ReportOnly);
        self
    }

    /// Trusts the key that each host presents at the **first contact**, and from then on no other
    /// key (trust on first use). For devices and peers with self-signed certificates, which no
    /// trust anchor issued. Default: the zone builds a path to its anchors.
    ///
    /// The first contact itself is not authenticated: an attacker who answers it is trusted. Make
    /// it over a network that you trust, or use [`ZoneBuilder::exactly`].
    ///
    /// - First contact: once the peer has proved that it holds the key, the key is written to
    ///   `store` by compare-and-set, before the handshake ends.
    /// - The same key: accepted, in any certificate.
    /// - Another key: always refused with [`Code::KeyChanged`](crate::Code::KeyChanged). A person
    ///   has to find out why the key changed, and then calls [`FirstUse::forget`] or
    ///   [`FirstUse::replace`].
    /// - A store that cannot be read or written: refused with
    ///   [`Code::KeyStore`](crate::Code::KeyStore).
    ///
    /// The receipt says [`Verdict::KnownKey`](crate::Verdict::KnownKey), which does not count as
    /// verified. There is no path, so name, dates, profile and checks cannot be judged: the receipt
    /// shows them as "not checked". The validity dates of the certificate are ignored, as RFC 7671,
    /// 5.1 does for DANE-EE: otherwise a device whose self-signed certificate expires could not be
    /// reached any more. The zone may have no anchors, profile, checks or pins. Checks of the
    /// default zone do not run in it, and pins of the default zone for a host of this zone are an
    /// error. The limits on what a peer may present apply.
    ///
    /// `Policy::connect`, and clients that are built on it, resume a session only while the store
    /// has the key with which it began; other rustls clients resume none. `bonafide`'s client
    /// reuses a connection for ten minutes at most, so connections with a forgotten key end after
    /// that time. To end them at once, replace the policy in its
    /// [`PolicyHandle`](crate::PolicyHandle). [`Policy::verify`](crate::Policy::verify) reads the
    /// store and never writes to it.
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

    /// Trusts exactly these keys and certificates, and no others. Default: the zone builds a path
    /// to its anchors.
    ///
    /// Every other key is refused with [`Code::NotTheKey`](crate::Code::NotTheKey). The description
    /// of receipt, names, dates, checks, pins and limits in [`ZoneBuilder::first_use`] applies here
    /// too: a listed certificate is accepted after its `notAfter`, until the policy lists another
    /// one.
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

    /// The client certificate for servers of the zone that request one: a
    /// [`ClientIdentity`](crate::ClientIdentity), or an
    /// [`IdentityHandle`](crate::identity::IdentityHandle) or
    /// [`IdentityCallback`](crate::identity::IdentityCallback) for one that changes. Default: none.
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
    /// default zone; see
    /// [`PolicyBuilder::key_exchange_groups`](crate::PolicyBuilder::key_exchange_groups).
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
