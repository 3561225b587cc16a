//! The table of features in the page, and whether it is complete.

use std::collections::BTreeSet;
use std::fmt;

use super::page::cells;

/// The first cell of the table.
const HEAD: &str = "feature of reqwest";

/// What the second column may say besides names of features.
const WORDS: [&str; 3] = ["same", "built in", "no"];

/// Where the table and the manifests do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Reqwest has this feature, and no row has it, or several.
    Rows {
        /// The feature.
        name: String,
        /// How many rows have it.
        count: usize,
    },
    /// A row names a feature that reqwest does not have.
    NotInReqwest(String),
    /// A row names a feature that bonafide does not have.
    NotHere(String),
    /// A row that does not say what stands for its features, or that has no reason for `no`.
    Unclear(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { name, count } => {
                write!(f, "{count} rows have the feature {name} of reqwest")
            }
            Self::NotInReqwest(name) => write!(f, "reqwest has no feature {name}"),
            Self::NotHere(name) => write!(f, "bonafide has no feature {name}"),
            Self::Unclear(row) => write!(f, "the row of features {row:?} is not clear"),
        }
    }
}

/// Compares the table in `page` with the features of both crates.
pub(super) fn faults(
    page: &str,
    reqwest: &BTreeSet<String>,
    ours: &BTreeSet<String>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for row in rows(page) {
        let [theirs, here, note] = row.as_slice() else {
            faults.push(Fault::Unclear(row.join(" | ")));
            continue;
        };
        let (theirs, counterparts) = (names(theirs), names(here));
        let said = WORDS.contains(here) || !counterparts.is_empty();
        if theirs.is_empty() || !said || (*here == "no" && note.is_empty()) {
            faults.push(Fault::Unclear(row.join(" | ")));
        }
        let here = match *here {
            "same" => &theirs,
            _ => &counterparts,
        };
        let missing = here.iter().filter(|name| !ours.contains(**name));
        faults.extend(missing.map(|name| Fault::NotHere((*name).to_owned())));
        named.extend(theirs);
    }
    let unknown = named.iter().filter(|name| !reqwest.contains(**name));
    faults.extend(unknown.map(|name| Fault::NotInReqwest((*name).to_owned())));
    for name in reqwest {
        let count = named.iter().filter(|named| *named == name).count();
        if count != 1 {
            let name = name.clone();
            faults.push(Fault::Rows { name, count });
        }
    }
    faults
}

/// The rows below the table's head and its rule.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let tables = page.lines().map(cells);
    let after = tables.skip_while(|row| row.as_ref().and_then(|row| row.first()) != Some(&HEAD));
    after.skip(2).map_while(|row| row).collect()
}

/// What stands in backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rows: &str) -> Vec<Fault> {
        let page =
            format!("text\n\n| {HEAD} | here | note |\n|---|---|---|\n{rows}\n\n| `x` | | |\n");
        let set = |names: [&str; 2]| names.map(str::to_owned).into();
        faults(&page, &set(["json", "http-3"]), &set(["json", "br"]))
    }

    #[test]
    fn each_feature_has_one_row_that_says_what_stands_for_it() {
        for rows in [
            "| `json` | same | |\n| `http-3` | no | not yet |",
            "| `json`, `http-3` | `br`, `json` | |",
            "| `json`, `http-3` | built in | |",
        ] {
            assert_eq!(found(rows), [], "{rows}");
        }
        let name = |name: &str| name.to_owned();
        let count = |feature, count| Fault::Rows {
            name: name(feature),
            count,
        };
        for (rows, expected) in [
            ("| `json` | same | |", vec![count("http-3", 0)]),
            (
                "| `json`, `http-3` | `br` | |\n| `json` | same | |",
                vec![count("json", 2)],
            ),
            (
                "| `json`, `http-3` | `zstd` | |",
                vec![Fault::NotHere(name("zstd"))],
            ),
            (
                "| `json`, `http-3` | same | |",
                vec![Fault::NotHere(name("http-3"))],
            ),
            (
                "| `json`, `http-3`, `gone` | built in | |",
                vec![Fault::NotInReqwest(name("gone"))],
            ),
            (
                "| `json`, `http-3` | no | |",
                vec![Fault::Unclear(name("`json`, `http-3` | no | "))],
            ),
            (
                "| `json`, `http-3` | perhaps | |",
                vec![Fault::Unclear(name("`json`, `http-3` | perhaps | "))],
            ),
            (
                "| `json`, `http-3` | same |",
                vec![
                    Fault::Unclear(name("`json`, `http-3` | same")),
                    count("http-3", 0),
                    count("json", 0),
                ],
            ),
        ] {
            assert_eq!(found(rows), expected, "{rows}");
        }
    }
}
