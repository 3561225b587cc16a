//! Signed certificate timestamps: their encoding (RFC 6962, 3.2 and 3.3), and why one does not
//! count.

use std::fmt;

use rustls_pki_types::UnixTime;

use crate::config::clock::Rfc3339Time;

/// Maximum number of timestamps in a list. Each one costs a signature verification, and no known
/// certificate has more.
pub(crate) const MAX_SCTS: usize = 32;
/// The only version there is (RFC 6962, 3.2).
const VERSION_1: u8 = 0;

/// A signed certificate timestamp of version 1, as sent, not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sct<'a> {
    /// The SHA-256 of the log's key.
    pub(crate) log: [u8; 32],
    /// Milliseconds since 1970.
    pub(crate) timestamp: u64,
    pub(crate) extensions: &'a [u8],
    /// `HashAlgorithm` and `SignatureAlgorithm` of RFC 5246, 7.4.1.4.1.
    pub(crate) algorithm: [u8; 2],
    pub(crate) signature: &'a [u8],
}

/// Why a list of signed certificate timestamps cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SctListError {
    /// The certificate's extension is not an OCTET STRING, or occurs twice.
    Extension,
    /// A length points past the end.
    Truncated,
    /// Bytes follow after the end.
    TrailingBytes,
    /// The list, or an element of it, is empty.
    Empty,
    /// The list has too many timestamps.
    TooMany {
        /// Maximum number allowed.
        allowed: usize,
    },
}

impl fmt::Display for SctListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension => f.write_str("the extension is not one OCTET STRING"),
            Self::Truncated => f.write_str("a length points past the end"),
            Self::TrailingBytes => f.write_str("bytes follow after the end"),
            Self::Empty => f.write_str("the list or an element of it is empty"),
            Self::TooMany { allowed } => write!(f, "it has more than {allowed} elements"),
        }
    }
}

/// Where a list of signed certificate timestamps was found (RFC 6962, 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SctSource {
    /// In an extension of the certificate.
    Certificate,
    /// In the handshake, beside the certificate.
    Handshake,
}

impl fmt::Display for SctSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "the certificate",
            Self::Handshake => "the handshake",
        })
    }
}

/// A signed certificate timestamp that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncountedSct {
    /// The log's description in the log list, or its id in hexadecimal where it is not listed.
    pub log: String,
    /// Why the timestamp does not count.
    pub fault: SctFault,
}

impl fmt::Display for UncountedSct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.log, self.fault)
    }
}

/// Why a signed certificate timestamp does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SctFault {
    /// Its log is not in the log list.
    UnknownLog,
    /// The log list does not trust its log: the log is pending, rejected, or without a state.
    UntrustedLog,
    /// Its log was retired, and the timestamp is newer than the retirement or not embedded.
    RetiredLog {
        /// When the log was retired.
        retired: UnixTime,
    },
    /// It is from the future.
    InTheFuture {
        /// Its time.
        timestamp: UnixTime,
    },
    /// Its log does not accept certificates with this expiry.
    WrongInterval,
    /// Its signature algorithm is not allowed for logs, or the crypto provider does not support it.
    UnsupportedAlgorithm,
    /// Its signature does not verify for this certificate with the log's key.
    BadSignature,
    /// Other timestamps of the same log were tried before: one that counts, or two that do not.
    SameLog,
}

impl fmt::Display for SctFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLog => f.write_str("not in the log list"),
            Self::UntrustedLog => f.write_str("a log that the log list does not trust"),
            Self::RetiredLog { retired } => {
                write!(f, "retired at {}", Rfc3339Time(*retired))
            }
            Self::InTheFuture { timestamp } => {
                write!(f, "dated {}, in the future", Rfc3339Time(*timestamp))
            }
            Self::WrongInterval => {
                f.write_str("a log that is not for certificates with this expiry")
            }
            Self::UnsupportedAlgorithm => f.write_str("its signature algorithm is not supported"),
            Self::BadSignature => f.write_str("its signature does not verify for this certificate"),
            Self::SameLog => f.write_str("another timestamp of the same log"),
        }
    }
}

