//! Certificate Transparency: a certificate is accepted if enough public logs have promised to
//! publish it.
//!
//! ```
//! use bonafide_verify::Policy;
//! use bonafide_verify::transparency::{LogList, Transparency};
//!
//! # fn show() -> Result<(), Box<dyn std::error::Error>> {
//! let logs = LogList::from_json(std::fs::read("log_list.json")?)?;
//! let policy = Policy::builder().check(Transparency::with_log_list(logs)).build()?;
//! # let _ = policy;
//! # Ok(())
//! # }
//! ```

mod entry;
mod log_list;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use self::entry::{Embedded, EmbeddedError, Entry, embedded};
pub use self::log_list::{LogList, LogListError};
use self::tally::{Judging, OPERATORS, Tally, needed};
use super::{Check, CheckContext, Finding, TRANSPARENCY};
use crate::anchors::Origin;
use crate::config::clock::Rfc3339Time;
use crate::config::description::{Description, ExpiryKind};
use crate::path::verified::VerifiedPath;
use crate::text::one_line;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::refused::Refused;
use crate::verdict::refusal::sct::read_list;
pub use crate::verdict::refusal::sct::{SctFault, SctListError, SctSource, UncountedSct};
use crate::x509::certificate::Certificate;

/// Maximum age of a log list: Chrome enforces with a list of up to this age.
const MAX_LIST_AGE: Duration = Duration::from_secs(70 * 24 * 60 * 60);
/// Number of logs required of timestamps sent beside the certificate, for any lifetime, by the
/// policies of Chrome and Apple.
const NEEDED_BESIDE: usize = 2;

/// Certificate Transparency (RFC 6962) as a check: a certificate must be in public logs, where the
/// domain's owner can see that it was issued.
///
/// A leaf passes with signed certificate timestamps (SCTs) that verify under keys of the
/// [`LogList`], counted as Chrome and Apple do:
///
/// | where they are | from how many logs | of |
/// |---|---|---|
/// | embedded in the certificate | 2, or 3 if it is valid for more than 180 days | 2 operators or more |
/// | beside it, given by [`Peer::with_scts`](crate::Peer::with_scts) | 2 | 2 operators or more |
///
/// One of the two rows must be met in full. At least one log must be trusted (`qualified`, `usable`
/// or `readonly`) at the time of the check. An embedded timestamp of a retired log counts if it is
/// older than the retirement. Timestamps do not count if they are in the future, if their log is
/// pending, rejected or unknown, or if the certificate is outside the log's temporal interval.
/// Apple also requires one log that serves the RFC 6962 API, a requirement that Chrome has
/// announced to drop; this check does not require it.
///
/// rustls does not request timestamps from servers and does not expose them, so on its connections
/// this check sees only embedded ones; practically all public certificates have them. Timestamps in
/// OCSP responses are ignored.
///
/// Paths to anchors that the program added itself are exempt, see [`ExemptAnchors`]: private CAs do
/// not log.
///
/// ```
/// use bonafide_verify::Policy;
/// use bonafide_verify::transparency::{LogList, Transparency};
///
/// # let logs = [bonafide_testkit::TestLog::new("log", "operator")];
/// # let json = bonafide_testkit::TestLog::log_list(&logs, bonafide_testkit::Moment::now());
/// let logs = LogList::from_json(json)?;
/// let policy = Policy::builder().check(Transparency::with_log_list(logs));
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::transparency::LogListError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transparency {
    logs: Arc<LogList>,
    max_list_age: Duration,
    on_stale_list: OnStaleLogList,
    exempt: ExemptAnchors,
}

/// What happens when the log list is too old. Logs change: with an old list, certificates that are
/// logged only in new logs are refused, and logs that have failed since are still trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnStaleLogList {
    /// Connections are refused.
    #[default]
    Refuse,
    /// The check judges with the old list: a certificate that does not pass is refused, and one
    /// that passes reads `stale` on the receipt.
    JudgeByIt,
    /// The check lets every certificate pass, as Chrome does; the receipt says `stale`.
    Unchecked,
}

/// Which anchors are exempt from the check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ExemptAnchors {
    /// Anchors that the program added: from files, directories and memory
    /// ([`CustomCa`](crate::CustomCa)), and from an environment variable that the program chose to
    /// read. The system's store, its replacement by `SSL_CERT_FILE` or `SSL_CERT_DIR`, and the
    /// bundled roots are public.
    ///
    /// A private CA in the system's store counts as public. A file of public roots that the program
    /// adds counts as private.
    #[default]
    Private,
    /// None: every path needs timestamps.
    NoAnchor,
}

impl Transparency {
    /// Requires timestamps of the logs of this list. If the list is older than 70 days (Chrome's
    /// limit), the check refuses every connection unless [`Self::on_stale_list`] says otherwise.
    pub fn with_log_list(logs: LogList) -> Self {
        Self {
            logs: Arc::new(logs),
            max_list_age: MAX_LIST_AGE,
            on_stale_list: OnStaleLogList::default(),
            exempt: ExemptAnchors::default(),
        }
    }

    /// Maximum age of the list, by its `log_list_timestamp`. Default: 70 days.
    pub fn max_list_age(mut self, age: Duration) -> Self {
        self.max_list_age = age;
        self
    }

    /// What happens when the list is older. Default: [`OnStaleLogList::Refuse`].
    pub fn on_stale_list(mut self, then: OnStaleLogList) -> Self {
        self.on_stale_list = then;
        self
    }

    /// Which anchors are exempt from the check. Default: [`ExemptAnchors::Private`].
    pub fn exempt(mut self, anchors: ExemptAnchors) -> Self {
        self.exempt = anchors;
        self
    }

