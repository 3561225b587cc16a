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
pub(crate) use self::profile::PathRole;
pub(crate) use self::profile::{MIN_RSA_BITS, forbidden_kind, weak_signature};
pub use self::profile::{Profile, Rule};

use crate::config::description::Description;
use crate::host::pattern::HostPattern;
use crate::path::verified::VerifiedPath;
use crate::verdict::receipt::Outcome;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::refused::Refused;

/// A plug-in that judges a [`VerifiedPath`].
///
/// A check runs after the path and the name are proved, and can only refuse: it sees the path by
/// reference and cannot make another one. When it refuses a path, the verifier tries other paths to
/// an anchor.
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

    /// For a check that names the hosts that it may refuse, as pins do: one of its host patterns
    /// that shares a host with `pattern`. Default: none, for a check that applies to all hosts.
    ///
    /// A zone that accepts keys has no path for checks to judge. Building a policy fails if a check
    /// that is enforced in every zone names a host of such a zone, because that check would
    /// silently not apply to the host.
    fn names_hosts_of(&self, pattern: &HostPattern) -> Option<&HostPattern> {
        let _ = pattern;
        None
    }

    /// Judges one verified path.
    ///
    /// # Errors
    /// [`Refused`] says why the check refuses the path.
    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused>;

    /// Describes the check's settings, the files that they were read from, and what of them
    /// expires. Default: nothing.
    ///
    /// The settings are shown in the effective policy. A change of these files makes a watched
    /// policy reload. Expiry is forecast.
    fn describe(&self, description: &mut Description) {
        let _ = description;
    }
}

/// The name of the check of revocation; every receipt has a row of this name, also without such a
/// check.
pub(crate) const REVOCATION: &str = "revocation";
/// The name of the check of Certificate Transparency; every receipt has a row of this name, also
/// without such a check.
pub(crate) const TRANSPARENCY: &str = "transparency";

/// What a check can use besides the path.
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
    /// The requested name; none when a path is judged without a name.
    pub fn name(&self) -> Option<&'a ServerName<'a>> {
        self.name
    }

    /// The name as text: lower case, no trailing dot, addresses without brackets.
    pub fn host(&self) -> Option<&'a str> {
        self.host
    }

    /// The time at which to judge.
    pub fn time(&self) -> UnixTime {
        self.time
    }

    /// The OCSP response that the server stapled to the handshake (RFC 6066, 8), in DER and
    /// unverified; none if it stapled nothing, or if a chain is judged without its handshake.
    pub fn ocsp_staple(&self) -> Option<&'a [u8]> {
        self.ocsp_staple
    }

    /// The `SignedCertificateTimestampList` that the server sent in the handshake, beside its
    /// certificate (RFC 6962, 3.3), unverified. rustls neither requests nor exposes it: only a
    /// caller can supply it, by [`Peer::with_scts`](crate::Peer::with_scts).
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
    /// Findings with rows of their own on the receipt, after this row.
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
    /// The check ran and does not refuse the path.
    pub const fn passed() -> Self {
        Self::new(FindingOutcome::Passed)
    }

    /// The check does not apply to this peer.
    pub fn not_applicable(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::NotApplicable).with_detail(why)
    }

    /// The check's data does not cover this peer, and the check is configured not to refuse then.
    pub fn not_covered(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::NotCovered).with_detail(why)
    }

    /// The check's data is too old, and the check is configured not to refuse then.
    pub fn stale(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::Stale).with_detail(why)
    }

    /// The check could not judge, and is configured not to refuse then.
    pub fn not_checked(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FindingOutcome::NotChecked).with_detail(why)
    }

    /// A pin matched. A requirement for pinned connections looks for this outcome.
    pub(crate) fn pinned(which: String) -> Self {
        Self::new(FindingOutcome::Pinned).with_detail(which)
    }

    /// A report-only part of the check would have refused.
    pub(crate) const fn reported(reason: Reason) -> Self {
        Self::new(FindingOutcome::Reported(reason))
    }

    /// Break-glass is in force: the check only reports until it ends.
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

    /// Merges two findings into one row: the more telling outcome, both details, and the earlier
    /// end of validity.
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

    /// Keeps both findings, as consecutive rows.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.beside.push(other);
        self
    }

    /// Sets the time until which the finding holds, if that ends before the path's validity. No
    /// connection is reused past it.
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
    /// Rank of the outcome where several share one row; the highest is shown.
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

/// Whether a refusal by the check refuses the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A refusal refuses the connection.
    #[default]
    Enforce,
    /// A refusal is recorded on the receipt, and the connection continues.
    ReportOnly,
}
