//! Checks: plug-ins that judge a verified path and can only refuse.

mod profile;
pub mod revocation;
pub mod transparency;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rustls_pki_types::{ServerName, SignatureVerificationAlgorithm, UnixTime};
use serde::Serialize;

#[cfg(feature = "danger-insecure-grants")]
pub(crate) use self::profile::Place;
pub(crate) use self::profile::{MIN_RSA_BITS, forbidden_kind, weak_signature};
pub use self::profile::{Profile, Rule};

use crate::config::description::Description;
use crate::host::pattern::HostPattern;
use crate::path::verified::VerifiedPath;
use crate::verdict::receipt::Outcome;
use crate::verdict::refusal::reason::{Reason, Refused};

/// A plug-in that judges a [`VerifiedPath`].
///
/// A check runs once the path and the name are proved, and can only refuse: it sees the path by reference and cannot make another. When it
/// refuses one path, other paths to an anchor are tried.
///
/// ```
/// use bonafide_verify::{Check, CheckContext, Finding, VerifiedPath};
/// use bonafide_verify::refusal::Refused;
///
/// /// Refuses paths of more than one intermediate.
/// #[derive(Debug)]
/// struct Short;
///
/// impl Check for Short {
///     fn name(&self) -> &str {
///         "short-path"
///     }
///
///     fn judge(&self, path: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
///         match path.intermediates().count() {
///             0 | 1 => Ok(Finding::passed()),
///             more => Err(Refused::by_check(format!("{more} intermediates"))),
///         }
///     }
/// }
/// ```
pub trait Check: fmt::Debug + Send + Sync {
    /// The name under which receipts list the check.
    fn name(&self) -> &str;

    /// Where the check names the hosts that it may refuse, as pins do: one of its host patterns that shares a host with `pattern`. Default: none, as it is for
    /// all hosts alike.
    ///
    /// A zone that believes keys has no path to ask checks about. A policy does not build where a check that is enforced in every zone names a host of such a zone: what
    /// was meant for that host would silently not hold.
    fn names_hosts_of(&self, pattern: &HostPattern) -> Option<&HostPattern> {
        let _ = pattern;
        None
    }

    /// Judges one verified path.
    ///
    /// # Errors
    /// [`Refused`] says why the path is not to be believed.
    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused>;

    /// Says what the check decides by, which files that was read from, and what of it expires. Default: nothing.
    ///
    /// Settings are part of the effective policy, changes of the files make a watched policy anew, and what expires is forecast.
    fn describe(&self, description: &mut Description) {
        let _ = description;
    }
}

/// The name of the check of revocation; a receipt has a row of this name whether there is such a check or not.
pub(crate) const REVOCATION: &str = "revocation";
/// The name of the check of Certificate Transparency; a receipt has a row of this name whether there is such a check or not.
pub(crate) const TRANSPARENCY: &str = "transparency";

/// What a check is told beside the path.
#[derive(Clone, Copy, Debug)]
pub struct CheckContext<'a> {
    pub(crate) name: Option<&'a ServerName<'a>>,
    pub(crate) host: Option<&'a str>,
    pub(crate) time: UnixTime,
    pub(crate) ocsp_staple: Option<&'a [u8]>,
    pub(crate) scts: Option<&'a [u8]>,
    pub(crate) algorithms: &'a [&'static dyn SignatureVerificationAlgorithm],
}

impl<'a> CheckContext<'a> {
    /// The name that was asked for; none when a path is judged alone.
    pub fn name(&self) -> Option<&'a ServerName<'a>> {
        self.name
    }

    /// The name as text: lower case, no trailing dot, addresses without brackets.
    pub fn host(&self) -> Option<&'a str> {
        self.host
    }

    /// The time to judge by.
    pub fn time(&self) -> UnixTime {
        self.time
    }

    /// The OCSP response that the server stapled to the handshake (RFC 6066, 8), in DER and unverified; none when it stapled nothing, and
    /// when a chain is judged again without its handshake.
    pub fn ocsp_staple(&self) -> Option<&'a [u8]> {
        self.ocsp_staple
    }

    /// The `SignedCertificateTimestampList` that the server sent beside its certificate (RFC 6962, 3.3), unverified. rustls neither asks for one
    /// nor shows it: only a caller that has one gives it, by [`Peer::with_scts`](crate::Peer::with_scts).
    pub fn scts(&self) -> Option<&'a [u8]> {
        self.scts
    }

    /// The signature algorithms of the policy's crypto provider.
    pub fn algorithms(&self) -> &'a [&'static dyn SignatureVerificationAlgorithm] {
        self.algorithms
    }
}

