//! The builder of a zone.

use std::sync::Arc;

use rustls::NamedGroup;

use super::TlsVersion;
use super::limits::Limits;
use crate::anchors::Anchors;
use crate::check::{Check, Mode, Profile};
use crate::first_use::{Exactly, FirstUse, KnownPeers};
use crate::identity::IdentitySource;
use crate::pins::{PinSet, Pins};

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

/// Builds a [`Zone`](crate::Zone). [`PolicyBuilder::build`](crate::PolicyBuilder::build) reports
/// its errors.
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