    /// The last second at which the list is fresh.
    fn fresh_until(&self) -> UnixTime {
        let made = self.logs.timestamp().as_secs();
        let until = made.saturating_add(self.max_list_age.as_secs());
        UnixTime::since_unix_epoch(Duration::from_secs(until))
    }

    fn is_exempt(&self, origin: &Origin) -> bool {
        match self.exempt {
            ExemptAnchors::Private => origin.is_private(),
            ExemptAnchors::NoAnchor => false,
        }
    }
}

impl Check for Transparency {
    fn name(&self) -> &str {
        TRANSPARENCY
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        let origin = path.anchor().origin();
        if self.is_exempt(origin) {
            return Ok(Finding::not_applicable(format!("private anchor: {origin}")));
        }
        let (now, fresh_until) = (context.time(), self.fresh_until());
        let is_stale = now > fresh_until;
        let dated = || format!("log list of {}", Rfc3339Time(self.logs.timestamp()));
        match self.on_stale_list {
            OnStaleLogList::Refuse if is_stale => {
                return Err(Refused::new(Reason::LogListStale {
                    made: self.logs.timestamp(),
                    fresh_until,
                }));
            }
            OnStaleLogList::Unchecked if is_stale => return Ok(Finding::stale(dated())),
            _ => {}
        }
        let tally = self.tally(path, context)?;
        let counted_logs = counted_logs(&tally);
        let finding = if is_stale {
            Finding::stale(format!("{counted_logs}; {}", dated()))
        } else {
            Finding::passed().with_detail(counted_logs)
        };
        let deadline = tally
            .holds_until(now)
            .into_iter()
            .chain((!is_stale).then_some(fresh_until))
            .min();
        Ok(match deadline {
            Some(deadline) => finding.valid_until(deadline),
            None => finding,
        })
    }

    fn describe(&self, description: &mut Description) {
        let Self {
            logs,
            max_list_age,
            on_stale_list,
            exempt,
        } = self;
        if let Some(file) = logs.file() {
            description.file(file);
        }
        let made = Rfc3339Time(logs.timestamp());
        description.setting("log-list", made.to_string());
        description.setting("logs", logs.views());
        description.setting("max-list-age-seconds", max_list_age.as_secs());
        description.setting("on-stale-list", on_stale_list);
        description.setting("exempt-anchors", exempt);
        description.expires(
            ExpiryKind::LogList,
            format!("log list of {made}"),
            self.fresh_until(),
        );
    }
}

impl Transparency {
    /// The timestamps that suffice, or why they do not.
    fn tally(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Tally<'_>, Refused> {
        let leaf = Certificate::from_der(path.leaf()).map_err(malformed)?;
        let judging = Judging {
            algorithms: context.algorithms(),
            now: context.time(),
            not_after: leaf.not_after(),
        };
        let needed = needed(leaf.not_before(), leaf.not_after());
        let embedded = match self.count_embedded(path, &judging, needed)? {
            Some(tally) if tally.suffices() => return Ok(tally),
            tally => tally,
        };
        let beside = match self.count_beside(path, context, &judging)? {
            Some(tally) if tally.suffices() => return Ok(tally),
            tally => tally,
        };
        let nearest = beside.into_iter().chain(embedded);
        let nearest = nearest.max_by_key(|tally| tally.counted.len());
        Err(Refused::at(
            0,
            too_few(nearest.unwrap_or_else(|| Tally::none(needed))),
        ))
    }

    fn count_embedded(
        &self,
        path: &VerifiedPath<'_>,
        judging: &Judging<'_>,
        needed: usize,
    ) -> Result<Option<Tally<'_>>, Refused> {
        let source = SctSource::Certificate;
        let found = embedded(path.leaf()).map_err(|error| match error {
            EmbeddedError::Certificate(error) => malformed(error),
            EmbeddedError::List(error) => bad_list(source, error),
        })?;
        let (Some(Embedded { list, tbs }), Some(issuer_key)) = (found, path.keys().nth(1)) else {
            return Ok(None);
        };
        let scts = read_list(list).map_err(|error| bad_list(source, error))?;
        let entry = Entry::Precertificate {
            issuer_key: issuer_key.0,
            tbs,
        };
        let mut tally = Tally::none(needed);
        tally.count(&self.logs, judging, source, &scts, &entry);
        Ok(Some(tally))
    }

    fn count_beside(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
        judging: &Judging<'_>,
    ) -> Result<Option<Tally<'_>>, Refused> {
        let source = SctSource::Handshake;
        let Some(list) = context.scts() else {
            return Ok(None);
        };
        let scts = read_list(list).map_err(|error| bad_list(source, error))?;
        let entry = Entry::Certificate(path.leaf());
        let mut tally = Tally::none(NEEDED_BESIDE);
        tally.count(&self.logs, judging, source, &scts, &entry);
        Ok(Some(tally))
    }
}

fn malformed(error: der::Error) -> Refused {
    let detail = error.to_string();
    Refused::at(0, Reason::Malformed { detail })
}

fn bad_list(source: SctSource, error: SctListError) -> Refused {
    Refused::at(0, Reason::SctMalformed { source, error })
}

fn too_few(tally: Tally<'_>) -> Reason {
    Reason::TooFewScts {
        counted: tally.counted.len(),
        operators: tally.operators(),
        trusted_now: tally.trusted_now,
        needed: tally.needed,
        needed_operators: OPERATORS,
        uncounted: tally.uncounted,
    }
}

/// The logs and operators whose timestamps were counted.
fn counted_logs(tally: &Tally<'_>) -> String {
    let logs: Vec<String> = tally
        .counted
        .iter()
        .map(|(log, operator)| format!("{} by {}", one_line(log.description()), one_line(operator)))
        .collect();
    format!("in {} logs: {}", logs.len(), logs.join(", "))
}