/// What a check found when it did not refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(crate) outcome: FindingOutcome,
    pub(crate) detail: Option<Cow<'static, str>>,
    pub(crate) valid_until: Option<UnixTime>,
    /// What has a row of its own on the receipt, after this one.
    pub(crate) beside: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FindingOutcome {
    Passed,
    Pinned,
    NotApplicable,
    NotCovered,
    Stale,
    NotChecked,
    Reported(Reason),
    BreakGlass { reason: Arc<str>, until: UnixTime },
}

impl Finding {
    /// The check ran and has nothing against the path.
    pub const fn passed() -> Self {
        Self::new(FindingOutcome::Passed)
    }

    /// The check is not for this peer.
    pub fn not_applicable(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::NotApplicable).with_detail(why)
    }

    /// What the check judges by says nothing about this peer, and the check was configured not to refuse then.
    pub fn not_covered(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::NotCovered).with_detail(why)
    }

    /// What the check judges by is too old, and the check was configured not to refuse then.
    pub fn stale(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::Stale).with_detail(why)
    }

    /// The check could not judge and was configured not to refuse then.
    pub fn not_checked(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::NotChecked).with_detail(why)
    }

    /// A pin matched; what a demand for pinned connections looks for.
    pub(crate) fn pinned(which: String) -> Self {
        Self::new(FindingOutcome::Pinned).with_detail(which)
    }

    /// A part of the check that only reports would have refused.
    pub(crate) const fn reported(reason: Reason) -> Self {
        Self::new(FindingOutcome::Reported(reason))
    }

    /// Somebody has broken the glass: the check only reports for a while.
    pub(crate) fn break_glass(reason: &Arc<str>, until: UnixTime) -> Self {
        Self::new(FindingOutcome::BreakGlass {
            reason: Arc::clone(reason),
            until,
        })
    }

    const fn new(outcome: FindingOutcome) -> Self {
        Self {
            outcome,
            detail: None,
            valid_until: None,
            beside: Vec::new(),
        }
    }

    /// The two as one row: with the outcome that says more, both details, and until when both hold.
    pub(crate) fn merge(self, other: Self) -> Self {
        let detail = match (self.detail, other.detail) {
            (Some(one), Some(other)) => Some(format!("{one}; {other}").into()),
            (one, other) => one.or(other),
        };
        let valid_until = match (self.valid_until, other.valid_until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let mut beside = self.beside;
        beside.extend(other.beside);
        let outcome = if other.outcome.weight() > self.outcome.weight() {
            other.outcome
        } else {
            self.outcome
        };
        Self {
            outcome,
            detail,
            valid_until,
            beside,
        }
    }

    /// The two as rows one after the other.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.beside.push(other);
        self
    }

    /// Says until when the finding holds, if it is not for as long as the path does. Connections are not reused past it.
    pub fn valid_until(mut self, time: UnixTime) -> Self {
        self.valid_until = Some(time);
        self
    }

    /// Adds a detail that the receipt shows.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl From<FindingOutcome> for Outcome {
    fn from(outcome: FindingOutcome) -> Self {
        match outcome {
            FindingOutcome::Passed => Self::Passed,
            FindingOutcome::Pinned => Self::Pinned,
            FindingOutcome::NotApplicable => Self::NotApplicable,
            FindingOutcome::NotCovered => Self::NotCovered,
            FindingOutcome::Stale => Self::Stale,
            FindingOutcome::NotChecked => Self::NotChecked,
            FindingOutcome::Reported(reason) => Self::Reported(reason),
            FindingOutcome::BreakGlass { reason, until } => Self::BreakGlass { reason, until },
        }
    }
}

impl FindingOutcome {
    /// How much it says, where several outcomes have one row.
    fn weight(&self) -> u8 {
        match self {
            Self::NotApplicable => 0,
            Self::NotCovered | Self::Stale | Self::NotChecked => 1,
            Self::Passed => 2,
            Self::Pinned => 3,
            Self::Reported(_) => 4,
            Self::BreakGlass { .. } => 5,
        }
    }
}

/// Whether a check's refusals count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A refusal refuses the connection.
    #[default]
    Enforce,
    /// A refusal is written on the receipt and the connection goes on.
    ReportOnly,
}
