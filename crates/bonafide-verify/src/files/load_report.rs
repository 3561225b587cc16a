//! What the sources of anchors contained, and what could not be read.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::files::found_kind::FoundKind;
use crate::files::pem::PemError;

/// The result of loading anchors: how many, from which sources, what failed and why.
#[derive(Clone, Debug, Default)]
pub struct AnchorReport {
    /// One entry for each source, in the order in which the sources were added.
    pub sources: Vec<SourceReport>,
}

/// The result of loading one source of anchors.
#[derive(Clone, Debug)]
pub struct SourceReport {
    /// The name of the source: a path, `system store`, a variable or a label.
    pub source: String,
    /// How many anchors were loaded from it.
    pub loaded: usize,
    /// How many certificates were skipped because the same one was loaded before.
    pub duplicates: usize,
    /// What could not be read.
    pub failures: Vec<LoadFailure>,
    /// What was loaded and can do less than other anchors: [`LoadProblem::NotACa`].
    pub remarks: Vec<LoadFailure>,
}

/// One thing that could not be read as an anchor.
#[derive(Clone, Debug)]
pub struct LoadFailure {
    /// Where: a file, a directory, or the label of bytes in memory.
    pub location: String,
    /// Why.
    pub problem: LoadProblem,
}

/// Why a file, a directory, a section of PEM or an object could not be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoadProblem {
    /// The file or directory could not be read.
    Io(Arc<std::io::Error>),
    /// A PEM section is malformed.
    Pem(PemError),
    /// A PEM section, or the whole content, is of another kind than the expected one.
    OtherKind {
        /// The number of the section, from 1; `None` if the whole content is meant.
        section: Option<usize>,
        /// Its kind.
        kind: FoundKind,
    },
    /// More bytes follow the DER of the object with this position in its source, from 1.
    TrailingBytes {
        /// The position, from 1.
        position: usize,
        /// How many bytes.
        bytes: usize,
    },
    /// It contains no certificate.
    NoCertificate,
    /// It contains nothing of the expected kind.
    NothingFound,
    /// The directory contains no files; sub-directories are not entered.
    EmptyDirectory,
    /// The symbolic link has no target, or is part of a loop; with the operating system's error.
    BrokenLink(Arc<std::io::Error>),
    /// The certificate with this position in its source, from 1, cannot be an anchor.
    NotAnAnchor {
        /// The position, from 1.
        position: usize,
        /// The error of rustls-webpki.
        source: webpki::Error,
    },
    /// The certificate with this position in its source is not a CA's: it is of version 3 and its
    /// basic constraints do not say `CA:TRUE` (RFC 5280, 4.2.1.9). No other certificate is verified
    /// by it. A self-signed one verifies itself, for its own names.
    NotACa {
        /// The position, from 1.
        position: usize,
    },
    /// The certificate with this position in its source has malformed name constraints, so
    /// [`CustomCa::only_for`](crate::CustomCa::only_for) cannot restrict it.
    CannotBeFenced {
        /// The position, from 1.
        position: usize,
    },
    /// The certificate revocation list with this position in its source, from 1, cannot be used.
    NotACrl {
        /// The position, from 1.
        position: usize,
        /// Why not.
        problem: CrlProblem,
    },
    /// It is not a CRLite filter of a known version; with the error of the parser.
    NotAFilter(Arc<str>),
    /// It is larger than the limit for one source.
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// It is a directory where a file was named.
    IsADirectory,
    /// It is neither a file nor a directory.
    NotAFile(PathBuf),
    /// The operating system's store returned an error.
    Store(String),
    /// The environment variable is not set, or is empty.
    Unset,
}

/// Why a certificate revocation list cannot be used (RFC 5280, 5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrlProblem {
    /// It is not well-formed DER, or has a malformed field.
    Malformed(der::Error),
    /// It is neither of version 1 nor of version 2 (RFC 5280, 5.1.2.1).
    Version,
    /// Its two fields for the signature's algorithm differ (RFC 5280, 5.1.1.2).
    AlgorithmMismatch,
    /// It has an extension twice (RFC 5280, 4.2).
    RepeatedExtension,
    /// It has no CRL number (RFC 5280, 5.2.3).
    NoNumber,
    /// Its CRL number is marked as critical (RFC 5280, 5.2.3).
    CriticalNumber,
    /// It is a delta CRL, which is not supported (RFC 5280, 5.2.4).
    Delta,
    /// It may list certificates of other issuers, which is not supported (RFC 5280, 5.2.5 and
    /// 5.3.3).
    Indirect,
    /// It, or an entry of it, has an unknown critical extension (RFC 5280, 5.2 and 5.3).
    CriticalExtension {
        /// The extension's object identifier, with dots.
        id: String,
    },
}

impl AnchorReport {
    /// How many anchors were loaded.
    pub fn loaded(&self) -> usize {
        self.sources.iter().map(|source| source.loaded).sum()
    }

    /// Everything that was loaded and can do less than other anchors.
    pub fn remarks(&self) -> impl Iterator<Item = &LoadFailure> {
        self.sources.iter().flat_map(|source| &source.remarks)
    }

    /// Everything that could not be read.
    pub fn failures(&self) -> impl Iterator<Item = &LoadFailure> {
        self.sources.iter().flat_map(|source| &source.failures)
    }
}

