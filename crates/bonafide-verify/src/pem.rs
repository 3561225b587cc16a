//! Reading PEM (RFC 7468), with errors that hold nothing of what was read.
//!
//! The errors of rustls-pki-types carry the line at fault. In a private key whose line ends were
//! lost that line is the whole key.

use std::fmt;

use rustls_pki_types::pem::{self, PemObject, SectionKind};

/// A malformed section of PEM: what is wrong, and where. It holds nothing of the text, which may be
/// a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PemError {
    fault: PemFault,
    section: Option<usize>,
}

/// What is wrong with a section of PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemFault {
    /// The line of its BEGIN marker goes on behind the marker, or is not one: the line ends of the
    /// text may have been lost, as where `\n` was written as two characters.
    Begin,
    /// It has no END marker of its kind at the begin of a line.
    End,
    /// Its content is not Base64.
    Base64,
    /// The reader of PEM gave up for another reason.
    Other,
}

impl PemError {
    /// What is wrong.
    pub fn fault(&self) -> PemFault {
        self.fault
    }

    /// The number of the section in its text, from 1, where it is known. Sections of kinds that are
    /// never read here, such as parameters, are not counted.
    pub fn section(&self) -> Option<usize> {
        self.section
    }

    /// The error of rustls-pki-types without the text that it carries.
    pub(crate) fn of(error: &pem::Error, section: Option<usize>) -> Self {
        let fault = match error {
            pem::Error::IllegalSectionStart { .. } => PemFault::Begin,
            // The markers of a text that is all one line are read as one long marker.
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
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.section {
            Some(section) => write!(f, "section {section} ")?,
            None => f.write_str("a section ")?,
        }
        f.write_str(match self.fault {
            PemFault::Begin => {
                "does not begin with a marker on a line of its own: its line ends may have been lost"
            }
            PemFault::End => "has no END marker on a line of its own",
            PemFault::Base64 => "is not Base64",
            PemFault::Other => "cannot be read",
        })
    }
}

impl std::error::Error for PemError {}

/// The sections of one kind, in their order; those of other kinds are left out.
pub(crate) fn sections<T: PemObject>(text: &[u8]) -> impl Iterator<Item = Result<T, PemError>> {
    let all = <(SectionKind, Vec<u8>)>::pem_slice_iter(text).enumerate();
    all.filter_map(|(index, section)| match section {
        Ok((kind, der)) => T::from_pem(kind, der).map(Ok),
        Err(error) => Some(Err(PemError::of(&error, Some(index + 1)))),
    })
}

/// The first section of one kind, if there is one.
pub(crate) fn first<T: PemObject>(text: &[u8]) -> Result<Option<T>, PemError> {
    sections(text).next().transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use rustls_pki_types::PrivatePkcs8KeyDer;

    use super::*;

    fn error(text: &str) -> (PemFault, Option<usize>) {
        let error = first::<PrivatePkcs8KeyDer<'_>>(text.as_bytes()).unwrap_err();
        (error.fault(), error.section())
    }

    #[test]
    fn each_fault_is_told_with_the_number_of_its_section() {
        let whole = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        // the text, what is wrong with it, in which section
        for (text, fault, section) in [
            ("-----BEGIN PRIVATE KEY----- AAAA", PemFault::Begin, 1),
            (
                r"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                PemFault::Begin,
                1,
            ),
            (
                &format!("{whole}-----BEGIN PRIVATE KEY-----\nAAAA\n"),
                PemFault::End,
                2,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n",
                PemFault::Base64,
                1,
            ),
        ] {
            assert_eq!(error(text), (fault, Some(section)), "{text}");
        }
        let none = first::<PrivatePkcs8KeyDer<'_>>(whole.as_bytes());
        assert_eq!(none.unwrap(), None);
    }
}
