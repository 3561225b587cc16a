//! Certificate Transparency: a certificate is accepted when enough public logs have promised to
//! show it.
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
use crate::verdict::refusal::reason::{Reason, Refused};
use crate::verdict::refusal::sct::read_list;
pub use crate::verdict::refusal::sct::{SctFault, SctListError, SctSource, UncountedSct};
use crate::x509::certificate::Certificate;

/// How old a log list may be: as long as Chrome goes on enforcing with one.
const MAX_LIST_AGE: Duration = Duration::from_secs(70 * 24 * 60 * 60);
/// What a certificate without enough embedded timestamps needs beside it, whatever its lifetime, by the policies of Chrome and of Apple.
const NEEDED_BESIDE: usize = 2;

/// Certificate Transparency (RFC 6962) as a check: a certificate must be in public logs, where its owner can see that it was issued.
///
/// A leaf passes with signed certificate timestamps (SCTs) that verify under keys of the [`LogList`], counted as Chrome and Apple do:
///
/// | where they are | from how many logs | of |
/// |---|---|---|
/// | embedded in the certificate | 2, or 3 if it is valid for more than 180 days | 2 operators or more |
/// | beside it, given by [`Peer::with_scts`](crate::Peer::with_scts) | 2 | 2 operators or more |
///
/// One of the two rows must be met in full. At least one log must be trusted (`qualified`, `usable` or `readonly`) at the time of the check.
/// An embedded timestamp of a log that was retired since counts if it is older than that. Timestamps of the future, of logs
/// whose temporal interval the certificate is not in, and of pending, rejected or unknown logs do not count. Apple also demands
/// one log that is read by RFC 6962, which Chrome has announced to drop; it is not demanded here.
///
/// rustls does not ask servers for timestamps and hands none over, so on its connections only embedded ones are seen; practically all
/// public certificates have them. Those in OCSP responses are not looked at.
///
/// Paths to anchors that the program added itself are exempt, see [`ExemptAnchors`]: private CAs do not log.
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

/// What happens when the log list is too old. Logs come and go: an old list refuses certificates that are logged in new ones, and believes logs that
/// have failed since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnStaleLogList {
    /// Connections are refused.
    #[default]
    Refuse,
    /// The old list is judged by: what it does not suffice for is refused, and the rest reads `stale` on the receipt.
    JudgeByIt,
    /// Everybody is believed without this check, as Chrome does it; the receipt says `stale`.
    Unchecked,
}

/// Which anchors the check is not for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ExemptAnchors {
    /// Those that the program added: files, directories and memory ([`CustomCa`](crate::CustomCa)), and what a variable names that the
    /// program asks for. The system's store, what `SSL_CERT_FILE` or `SSL_CERT_DIR` put in its place, and the bundled roots are public.
    ///
    /// A private CA that was installed into the system's store counts as public. A file with public roots that the program adds counts as private.
    #[default]
    Private,
    /// None: every path needs timestamps.
    NoAnchor,
}

impl Transparency {
    /// Demands timestamps of the logs of this list. A list older than 70 days, Chrome's limit, refuses every connection
    /// unless [`Self::on_stale_list`] says otherwise.
    pub fn with_log_list(logs: LogList) -> Self {
        Self {
            logs: Arc::new(logs),
            max_list_age: MAX_LIST_AGE,
            on_stale_list: OnStaleLogList::default(),
            exempt: ExemptAnchors::default(),
        }
    }

    /// How old the list may be, by its `log_list_timestamp`. Default: 70 days.
    pub fn max_list_age(mut self, age: Duration) -> Self {
        self.max_list_age = age;
        self
    }

    /// What happens when the list is older. Default: [`OnStaleLogList::Refuse`].
    pub fn on_stale_list(mut self, then: OnStaleLogList) -> Self {
        self.on_stale_list = then;
        self
    }

    /// Which anchors the check is not for. Default: [`ExemptAnchors::Private`].
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
        let believed = believed(&tally);
        let finding = if is_stale {
            Finding::stale(format!("{believed}; {}", dated()))
        } else {
            Finding::passed().with_detail(believed)
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
    /// The timestamps that suffice, or why none do.
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

/// The logs that a certificate is believed for.
fn believed(tally: &Tally<'_>) -> String {
    let logs: Vec<String> = tally
        .counted
        .iter()
        .map(|(log, operator)| format!("{} by {}", one_line(log.description()), one_line(operator)))
        .collect();
    format!("in {} logs: {}", logs.len(), logs.join(", "))
}
