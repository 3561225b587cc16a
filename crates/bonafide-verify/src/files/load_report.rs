//! What loading anchors found, and what it could not read.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::files::found_kind::FoundKind;
use crate::files::pem::PemError;

/// What loading a set of anchors found: how many, from where, what failed and why.
#[derive(Clone, Debug, Default)]
pub struct AnchorReport {
    /// One entry a source, in the order of the recipe.
    pub sources: Vec<SourceReport>,
}

/// What one source of anchors gave.
#[derive(Clone, Debug)]
pub struct SourceReport {
    /// The source as a person would name it: a path, `system store`, a variable, a label.
    pub source: String,
    /// How many anchors were taken from it.
    pub loaded: usize,
    /// How many certificates were left out since the same one was there already.
    pub duplicates: usize,
    /// What could not be read.
    pub failures: Vec<LoadFailure>,
    /// What was taken, and does less than an anchor usually does: [`LoadProblem::NotACa`].
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

/// Why something could not be read as an anchor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoadProblem {
    /// The file or directory could not be read.
    Io(Arc<std::io::Error>),
    /// A PEM section is malformed.
    Pem(PemError),
    /// A PEM section, or all of it, is of another kind than what is read here.
    OtherKind {
        /// The number of the section, from 1; none where it is about the whole.
        section: Option<usize>,
        /// What it is.
        kind: FoundKind,
    },
    /// More bytes follow the DER of the object with this position in its source, from 1.
    TrailingBytes {
        /// The position, from 1.
        position: usize,
        /// How many bytes.
        bytes: usize,
    },
    /// There is no certificate in it.
    NoCertificate,
    /// There is nothing in it of what was looked for.
    NothingFound,
    /// The directory has no file in it; directories in it are not entered.
    EmptyDirectory,
    /// The link leads to no file or directory, or round in a circle: what the operating system says.
    BrokenLink(Arc<std::io::Error>),
    /// The certificate with this position in its source, from 1, is not one that can be an anchor.
    NotAnAnchor {
        /// The position, from 1.
        position: usize,
        /// What rustls-webpki says of it.
        source: webpki::Error,
    },
    /// The certificate with this position in its source is not a CA's: it is of version 3 and its
    /// basic constraints do not say `CA:TRUE` (RFC 5280, 4.2.1.9). It vouches for no other
    /// certificate. A self-signed one proves itself, for its own names.
    NotACa {
        /// The position, from 1.
        position: usize,
    },
    /// The certificate with this position in its source has name constraints of its own that cannot be read, so that no fence can be put around
    /// it.
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
    /// It is not a CRLite filter of a known version; what the reader of filters says.
    NotAFilter(Arc<str>),
    /// It is larger than the limit for one source.
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// It is neither a file nor a directory.
    NotAFile(PathBuf),
    /// The operating system's store answered with an error.
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
    /// An extension is there twice (RFC 5280, 4.2).
    RepeatedExtension,
    /// It has no CRL number (RFC 5280, 5.2.3).
    NoNumber,
    /// Its CRL number is marked as critical (RFC 5280, 5.2.3).
    CriticalNumber,
    /// It lists changes only, which is not supported (RFC 5280, 5.2.4).
    Delta,
    /// It may list certificates of other issuers, which is not supported (RFC 5280, 5.2.5 and
    /// 5.3.3).
    Indirect,
    /// It, or an entry of it, has a critical extension that is not understood (RFC 5280, 5.2 and
    /// 5.3).
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

    /// Everything that was taken and does less than an anchor usually does.
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
                write!(f, ", {failure}")?;
            }
            let more = source.failures.len().saturating_sub(LISTED);
            if more > 0 {
                write!(f, ", and {more} more that could not be read")?;
            }
            for remark in source.remarks.iter().take(LISTED) {
                write!(f, ", {remark}")?;
            }
            let more = source.remarks.len().saturating_sub(LISTED);
            if more > 0 {
                write!(f, ", and {more} more remarks")?;
            }
        }
        if self.sources.is_empty() {
            f.write_str("no source given")?;
        }
        Ok(())
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
            } => write!(f, "section {section} is {kind}, which is not read here"),
            Self::OtherKind {
                section: None,
                kind,
            } => write!(f, "it is {kind}, which is not read here"),
            Self::TrailingBytes { position, bytes } => {
                write!(f, "{bytes} more bytes follow the DER of object {position}")
            }
            Self::NoCertificate => f.write_str("no certificate in it"),
            Self::NothingFound => f.write_str("nothing of the kind in it"),
            Self::EmptyDirectory => f.write_str("no file in the directory"),
            Self::BrokenLink(error) => write!(f, "a link that leads to no file: {error}"),
            Self::NotAnAnchor { position, source } => {
                write!(f, "certificate {position} cannot be an anchor: {source}")
            }
            Self::NotACa { position } => write!(
                f,
                "certificate {position} is not a CA: it vouches for no certificate but itself"
            ),
            Self::CannotBeFenced { position } => write!(
                f,
                "certificate {position} has name constraints that no fence can be put around"
            ),
            Self::NotACrl { position, problem } => {
                write!(f, "revocation list {position} cannot be used: {problem}")
            }
            Self::NotAFilter(error) => write!(f, "not a CRLite filter: {error}"),
            Self::TooLarge { limit_bytes } => write!(f, "larger than {limit_bytes} bytes"),
            Self::NotAFile(path) => {
                write!(f, "{} is neither a file nor a directory", path.display())
            }
            Self::Store(message) => f.write_str(message),
            Self::Unset => f.write_str("not set"),
        }
    }
}

impl fmt::Display for CrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed: {error}"),
            Self::Version => f.write_str("of an unknown version"),
            Self::AlgorithmMismatch => f.write_str("it names two signature algorithms"),
            Self::RepeatedExtension => f.write_str("an extension is there twice"),
            Self::NoNumber => f.write_str("it has no CRL number"),
            Self::CriticalNumber => f.write_str("its CRL number is marked as critical"),
            Self::Delta => f.write_str("it lists changes only, which is not supported"),
            Self::Indirect => f.write_str("it is an indirect one, which is not supported"),
            Self::CriticalExtension { id } => write!(
                f,
                "it has the critical extension {id}, which is not understood"
            ),
        }
    }
}

impl LoadProblem {
    /// Whether it is a section that may stand in a file beside what is read from it, such as a key
    /// beside its certificate.
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
