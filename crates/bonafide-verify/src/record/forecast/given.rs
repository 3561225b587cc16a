//! What a policy names itself, and when it expires.

use std::collections::BTreeMap;

use rustls_pki_types::UnixTime;

use crate::config::description::{Description, ExpiryKind};
use crate::x509::certificate::{Certificate, subject_text};
use crate::zone::{Zone, Zones};

/// What the zones name, each thing once.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) things: BTreeMap<(ExpiryKind, String, UnixTime), Vec<String>>,
    /// Whether the anchors of all zones were loaded; those that were not are left out.
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

/// Says when the anchors expire that the program added. Those of the system and the bundled ones,
/// of which a path needs one, are reported when it is on a path. False where they are not loaded,
/// which is not done for this.
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
