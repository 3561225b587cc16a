//! The table, and what is wrong with it.

use std::fmt;

use crate::expectation::Expected;
use crate::outcome::Outcome;

/// One case and what each client has done with it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) case: &'static str,
    pub(crate) server: &'static str,
    pub(crate) expected: Option<Expected>,
    pub(crate) bonafide: Outcome,
    pub(crate) reqwest: Outcome,
    pub(crate) curl: Outcome,
    pub(crate) why: &'static str,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.bonafide {
            Outcome::Skipped(_) => '-',
            _ if self.is_as_expected() => ' ',
            _ => '!',
        };
        let expected = self
            .expected
            .map_or_else(|| "nothing".to_owned(), |expected| expected.to_string());
        write!(
            f,
            "{mark} {:<56} {:<8} {expected:<36} {:<36} {:<8} {:<12}",
            self.case, self.server, self.bonafide, self.reqwest, self.curl
        )?;
        write!(f, " {}", self.why)
    }
}

impl Row {
    /// The titles over the columns.
    pub(crate) const HEADER: &str = "  case                                                     server   expected                             \
                                     bonafide                             reqwest  curl";

    fn is_as_expected(&self) -> bool {
        self.expected
            .is_some_and(|expected| expected.is_met_by(&self.bonafide))
    }
}

/// All rows so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn push(&mut self, row: Row) {
        self.0.push(row);
    }

    /// How many verdicts there are of each kind.
    pub(crate) fn summary(&self) -> String {
        let count = |of_kind: fn(&Row) -> bool| self.0.iter().filter(|row| of_kind(row)).count();
        let bad = |row: &Row| matches!(row.expected, Some(Expected::Refuse(_)));
        let taken = |client: fn(&Row) -> &Outcome| {
            self.0
                .iter()
                .filter(|row| bad(row) && *client(row) == Outcome::Accepted)
                .count()
        };
        format!(
            "{} cases, {} as expected, {} skipped; of those to refuse, bonafide accepts {}, reqwest {}, curl {}",
            self.0.len(),
            count(Row::is_as_expected),
            count(|row| matches!(row.bonafide, Outcome::Skipped(_))),
            taken(|row| &row.bonafide),
            taken(|row| &row.reqwest),
            taken(|row| &row.curl),
        )
    }

    /// What keeps the run from succeeding.
    pub(crate) fn failures(&self, on_ci: bool) -> Vec<String> {
        let mut failures: Vec<String> = self
            .0
            .iter()
            .filter(|row| !matches!(row.bonafide, Outcome::Skipped(_)))
            .filter(|row| !row.is_as_expected())
            .map(|row| match row.expected {
                None => format!(
                    "{} ({}): nothing is expected; bonafide: {}",
                    row.case, row.server, row.bonafide
                ),
                Some(expected) => format!(
                    "{} ({}): expected {expected}; bonafide: {}",
                    row.case, row.server, row.bonafide
                ),
            })
            .collect();
        if on_ci {
            failures.extend(self.0.iter().flat_map(|row| {
                [&row.bonafide, &row.reqwest, &row.curl]
                    .into_iter()
                    .filter(|outcome| matches!(outcome, Outcome::Skipped(_)))
                    .map(|outcome| {
                        format!("{} ({}): {outcome}, and CI is set", row.case, row.server)
                    })
            }));
        }
        failures
    }
}

#[cfg(test)]
mod tests {
    use bonafide::Code;

    use super::*;

    fn row(expected: Option<Expected>, bonafide: Outcome) -> Row {
        Row {
            case: "expired",
            server: "testkit",
            expected,
            bonafide,
            reqwest: Outcome::Accepted,
            curl: Outcome::Skipped("curl"),
            why: "",
        }
    }

    fn failures(row: Row, on_ci: bool) -> Vec<String> {
        Table(vec![row]).failures(on_ci)
    }

    #[test]
    fn a_refusal_for_another_reason_fails_the_run() {
        let expected = Some(Expected::Refuse(Code::Expired));
        let refused = |code: &str| Outcome::Refused(Some(code.to_owned()));
        assert!(failures(row(expected, refused("BF-EXPIRED")), false).is_empty());
        assert_eq!(
            failures(row(expected, refused("BF-UNKNOWN-ISSUER")), false),
            ["expired (testkit): expected refuse BF-EXPIRED; bonafide: refuse BF-UNKNOWN-ISSUER"]
        );
        assert_eq!(failures(row(expected, Outcome::Accepted), false).len(), 1);
        assert_eq!(
            failures(row(expected, Outcome::Undecided("timeout".into())), false).len(),
            1
        );
    }

    #[test]
    fn a_case_without_an_expectation_fails_the_run() {
        assert_eq!(
            failures(row(None, Outcome::Accepted), false),
            ["expired (testkit): nothing is expected; bonafide: accept"]
        );
    }

    #[test]
    fn a_missing_program_fails_the_run_on_ci_alone() {
        let skipped = row(Some(Expected::Accept), Outcome::Skipped("openssl"));
        assert!(failures(skipped.clone(), false).is_empty());
        assert_eq!(
            failures(skipped, true),
            [
                "expired (testkit): skipped: openssl not found, and CI is set",
                "expired (testkit): skipped: curl not found, and CI is set"
            ]
        );
    }
}
