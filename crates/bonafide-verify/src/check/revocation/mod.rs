//! Revocation: lists, stapled OCSP responses and filters, and what to do about a certificate that
//! none of them covers.
//!
//! ```
//! use bonafide_verify::Policy;
//! use bonafide_verify::revocation::{Crls, Revocation};
//!
//! # fn show() -> Result<(), Box<dyn std::error::Error>> {
//! let lists = Revocation::builder().crls(Crls::directory("/etc/corp/crls")).build()?;
//! let policy = Policy::builder().check(lists).build()?;
//! # let _ = policy;
//! # Ok(())
//! # }
//! ```

mod builder;
mod crl;
#[cfg(feature = "crlite")]
mod crlite;
mod ocsp;
mod question;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use self::builder::Choices;
pub use self::builder::{
    OnMissingStatus, OnStaleStatus, OnUnknownStatus, RevocationBuilder, RevocationScope,
};
pub use self::crl::Crls;
use self::crl::Lists;
#[cfg(feature = "crlite")]
pub use self::crlite::Crlite;
use self::question::{Question, RevocationStatus};
use super::{Check, CheckContext, Finding, REVOCATION};
use crate::config::description::Description;
use crate::path::verified::VerifiedPath;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::refused::Refused;
pub use crate::verdict::refusal::revocation::{RevocationReason, RevocationSource, StapleFault};
use crate::x509::certificate::Extensions;

/// Refuses paths with a revoked certificate, and by default also paths with a certificate whose
/// status no source knows.
///
/// A certificate is revoked if any source says so, even an old one. It is good if any source that
/// is up to date says so. Everything else is refused, unless the builder is configured to accept
/// it; the receipt then says "not covered", "stale" or "not checked". The receipt's deadline is the
/// `nextUpdate` of the source that was relied on: no connection is reused past it without a new
/// check.
///
/// Nothing is ever fetched, neither in a handshake nor at another time. A program that uses lists
/// keeps the files up to date, and builds a new policy from them or watches the files.
///
/// ```
/// use bonafide_verify::{Anchors, Code, Peer, Policy};
/// use bonafide_verify::revocation::{Crls, Revocation};
/// use bonafide_verify::pki_types::ServerName;
/// use bonafide_testkit::{CrlRecipe, Recipe, TestCa};
///
/// let ca = TestCa::new();
/// let (good, stolen) = (ca.issue(Recipe::for_host("a.test")), ca.issue(Recipe::for_host("a.test")));
/// let lists = Crls::pem("corp lists", ca.crl_pem(CrlRecipe::new().revoke(&stolen)));
///
/// let policy = Policy::builder()
///     .anchors(Anchors::only(ca.certificate().clone()))
///     .check(Revocation::builder().crls(lists).build()?)
///     .build()?;
/// let name = ServerName::try_from("a.test")?;
/// assert!(policy.verify(&Peer::new(good.chain(), &name))?.is_verified());
/// let refusal = policy.verify(&Peer::new(stolen.chain(), &name)).unwrap_err();
/// assert_eq!(refusal.code(), Code::Revoked);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Revocation {
    sources: Arc<Sources>,
    choices: Choices,
}

/// All sources of revocation status.
#[derive(Debug)]
struct Sources {
    lists: Option<Lists>,
    staples: Staples,
    #[cfg(feature = "crlite")]
    filters: Option<crlite::Filters>,
    files: Vec<PathBuf>,
}

/// Whether stapled OCSP responses are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Staples {
    #[default]
    Ignored,
    Taken,
}

impl Revocation {
    /// Starts a check that refuses every certificate that is not known to be good.
    pub fn builder() -> RevocationBuilder {
        RevocationBuilder::default()
    }
}

impl Check for Revocation {
    fn name(&self) -> &str {
        REVOCATION
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        let malformed = |position| {
            move |error: der::Error| {
                let detail = error.to_string();
                Refused::at(position, Reason::Malformed { detail })
            }
        };
        let mut certificates = Vec::with_capacity(path.len());
        for (position, certificate) in path.certificates().enumerate() {
            certificates.push(certificate.map_err(malformed(position))?);
        }
        let last = match self.choices.scope {
            RevocationScope::WholePath => certificates.len() - 1,
            RevocationScope::Leaf => 1,
        };
        let mut tally = Tally::default();
        for (position, pair) in certificates.windows(2).take(last).enumerate() {
            let [certificate, issuer] = pair else {
                continue;
            };
            let extensions = Extensions::of(certificate).map_err(malformed(position))?;
            let question = Question {
                certificate: *certificate,
                extensions: &extensions,
                issuer: *issuer,
                time: context.time(),
                algorithms: context.algorithms(),
            };
            let staple = Some(context.ocsp_staple()).filter(|_| position == 0);
            let answer = self
                .sources
                .ask(&question, staple)
                .map_err(|reason| Refused::at(position, reason))?;
            let silence = if self.sources.have_for(staple) {
                Worst::NotCovered
            } else {
                Worst::NotChecked
            };
            tally.add(position, answer, silence, self.choices)?;
        }
        Ok(tally.finding())
    }

