//! Pins that did not match, and pins that were suspended by break-glass.

use std::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::code::Code;
use crate::config::clock::{self, Rfc3339Time};
use crate::x509::spki::SpkiSha256;

/// The pins of a host did not match or had expired. Emitted once for each handshake that is judged,
/// not for each path that is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PinFailure {
    /// The host.
    pub host: String,
    /// The host pattern of the pins.
    pub pattern: String,
    /// [`Code::PinMismatch`] or [`Code::PinsExpired`].
    pub code: Code,
    /// The effect on the connection.
    pub outcome: PinFailureOutcome,
    /// The pins of the pattern; empty if they had expired.
    pub configured: Vec<SpkiSha256>,
    /// The keys of the verified path, leaf first.
    pub observed: Vec<SpkiSha256>,
    /// The subjects of its certificates, leaf first.
    pub subjects: Vec<String>,
}

/// The effect of a pin failure on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PinFailureOutcome {
    /// The connection was refused.
    Refused,
    /// The connection continues: the pins only report.
    Reported,
    /// The connection continues: a grant forgives the failure.
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
            "pin failure for {} ({outcome}): {} by the pins of {}; the path has the keys",
            self.host, self.code, self.pattern
        )?;
        for key in &self.observed {
            write!(f, " {key}")?;
        }
        Ok(())
    }
}

/// A connection was made while the pins of its host only report, after
/// [`PinSet::break_glass`](crate::PinSet::break_glass). Emitted for each connection, resumed ones
/// included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BrokenGlass {
    /// The host.
    pub host: String,
    /// The reason for the break-glass.
    pub reason: String,
    /// When the pins are enforced again.
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
