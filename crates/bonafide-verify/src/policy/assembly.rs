//! Builds the zones of a policy.

use std::sync::Arc;

use rustls::NamedGroup;

use crate::anchors::Anchors;
use crate::check::{Check, Mode};
use crate::config::clock::Clock;
use crate::config::error::ConfigError;
use crate::config::provider::Provider;
use crate::events::Events;
use crate::first_use::KnownPeers;
use crate::host::pattern::HostPattern;
use crate::identity::{RelyingPolicy, ZoneIdentity};
use crate::zone::{Facets, Zone, ZoneAnchors, ZoneId};

/// Builds zones. What a zone does not set is taken from the default zone.
pub(super) struct Assembly<'a> {
    pub(super) default: &'a Facets,
    pub(super) provider: &'a Provider,
    pub(super) clock: &'a Clock,
    pub(super) events: &'a Events,
}

impl Assembly<'_> {
    pub(super) fn default_zone(&self) -> Result<Zone, ConfigError> {
        self.assemble(None, self.default, self.default.checks.clone(), 0)
    }

    pub(super) fn zone(
        &self,
        pattern: HostPattern,
        facets: &Facets,
        number: usize,
    ) -> Result<Zone, ConfigError> {
        let known = self.known_peers(&pattern, facets)?;
        let checks = self
            .default
            .checks
            .iter()
            .chain(&facets.checks)
            .cloned()
            .collect();
        let mut zone = self.assemble(Some(pattern), facets, checks, number)?;
        zone.known = known;
        Ok(zone)
    }

    /// The keys that the zone trusts instead of a path. Such a zone may have nothing that needs a
    /// path.
    fn known_peers(
        &self,
        pattern: &HostPattern,
        facets: &Facets,
    ) -> Result<Option<KnownPeers>, ConfigError> {
        let Some(known) = facets.known.first() else {
            return Ok(None);
        };
        let zone = || pattern.to_string();
        let of_default = self.default.checks.iter().find_map(|(check, mode)| {
            let named = check.names_hosts_of(pattern)?;
            (*mode == Mode::Enforce)
                .then(|| format!("`{}` of the default zone for {named}", check.name()))
        });
        let what = match facets {
            Facets {
                anchors: Some(_), ..
            } => Some("anchors".to_owned()),
            Facets {
                profile: Some(_), ..
            } => Some("a profile".to_owned()),
            Facets { checks, known, .. } => match (checks.first(), known.get(1)) {
                (Some((check, _)), _) => Some(format!("the check `{}`", check.name())),
                (None, Some(_)) => Some("two rules for the trusted keys".to_owned()),
                (None, None) => of_default,
            },
        };
        match (what, known) {
            (Some(what), _) => Err(ConfigError::KnownKeyZone { zone: zone(), what }),
            (None, KnownPeers::Exactly(peers)) if peers.is_empty() => {
                Err(ConfigError::NothingExactly { zone: zone() })
            }
            (None, known) => Ok(Some(known.clone())),
        }
    }

    /// The groups that a zone offers; the provider supports all of them.
    fn groups(
        &self,
        facets: &Facets,
        zone: impl Fn() -> String,
    ) -> Result<Arc<[NamedGroup]>, ConfigError> {
        let known = self.provider.groups();
        let Some(asked) = facets.groups.as_ref().or(self.default.groups.as_ref()) else {
            return Ok(known.into());
        };
        let mut groups: Vec<NamedGroup> = Vec::with_capacity(asked.len());
        for group in asked {
            if !known.contains(group) {
                return Err(ConfigError::UnsupportedKeyExchangeGroup {
                    zone: zone(),
                    group: *group,
                    known,
                });
            }
            if !groups.contains(group) {
                groups.push(*group);
            }
        }
        if groups.is_empty() {
            return Err(ConfigError::NoKeyExchangeGroup { zone: zone() });
        }
        Ok(groups.into())
    }

    fn assemble(
        &self,
        pattern: Option<HostPattern>,
        facets: &Facets,
        checks: Vec<(Arc<dyn Check>, Mode)>,
        number: usize,
    ) -> Result<Zone, ConfigError> {
        let anchors = facets.anchors.as_ref().or(self.default.anchors.as_ref());
        let identity = facets
            .identity
            .as_ref()
            .map(|identity| {
                let relying = RelyingPolicy {
                    provider: self.provider.clone(),
                    clock: self.clock.clone(),
                    events: self.events.clone(),
                };
                ZoneIdentity::new(identity, relying)
            })
            .transpose()?;
        let name: Arc<str> = pattern.as_ref().map_or_else(
            || Arc::from("default"),
            |pattern| Arc::from(pattern.to_string()),
        );
        Ok(Zone {
            id: ZoneId::new(u32::try_from(number).unwrap_or(u32::MAX)),
            groups: self.groups(facets, || name.to_string())?,
            name,
            pattern,
            anchors: Arc::new(if facets.known.is_empty() {
                ZoneAnchors::new(anchors.cloned().unwrap_or_else(Anchors::system))?
            } else {
                ZoneAnchors::unused()
            }),
            profile: facets.profile.or(self.default.profile).unwrap_or_default(),
            checks,
            known: None,
            identity,
            min_version: facets
                .min_version
                .or(self.default.min_version)
                .unwrap_or_default(),
            limits: facets.limits.or(self.default.limits).unwrap_or_default(),
            #[cfg(feature = "danger-insecure-grants")]
            grant: None,
        })
    }
}
