//! One capsule, through `Policy::verify`.

use std::fmt;

use bonafide_verify::capsule::Capsule;
use bonafide_verify::pki_types::CertificateDer;
use bonafide_verify::{Anchors, ConfigError, Policy, Profile, Refusal};

/// What the verifier says now.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The peer is believed.
    Believed,
    /// It is not, and why.
    Refused(Refusal),
}

impl Verdict {
    /// The code, or `believed`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Believed => "believed",
            Self::Refused(refusal) => refusal.code().as_str(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Believed => f.write_str(self.code()),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// Judges the peer at the time of the capsule, by nothing else than these anchors and this profile.
///
/// # Errors
/// [`ConfigError`] where none of the anchors can be used.
pub(crate) fn judge(
    capsule: &Capsule,
    anchors: Vec<CertificateDer<'static>>,
    profile: Profile,
) -> Result<Verdict, ConfigError> {
    let policy = Policy::builder()
        .anchors(Anchors::only(anchors))
        .profile(profile)
        .build()?;
    Ok(match policy.verify(&capsule.peer()) {
        Ok(_) => Verdict::Believed,
        Err(refusal) => Verdict::Refused(refusal),
    })
}
