//! A candidate policy would have reached another verdict.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::code::Code;

/// A candidate policy would have reached another verdict about a handshake than the policy in
/// force; see [`Shadow`](crate::Shadow).
///
/// Emitted at most once an hour for each host and pair of verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Divergence {
    /// The host.
    pub host: String,
    /// The zone of the policy in force that judged.
    pub zone: String,
    /// The verdict of the policy in force, which decided the handshake.
    pub in_force: Judged,
    /// The verdict of the candidate.
    pub candidate: Judged,
    /// How many handshakes with the host had these two verdicts since the last such event, this one
    /// included.
    pub count: u64,
}

/// A verdict in short. Its serialised form is the printed one: a code or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Judged {
    /// Path, name and all enforced checks are verified: `verified`.
    Verified,
    /// A path is verified and no name was given: `path-only`.
    PathOnly,
    /// The key is known, and nothing else was judged: `known-key`.
    KnownKey,
    /// A grant forgave the refusals: `granted`.
    Granted,
    /// Refused, with this code.
    Refused(Code),
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "verified",
            Self::PathOnly => "path-only",
            Self::KnownKey => "known-key",
            Self::Granted => "granted",
            Self::Refused(code) => code.as_str(),
        })
    }
}

impl Serialize for Judged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            zone,
            in_force,
            candidate,
            count,
        } = self;
        write!(
            f,
            "{host} in zone {zone} is {in_force} under the policy in force and would be {candidate} under the candidate policy"
        )?;
        match count {
            1 => Ok(()),
            count => write!(f, ", in {count} handshakes since the last report"),
        }
    }
}
