//! Zones: host patterns with their own anchors, checks, client certificate, TLS versions and key
//! exchange groups.
//!
//! What belongs here is what applies to the hosts of one pattern, and finding the zone of a host.
//! It never judges a peer, and never knows a policy or a receipt.

mod anchors;
mod builder;
pub(crate) mod limits;
mod table;

use std::sync::Arc;

use rustls::{NamedGroup, SupportedProtocolVersion};

pub(crate) use self::anchors::ZoneAnchors;
pub(crate) use self::builder::Facets;
pub use self::builder::ZoneBuilder;
pub(crate) use self::table::Zones;

use crate::anchors::AnchorSet;
use crate::check::{Check, Mode, Profile};
use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::first_use::{FirstUse, KnownPeers};
use crate::host::pattern::HostPattern;
use crate::identity::ZoneIdentity;
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
