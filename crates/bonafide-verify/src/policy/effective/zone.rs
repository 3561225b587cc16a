//! One zone of the effective policy.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::anchors::{AnchorGroup, groups};
use crate::check::{Check, Mode};
use crate::config::description::Description;
use crate::zone::Zone;
use crate::zone::limits::Limits;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ZoneView {
    name: String,
    #[serde(skip)]
    is_default: bool,
    anchors: Vec<AnchorGroup>,
    profile: CheckView,
    checks: Vec<CheckView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    believes_keys: Option<BTreeMap<String, Value>>,
    client_certificate: Option<BTreeMap<String, Value>>,
    tls_versions: Vec<String>,
    key_exchange_groups: Vec<String>,
    limits: Limits,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
}

/// A check with its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct CheckView {
    name: String,
    mode: Mode,
    settings: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct GrantView {
    host: String,
    forgives: Vec<String>,
    reason: String,
    until: String,
}

impl ZoneView {
    pub(super) fn of(zone: &Zone) -> Self {
        let Zone {
            id: _,
            name,
            pattern,
            anchors,
            profile: (profile, mode),
            checks,
            known,
            identity,
            min_version,
            groups: key_exchange,
            limits,
            #[cfg(feature = "danger-insecure-grants")]
            grant,
        } = zone;
        Self {
            name: name.to_string(),
            is_default: pattern.is_none(),
            anchors: groups(anchors.get().map_or(&[], |set| set.anchors())),
            profile: CheckView::of(profile, *mode),
            checks: checks
                .iter()
                .map(|(check, mode)| CheckView::of(&**check, *mode))
                .collect(),
            believes_keys: known.as_ref().map(|known| {
                let mut description = Description::default();
                known.describe(&mut description);
                description.settings().clone()
            }),
            client_certificate: identity.as_ref().map(|identity| {
                let mut description = Description::default();
                identity.describe(&mut description);
                description.settings().clone()
            }),
            tls_versions: min_version
                .and_later()
                .iter()
                .map(|version| format!("{:?}", version.version))
                .collect(),
            key_exchange_groups: key_exchange
                .iter()
                .map(|group| format!("{group:?}"))
                .collect(),
            limits: *limits,
            #[cfg(feature = "danger-insecure-grants")]
            grant: grant.as_ref().map(|grant| GrantView::of(grant)),
            #[cfg(not(feature = "danger-insecure-grants"))]
            grant: None,
        }
    }

    /// The default zone first, then by pattern.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let key = |zone: &Self| (!zone.is_default, zone.name.clone());
        key(self).cmp(&key(other))
    }
}

impl CheckView {
    fn of(check: &dyn Check, mode: Mode) -> Self {
        let mut description = Description::default();
        check.describe(&mut description);
        let mut files: Vec<String> = description
            .files()
            .map(|path| path.display().to_string())
            .collect();
        files.sort();
        files.dedup();
        Self {
            name: check.name().to_owned(),
            mode,
            settings: description.settings().clone(),
            files,
        }
    }
}

#[cfg(feature = "danger-insecure-grants")]
impl GrantView {
    fn of(grant: &crate::danger::Grant) -> Self {
        Self {
            host: grant.host.clone(),
            forgives: grant.forgiven.iter().map(ToString::to_string).collect(),
            reason: grant.reason.clone(),
            until: crate::config::clock::Rfc3339Time(grant.expiry()).to_string(),
        }
    }
}
