//! Anchors that an environment variable names, where the program asked for that variable.

use std::path::{Path, PathBuf};

use super::custom::load_path;
use super::origin::Origin;
use super::set::Loading;
use crate::load_report::{LoadProblem, SourceReport};

pub(super) fn load(variable: &str, set: &mut Loading) {
    let mut report = SourceReport::new(variable);
    match std::env::var_os(variable) {
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
    let origin = |path: &Path| Origin::Environment {
        variable: variable.to_owned(),
        path: path.to_owned(),
    };
    load_path(path, &origin, set, report);
}
