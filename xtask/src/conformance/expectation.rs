//! Known divergences: what the verifier says otherwise than the suite, and why.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use super::corpus::Expected;
use super::result::ActualResult;

/// Why the expectations cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExpectationError {
    /// The file is unreadable.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not follow its schema.
    #[error("{path} is not a list of `id`, `expected`, `actual` and `reason`")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Where it departs.
        source: serde_json::Error,
    },
    /// An entry does not say why.
    #[error("`{0}` has no reason")]
    NoReason(String),
    /// Two entries have one case.
    #[error("`{0}` is there twice")]
    Duplicate(String),
}

/// One case on which the verifier and the suite differ.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    pub(crate) id: String,
    /// What the suite says.
    pub(crate) expected: Expected,
    /// What the verifier says.
    pub(crate) actual: ActualResult,
    /// Why that is right, or why it is not mended.
    pub(crate) reason: String,
}

/// The known divergences of one suite under one profile, by case.
#[derive(Debug, Default)]
pub(crate) struct Expectations(BTreeMap<String, Expectation>);

impl Expectations {
    /// Reads a file. Where there is none, nothing is expected to differ.
    ///
    /// # Errors
    /// [`ExpectationError`] where the file cannot be read, has an entry without a reason or a case
    /// twice.
    pub(crate) fn read(path: &Path) -> Result<Self, ExpectationError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                return Err(ExpectationError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let entries = serde_json::from_str(&text).map_err(|source| ExpectationError::Schema {
            path: path.to_owned(),
            source,
        })?;
        Self::new(entries)
    }

    /// Takes entries that are parsed already.
    ///
    /// # Errors
    /// [`ExpectationError::NoReason`] and [`ExpectationError::Duplicate`].
    pub(crate) fn new(entries: Vec<Expectation>) -> Result<Self, ExpectationError> {
        let mut by_id = BTreeMap::new();
        for entry in entries {
            if entry.reason.trim().is_empty() {
                return Err(ExpectationError::NoReason(entry.id));
            }
            let id = entry.id.clone();
            if by_id.insert(id.clone(), entry).is_some() {
                return Err(ExpectationError::Duplicate(id));
            }
        }
        Ok(Self(by_id))
    }

    /// The entry for a case.
    pub(crate) fn get(&self, id: &str) -> Option<&Expectation> {
        self.0.get(id)
    }

    /// All entries, by case.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Expectation> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, reason: &str) -> Expectation {
        Expectation {
            id: id.to_owned(),
            expected: Expected::Failure,
            actual: ActualResult::Success,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        let result = Expectations::new(vec![entry("a", " ")]);
        assert!(matches!(result, Err(ExpectationError::NoReason(id)) if id == "a"));
    }

    #[test]
    fn a_case_that_stands_twice_is_refused() {
        let result = Expectations::new(vec![entry("a", "x"), entry("a", "y")]);
        assert!(matches!(result, Err(ExpectationError::Duplicate(id)) if id == "a"));
    }

    #[test]
    fn a_file_that_does_not_exist_expects_no_divergence() {
        let expectations = Expectations::read(Path::new("no/such/file.json")).unwrap();
        assert_eq!(expectations.iter().count(), 0);
    }
}
