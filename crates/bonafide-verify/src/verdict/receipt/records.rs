//! The rows of a receipt: the verified path, and each check with its outcome.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};

use crate::anchors::Origin;
use crate::config::clock::Rfc3339Time;
use crate::path::verified::VerifiedPath;
use crate::text::one_line;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::subject_text;
use crate::x509::spki::SpkiSha256;

/// The verified path, as the receipt keeps it.
#[derive(Clone)]
pub struct PathRecord {
    certificates: Vec<CertificateDer<'static>>,
    /// None for a certificate that cannot be read.
    not_after: Vec<Option<UnixTime>>,
    spkis: Vec<SubjectPublicKeyInfoDer<'static>>,
    /// Their hashes, computed at first use.
    keys: OnceLock<Vec<SpkiSha256>>,
    origin: Arc<Origin>,
}

/// One line of a receipt: a check and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRecord {
    pub(crate) name: Cow<'static, str>,
    pub(crate) outcome: Outcome,
    pub(crate) detail: Option<Cow<'static, str>>,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It ran and did not refuse.
    Passed,
    /// It ran, and found a pinned key on the path.
    Pinned,
    /// It does not apply to this peer.
    NotApplicable,
    /// Its data does not cover this peer, and it is configured to accept that.
    NotCovered,
    /// Its data is too old, and it is configured to accept that.
    Stale,
    /// It did not run, or could not judge.
    NotChecked,
    /// It would have refused, and is configured to report only.
    Reported(Reason),
    /// It only reports for a limited time, by [`PinSet::break_glass`](crate::PinSet::break_glass).
    BreakGlass {
        /// Why.
        reason: Arc<str>,
        /// When it ends.
        until: UnixTime,
    },
    /// It refused.
    Refused(Reason),
}

impl PathRecord {
    pub(crate) fn of(path: &VerifiedPath<'_>) -> Self {
        let owned = |der: &[u8]| CertificateDer::from(der.to_vec());
        Self {
            certificates: path.ders().map(owned).collect(),
            not_after: path
                .certificates()
                .map(|certificate| certificate.ok().map(|read| read.not_after()))
                .collect(),
            spkis: path.spkis().collect(),
            keys: OnceLock::new(),
            origin: Arc::clone(path.anchor().shared_origin()),
        }
    }

    /// The certificates, from the leaf to the anchor.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The pins of their keys, in the same order.
    pub fn keys(&self) -> &[SpkiSha256] {
        self.keys.get_or_init(|| {
            let spkis = self.spkis.iter();
            spkis.map(|spki| SpkiSha256::of_spki(spki)).collect()
        })
    }

    /// Their `notAfter` times, in the same order; none for a certificate that cannot be read.
    pub(crate) fn not_after(&self) -> &[Option<UnixTime>] {
        &self.not_after
    }

    /// The origin of the anchor. The anchor's certificate is the last of
    /// [`certificates`](Self::certificates), and its name the last of
    /// [`subjects`](Self::subjects).
    #[doc(alias = "anchor")]
    pub fn anchor_origin(&self) -> &Origin {
        &self.origin
    }

    /// The subjects of the certificates as RFC 4514 prints them, in the same order.
    pub fn subjects(&self) -> impl Iterator<Item = String> {
        self.certificates
            .iter()
            .map(|certificate| subject_text(certificate))
    }
}

/// Shows the subjects and the origin of the anchor, and not the bytes of the certificates.
impl fmt::Debug for PathRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            certificates: _,
            not_after: _,
            spkis: _,
            keys: _,
            origin,
        } = self;
        f.debug_struct("PathRecord")
            .field("subjects", &self.subjects().collect::<Vec<_>>())
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}

impl CheckRecord {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            outcome,
            detail: None,
        }
    }

    pub(crate) fn with_detail(mut self, detail: Option<Cow<'static, str>>) -> Self {
        self.detail = detail;
        self
    }

    /// The name of the check.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The detail of the outcome.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Pinned => f.write_str("pinned"),
            Self::NotApplicable => f.write_str("not applicable"),
            Self::NotCovered => f.write_str("not covered"),
            Self::Stale => f.write_str("stale"),
            Self::NotChecked => f.write_str("not checked"),
            Self::Reported(reason) => write!(f, "reported only: {}: {reason}", reason.code()),
            Self::BreakGlass { reason, until } => write!(
                f,
                "BREAK-GLASS, NOT ENFORCED until {} for the reason \"{}\"",
                Rfc3339Time(*until),
                one_line(reason)
            ),
            Self::Refused(reason) => write!(f, "refused: {}: {reason}", reason.code()),
        }
    }
}

impl fmt::Display for CheckRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.outcome)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}
