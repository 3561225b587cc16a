//! Pins that did not hold, and pins that somebody has put out of force.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::code::Code;
use crate::config::clock::{self, Rfc3339Time};
use crate::x509::spki::SpkiSha256;

/// The pins of a host did not hold; emitted once for each handshake that is judged, not for each path that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PinFailure {
    /// The host.
    pub host: String,
    /// The host pattern of the pins.
    pub pattern: String,
    /// [`Code::PinMismatch`] or [`Code::PinsExpired`].
    pub code: Code,
    /// What came of it.
    pub outcome: PinFailureOutcome,
    /// The pins of the pattern; none where they had expired.
    pub configured: Vec<SpkiSha256>,
    /// The keys of the verified path, leaf first.
    pub observed: Vec<SpkiSha256>,
    /// The subjects of its certificates, leaf first.
    pub subjects: Vec<String>,
}

/// What came of pins that did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PinFailureOutcome {
    /// The connection was refused.
    Refused,
    /// The connection goes on: the pins only report.
    Reported,
    /// The connection goes on: a grant forgives it.
    Forgiven,
}

impl fmt::Display for PinFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            PinFailureOutcome::Refused => "refused",
            PinFailureOutcome::Reported => "reported only",
            PinFailureOutcome::Forgiven => "forgiven by a grant",
        };
        write!(
            f,
            "the pins of {} do not hold for {}, {outcome}: {}; the path has",
            self.pattern, self.host, self.code
        )?;
        for key in &self.observed {
            write!(f, " {key}")?;
        }
        Ok(())
    }
}

/// A connection was made while the pins of its host only report, after [`PinSet::break_glass`](crate::PinSet::break_glass); emitted for each, resumed ones too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BrokenGlass {
    /// The host.
    pub host: String,
    /// Why the glass was broken.
    pub reason: String,
    /// When the pins hold again.
    #[serde(serialize_with = "clock::as_rfc3339")]
    pub until: UnixTime,
}

impl fmt::Display for BrokenGlass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BREAK-GLASS: the pins of {} are not enforced until {} because \"{}\"",
            self.host,
            Rfc3339Time(self.until),
            self.reason.escape_debug()
        )
    }
}
