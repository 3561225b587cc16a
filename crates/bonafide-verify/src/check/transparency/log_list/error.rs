//! Why a log list cannot be used.

use std::path::PathBuf;

use crate::files::json_error::JsonError;
use crate::files::load_report::LoadProblem;

/// Why a log list cannot be used. Positions are paths into the JSON, for example `operators[1].logs[0].key`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogListError {
    /// The file cannot be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: LoadProblem,
    },
    /// It is not JSON, or not of the v3 schema: a field is missing or of another type.
    #[error("not a log list of the v3 schema (line {}, column {})", source.line(), source.column())]
    Json {
        /// What is wrong, and at which line and column.
        #[source]
        source: JsonError,
    },
    /// A key or an id is not Base64, or an id is not 32 bytes long.
    #[error("{at} is not the Base64 of what it should be")]
    Base64 {
        /// Where.
        at: String,
    },
    /// A time is not in the form of RFC 3339, or before 1970.
    #[error("{at} is not a time since 1970 as RFC 3339 writes it")]
    Time {
        /// Where.
        at: String,
    },
    /// An interval ends before it begins.
    #[error("{at} ends before it begins")]
    Interval {
        /// Where.
        at: String,
    },
    /// A log's id is not the SHA-256 of its key (RFC 6962, 3.2).
    #[error("{at} is not the SHA-256 of the log's key")]
    WrongId {
        /// Where.
        at: String,
    },
    /// A log is listed twice.
    #[error("{at} is a log that is listed already")]
    DuplicateLog {
        /// Where the second entry is.
        at: String,
    },
    /// No log is listed.
    #[error("the log list has no logs")]
    NoLogs,
}
