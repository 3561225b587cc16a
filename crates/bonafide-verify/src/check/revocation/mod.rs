//! Revocation: lists, staples and filters, and what becomes of a certificate that none of them speaks of.

mod builder;
mod crl;
mod question;

use std::fmt::Write as _;
use std::sync::Arc;

use rustls_pki_types::UnixTime;

use self::builder::Choices;
pub use self::builder::{
    OnMissingStatus, OnStaleStatus, OnUnknownStatus, RevocationBuilder, RevocationScope,
};
pub use self::crl::Crls;
use self::crl::Lists;
use self::question::{Answer, Question};
use super::{Check, CheckContext, Finding, REVOCATION};
use crate::certificate::Certificate;
use crate::path::VerifiedPath;
use crate::reason::{Reason, Refused};

/// Refuses paths with a revoked certificate, and those of which nothing says whether they have one.
///
/// A certificate is revoked if any source says so, however old, and good if any source that is in its time says so. Everything else is refused unless the builder
/// is told otherwise, and is on the receipt as "not covered", "stale" or "not checked" then. The receipt's deadline is the `nextUpdate` of what was relied on:
/// no connection is reused past it without asking again.
///
/// Nothing is fetched, in no handshake and at no other time: who uses lists keeps them up to date and builds a new policy of them.
///
/// ```
/// use bonafide_verify::{Anchors, Code, Crls, Peer, Policy, Revocation};
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

/// All that answers.
#[derive(Debug)]
struct Sources {
    lists: Option<Lists>,
}

impl Revocation {
    /// Starts a check that refuses whatever is not known to be good.
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
        let mut certificates = Vec::with_capacity(path.len());
        for (position, certificate) in path.certificates().enumerate() {
            certificates.push(certificate.map_err(|error| {
                let detail = error.to_string();
                Refused::at(position, Reason::Malformed { detail })
            })?);
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
            let answer = self.sources.ask(position, *certificate, *issuer, context)?;
            tally.add(position, answer, self.choices)?;
        }
        Ok(tally.finding())
    }
}

impl Sources {
    fn is_empty(&self) -> bool {
        self.lists.is_none()
    }

    /// The answer that counts most.
    fn ask(
        &self,
        _position: usize,
        certificate: Certificate<'_>,
        issuer: Certificate<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Answer, Refused> {
        let question = Question {
            certificate,
            issuer,
            time: context.time(),
            algorithms: context.algorithms(),
        };
        let answers = self.lists.iter().map(|lists| lists.ask(&question));
        Ok(answers
            .max_by_key(Answer::weight)
            .unwrap_or_else(|| Answer::silent("no source speaks of such certificates")))
    }
}

/// What was found about the certificates of a path, the worst of it counting for all.
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
}

impl Tally {
    fn add(&mut self, position: usize, answer: Answer, choices: Choices) -> Result<(), Refused> {
        let separator = if self.text.is_empty() { "" } else { "; " };
        let whose = match position {
            0 => "leaf".to_owned(),
            more => format!("issuer {more}"),
        };
        let reason = match answer {
            Answer::Good { source, until } => {
                let _ = write!(self.text, "{separator}{whose}: good by {source}");
                self.until = Some(self.until.map_or(until, |earlier| earlier.min(until)));
                return Ok(());
            }
            Answer::Against(reason) => reason,
        };
        let found = match reason {
            Reason::RevocationStale { .. } if choices.on_stale == OnStaleStatus::Accept => {
                Worst::Stale
            }
            Reason::RevocationUnknown { .. } if choices.on_unknown == OnUnknownStatus::Accept => {
                Worst::NotCovered
            }
            Reason::RevocationMissing { .. } if choices.on_missing == OnMissingStatus::Accept => {
                Worst::NotCovered
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
        };
        match self.until {
            Some(until) => finding.valid_until(until),
            None => finding,
        }
    }
}
