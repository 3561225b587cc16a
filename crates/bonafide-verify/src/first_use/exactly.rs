//! One key or one certificate that a zone trusts.

use std::fmt;
use std::str::FromStr;

use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use crate::text::excerpt;
use crate::x509::certificate::base16;
use crate::x509::spki::{PinError, SpkiSha256};

/// The SHA-256 of a certificate's whole DER.
///
/// Prints 64 hexadecimal digits in pairs, as `openssl x509 -noout -fingerprint -sha256` does. Reads
/// them with or without colons.
///
/// ```
/// use bonafide_verify::first_use::CertificateSha256;
///
/// let digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let certificate: CertificateSha256 = digits.parse()?;
/// assert_eq!(certificate.to_string().parse(), Ok(certificate));
/// # Ok::<(), bonafide_verify::x509::PinError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateSha256(pub [u8; 32]);

impl CertificateSha256 {
    /// The hash of a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for CertificateSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for CertificateSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base16(&self.0))
    }
}

impl FromStr for CertificateSha256 {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let bare: String = text.chars().filter(|c| *c != ':').collect();
        // Pins are read from the same hexadecimal digits. Their form `sha256/…` is rejected here.
        match bare.parse::<SpkiSha256>() {
            Ok(SpkiSha256(hash)) if !text.starts_with("sha256/") => Ok(Self(hash)),
            _ => Err(PinError::MalformedFingerprint {
                fingerprint: excerpt(text),
            }),
        }
    }
}

/// One key or one certificate that a zone trusts; see
/// [`ZoneBuilder::exactly`](crate::ZoneBuilder::exactly).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exactly {
    /// Every certificate with this key.
    Key(SpkiSha256),
    /// This certificate.
    Certificate(CertificateSha256),
}

impl Exactly {
    pub(crate) fn is(self, key: SpkiSha256, certificate: CertificateSha256) -> bool {
        match self {
            Self::Key(named) => named == key,
            Self::Certificate(named) => named == certificate,
        }
    }
}

impl fmt::Display for Exactly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "key {key}"),
            Self::Certificate(certificate) => write!(f, "certificate {certificate}"),
        }
    }
}

impl From<SpkiSha256> for Exactly {
    fn from(key: SpkiSha256) -> Self {
        Self::Key(key)
    }
}

impl From<CertificateSha256> for Exactly {
    fn from(certificate: CertificateSha256) -> Self {
        Self::Certificate(certificate)
    }
}

impl From<&CertificateDer<'_>> for Exactly {
    fn from(certificate: &CertificateDer<'_>) -> Self {
        Self::Certificate(CertificateSha256::of(certificate))
    }
}

impl From<CertificateDer<'_>> for Exactly {
    fn from(certificate: CertificateDer<'_>) -> Self {
        Self::from(&certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_openssl_prints_it_and_a_pin_is_none() {
        let hash = CertificateSha256::of(&CertificateDer::from(b"certificate".to_vec()));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(hash.to_string().len(), 95);
        for text in ["", "AB:CD", &SpkiSha256(hash.0).to_string()] {
            assert_eq!(
                text.parse::<CertificateSha256>(),
                Err(PinError::MalformedFingerprint {
                    fingerprint: text.to_owned()
                })
            );
        }
    }

    #[test]
    fn a_key_is_not_a_certificate_with_the_same_hash() {
        let (key, certificate) = (SpkiSha256([1; 32]), CertificateSha256([2; 32]));
        assert!(Exactly::Key(key).is(key, certificate));
        assert!(Exactly::Certificate(certificate).is(key, certificate));
        assert!(!Exactly::Key(SpkiSha256([2; 32])).is(key, certificate));
        assert!(!Exactly::Certificate(CertificateSha256([1; 32])).is(key, certificate));
    }
}
