//! Pin files: TOML, and JSON of the same shape.

mod document;
mod error;
mod json;
mod reading;
#[cfg(test)]
mod schema_tests;
mod writing;

use std::path::Path;

use self::document::Document;
pub use self::error::{PinFileError, PinFileProblem};
pub(super) use self::reading::{BundleHeader, is_bundle_name, read_payload};
pub(super) use self::writing::{to_json, to_payload, to_toml, to_value};
use super::set::PinSet;
use crate::files::bounded::read_up_to;
use crate::text::shown_path;

/// Maximum size of a file in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// The name used for a text that is not in a file.
pub(super) const IN_MEMORY: &str = "(in memory)";

pub(super) fn from_file(path: &Path) -> Result<PinSet, PinFileError> {
    let file = shown_path(path).display().to_string();
    let problem = |problem| PinFileError::new(&file, None, problem);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let read = match extension {
        Some("toml") => from_toml,
        Some("json") => from_json,
        _ => return Err(problem(PinFileProblem::UnknownFormat)),
    };
    let bytes =
        read_up_to(path, MAX_FILE_BYTES).map_err(|source| problem(PinFileProblem::Read(source)))?;
    Ok(read(&file, &bytes)?.with_file(Some(path.to_owned())))
}

pub(super) fn from_toml(file: &str, bytes: &[u8]) -> Result<PinSet, PinFileError> {
    let document = Document::new(file, bytes)?;
    let table = document.parse_toml()?;
    reading::read_set(&document, table.root())
}

pub(super) fn from_json(file: &str, bytes: &[u8]) -> Result<PinSet, PinFileError> {
    let document = Document::new(file, bytes)?;
    reading::read_set(&document, document.parse_json()?)
}
