//! The effective policy: everything that decides, as a document that two runs write alike; and what
//! each part of a policy says of itself for it.
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

/// The version of the document's form. It grows with every change of what a field means; new fields alone do not change it.
const FORMAT: u32 = 1;

/// Everything that decides in a policy: serialised, or by `Display` as JSON with a final line break.
///
/// The same policy in the same program gives the same bytes, in another process too: what is a set is sorted, what is asked in an order is in that order, and
/// there is no epoch and no time of building in it. So `diff` of two of them shows exactly what changed. There is no private key in it.
///
/// | field | what |
/// |---|---|
/// | `format` | 1: the version of this form |
/// | `bonafide_verify` | the version of this crate |
/// | `build` | the features of this crate in this program, as the whole build has unified them; those of danger apart; whether `BONAFIDE_FORBID_DANGER` forbids to use them |
/// | `clock`, `hosts_without_zone`, `sessions` | the clock's name; what becomes of hosts that no zone matches; what is resumed |
/// | `crypto` | provider, groups and suites in the order offered, signature schemes |
/// | `intermediates` | the SHA-256 of each, and whether others are learnt |
/// | `zones` | the default zone, then the others by pattern: anchors by origin, each with its SHA-256; profile and checks with their settings; client certificate; versions; limits; grant |
///
/// Anchors are loaded for it, the system's store too, and so are different on different machines. A zone whose anchors cannot be loaded has none.
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
    sessions: Sessions,
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

/// What is carried from one connection to another. The same for every policy, and shown because others do otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Sessions {
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
            sessions: Sessions {
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
