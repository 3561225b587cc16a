//! The effective policy: everything that affects decisions, as a document that is the same in every
//! run; and the [`Description`] that each part of a policy contributes to it.
//!
//! What belongs here reads a policy and writes it down. It never judges and changes nothing.
//!
//! ```
//! use bonafide_verify::{Anchors, Policy};
//!
//! # let ca = bonafide_testkit::TestCa::new();
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! println!("{}", policy.effective());
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

mod anchors;
mod build;
mod crypto;
mod zone;

use std::fmt;

use serde::Serialize;

use self::anchors::hashes;
use self::build::Build;
use self::crypto::Crypto;
use self::zone::ZoneView;
pub use crate::config::description::{Description, Expiry, ExpiryKind};
use crate::judge::Judge;

/// The version of the document's format. It changes when the meaning of a field changes; new fields
/// alone do not change it.
const FORMAT: u32 = 1;

/// Everything that affects the decisions of a policy. It can be serialised; `Display` prints JSON
/// with a final line break.
///
/// The same policy in the same program gives the same bytes, also in another process: sets are
/// sorted, ordered lists keep their order, and the document contains no epoch and no time. So
/// `diff` of two documents shows exactly what changed. The document contains no private key.
///
/// | field | what |
/// |---|---|
/// | `format` | 1: the version of this format |
/// | `bonafide_verify` | the version of this crate |
/// | `build` | the features of this crate in this program, as unified by the whole build; separately the features that can reduce what is verified; whether `BONAFIDE_FORBID_DANGER` forbids their use |
/// | `clock`, `hosts_without_zone`, `sessions` | the clock's name; how hosts that no zone matches are treated; which sessions are resumed |
/// | `crypto` | provider, groups and suites in the order offered, signature schemes |
/// | `intermediates` | the SHA-256 of each, and whether others are remembered |
/// | `zones` | the default zone, then the others by pattern: anchors by origin, each with its SHA-256; profile and checks with their settings; client certificate; versions; limits; grant |
///
/// All anchors are loaded for it, the system's store too, so the document differs between machines.
/// A zone whose anchors cannot be loaded is shown without anchors.
///
/// ```
/// use bonafide_verify::{Anchors, Policy};
///
/// # let ca = bonafide_testkit::TestCa::new();
/// let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
/// let document = policy.effective().to_string();
/// assert!(document.contains("\"hosts_without_zone\": \"default-zone\""));
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Effective(Document);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Document {
    format: u32,
    bonafide_verify: &'static str,
    build: Build,
    clock: String,
    hosts_without_zone: HostsWithoutZone,
    sessions: SessionsView,
    crypto: Crypto,
    intermediates: IntermediatesView,
    zones: Vec<ZoneView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum HostsWithoutZone {
    DefaultZone,
    Refused,
}

/// What one connection takes over from another. It is the same for every policy, and shown because
/// other clients differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct SessionsView {
    resumption: &'static str,
    early_data: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct IntermediatesView {
    sha256: Vec<String>,
    learnt: &'static str,
}

impl Effective {
    pub(crate) fn of(judge: &Judge) -> Self {
        let Judge {
            epoch: _,
            successor: _,
            zones,
            intermediates,
            clock,
            provider,
        } = judge;
        let mut views: Vec<ZoneView> = zones.iter().map(ZoneView::of).collect();
        views.sort_by(ZoneView::order);
        Self(Document {
            format: FORMAT,
            bonafide_verify: env!("CARGO_PKG_VERSION"),
            build: Build::of_this_program(),
            clock: clock.name().to_owned(),
            hosts_without_zone: match zones.default_zone() {
                Some(_) => HostsWithoutZone::DefaultZone,
                None => HostsWithoutZone::Refused,
            },
            sessions: SessionsView {
                resumption: "within-one-policy",
                early_data: "off",
            },
            crypto: Crypto::of(provider),
            intermediates: IntermediatesView {
                sha256: hashes(intermediates.given()),
                learnt: if intermediates.learns() {
                    "from-verified-paths"
                } else {
                    "none"
                },
            },
            zones: views,
        })
    }
}

/// JSON over many lines, with a final line break.
impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(&self.0).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}
