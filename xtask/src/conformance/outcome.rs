//! Suites whose cases have texts for answers: what was expected, what came out, and which
//! differences have their reason.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Why a suite or its expectations cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuiteError {
    /// A file is unreadable.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not follow its schema.
    #[error("{path} does not follow its schema")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Where it departs.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An entry does not say why.
    #[error("the expectation `{0}` has no reason")]
    NoReason(String),
    /// Two entries are about one case.
    #[error("the expectation `{0}` is there twice")]
    Duplicate(String),
    /// Two cases have one name.
    #[error("the case `{0}` is there twice")]
    DuplicateCase(String),
}

/// A case that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its name, which no other one has.
    pub(crate) id: String,
    /// What the suite says.
    pub(crate) expected: String,
    /// What came out; `None` if there is no way to ask it.
    pub(crate) actual: Option<String>,
}

/// A case on which the suite and this project differ.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    id: String,
    /// What comes out here.
    actual: String,
    /// Why that is right.
    reason: String,
}

/// The differences of a suite that have a reason, by case.
#[derive(Debug, Default)]
pub(crate) struct Differences(BTreeMap<String, Difference>);

impl Differences {
    /// Reads `xtask/expectations/SUITE.json`.
    ///
    /// # Errors
    /// [`SuiteError`] where it cannot be read, has an entry without a reason or a case twice.
    pub(crate) fn of(suite: &str) -> Result<Self, SuiteError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expectations");
        let path = folder.join(format!("{suite}.json"));
        Self::new(from_json(&path)?)
    }

    fn new(entries: Vec<Difference>) -> Result<Self, SuiteError> {
        let mut by_id = BTreeMap::new();
        for entry in entries {
            if entry.reason.trim().is_empty() {
                return Err(SuiteError::NoReason(entry.id));
            }
            let id = entry.id.clone();
            if by_id.insert(id.clone(), entry).is_some() {
                return Err(SuiteError::Duplicate(id));
            }
        }
        Ok(Self(by_id))
    }
}

/// Reads a file of the suite.
///
/// # Errors
/// [`SuiteError::Read`].
pub(crate) fn text_of(path: &Path) -> Result<String, SuiteError> {
    fs::read_to_string(path).map_err(|source| SuiteError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Reads a file of JSON. Lines that begin with `//` are left out: one suite has its licence so.
///
/// # Errors
/// [`SuiteError::Read`] and [`SuiteError::Schema`].
pub(crate) fn from_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, SuiteError> {
    let text = text_of(path)?;
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("//"))
        .collect();
    serde_json::from_str(&lines.join("\n")).map_err(|source| SuiteError::Schema {
        path: path.to_owned(),
        source: source.into(),
    })
}

/// What a run comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    cases: usize,
    pass: usize,
    skip: usize,
    /// Differs, and there is a reason.
    known: usize,
    /// What is not as it should be, a line each.
    faults: Vec<String>,
}

impl Summary {
    /// Compares every outcome with the suite and every difference with its reason.
    ///
    /// # Errors
    /// [`SuiteError::DuplicateCase`].
    pub(crate) fn new(outcomes: &[Outcome], differences: &Differences) -> Result<Self, SuiteError> {
        let mut summary = Self::default();
        let mut unused = differences.0.clone();
        let mut seen = BTreeMap::new();
        for outcome in outcomes {
            let Outcome {
                id,
                expected,
                actual,
            } = outcome;
            if seen.insert(id, ()).is_some() {
                return Err(SuiteError::DuplicateCase(id.clone()));
            }
            summary.cases += 1;
            let difference = unused.remove(id);
            match (actual, difference) {
                (None, None) => summary.skip += 1,
                (Some(actual), None) if actual == expected => summary.pass += 1,
                (Some(actual), Some(entry)) if actual != expected && *actual == entry.actual => {
                    summary.known += 1;
                }
                (None, Some(_)) => summary.fault(id, "stale expectation: the case is skipped"),
                (Some(actual), Some(_)) if actual == expected => {
                    summary.fault(id, "unexpected success");
                }
                (Some(actual), entry) => {
                    let stale = if entry.is_some() {
                        ", and the expectation is stale"
                    } else {
                        ""
                    };
                    summary.fault(id, &format!("expected {expected:?}, got {actual:?}{stale}"));
                }
            }
        }
        for id in unused.keys() {
            summary.fault(id, "stale expectation: there is no such case");
        }
        Ok(summary)
    }

    fn fault(&mut self, id: &str, what: &str) {
        self.faults.push(format!("{id}: {what}"));
    }

    /// How many cases or expectations are not as they should be.
    pub(crate) fn unexpected(&self) -> usize {
        self.faults.len()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cases,
            pass,
            skip,
            known,
            faults,
        } = self;
        writeln!(
            f,
            "{cases} cases: {pass} pass, {known} known divergence, {skip} skip, {} unexpected",
            faults.len()
        )?;
        faults.iter().try_for_each(|fault| writeln!(f, "  {fault}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(id: &str, expected: &str, actual: Option<&str>) -> Outcome {
        Outcome {
            id: id.to_owned(),
            expected: expected.to_owned(),
            actual: actual.map(str::to_owned),
        }
    }

    fn entry(id: &str, actual: &str, reason: &str) -> Difference {
        Difference {
            id: id.to_owned(),
            actual: actual.to_owned(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn every_outcome_is_one_of_five_and_an_expectation_that_does_not_apply_is_a_fault() {
        let outcomes = [
            outcome("pass", "1", Some("1")),
            outcome("skip", "1", None),
            outcome("known", "1", Some("2")),
            outcome("differs", "1", Some("2")),
            outcome("agrees after all", "1", Some("1")),
            outcome("differs otherwise", "1", Some("3")),
            outcome("skip after all", "1", None),
        ];
        let differences = Differences::new(vec![
            entry("known", "2", "why"),
            entry("agrees after all", "2", "why"),
            entry("differs otherwise", "2", "why"),
            entry("skip after all", "2", "why"),
            entry("gone", "2", "why"),
        ]);
        let summary = Summary::new(&outcomes, &differences.unwrap()).unwrap();
        assert_eq!((summary.pass, summary.skip, summary.known), (1, 1, 1));
        assert_eq!(
            summary.faults,
            [
                r#"differs: expected "1", got "2""#,
                "agrees after all: unexpected success",
                r#"differs otherwise: expected "1", got "3", and the expectation is stale"#,
                "skip after all: stale expectation: the case is skipped",
                "gone: stale expectation: there is no such case",
            ]
        );
        assert_eq!(summary.unexpected(), 5);
    }

    #[test]
    fn an_expectation_without_a_reason_or_for_a_case_that_has_one_is_refused() {
        let refused = Differences::new(vec![entry("a", "1", " ")]);
        assert!(matches!(refused, Err(SuiteError::NoReason(id)) if id == "a"));
        let refused = Differences::new(vec![entry("a", "1", "x"), entry("a", "2", "y")]);
        assert!(matches!(refused, Err(SuiteError::Duplicate(id)) if id == "a"));
        let twice = [outcome("a", "1", Some("1")), outcome("a", "1", Some("1"))];
        let refused = Summary::new(&twice, &Differences::default());
        assert!(matches!(refused, Err(SuiteError::DuplicateCase(id)) if id == "a"));
    }
}
