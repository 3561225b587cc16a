//! A candidate policy would have judged otherwise.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::code::Code;

/// A candidate policy in the shadow of the one in force would have judged a handshake otherwise; see [`Shadow`](crate::Shadow).
///
/// Emitted for each host and pair of verdicts at most once an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Divergence {
    /// The host.
    pub host: String,
    /// The zone of the policy in force that judged.
    pub zone: String,
    /// What the policy in force said, which is what became of the handshake.
    pub in_force: Judged,
    /// What the candidate would have said.
    pub candidate: Judged,
    /// How many handshakes with the host were judged so since the last event of this kind, this one among them.
    pub count: u64,
}

/// A verdict in short. Serialised as it is printed: a code, or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Judged {
    /// Path, name and all enforced checks are proved: `verified`.
    Verified,
    /// A path is proved and no name was given: `path-only`.
    PathOnly,
    /// Its key is known, and nothing else was judged: `known-key`.
    KnownKey,
    /// A grant forgave what was wrong: `granted`.
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
            "{host}, in zone {zone}, is {in_force}, and would be {candidate} under the candidate policy"
        )?;
        match count {
            1 => Ok(()),
            count => write!(f, ", {count} times by now"),
        }
    }
}
