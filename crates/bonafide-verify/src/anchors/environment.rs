//! Anchors from the file or directory that an environment variable names.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::custom::load_source;
use super::origin::Origin;
use super::set::Loading;
use crate::config::description::Description;
use crate::config::source::{Source, SourcePosition};
use crate::files::load_report::{LoadProblem, SourceReport};
use crate::text::is_content;

/// Adds the file or directory that the variable names at this time.
pub(super) fn describe(variable: &str, description: &mut Description) {
    let path = value_of(variable).filter(|path| !is_content(Path::new(path)));
    if let Some(path) = path {
        description.file(PathBuf::from(path));
    }
}

/// The value of the environment variable; an empty value counts as unset.
pub(super) fn value_of(variable: &str) -> Option<OsString> {
    std::env::var_os(variable).filter(|value| !value.is_empty())
}

pub(super) fn load(variable: &str, set: &mut Loading) {
    let mut report = SourceReport::new(variable);
    match value_of(variable) {
        Some(path) => load_named(variable, &PathBuf::from(path), set, &mut report),
        None => report.fail(variable, LoadProblem::Unset),
    }
    set.report(report);
}

/// Reads the file or directory at `path`, which the environment variable `variable` named.
pub(super) fn load_named(
    variable: &str,
    path: &Path,
    set: &mut Loading,
    report: &mut SourceReport,
) {
    let origin = |place: SourcePosition<'_>| Origin::Environment {
        variable: variable.to_owned(),
        path: place.path.unwrap_or(path).to_owned(),
    };
    let (source, directory) = if path.is_dir() {
        let directory = Origin::Environment {
            variable: variable.to_owned(),
            path: path.to_owned(),
        };
        (Source::Directory(path.to_owned()), Some(directory))
    } else {
        (Source::File(path.to_owned()), None)
    };
    load_source(&source, &origin, directory, set, report);
}
