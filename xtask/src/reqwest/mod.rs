//! `cargo xtask reqwest`: whether `docs/from-reqwest.md` has everything that reqwest shows.
//!
//! The names of reqwest are read from the sources of the version in `Cargo.lock`, with every
//! feature on, as `cargo xtask public` reads those of the crates here. Each has one row in the
//! page: it is here under the same path, has counterparts, or has none and a reason. A row that
//! names what does not exist, there or here, is an error. The features of both are compared in
//! the same way.

mod comparison;
mod features;
mod page;
mod sources;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use comparison::{Comparison, Names, compare};
use page::Answer;
use sources::{Reqwest, features_of};

use crate::public::{Api, Detail};
use crate::source::{SourceError, Tree};
use crate::workspace::Workspace;

/// The page, relative to the root.
const PAGE: &str = "docs/from-reqwest.md";

/// Why the page and reqwest could not be compared, or that they differ.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReqwestError {
    /// Cargo did not say which packages there are.
    #[error("cannot ask cargo for the packages")]
    Metadata(#[from] cargo_metadata::Error),
    /// No package of the workspace depends on reqwest.
    #[error("Cargo.lock has no reqwest")]
    NoReqwest,
    /// The sources could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// What stands in a macro is not Rust.
    #[error("cannot parse the macro in {path}")]
    Macro {
        /// The file.
        path: String,
        /// What the parser said.
        source: syn::Error,
    },
    /// The page could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The page.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The page is not what the sources are.
    #[error("{PAGE} has {0} faults")]
    Faults(usize),
}

/// Prints what the page says of every public name of reqwest, or the counts alone.
///
/// # Errors
/// [`ReqwestError`] where something cannot be read, or the page has faults, which are printed.
pub(crate) fn run(workspace: &Workspace, detail: Detail) -> Result<(), ReqwestError> {
    let Report {
        version,
        comparison,
        faults,
    } = report(workspace)?;
    let mut out = io::stdout().lock();
    // A reader such as `head` may have enough before the end.
    let _ = print(&mut out, &version, &comparison, detail);
    for fault in &faults {
        let _ = writeln!(out, "{PAGE}: {fault}");
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ReqwestError::Faults(faults.len()))
    }
}

struct Report {
    version: String,
    comparison: Comparison,
    /// Those of rows that cannot be read, then those of the comparison.
    faults: Vec<String>,
}

fn report(workspace: &Workspace) -> Result<Report, ReqwestError> {
    let path = workspace.path(PAGE);
    let page = match fs::read_to_string(&path) {
        Ok(page) => page,
        Err(source) => return Err(ReqwestError::Read { path, source }),
    };
    let reqwest = Reqwest::find(workspace.root())?;
    let tree = Tree::read(workspace.root(), &workspace.generated())?;
    let items: Vec<_> = ["bonafide", "bonafide-tower", "bonafide-verify"]
        .iter()
        .flat_map(|name| Api::read(&tree, name).items)
        .collect();
    let (rows, bad) = page::rows(&page);
    let comparison = compare(&reqwest.items, &Names::of(&items), &rows);
    let published = workspace.published();
    let ours = published
        .iter()
        .find(|package| package.name.as_str() == "bonafide");
    let ours = ours.copied().into_iter().flat_map(features_of).collect();
    let of_features = features::faults(&page, &reqwest.features, &ours);
    let bad = bad.iter().map(ToString::to_string);
    let faults = bad
        .chain(comparison.faults.iter().map(ToString::to_string))
        .chain(of_features.iter().map(ToString::to_string));
    Ok(Report {
        version: reqwest.version,
        faults: faults.collect(),
        comparison,
    })
}

fn print(
    out: &mut impl Write,
    version: &str,
    comparison: &Comparison,
    detail: Detail,
) -> io::Result<()> {
    let answers = &comparison.answers;
    if let Detail::Items = detail {
        for (name, answer) in answers {
            match answer {
                Answer::Same => writeln!(out, "same         {name}")?,
                Answer::Counterparts(names) => {
                    writeln!(out, "counterpart  {name}: {}", names.join(", "))?;
                }
                Answer::Nothing => writeln!(out, "no           {name}")?,
            }
        }
    }
    let count = |kind: fn(&Answer) -> bool| answers.iter().filter(|(_, a)| kind(a)).count();
    writeln!(
        out,
        "reqwest {version}: {} public names; {} are here with the same path, {} have a \
         counterpart, {} have none and a reason",
        answers.len(),
        count(|answer| matches!(answer, Answer::Same)),
        count(|answer| matches!(answer, Answer::Counterparts(_))),
        count(|answer| matches!(answer, Answer::Nothing)),
    )
}
