//! Assigns grants to zones.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::error::ConfigError;
use crate::danger::Grant;
use crate::policy::forbidden;
use crate::zone::{Zone, ZoneId};

/// Assigns each grant to a zone: the zone of its exact host, or else a new zone for that host which
/// is a copy of the zone that covers it.
pub(super) fn with_grants(
    grants: Vec<Grant>,
    default: Option<&Zone>,
    mut zones: Vec<Zone>,
) -> Result<Vec<Zone>, ConfigError> {
    let mut hosts = HashSet::new();
    for grant in grants {
        let pattern = grant.check()?;
        if forbidden::is_set() {
            return Err(ConfigError::DangerForbidden { host: grant.host });
        }
        if !hosts.insert(pattern.clone()) {
            return Err(ConfigError::DuplicateZone {
                pattern: pattern.to_string(),
            });
        }
        let host = grant.host.clone();
        let trusts_keys = || ConfigError::InvalidGrant {
            host,
            problem: "is for a zone that trusts keys, in which a changed key is never accepted"
                .to_owned(),
        };
        let grant = Some(Arc::new(grant));
        if let Some(zone) = zones
            .iter_mut()
            .find(|zone| zone.pattern() == Some(&pattern))
        {
            if zone.trusts_keys() {
                return Err(trusts_keys());
            }
            zone.grant = grant;
            continue;
        }
        let covering = zones
            .iter()
            .filter(|zone| {
                zone.pattern()
                    .is_some_and(|other| other.covers(pattern.host()))
            })
            .max_by_key(|zone| zone.pattern().map(|pattern| pattern.precedence()))
            .or(default);
        let Some(covering) = covering else {
            return Err(ConfigError::HostNotInPolicy {
                host: pattern.to_string(),
            });
        };
        if covering.trusts_keys() {
            return Err(trusts_keys());
        }
        let zone = Zone {
            id: ZoneId::new(u32::try_from(zones.len() + 1).unwrap_or(u32::MAX)),
            name: Arc::from(pattern.to_string()),
            pattern: Some(pattern),
            anchors: Arc::clone(&covering.anchors),
            profile: covering.profile,
            checks: covering.checks.clone(),
            known: None,
            identity: covering.identity.clone(),
            min_version: covering.min_version,
            groups: Arc::clone(&covering.groups),
            limits: covering.limits,
            grant,
        };
        zones.push(zone);
    }
    Ok(zones)
}
