//! Why a pin file is not read.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::files::json_error::JsonError;
use crate::files::load_report::LoadProblem;
use crate::host::pattern::PatternError;
use crate::text::one_line;
use crate::x509::spki::PinError;

/// What is printed of a problem at most: a file may hold a line of megabytes.
const MAX_TEXT: usize = 400;

/// Why a pin file is not read: the file, the line and the column where there is one, and the problem.
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
    /// The name of the file ends neither in `.toml` nor in `.json`.
    #[error("the name of a pin file ends in .toml or .json")]
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
        /// What is wrong; nothing of the text.
        message: String,
    },
    /// It is not well-formed JSON.
    #[error("not well-formed JSON: {}", .0.what())]
    Json(JsonError),
    /// The version of the format is not a known one.
    #[error("version {found} of the format is not known; this reads version 1")]
    UnsupportedVersion {
        /// What the file says.
        found: u64,
    },
    /// There is a field that the format does not have.
    #[error("unknown field `{field}`; known are {}", Listed(known))]
    UnknownField {
        /// Its name; its length alone where it may be a secret.
        field: String,
        /// The fields that there are.
        known: &'static [&'static str],
    },
    /// A field is there twice.
    #[error("the field `{field}` is there twice")]
    DuplicateField {
        /// Its name; its length alone where it may be a secret.
        field: String,
    },
    /// A field is not there.
    #[error("the field `{field}` is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A value is of another type than its field has.
    #[error("`{field}` must be {expected}, not {found}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value is not one that its field can have.
    #[error("`{found}` is no `{field}`; known are {}", Listed(known))]
    UnknownValue {
        /// The field.
        field: &'static str,
        /// What stands there; its length alone where it may be a secret.
        found: String,
        /// What could stand there.
        known: &'static [&'static str],
    },
    /// A time is neither RFC 3339, nor a date, nor `never`.
    #[error(
        "`{found}` is no time from 1970 to 9999: write it as 2027-06-30T12:00:00Z or 2027-06-30, or write \"never\""
    )]
    Time {
        /// What stands there; its length alone where it may be a secret.
        found: String,
    },
    /// An entry says that it never expires, and what happens when it does.
    #[error("`on-expiry` has no meaning where `expires` is \"never\"")]
    OnExpiryOfNever,
    /// The file has another number of hosts than it says: it was cut off, or edited by halves.
    #[error("`count` says {declared}, but there are {found} hosts")]
    Count {
        /// What the file says.
        declared: u64,
        /// How many there are.
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
    /// The name of a bundle is empty, too long, or has other characters than letters, digits, `.`, `-` and `_`.
    #[error("`{found}` cannot be the name of a bundle: write 1 to 64 letters, digits and .-_")]
    BundleName {
        /// What stands there; its length alone where it may be a secret.
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

    /// The file, or a word in parentheses for what was in memory.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1, where the problem has one.
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column, in characters from 1, where the problem has one.
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

/// Prints words one after the other, each as code.
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
