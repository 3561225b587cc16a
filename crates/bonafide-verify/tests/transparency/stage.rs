//! A root, logs and a list of them, and a policy that demands timestamps of every leaf below the
//! root.

use std::sync::Arc;
use std::time::Duration;

use bonafide_testkit::{Moment, Recipe, TestCa, TestLog};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::receipt::CheckRecord;
use bonafide_verify::refusal::Reason;
use bonafide_verify::transparency::{ExemptAnchors, LogList, SctFault, Transparency, UncountedSct};
use bonafide_verify::{Anchors, Peer, Policy, Receipt, Refusal};
use serde_json::Value;

pub(crate) const HOST: &str = "api.test";
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) type Judged = Result<Arc<Receipt>, Refusal>;

pub(crate) struct Stage {
    pub(crate) root: TestCa,
    /// The time of judgement and of the log list. Certificates begin a day before.
    pub(crate) now: Moment,
    pub(crate) logs: Vec<TestLog>,
    list: Value,
}

/// A log by an operator of its own.
pub(crate) fn log(name: &str) -> TestLog {
    TestLog::new(name, format!("operator of {name}"))
}

impl Stage {
    /// Three logs of three operators.
    pub(crate) fn new() -> Self {
        Self::with_logs(["alpha", "beta", "gamma"].map(log))
    }

    pub(crate) fn with_logs(logs: impl Into<Vec<TestLog>>) -> Self {
        let (logs, now) = (logs.into(), Moment::now());
        let list = serde_json::from_str(&TestLog::log_list(&logs, now)).unwrap();
        Self {
            root: TestCa::new(),
            now,
            logs,
            list,
        }
    }

    /// Changes the entry of the log with this index.
    pub(crate) fn list_as(mut self, index: usize, member: &str, value: Value) -> Self {
        let name = self.logs[index].name();
        let entry = self.list["operators"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .flat_map(|operator| operator["logs"].as_array_mut().unwrap())
            .find(|entry| entry["description"] == name)
            .unwrap();
        entry[member] = value;
        self
    }

    pub(crate) fn recipe(&self) -> Recipe {
        Recipe::for_host(HOST).valid_from(self.now - DAY)
    }

    pub(crate) fn check(&self) -> Transparency {
        Transparency::with_log_list(LogList::from_json(self.list.to_string()).unwrap())
            .exempt(ExemptAnchors::NoAnchor)
    }

    pub(crate) fn policy(&self, check: Transparency) -> Policy {
        Policy::builder()
            .anchors(Anchors::only(self.root.certificate().clone()))
            .check(check)
            .build()
            .unwrap()
    }

    /// Judges a leaf of the root by the recipe.
    pub(crate) fn judge(&self, recipe: Recipe) -> Judged {
        self.judge_chain(self.root.issue(recipe).chain(), self.now)
    }

    pub(crate) fn judge_chain(&self, chain: &[CertificateDer<'_>], at: Moment) -> Judged {
        let name = ServerName::try_from(HOST).unwrap();
        self.policy(self.check())
            .verify(&Peer::new(chain, &name).at(at.as_unix_time()))
    }

    /// Why a leaf by the recipe is refused.
    pub(crate) fn refusal(&self, recipe: Recipe) -> Reason {
        reason(self.judge(recipe))
    }

    /// The one timestamp of a leaf by the recipe that does not count, and why; two others do, of
    /// three that are needed or not.
    pub(crate) fn fault(&self, recipe: Recipe) -> UncountedSct {
        let Reason::TooFewScts { uncounted, .. } = self.refusal(recipe) else {
            panic!("refused for another reason");
        };
        let [one] = &uncounted[..] else {
            panic!("{uncounted:?}");
        };
        one.clone()
    }
}

pub(crate) fn reason(judged: Judged) -> Reason {
    judged.unwrap_err().reason().clone()
}

/// The row of the check.
pub(crate) fn row(receipt: &Receipt) -> &CheckRecord {
    let mut rows = receipt.checks().iter();
    rows.find(|row| row.name() == "transparency").unwrap()
}

pub(crate) fn uncounted(log: &str, fault: SctFault) -> UncountedSct {
    UncountedSct {
        log: log.to_owned(),
        fault,
    }
}

/// Too few timestamps of logs that are all trusted now.
pub(crate) fn too_few(
    (counted, operators): (usize, usize),
    needed: usize,
    uncounted: impl Into<Vec<UncountedSct>>,
) -> Reason {
    Reason::TooFewScts {
        counted,
        operators,
        trusted_now: counted,
        needed,
        needed_operators: 2,
        uncounted: uncounted.into(),
    }
}

/// RFC 3339, as log lists write times.
pub(crate) fn text(moment: Moment) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(moment.as_unix_seconds()).unwrap();
    time.format(&time::format_description::well_known::Rfc3339)
        .unwrap()
}

pub(crate) fn unix(moment: Moment) -> UnixTime {
    moment.as_unix_time()
}
