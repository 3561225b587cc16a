//! What was measured beside what the file says.

use std::fmt;

use super::ratios::Ratios;

/// How far a ratio may lie above the file's, as a part of that. The spread of a workload from run
/// to run is far below.
const TOLERANCE: f64 = 0.02;

/// One workload.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    workload: String,
    outcome: Outcome,
}

/// How its ratio compares.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// As the file says.
    Within { measured: f64, committed: f64 },
    /// More instructions than the file says.
    Above { measured: f64, committed: f64 },
    /// Fewer.
    Below { measured: f64, committed: f64 },
    /// The file does not have the workload.
    NotCommitted { measured: f64 },
    /// The file has a workload that was not measured.
    NotMeasured,
}

/// Every workload.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison(Vec<Row>);

/// Compares every workload of either side.
pub(super) fn compare(measured: &Ratios, committed: &Ratios) -> Comparison {
    let of_measured = measured.0.iter().map(|(workload, &measured)| {
        let outcome = match committed.0.get(workload) {
            None => Outcome::NotCommitted { measured },
            Some(&committed) => outcome(measured, committed),
        };
        (workload, outcome)
    });
    let only_committed = committed
        .0
        .keys()
        .filter(|workload| !measured.0.contains_key(*workload))
        .map(|workload| (workload, Outcome::NotMeasured));
    let rows = of_measured
        .chain(only_committed)
        .map(|(workload, outcome)| Row {
            workload: workload.clone(),
            outcome,
        });
    Comparison(rows.collect())
}

fn outcome(measured: f64, committed: f64) -> Outcome {
    if measured > committed * (1.0 + TOLERANCE) {
        Outcome::Above {
            measured,
            committed,
        }
    } else if measured < committed * (1.0 - TOLERANCE) {
        Outcome::Below {
            measured,
            committed,
        }
    } else {
        Outcome::Within {
            measured,
            committed,
        }
    }
}

impl Comparison {
    /// A line for each workload that does not pass, if there is one.
    pub(super) fn faults(&self) -> Option<String> {
        let lines: Vec<String> = self
            .0
            .iter()
            .filter(|row| {
                matches!(
                    row.outcome,
                    Outcome::Above { .. } | Outcome::NotCommitted { .. } | Outcome::NotMeasured
                )
            })
            .map(ToString::to_string)
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workload = &self.workload;
        let percent = |measured: f64, committed: f64| (measured / committed - 1.0) * 100.0;
        match self.outcome {
            Outcome::Within {
                measured,
                committed,
            } => write!(
                f,
                "{workload}: {measured:.3} of bare hyper's instructions; committed {committed:.3} ({:+.1} %)",
                percent(measured, committed)
            ),
            Outcome::Above {
                measured,
                committed,
            } => write!(
                f,
                "{workload}: {measured:.3} of bare hyper's instructions, {:.1} % more than the committed {committed:.3}",
                percent(measured, committed)
            ),
            Outcome::Below {
                measured,
                committed,
            } => write!(
                f,
                "{workload}: {measured:.3} of bare hyper's instructions, {:.1} % less than the committed {committed:.3}: \
                 the file can be lowered by `{}`",
                -percent(measured, committed),
                super::WRITE
            ),
            Outcome::NotCommitted { measured } => write!(
                f,
                "{workload}: {measured:.3} of bare hyper's instructions, and no committed ratio"
            ),
            Outcome::NotMeasured => {
                write!(
                    f,
                    "{workload}: has a committed ratio, and no such workload is counted"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(of: &[(&str, f64)]) -> Ratios {
        Ratios(
            of.iter()
                .map(|(name, ratio)| ((*name).to_owned(), *ratio))
                .collect(),
        )
    }

    /// Measured, committed, what is said, whether it passes.
    #[test]
    fn only_more_instructions_and_unknown_or_missing_workloads_fail() {
        let w = |ratio| ratios(&[("w", ratio)]);
        for (measured, committed, said, passes) in [
            (
                w(1.25),
                w(1.25),
                "w: 1.250 of bare hyper's instructions; committed 1.250 (+0.0 %)",
                true,
            ),
            (
                w(1.274),
                w(1.25),
                "w: 1.274 of bare hyper's instructions; committed 1.250 (+1.9 %)",
                true,
            ),
            (
                w(1.276),
                w(1.25),
                "w: 1.276 of bare hyper's instructions, 2.1 % more than the committed 1.250",
                false,
            ),
            (
                w(1.226),
                w(1.25),
                "w: 1.226 of bare hyper's instructions; committed 1.250 (-1.9 %)",
                true,
            ),
            (
                w(1.2),
                w(1.25),
                "w: 1.200 of bare hyper's instructions, 4.0 % less than the committed 1.250: \
                 the file can be lowered by `cargo xtask bench --instructions --write`",
                true,
            ),
            (
                w(1.2),
                Ratios::default(),
                "w: 1.200 of bare hyper's instructions, and no committed ratio",
                false,
            ),
            (
                Ratios::default(),
                w(1.2),
                "w: has a committed ratio, and no such workload is counted",
                false,
            ),
        ] {
            let comparison = compare(&measured, &committed);
            assert_eq!(comparison.to_string(), said);
            let faults = (!passes).then(|| said.to_owned());
            assert_eq!(comparison.faults(), faults);
        }
    }

    #[test]
    fn a_fault_names_its_workload_and_no_other() {
        let committed = ratios(&[("par-h1", 1.0), ("seq-h1", 1.0)]);
        let measured = ratios(&[("par-h1", 1.0), ("seq-h1", 1.1)]);
        assert_eq!(
            compare(&measured, &committed).faults().unwrap(),
            "seq-h1: 1.100 of bare hyper's instructions, 10.0 % more than the committed 1.000"
        );
    }
}