    fn describe(&self, description: &mut Description) {
        self.choices.describe(description);
        self.sources.describe(description);
    }
}

impl Sources {
    fn describe(&self, description: &mut Description) {
        let Self {
            lists,
            staples,
            #[cfg(feature = "crlite")]
            filters,
            files,
        } = self;
        if let Some(lists) = lists {
            lists.describe(description);
        }
        description.setting("ocsp-staples", staples);
        #[cfg(feature = "crlite")]
        if let Some(filters) = filters {
            filters.describe(description);
        }
        for file in files {
            description.file(file);
        }
    }

    fn is_empty(&self) -> bool {
        self.lists.is_none() && self.staples == Staples::Ignored && !self.have_filters()
    }

    /// Whether any source is available for a certificate with this staple; filters are not
    /// available for a certificate that they cannot cover.
    fn have_for(&self, staple: Option<Option<&[u8]>>) -> bool {
        let stapled = self.staples == Staples::Taken && staple.flatten().is_some();
        self.lists.is_some() || stapled || (staple.is_some() && self.have_filters())
    }

    fn have_filters(&self) -> bool {
        #[cfg(feature = "crlite")]
        return self.filters.is_some();
        #[cfg(not(feature = "crlite"))]
        false
    }

    /// The filters' answer for a leaf.
    fn filtered(&self, question: &Question<'_>) -> Option<RevocationStatus> {
        #[cfg(feature = "crlite")]
        return self.filters.as_ref().map(|filters| filters.ask(question));
        #[cfg(not(feature = "crlite"))]
        {
            let _ = question;
            None
        }
    }

    /// The answer with the highest rank. `staple` is the server's staple, if the question is about
    /// the server's own certificate.
    fn ask(
        &self,
        question: &Question<'_>,
        staple: Option<Option<&[u8]>>,
    ) -> Result<RevocationStatus, Reason> {
        let stapled = match staple.filter(|_| self.staples == Staples::Taken) {
            Some(Some(response)) => {
                let answer = ocsp::ask(response, question, self.lists.as_ref());
                Some(answer.map_err(|fault| Reason::StapleInvalid { fault })?)
            }
            Some(None) if question.demands_staple() => return Err(Reason::StapleMissing),
            Some(None) => Some(RevocationStatus::silent("no stapled OCSP response")),
            None => None,
        };
        let listed = self.lists.as_ref().map(|lists| lists.ask(question));
        let filtered = staple.and_then(|_| self.filtered(question));
        let answers = [stapled, listed, filtered].into_iter().flatten();
        Ok(answers
            .reduce(RevocationStatus::or)
            .unwrap_or_else(|| RevocationStatus::silent("no source covers such certificates")))
    }
}

/// The findings about the certificates of a path; the worst one decides for the path.
#[derive(Debug, Default)]
struct Tally {
    worst: Worst,
    text: String,
    until: Option<UnixTime>,
}

/// From the best to the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Worst {
    #[default]
    Passed,
    Stale,
    NotCovered,
    NotChecked,
}

impl Tally {
    /// Adds an answer; `silence` is the outcome if no source answers and the check accepts that.
    fn add(
        &mut self,
        position: usize,
        answer: RevocationStatus,
        silence: Worst,
        choices: Choices,
    ) -> Result<(), Refused> {
        let separator = if self.text.is_empty() { "" } else { "; " };
        let whose = match position {
            0 => "leaf".to_owned(),
            more => format!("issuer {more}"),
        };
        let reason = match answer {
            RevocationStatus::Good { source, until } => {
                let _ = write!(
                    self.text,
                    "{separator}{whose}: good according to the {source}"
                );
                self.until = Some(self.until.map_or(until, |earlier| earlier.min(until)));
                return Ok(());
            }
            RevocationStatus::Against(reason) => reason,
        };
        let found = match reason {
            Reason::RevocationStale { .. } if choices.on_stale == OnStaleStatus::Accept => {
                Worst::Stale
            }
            Reason::RevocationUnknown { .. } if choices.on_unknown == OnUnknownStatus::Accept => {
                Worst::NotCovered
            }
            Reason::RevocationMissing { .. } if choices.on_missing == OnMissingStatus::Accept => {
                silence
            }
            reason => return Err(Refused::at(position, reason)),
        };
        self.worst = self.worst.max(found);
        let _ = write!(self.text, "{separator}{whose}: {reason}");
        Ok(())
    }

    fn finding(self) -> Finding {
        let finding = match self.worst {
            Worst::Passed => Finding::passed().with_detail(self.text),
            Worst::Stale => Finding::stale(self.text),
            Worst::NotCovered => Finding::not_covered(self.text),
            Worst::NotChecked => Finding::not_checked(self.text),
        };
        match self.until {
            Some(until) => finding.valid_until(until),
            None => finding,
        }
    }
}