/// Lists up to eight failures of each source, and counts the rest.
impl fmt::Display for AnchorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More failures of a source than this are counted, not listed.
        const LISTED: usize = 8;
        for (index, source) in self.sources.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {} loaded", source.source, source.loaded)?;
            for failure in source.failures.iter().take(LISTED) {
                write!(f, ", {}", failure.within(&source.source))?;
            }
            let more = source.failures.len().saturating_sub(LISTED);
            if more > 0 {
                write!(f, ", and {more} more that could not be read")?;
            }
            for remark in source.remarks.iter().take(LISTED) {
                write!(f, ", {}", remark.within(&source.source))?;
            }
            let more = source.remarks.len().saturating_sub(LISTED);
            if more > 0 {
                write!(f, ", and {more} more remarks")?;
            }
        }
        if self.sources.is_empty() {
            f.write_str("no source was configured")?;
        }
        Ok(())
    }
}

impl LoadFailure {
    /// The text beside the name of the source: without the place where that is the source itself.
    fn within(&self, source: &str) -> String {
        match self.location == source {
            true => self.problem.to_string(),
            false => self.to_string(),
        }
    }
}

impl fmt::Display for LoadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.problem)
    }
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Pem(error) => write!(f, "malformed PEM: {error}"),
            Self::OtherKind {
                section: Some(section),
                kind,
            } => write!(
                f,
                "PEM section {section} is {kind}, which is not expected here"
            ),
            Self::OtherKind {
                section: None,
                kind,
            } => write!(f, "the content is {kind}, which is not expected here"),
            Self::TrailingBytes { position, bytes } => {
                write!(
                    f,
                    "{bytes} unexpected bytes follow the DER of object {position}"
                )
            }
            Self::NoCertificate => f.write_str("contains no certificate"),
            Self::NothingFound => f.write_str("contains nothing of the expected kind"),
            Self::EmptyDirectory => f.write_str("the directory contains no files"),
            Self::BrokenLink(error) => write!(f, "broken symbolic link: {error}"),
            Self::NotAnAnchor { position, source } => {
                write!(f, "certificate {position} cannot be an anchor: {source}")
            }
            Self::NotACa { position } => write!(
                f,
                "certificate {position} is not a CA certificate: as an anchor it can verify only itself"
            ),
            Self::CannotBeFenced { position } => write!(
                f,
                "certificate {position} has malformed name constraints, so `only_for` cannot restrict it"
            ),
            Self::NotACrl { position, problem } => {
                write!(f, "revocation list {position} cannot be used: {problem}")
            }
            Self::NotAFilter(error) => write!(f, "not a CRLite filter: {error}"),
            Self::TooLarge { limit_bytes } => write!(f, "larger than {limit_bytes} bytes"),
            Self::IsADirectory => f.write_str("is a directory, and a file was named"),
            Self::NotAFile(path) => {
                write!(f, "{} is neither a file nor a directory", path.display())
            }
            Self::Store(message) => f.write_str(message),
            Self::Unset => f.write_str("the environment variable is not set"),
        }
    }
}

impl fmt::Display for CrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed: {error}"),
            Self::Version => f.write_str("its version is unknown"),
            Self::AlgorithmMismatch => f.write_str("its two signature algorithm fields differ"),
            Self::RepeatedExtension => f.write_str("it has an extension twice"),
            Self::NoNumber => f.write_str("it has no CRL number"),
            Self::CriticalNumber => f.write_str("its CRL number is marked as critical"),
            Self::Delta => f.write_str("it is a delta CRL, which is not supported"),
            Self::Indirect => f.write_str("it is an indirect CRL, which is not supported"),
            Self::CriticalExtension { id } => {
                write!(f, "it has the unknown critical extension {id}")
            }
        }
    }
}

impl LoadProblem {
    /// Whether it is a PEM section that a file may contain together with the expected ones, such as
    /// a key together with its certificate.
    pub(crate) fn is_beside(&self) -> bool {
        matches!(self, Self::OtherKind { section: Some(_), kind } if kind.is_beside())
    }
}

impl From<PemError> for LoadProblem {
    fn from(error: PemError) -> Self {
        match error.other_kind() {
            Some(kind) => Self::OtherKind {
                section: error.section(),
                kind,
            },
            None => Self::Pem(error),
        }
    }
}

impl From<der::Error> for CrlProblem {
    fn from(error: der::Error) -> Self {
        Self::Malformed(error)
    }
}

impl SourceReport {
    /// The first problem of a source that has no certificate at all. A variable that is not set
    /// has no source.
    pub(crate) fn unread(&self) -> Option<&LoadProblem> {
        let LoadFailure { problem, .. } = self.failures.first()?;
        let is_empty = self.loaded == 0 && self.duplicates == 0;
        (is_empty && !matches!(problem, LoadProblem::Unset)).then_some(problem)
    }

    pub(crate) fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            loaded: 0,
            duplicates: 0,
            failures: Vec::new(),
            remarks: Vec::new(),
        }
    }

    pub(crate) fn remark(&mut self, location: impl Into<String>, problem: LoadProblem) {
        self.remarks.push(LoadFailure {
            location: location.into(),
            problem,
        });
    }

    pub(crate) fn fail(&mut self, location: impl Into<String>, problem: LoadProblem) {
        self.failures.push(LoadFailure {
            location: location.into(),
            problem,
        });
    }
}