/// Reads a `SignedCertificateTimestampList`. Timestamps of other versions are skipped, as the
/// encoding allows.
pub(crate) fn read_list(list: &[u8]) -> Result<Vec<Sct<'_>>, SctListError> {
    let mut outer = Wire(list);
    let mut items = Wire(outer.opaque_16()?);
    outer.end()?;
    if items.0.is_empty() {
        return Err(SctListError::Empty);
    }
    let mut scts = Vec::new();
    let mut elements = 0;
    while !items.0.is_empty() {
        elements += 1;
        if elements > MAX_SCTS {
            return Err(SctListError::TooMany { allowed: MAX_SCTS });
        }
        let mut item = Wire(items.opaque_16()?);
        if item.0.is_empty() {
            return Err(SctListError::Empty);
        }
        let [version] = item.array()?;
        if version != VERSION_1 {
            continue;
        }
        scts.push(Sct {
            log: item.array()?,
            timestamp: u64::from_be_bytes(item.array()?),
            extensions: item.opaque_16()?,
            algorithm: item.array()?,
            signature: item.opaque_16()?,
        });
        item.end()?;
    }
    Ok(scts)
}

/// The unread rest of a TLS encoding (RFC 5246, 4).
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], SctListError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(SctListError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SctListError> {
        let (array, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(SctListError::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    fn opaque_16(&mut self) -> Result<&'a [u8], SctListError> {
        let length = u16::from_be_bytes(self.array()?);
        self.take(length.into())
    }

    fn end(self) -> Result<(), SctListError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(SctListError::TrailingBytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonafide_testkit::TestLog;
    use proptest::prelude::*;

    /// A timestamp of version 1 by log 7 at millisecond 8, with extension 9 and signature 10.
    fn element() -> Vec<u8> {
        let mut element = vec![VERSION_1];
        element.extend([7; 32]);
        element.extend(8_u64.to_be_bytes());
        element.extend([0, 1, 9, 4, 3, 0, 1, 10]);
        element
    }

    fn list(elements: &[Vec<u8>]) -> Vec<u8> {
        TestLog::timestamp_list(elements)
    }

    #[test]
    fn every_field_of_a_timestamp_is_read_and_other_versions_are_left_out() {
        let expected = Sct {
            log: [7; 32],
            timestamp: 8,
            extensions: &[9],
            algorithm: [4, 3],
            signature: &[10],
        };
        let bytes = list(&[element(), vec![1, 2, 3], element()]);
        assert_eq!(read_list(&bytes), Ok(vec![expected; 2]));
    }

    #[test]
    fn a_list_that_is_not_well_formed_is_refused_with_the_reason() {
        let mut long = element();
        long.push(0);
        let mut trailing = list(&[element()]);
        trailing.push(0);
        for (bytes, error) in [
            (vec![], SctListError::Truncated),
            (vec![0, 0], SctListError::Empty),
            (vec![0, 2, 0, 0], SctListError::Empty),
            (vec![0, 3, 0, 0], SctListError::Truncated),
            (list(&[vec![VERSION_1]]), SctListError::Truncated),
            (list(&[long]), SctListError::TrailingBytes),
            (trailing, SctListError::TrailingBytes),
            (
                list(&vec![vec![1]; MAX_SCTS + 1]),
                SctListError::TooMany { allowed: MAX_SCTS },
            ),
        ] {
            assert_eq!(read_list(&bytes), Err(error), "{bytes:?}");
        }
        assert_eq!(read_list(&list(&vec![vec![1]; MAX_SCTS])), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn a_list_that_is_cut_short_anywhere_is_refused(cut in 0_usize..100) {
            let whole = list(&[element(), element()]);
            prop_assume!(cut < whole.len());
            prop_assert_eq!(read_list(&whole[..cut]), Err(SctListError::Truncated));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_list(&bytes);
        }
    }
}
