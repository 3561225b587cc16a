//! Tables in Markdown.

use std::fmt;

use crate::measure::{Contender, Quantity, Sample, Summary, median_ratio};

/// A table: the first contender against each of the others.
#[derive(Debug)]
pub(crate) struct Table {
    contenders: Vec<&'static str>,
    rows: Vec<Row>,
}

/// One number of one workload, for each contender in each round.
#[derive(Debug)]
struct Row {
    workload: String,
    quantity: String,
    values: Vec<Vec<f64>>,
}

impl Table {
    pub(crate) fn new(contenders: Vec<&'static str>) -> Self {
        Self {
            contenders,
            rows: Vec::new(),
        }
    }

    /// Adds a row for each of `quantities` that the samples know. `samples` are in the order of the
    /// contenders.
    pub(crate) fn add(
        &mut self,
        workload: &str,
        operation: &str,
        quantities: &[Quantity],
        samples: &[Vec<Sample>],
    ) {
        for quantity in quantities {
            let values: Option<Vec<Vec<f64>>> = samples
                .iter()
                .map(|rounds| rounds.iter().map(|sample| quantity.of(sample)).collect())
                .collect();
            if let Some(values) = values {
                self.rows.push(Row {
                    workload: workload.to_owned(),
                    quantity: quantity.label(operation),
                    values,
                });
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The names of contenders, as a table takes them.
pub(crate) fn names(contenders: &[Box<dyn Contender + '_>]) -> Vec<&'static str> {
    contenders
        .iter()
        .map(|contender| contender.name())
        .collect()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ours, peers) = match self.contenders.split_first() {
            Some((ours, peers)) => (*ours, peers),
            None => return Ok(()),
        };
        write!(f, "| workload | |")?;
        for name in &self.contenders {
            write!(f, " {name} |")?;
        }
        for peer in peers {
            write!(f, " {ours} ÷ {peer} |")?;
        }
        write!(f, "\n|---|---|")?;
        for _ in 0..self.contenders.len() + peers.len() {
            write!(f, "--:|")?;
        }
        writeln!(f)?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {} |", self.workload, self.quantity)?;
        for values in &self.values {
            match Summary::of(values) {
                Some(summary) if summary.least < summary.most => write!(
                    f,
                    " {} ({}–{}) |",
                    Number(summary.median),
                    Number(summary.least),
                    Number(summary.most)
                )?,
                Some(summary) => write!(f, " {} |", Number(summary.median))?,
                None => write!(f, " |")?,
            }
        }
        let Some((ours, peers)) = self.values.split_first() else {
            return Ok(());
        };
        for theirs in peers {
            match median_ratio(ours, theirs) {
                Some(ratio) => write!(f, " {ratio:.2} |")?,
                None => write!(f, " |")?,
            }
        }
        Ok(())
    }
}

/// A number with three digits at least, and a comma after each thousand.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if value < 10.0 {
            return write!(f, "{value:.2}");
        }
        if value < 100.0 {
            return write!(f, "{value:.1}");
        }
        let digits = format!("{value:.0}");
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                write!(f, ",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn numbers_have_three_digits_at_least() {
        for (value, text) in [
            (1.0, "1.00"),
            (12.34, "12.3"),
            (999.6, "1,000"),
            (123.4, "123"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(Number(value).to_string(), text);
        }
    }

    #[test]
    fn a_table_has_medians_spreads_and_ratios() {
        let sample = |micros| Sample {
            operations: 1,
            wall: Duration::from_micros(micros),
            ..Sample::default()
        };
        let mut table = Table::new(vec!["ours", "theirs"]);
        table.add(
            "w",
            "GET",
            &[Quantity::Micros, Quantity::ProcessorMicros],
            &[
                vec![sample(10), sample(20), sample(30)],
                vec![sample(40), sample(40), sample(40)],
            ],
        );
        assert_eq!(
            table.to_string(),
            "| workload | | ours | theirs | ours ÷ theirs |\n\
             |---|---|--:|--:|--:|\n\
             | w | µs a GET | 20.0 (10.0–30.0) | 40.0 | 0.50 |\n"
        );
    }
}
