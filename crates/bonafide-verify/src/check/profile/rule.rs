//! Rules as data: code, clause, summary, and the function that judges.

use std::borrow::Cow;
use std::fmt;

use super::subject::{PathRole, Subject};
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;

/// One rule of a [`Profile`](crate::Profile).
///
/// ```
/// use bonafide_verify::{Code, Profile};
///
/// let rule = Profile::Rfc5280.rules().find(|rule| rule.code() == Code::SerialNumber);
/// assert_eq!(rule.map(|rule| rule.clause()), Some("RFC 5280, 4.1.2.2"));
/// ```
pub struct Rule {
    code: Code,
    clause: &'static str,
    summary: &'static str,
    judge: Judge,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
enum Judge {
    Certificate(Scope, OnCertificate),
    Path(OnPath),
}

/// Judges one certificate.
type OnCertificate = fn(&Subject<'_>, &CheckContext<'_>) -> Result<(), Reason>;

/// Judges a path, from the leaf to the anchor; a refusal names the position at fault.
type OnPath = fn(&[Subject<'_>]) -> Result<(), (usize, Reason)>;

/// Which certificates of a path a rule applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    Leaf,
    Intermediates,
    Anchor,
    /// Leaf and intermediates.
    Presented,
    /// Intermediates and anchor.
    Issuers,
}

impl Scope {
    fn covers(self, role: PathRole) -> bool {
        match self {
            Self::All => true,
            Self::Leaf => role == PathRole::Leaf,
            Self::Intermediates => role == PathRole::Intermediate,
            Self::Anchor => matches!(role, PathRole::Anchor | PathRole::OwnAnchor),
            Self::Presented => matches!(role, PathRole::Leaf | PathRole::Intermediate),
            Self::Issuers => matches!(role, PathRole::Intermediate | PathRole::Anchor),
        }
    }
}

impl Rule {
    /// A rule about single certificates.
    pub(super) const fn certificate(
        code: Code,
        clause: &'static str,
        summary: &'static str,
        scope: Scope,
        judge: OnCertificate,
    ) -> Self {
        Self {
            code,
            clause,
            summary,
            judge: Judge::Certificate(scope, judge),
        }
    }

    /// A rule about the whole path.
    pub(super) const fn path(
        code: Code,
        clause: &'static str,
        summary: &'static str,
        judge: OnPath,
    ) -> Self {
        Self {
            code,
            clause,
            summary,
            judge: Judge::Path(judge),
        }
    }

    /// The code with which the rule refuses.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Where the rule comes from: a section of an RFC, or of the CA/Browser Forum's Baseline
    /// Requirements (`CA/B BR`).
    pub fn clause(&self) -> &'static str {
        self.clause
    }

    /// What the rule requires, in one line.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// The reason of a refusal by this rule.
    pub(super) fn found(&self, what: impl Into<Cow<'static, str>>) -> Reason {
        self.found_under(self.clause, what)
    }

    /// Does the same as `found`, for a rule whose table has a clause for each entry.
    pub(super) fn found_under(
        &self,
        clause: &'static str,
        what: impl Into<Cow<'static, str>>,
    ) -> Reason {
        Reason::Rule {
            code: self.code,
            clause,
            found: what.into(),
        }
    }

    pub(super) fn judge_certificate(
        &self,
        subject: &Subject<'_>,
        context: &CheckContext<'_>,
    ) -> Result<(), Reason> {
        match self.judge {
            Judge::Certificate(scope, judge) if scope.covers(subject.role) => {
                judge(subject, context)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn judge_path(&self, path: &[Subject<'_>]) -> Result<(), (usize, Reason)> {
        match self.judge {
            Judge::Path(judge) => judge(path),
            Judge::Certificate(..) => Ok(()),
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            clause,
            summary,
            judge: _,
        } = self;
        f.debug_struct("Rule")
            .field("code", code)
            .field("clause", clause)
            .field("summary", summary)
            .finish_non_exhaustive()
    }
}
