//! The expiries of what a policy names itself.

use std::collections::BTreeMap;

use rustls_pki_types::UnixTime;

use crate::config::description::{Description, ExpiryKind};
use crate::x509::certificate::{Certificate, subject_text};
use crate::zone::{Zone, Zones};

/// What the zones name, each once.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) things: BTreeMap<(ExpiryKind, String, UnixTime), Vec<String>>,
    /// Whether the anchors of all zones were loaded. Anchors that were not are omitted.
    pub(super) is_complete: bool,
}

impl Given {
    pub(super) fn of(zones: &Zones) -> Self {
        let mut given = Self {
            is_complete: true,
            ..Self::default()
        };
        for zone in zones.iter() {
            let mut description = Description::default();
            zone.describe_expiries(&mut description);
            given.is_complete &= describe_anchors(zone, &mut description);
            for expiry in description.expiries() {
                let key = (expiry.kind, expiry.what.clone(), expiry.at);
                let zones = given.things.entry(key).or_default();
                if zones.iter().all(|name| name != zone.name()) {
                    zones.push(zone.name().to_owned());
                }
            }
        }
        for zones in given.things.values_mut() {
            zones.sort();
        }
        given
    }
}

/// Adds the expiries of the anchors that the program added. Anchors of the system's store and
/// bundled ones are reported only if they are on a path. Returns false if the anchors are not
/// loaded; they are not loaded for this.
fn describe_anchors(zone: &Zone, description: &mut Description) -> bool {
    if !zone.anchors.is_loaded() {
        return false;
    }
    if let Ok(set) = zone.anchors.get() {
        let own = set.anchors().iter();
        for anchor in own.filter(|anchor| anchor.origin().is_private()) {
            let certificate = anchor.certificate();
            if let Ok(read) = Certificate::from_der(certificate) {
                let what = subject_text(certificate);
                description.expires(ExpiryKind::Anchor, what, read.not_after());
            }
        }
    }
    true
}
