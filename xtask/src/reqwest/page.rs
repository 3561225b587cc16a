//! The tables of `docs/from-reqwest.md`.

use std::fmt;

/// A row of a table: names of reqwest, and what stands for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Where it stands in the page, from 1.
    pub(super) line: usize,
    /// Paths below `reqwest`.
    pub(super) names: Vec<String>,
    /// What is here instead.
    pub(super) answer: Answer,
}

/// What bonafide has for some names of reqwest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The same paths.
    Same,
    /// These paths below `bonafide`, or of another crate.
    Counterparts(Vec<String>),
    /// Nothing, and the row says why.
    Nothing,
}

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    /// Where it stands, from 1.
    pub(super) line: usize,
    problem: &'static str,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// Reads every table whose first column is called `reqwest`. Names stand in backticks;
/// `A::{b, c}` is `A::b` and `A::c`. The second column is `same`, `no`, or names; a row without a
/// counterpart has a reason in the third.
pub(super) fn rows(page: &str) -> (Vec<Row>, Vec<BadRow>) {
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    let mut inside = false;
    for (line, text) in (1..).zip(page.lines()) {
        let Some(cells) = cells(text) else {
            inside = false;
            continue;
        };
        if cells.first() == Some(&"reqwest") {
            inside = true;
        } else if inside && !cells.iter().all(|cell| is_rule(cell)) {
            match row(line, &cells) {
                Ok(row) => rows.push(row),
                Err(problem) => bad.push(BadRow { line, problem }),
            }
        }
    }
    (rows, bad)
}

/// The cells of a line of a table; `None` for any other line.
pub(super) fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

fn is_rule(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| c == '-')
}

fn row(line: usize, cells: &[&str]) -> Result<Row, &'static str> {
    let &[names, answer, note] = cells else {
        return Err("a row has three columns");
    };
    let names = paths(names).ok_or("the first column has names of reqwest alone")?;
    let answer = match answer {
        "same" => Answer::Same,
        "no" if note.is_empty() => return Err("a name without a counterpart has a reason"),
        "no" => Answer::Nothing,
        names => {
            let problem = "the second column is `same`, `no`, or names";
            Answer::Counterparts(paths(names).ok_or(problem)?)
        }
    };
    Ok(Row {
        line,
        names,
        answer,
    })
}

/// The paths of a cell such as `` `A::{b, c}`, `D` ``. `None` if there is anything else in it.
fn paths(cell: &str) -> Option<Vec<String>> {
    let mut paths = Vec::new();
    // Outside, inside, outside, …
    for (position, part) in cell.split('`').enumerate() {
        if position % 2 == 0 {
            if !part.chars().all(|c| c == ',' || c.is_whitespace()) {
                return None;
            }
            continue;
        }
        let (before, names) = match part.split_once("::{") {
            Some((before, group)) => (format!("{before}::"), group.strip_suffix('}')?),
            None => (String::new(), part),
        };
        let names = names.split(',').map(str::trim);
        paths.extend(names.map(|name| format!("{before}{name}")));
    }
    let is_path = |path: &String| {
        path.split("::").all(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    (!paths.is_empty() && paths.iter().all(is_path)).then_some(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &str) -> String {
        format!("text\n\n| reqwest | here | note |\n|---|---|---|\n{rows}\n")
    }

    #[test]
    fn rows_are_read_from_tables_of_reqwest_alone() {
        let page = "| Python | here | |\n|---|---|---|\n| `x` | no | |\n".to_owned();
        let page = page + &table("| `A::{b, c}`, `D` | same | |\n| `E` | `f::{G, H}` | x |");
        let row = |line, names: &[&str], answer| Row {
            line,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            answer,
        };
        let counterparts = Answer::Counterparts(vec!["f::G".to_owned(), "f::H".to_owned()]);
        let expected = vec![
            row(8, &["A::b", "A::c", "D"], Answer::Same),
            row(9, &["E"], counterparts),
        ];
        assert_eq!(rows(&page), (expected, Vec::new()));
    }

    #[test]
    fn a_row_that_does_not_say_what_it_means_is_an_error() {
        for (text, problem) in [
            ("| `A` | same |", "a row has three columns"),
            (
                "| A | same | |",
                "the first column has names of reqwest alone",
            ),
            (
                "| `A()` | same | |",
                "the first column has names of reqwest alone",
            ),
            (
                "| `A::{b` | same | |",
                "the first column has names of reqwest alone",
            ),
            (
                "| `A` | no | |",
                "a name without a counterpart has a reason",
            ),
            (
                "| `A` | perhaps | |",
                "the second column is `same`, `no`, or names",
            ),
            (
                "| `A` | | reason |",
                "the second column is `same`, `no`, or names",
            ),
        ] {
            let (rows, bad) = rows(&table(text));
            assert_eq!(
                (rows, bad),
                (Vec::new(), vec![BadRow { line: 5, problem }]),
                "{text}"
            );
        }
    }
}
