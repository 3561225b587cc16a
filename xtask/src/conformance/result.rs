//! The suite's own schema of results, which its tools compare harnesses by.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::corpus::Case;
use super::judge::Verdict;

/// All results of one harness.
#[derive(Debug, Serialize)]
pub(crate) struct LimboResult<'a> {
    version: u32,
    harness: &'static str,
    results: Vec<CaseResult<'a>>,
}

/// One result.
#[derive(Debug, Serialize)]
struct CaseResult<'a> {
    id: &'a str,
    actual_result: ActualResult,
    context: Option<&'a str>,
}

/// What a harness says of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ActualResult {
    /// Accepted.
    Success,
    /// Refused.
    Failure,
    /// Not judged.
    Skipped,
}

impl fmt::Display for ActualResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Skipped => "SKIPPED",
        })
    }
}

impl Verdict {
    /// The verdict in the suite's words.
    pub(crate) fn actual(&self) -> ActualResult {
        match self {
            Self::Accepted => ActualResult::Success,
            Self::Refused(_) => ActualResult::Failure,
            Self::Skipped(_) => ActualResult::Skipped,
        }
    }

    /// Why it is not an acceptance.
    pub(crate) fn context(&self) -> Option<&str> {
        match self {
            Self::Accepted => None,
            Self::Refused(why) => Some(why),
            Self::Skipped(why) => Some(why),
        }
    }
}

impl<'a> LimboResult<'a> {
    /// The true verdict of every case.
    pub(crate) fn new(cases: &[(&'a Case, &'a Verdict)]) -> Self {
        let results = cases.iter().map(|(case, verdict)| CaseResult {
            id: &case.id,
            actual_result: verdict.actual(),
            context: verdict.context(),
        });
        Self {
            version: 1,
            harness: "bonafide",
            results: results.collect(),
        }
    }
}
