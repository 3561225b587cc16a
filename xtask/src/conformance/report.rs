//! What a run comes to: verdicts against the suite, and differences against the expectations.

use std::collections::BTreeMap;
use std::fmt;

use super::corpus::{Case, Expected};
use super::expectation::{Expectation, Expectations};
use super::judge::Verdict;
use super::result::ActualResult;

/// The counts and lists of a run.
#[derive(Debug, Default)]
pub(crate) struct Report<'a> {
    score: Score,
    known: Vec<&'a Expectation>,
    /// Differs from the suite, and no expectation says so.
    unexpected: Vec<Difference<'a>>,
    /// Agrees with the suite, and an expectation says that it does not.
    unexpected_success: Vec<&'a Expectation>,
    /// Names no case of the corpus, or another verdict than the verifier's.
    stale: Vec<&'a Expectation>,
}

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) pass: usize,
    pub(crate) false_accept: usize,
    pub(crate) false_reject: usize,
    pub(crate) skip: usize,
}

/// A case on which the verifier and the suite differ.
#[derive(Debug)]
struct Difference<'a> {
    id: &'a str,
    expected: Expected,
    verdict: &'a Verdict,
}

impl<'a> Report<'a> {
    /// Compares every verdict with the suite and every difference with the expectations.
    pub(crate) fn new(cases: &[(&'a Case, &'a Verdict)], expectations: &'a Expectations) -> Self {
        let mut report = Self::default();
        for (case, verdict) in cases {
            let passed = report.score.count(case.expected_result, verdict);
            match (passed, expectations.get(&case.id)) {
                (true, None) => {}
                (true, Some(entry)) => report.unexpected_success.push(entry),
                (false, Some(entry)) => {
                    let same =
                        entry.expected == case.expected_result && entry.actual == verdict.actual();
                    let list = if same {
                        &mut report.known
                    } else {
                        &mut report.stale
                    };
                    list.push(entry);
                }
                (false, None) => report.unexpected.push(Difference {
                    id: &case.id,
                    expected: case.expected_result,
                    verdict,
                }),
            }
        }
        let absent = |entry: &&Expectation| cases.iter().all(|(case, _)| case.id != entry.id);
        report.stale.extend(expectations.iter().filter(absent));
        report
    }

    /// How many verdicts and expectations are not as they should be.
    pub(crate) fn unexpected(&self) -> usize {
        self.unexpected.len() + self.unexpected_success.len() + self.stale.len()
    }
}

impl Score {
    /// The score of these verdicts.
    pub(crate) fn of(cases: &[(&Case, &Verdict)]) -> Self {
        let mut score = Self::default();
        for (case, verdict) in cases {
            score.count(case.expected_result, verdict);
        }
        score
    }

