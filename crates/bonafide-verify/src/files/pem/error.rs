//! What is wrong with a section of PEM.

use std::fmt;

use rustls_pki_types::pem;

use crate::files::found_kind::FoundKind;

/// A section of PEM cannot be read: what is wrong, and where. The error contains nothing of the
/// text, which may be a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PemError {
    fault: PemFault,
    section: Option<usize>,
}

/// What is wrong with a section of PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemFault {
    /// It has no BEGIN marker on its own line. The line breaks of the text may have been lost, for
    /// example because `\n` was written as two characters.
    Begin,
    /// It has no END marker with its label at the beginning of a line.
    End,
    /// Its content is not Base64.
    Base64,
    /// It is of another kind than the expected one; without a section, the whole text is.
    OtherKind(FoundKind),
    /// The PEM parser rejected it for another reason.
    Other,
}

impl PemError {
    /// What is wrong.
    pub fn fault(&self) -> PemFault {
        self.fault
    }

    /// The number of the section in its text, from 1, if it is known.
    pub fn section(&self) -> Option<usize> {
        self.section
    }

    pub(crate) fn new(fault: PemFault, section: impl Into<Option<usize>>) -> Self {
        let section = section.into();
        Self { fault, section }
    }

    /// The error of rustls-pki-types without the text that it carries.
    pub(crate) fn of(error: &pem::Error, section: Option<usize>) -> Self {
        let fault = match error {
            pem::Error::IllegalSectionStart { .. } => PemFault::Begin,
            // If the whole text is one line, its markers are read as one long marker.
            pem::Error::MissingSectionEnd { end_marker }
                if end_marker.windows(5).any(|bytes| bytes == b"-----") =>
            {
                PemFault::Begin
            }
            pem::Error::MissingSectionEnd { .. } => PemFault::End,
            pem::Error::Base64Decode(_) => PemFault::Base64,
            _ => PemFault::Other,
        };
        Self { fault, section }
    }

    /// The kind that was found instead of the expected one, if that is the fault.
    pub(crate) fn other_kind(&self) -> Option<FoundKind> {
        match self.fault {
            PemFault::OtherKind(kind) => Some(kind),
            _ => None,
        }
    }
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.section, self.fault) {
            (Some(section), _) => write!(f, "section {section} ")?,
            (None, PemFault::OtherKind(_)) => f.write_str("the content ")?,
            (None, _) => f.write_str("a section ")?,
        }
        match self.fault {
            PemFault::Begin => f.write_str(
                "does not begin with a BEGIN marker on its own line: the line breaks may have been lost",
            ),
            PemFault::End => f.write_str("has no END marker on its own line"),
            PemFault::Base64 => f.write_str("is not Base64"),
            PemFault::OtherKind(kind) => write!(f, "is {kind}"),
            PemFault::Other => f.write_str("cannot be read"),
        }
    }
}

impl std::error::Error for PemError {}
