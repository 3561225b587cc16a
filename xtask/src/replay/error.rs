//! Why a capsule was not judged again, or not with the same result.

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use bonafide_verify::ConfigError;
use bonafide_verify::capsule::CapsuleError;

/// Why a replay fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The file is unreadable.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a capsule.
    #[error("{path} is not a capsule")]
    Capsule {
        /// The file.
        path: PathBuf,
        /// Where it departs.
        source: CapsuleError,
    },
    /// The capsule names a profile that this release does not have.
    #[error("the capsule was judged by the profile `{0}`, which is not known here: give --profile")]
    NoProfile(String),
    /// A place where anchors were to be looked for has none.
    #[error("cannot load anchors from {place}")]
    Anchors {
        /// The file, or the system's store.
        place: String,
        /// What was tried.
        source: Box<ConfigError>,
    },
    /// Anchors of the capsule are not at hand.
    #[error(
        "{} of {wanted} anchors are not at hand: give files that have them by --anchors, or --system; or --partial, to judge with the others. SHA-256 of the missing:{}",
        missing.len(),
        Hashes(missing)
    )]
    MissingAnchors {
        /// Their SHA-256.
        missing: Vec<[u8; 32]>,
        /// How many the capsule has.
        wanted: usize,
    },
    /// The found anchors make no policy.
    #[error("the anchors cannot be used")]
    Policy(#[from] ConfigError),
    /// The verdict is another one.
    #[error("was {was} and is {now} now; no part of the capsule, and so not of this replay: limits, intermediates of the policy, and its checks ({})", checks.join(", "))]
    Differs {
        /// The code of the capsule.
        was: String,
        /// The code now, or `believed`.
        now: String,
        /// The checks of the zone, by name.
        checks: Vec<String>,
    },
    /// The output is gone.
    #[error("cannot write the result")]
    Write(#[from] io::Error),
}

struct Hashes<'a>(&'a [[u8; 32]]);

impl fmt::Display for Hashes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for hash in self.0 {
            f.write_str("\n  ")?;
            for byte in hash {
                write!(f, "{byte:02x}")?;
            }
        }
        f.write_char('\n')
    }
}