    fn count(&mut self, expected: Expected, verdict: &Verdict) -> bool {
        let counter = match (expected, verdict.actual()) {
            (Expected::Success, ActualResult::Success)
            | (Expected::Failure, ActualResult::Failure) => &mut self.pass,
            (Expected::Failure, ActualResult::Success) => &mut self.false_accept,
            (Expected::Success, ActualResult::Failure) => &mut self.false_reject,
            (_, ActualResult::Skipped) => &mut self.skip,
        };
        *counter += 1;
        matches!(
            (expected, verdict.actual()),
            (Expected::Success, ActualResult::Success) | (Expected::Failure, ActualResult::Failure)
        )
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pass,
            false_accept,
            false_reject,
            skip,
        } = self;
        write!(
            f,
            "{pass} pass, {false_accept} false accept, {false_reject} false reject, {skip} skip"
        )
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in [
            ("pass", self.score.pass),
            ("false accept", self.score.false_accept),
            ("false reject", self.score.false_reject),
            ("skip", self.score.skip),
        ] {
            writeln!(f, "{count:>7} {what}")?;
        }
        writeln!(f, "of those that are no pass:")?;
        for (what, count) in [
            ("known divergence", self.known.len()),
            ("unexpected", self.unexpected.len()),
            ("unexpected success", self.unexpected_success.len()),
            ("stale expectation", self.stale.len()),
        ] {
            writeln!(f, "{count:>7} {what}")?;
        }
        let mut by_reason: BTreeMap<&str, Vec<&Expectation>> = BTreeMap::new();
        for entry in &self.known {
            by_reason.entry(&entry.reason).or_default().push(entry);
        }
        for (reason, entries) in by_reason {
            writeln!(f, "known: {reason}")?;
            for entry in entries {
                writeln!(f, "  {} {}", entry.actual, entry.id)?;
            }
        }
        for difference in &self.unexpected {
            let Difference {
                id,
                expected,
                verdict,
            } = difference;
            let actual = verdict.actual();
            write!(f, "unexpected: {id}: expected {expected}, is {actual}")?;
            match verdict.context() {
                Some(context) => writeln!(f, " ({context})")?,
                None => writeln!(f)?,
            }
        }
        for entry in &self.unexpected_success {
            writeln!(
                f,
                "unexpected success: {}: the expectation no longer applies",
                entry.id
            )?;
        }
        for entry in &self.stale {
            writeln!(
                f,
                "stale: {}: no such case, or not expected {} and {}",
                entry.id, entry.expected, entry.actual
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, expected: &str) -> Case {
        let text = format!(
            r#"{{"id": "{id}", "validation_kind": "SERVER", "trusted_certs": [],
                "untrusted_intermediates": [], "peer_certificate": "", "signature_algorithms": [],
                "key_usage": [], "expected_result": "{expected}"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn expectations(entries: &str) -> Expectations {
        Expectations::new(serde_json::from_str(entries).unwrap()).unwrap()
    }

    const ACCEPTED_A: &str =
        r#"[{"id": "a", "expected": "FAILURE", "actual": "SUCCESS", "reason": "no rule"}]"#;

    #[test]
    fn every_verdict_is_counted_by_what_the_suite_expects() {
        let cases = [
            case("a", "SUCCESS"),
            case("b", "FAILURE"),
            case("c", "SUCCESS"),
            case("d", "SUCCESS"),
        ];
        let verdicts = [
            Verdict::Accepted,
            Verdict::Accepted,
            Verdict::Refused(String::new()),
            Verdict::Skipped("x".into()),
        ];
        let expectations = Expectations::default();
        let cases: Vec<_> = cases.iter().zip(&verdicts).collect();
        let report = Report::new(&cases, &expectations);
        assert_eq!(
            (
                report.score.pass,
                report.score.false_accept,
                report.score.false_reject,
                report.score.skip
            ),
            (1, 1, 1, 1)
        );
        assert_eq!(report.unexpected(), 3);
    }

    #[test]
    fn a_difference_with_its_expectation_is_known_and_one_without_is_not() {
        let (a, b) = (case("a", "FAILURE"), case("b", "FAILURE"));
        let expectations = expectations(ACCEPTED_A);
        let cases = [(&a, &Verdict::Accepted), (&b, &Verdict::Accepted)];
        let report = Report::new(&cases, &expectations);
        assert_eq!(report.known.len(), 1);
        assert_eq!(report.unexpected[0].id, "b");
        assert_eq!(report.unexpected(), 1);
    }

    #[test]
    fn an_expectation_that_no_longer_applies_is_unexpected() {
        let expectations = expectations(ACCEPTED_A);
        let refused = Verdict::Refused(String::new());
        let a = case("a", "FAILURE");
        let passes = [(&a, &refused)];
        assert_eq!(
            Report::new(&passes, &expectations).unexpected_success.len(),
            1
        );
        let skip = Verdict::Skipped("x".into());
        let skipped = [(&a, &skip)];
        assert_eq!(Report::new(&skipped, &expectations).stale.len(), 1);
        assert_eq!(Report::new(&[], &expectations).stale.len(), 1);
    }
}
