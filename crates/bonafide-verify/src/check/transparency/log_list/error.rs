//! Why a log list cannot be used.

use std::path::PathBuf;

use crate::files::json_error::JsonError;
use crate::files::load_report::LoadProblem;

/// Why a log list cannot be used. A position is a path into the JSON, for example
/// `operators[1].logs[0].key`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogListError {
    /// The file cannot be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system reported.
        problem: LoadProblem,
    },
    /// The file is not JSON, or does not follow the v3 schema: a field is missing or has the wrong
    /// type.
    #[error("not a log list of the v3 schema (line {}, column {})", source.line(), source.column())]
    Json {
        /// What is wrong, and at which line and column.
        #[source]
        source: JsonError,
    },
    /// A key or an id is not Base64, or an id is not 32 bytes long.
    #[error("{at} is not valid Base64 of the right length")]
    Base64 {
        /// The position.
        at: String,
    },
    /// A time is not in RFC 3339 form, or is before 1970.
    #[error("{at} is not an RFC 3339 time of 1970 or later")]
    Time {
        /// The position.
        at: String,
    },
    /// An interval ends before it begins.
    #[error("{at} ends before it begins")]
    Interval {
        /// The position.
        at: String,
    },
    /// A log's id is not the SHA-256 of its key (RFC 6962, 3.2).
    #[error("{at} is not the SHA-256 of the log's key")]
    WrongId {
        /// The position.
        at: String,
    },
    /// A log is listed twice.
    #[error("{at} is a log that is already listed")]
    DuplicateLog {
        /// The position of the second entry.
        at: String,
    },
    /// No log is listed.
    #[error("the log list has no logs")]
    NoLogs,
}
