//! Pins: the SHA-256 of a SubjectPublicKeyInfo.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::host::pattern::HostPattern;
use crate::text::excerpt;
use crate::x509::certificate::{Certificate, base16};

/// The SHA-256 of a certificate's whole DER-encoded SubjectPublicKeyInfo (RFC 7469, 2.4).
///
/// Reads and prints `sha256/BASE64`; also reads 64 hexadecimal digits, with or without colons. It
/// equals what `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst
/// -sha256` prints.
///
/// ```
/// use bonafide_verify::x509::SpkiSha256;
///
/// let pin: SpkiSha256 = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?;
/// let same: SpkiSha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".parse()?;
/// assert_eq!(pin, same);
/// # Ok::<(), bonafide_verify::x509::PinError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpkiSha256(pub [u8; 32]);

impl SpkiSha256 {
    /// The pin of a DER-encoded SubjectPublicKeyInfo.
    pub fn of_spki(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }

    /// The pin of a certificate's key.
    pub fn of_certificate(certificate: &Certificate<'_>) -> Self {
        Self::of_spki(certificate.subject_public_key_info())
    }

    /// The pin as 64 lower-case hexadecimal digits, as `openssl dgst` prints it.
    pub fn to_hex(self) -> String {
        base16(&self.0)
    }
}

impl fmt::Display for SpkiSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SpkiSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As text, `sha256/BASE64`.
impl Serialize for SpkiSha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for SpkiSha256 {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let malformed = || PinError::Malformed { pin: excerpt(text) };
        let bytes = match text.strip_prefix("sha256/") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| malformed())?,
            None => decode_hex(text).ok_or_else(malformed)?,
        };
        bytes.try_into().map(Self).map_err(|_| malformed())
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}

/// A pin, a fingerprint or a set of pins cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// The text is neither `sha256/` with 44 characters of Base64 nor 64 hexadecimal digits.
    #[error(
        "`{pin}` is not a valid pin: write `sha256/` and the Base64 of 32 bytes, or 64 hexadecimal digits"
    )]
    Malformed {
        /// The text; only its length if it may be a secret.
        pin: String,
    },
    /// The text is not the 64 hexadecimal digits of a certificate's SHA-256.
    #[error(
        "`{fingerprint}` is not a valid SHA-256 fingerprint: write 64 hexadecimal digits, with or without colons"
    )]
    MalformedFingerprint {
        /// The text; only its length if it may be a secret.
        fingerprint: String,
    },
    /// The set has no pin at all.
    #[error("the pin set for {pattern} is empty")]
    Empty {
        /// The pattern of the set.
        pattern: HostPattern,
    },
    /// The set has no second pin: after the loss of one key the host could not be reached.
    #[error(
        "no backup pin for {pattern}: add a second, different pin, or waive it explicitly with `without_backup` (in files `backup = \"waived\"`)"
    )]
    BackupMissing {
        /// The pattern of the set.
        pattern: HostPattern,
    },
    /// Neither an expiry nor `never_expires` was set.
    #[error("the pins for {pattern} have no expiry: call `expires` or `never_expires`")]
    ExpiryMissing {
        /// The pattern of the set.
        pattern: HostPattern,
    },
    /// The set expires after the year 9999, which a file cannot express. Use `never_expires`.
    #[error("the pins for {pattern} expire after the year 9999")]
    ExpiryOutOfRange {
        /// The pattern of the set.
        pattern: HostPattern,
    },
    /// The set has too many pins.
    #[error("more than {limit} pins for {pattern}")]
    TooMany {
        /// The pattern of the set.
        pattern: HostPattern,
        /// How many it may have.
        limit: usize,
    },
    /// Two sets are for the same pattern.
    #[error("two sets of pins are for {pattern}")]
    DuplicateHost {
        /// The pattern of both.
        pattern: HostPattern,
    },
    /// There are no pins for any host.
    #[error("the pin set names no hosts")]
    NoHosts,
    /// There are pins for too many host patterns.
    #[error("the pin set names more than {limit} hosts")]
    TooManyHosts {
        /// How many there may be.
        limit: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_survives_printing_and_reading() {
        let pin = SpkiSha256::of_spki(b"key");
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!(pin.to_hex().parse(), Ok(pin));
    }

    #[test]
    fn malformed_pins_are_refused_by_name() {
        let long = format!("sha256/{}", STANDARD.encode([0; 33]));
        let short = "ab".repeat(31);
        for text in [
            "",
            "sha256/",
            "sha256/AAAA",
            "sha1/AAAA",
            "xyz",
            "0",
            long.as_str(),
            short.as_str(),
        ] {
            assert_eq!(
                text.parse::<SpkiSha256>(),
                Err(PinError::Malformed { pin: excerpt(text) })
            );
        }
    }
}
