//! Lays the rows of the page beside what reqwest and bonafide show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::page::{Answer, Row};
use crate::public::PublicItem;

/// What reqwest's blocking client is below.
const BLOCKING: &str = "blocking::";

/// Crates whose names stand in the page without being looked up.
const OTHER_CRATES: [&str; 3] = ["http", "std", "tower"];

/// Every public name of bonafide, those of the crates that it shows included.
pub(super) struct Names {
    paths: BTreeSet<String>,
    /// Paths that lead into another crate, with the path there.
    uses: BTreeMap<String, String>,
}

impl Names {
    /// Of some crates' items, each with the path from its crate.
    pub(super) fn of<'a>(items: impl IntoIterator<Item = &'a PublicItem>) -> Self {
        let (mut paths, mut uses) = (BTreeSet::new(), BTreeMap::new());
        for item in items {
            let path = item.path.join("::");
            if let ("use", Some(target)) = (item.kind, &item.signature) {
                uses.insert(path.clone(), target.clone());
            }
            paths.insert(path);
        }
        Self { paths, uses }
    }

    /// Whether `path`, below bonafide or of another crate, leads to something.
    pub(super) fn has(&self, path: &str) -> bool {
        let first = path.split("::").next().unwrap_or_default();
        OTHER_CRATES.contains(&first) || self.leads(&format!("bonafide::{path}"), 4)
    }

    /// A name that another crate has is looked up there, in as many steps at most.
    fn leads(&self, path: &str, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else {
            return false;
        };
        self.paths.contains(path)
            || self.uses.iter().any(|(from, to)| {
                let rest = match from.strip_suffix("::*") {
                    Some(module) => path.strip_prefix(module),
                    None => path.strip_prefix(from.as_str()),
                };
                rest.is_some_and(|rest| {
                    rest.starts_with("::") && self.leads(&format!("{to}{rest}"), steps)
                })
            })
    }
}

/// Where the page and the sources do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Reqwest shows this, and no row has it.
    NoRow(String),
    /// Two rows have the same name.
    TwoRows { name: String, lines: [usize; 2] },
    /// Reqwest does not show what a row names.
    NotInReqwest { name: String, line: usize },
    /// Bonafide does not show what a row names.
    NotHere { name: String, line: usize },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRow(name) => write!(f, "no row has reqwest::{name}"),
            Self::TwoRows {
                name,
                lines: [a, b],
            } => {
                write!(f, "lines {a} and {b}: both have reqwest::{name}")
            }
            Self::NotInReqwest { name, line } => {
                write!(f, "line {line}: reqwest does not show {name}")
            }
            Self::NotHere { name, line } => {
                write!(f, "line {line}: bonafide does not show {name}")
            }
        }
    }
}

/// What the page says of each public name of reqwest, and where it is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Each name below reqwest with its answer, in the order of the names.
    pub(super) answers: Vec<(String, Answer)>,
    /// What has to be mended.
    pub(super) faults: Vec<Fault>,
}

/// Compares. A name of the blocking client has a row of its own or that of its namesake outside;
/// modules have none.
pub(super) fn compare(reqwest: &[PublicItem], names: &Names, rows: &[Row]) -> Comparison {
    let shown: BTreeSet<String> = reqwest
        .iter()
        .filter(|item| item.kind != "mod")
        .map(|item| item.path[1..].join("::"))
        .collect();
    let mut faults = Vec::new();
    let mut by_name: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows {
        for name in &row.names {
            if let Some(other) = by_name.insert(name, row) {
                let lines = [other.line, row.line];
                let name = name.clone();
                faults.push(Fault::TwoRows { name, lines });
            }
            if !shown.contains(name) {
                let (name, line) = (name.clone(), row.line);
                faults.push(Fault::NotInReqwest { name, line });
            }
        }
        let here = match &row.answer {
            Answer::Same => row.names.as_slice(),
            Answer::Counterparts(names) => names.as_slice(),
            Answer::Nothing => &[],
        };
        for name in here.iter().filter(|name| !names.has(name)) {
            let (name, line) = (name.clone(), row.line);
            faults.push(Fault::NotHere { name, line });
        }
    }
    let mut answers = Vec::new();
    for name in shown {
        let outside = name.strip_prefix(BLOCKING).unwrap_or(&name);
        match by_name.get(name.as_str()).or_else(|| by_name.get(outside)) {
            Some(row) => answers.push((name, row.answer.clone())),
            None => faults.push(Fault::NoRow(name)),
        }
    }
    Comparison { answers, faults }
}
