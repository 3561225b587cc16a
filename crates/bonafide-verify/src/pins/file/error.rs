//! Why a pin file cannot be used.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::files::json_error::JsonError;
use crate::files::load_report::LoadProblem;
use crate::host::pattern::PatternError;
use crate::text::one_line;
use crate::x509::spki::PinError;

/// Maximum number of characters of a problem that are printed: a file may have a line of megabytes.
const MAX_TEXT: usize = 400;

/// Why a pin file cannot be used: the file, the line and column if known, and the problem.
#[derive(Clone, Debug)]
pub struct PinFileError {
    file: Arc<str>,
    place: Option<(usize, usize)>,
    problem: PinFileProblem,
}

/// What is wrong with a pin file.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PinFileProblem {
    /// The file could not be read.
    #[error("{0}")]
    Read(LoadProblem),
    /// The file's name does not end in `.toml` or `.json`.
    #[error("the name of a pin file must end in .toml or .json")]
    UnknownFormat,
    /// The text is too large.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The text is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// It is not well-formed TOML.
    #[error("not well-formed TOML: {message}")]
    Toml {
        /// What is wrong, without any of the text.
        message: String,
    },
    /// It is not well-formed JSON.
    #[error("not well-formed JSON: {}", .0.what())]
    Json(JsonError),
    /// The version of the format is not supported.
    #[error("version {found} of the format is not supported; this library reads version 1")]
    UnsupportedVersion {
        /// The value in the file.
        found: u64,
    },
    /// A field is unknown to the format.
    #[error("unknown field `{field}`; known are {}", Listed(known))]
    UnknownField {
        /// Its name; only its length if it may be a secret.
        field: String,
        /// The known fields.
        known: &'static [&'static str],
    },
    /// A table has the same field twice.
    #[error("the field `{field}` occurs twice")]
    DuplicateField {
        /// Its name; only its length if it may be a secret.
        field: String,
    },
    /// A required field is missing.
    #[error("the field `{field}` is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A value does not have its field's type.
    #[error("`{field}` must be {expected}, not {found}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The expected type.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// A value is not one of its field's possible values.
    #[error("`{found}` is not a valid `{field}`; valid are {}", Listed(known))]
    UnknownValue {
        /// The field.
        field: &'static str,
        /// The value found; only its length if it may be a secret.
        found: String,
        /// The possible values.
        known: &'static [&'static str],
    },
    /// A time is neither RFC 3339, nor a date, nor `never`.
    #[error(
        "`{found}` is not a valid time from 1970 to 9999: write it as 2027-06-30T12:00:00Z or \
         2027-06-30, or write \"never\""
    )]
    Time {
        /// The value found; only its length if it may be a secret.
        found: String,
    },
    /// An entry never expires, but also has `on-expiry`.
    #[error("`on-expiry` has no meaning where `expires` is \"never\"")]
    OnExpiryOfNever,
    /// The number of hosts is not `count`: the file was truncated, or only partly edited.
    #[error("`count` says {declared}, but there are {found} hosts")]
    Count {
        /// The value in the file.
        declared: u64,
        /// The number of hosts found.
        found: usize,
    },
    /// A host pattern cannot be used.
    #[error(transparent)]
    Host(PatternError),
    /// Two entries have the same host pattern.
    #[error("{host} has an entry on line {first_line} already")]
    DuplicateHost {
        /// The host pattern.
        host: String,
        /// The line of the other entry.
        first_line: usize,
    },
    /// A pin, or the pins of an entry, cannot be used.
    #[error(transparent)]
    Pin(PinError),
    /// The name of a bundle is empty, too long, or has other characters than letters, digits, `.`,
    /// `-` and `_`.
    #[error("`{found}` is not a valid bundle name: write 1 to 64 letters, digits and .-_")]
    BundleName {
        /// The value found; only its length if it may be a secret.
        found: String,
    },
}

impl PinFileError {
    pub(super) fn new(file: &str, place: Option<(usize, usize)>, problem: PinFileProblem) -> Self {
        Self {
            file: Arc::from(file),
            place,
            problem,
        }
    }

    /// The file, or a word in parentheses for a text in memory.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1, if the problem has one.
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column, in characters from 1, if the problem has one.
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }

    /// What is wrong.
    pub fn problem(&self) -> &PinFileProblem {
        &self.problem
    }
}

impl fmt::Display for PinFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", one_line(&self.file))?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        let problem = self.problem.to_string();
        let mut characters = problem.trim_end().char_indices();
        match characters.nth(MAX_TEXT) {
            Some((end, _)) => write!(f, " {} …", one_line(&problem[..end])),
            None => write!(f, " {}", one_line(problem.trim_end())),
        }
    }
}

impl Error for PinFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            PinFileProblem::Json(source) => Some(source),
            PinFileProblem::Read(LoadProblem::Io(source)) => Some(source.as_ref()),
            _ => None,
        }
    }
}

/// Prints words as a list, each as code.
struct Listed<'a>(&'a [&'static str]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, word) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}`{word}`")?;
        }
        Ok(())
    }
}
