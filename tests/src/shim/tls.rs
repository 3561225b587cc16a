//! Certificates.

use bonafide::Error;
use bonafide_verify::CustomCa;

/// A root.
pub struct Certificate(CustomCa);

impl Certificate {
    /// Reads it when the client is built.
    ///
    /// # Errors
    /// Never; reqwest's method has them.
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self(CustomCa::pem("a root of the program", pem)))
    }
}

impl From<Certificate> for CustomCa {
    fn from(certificate: Certificate) -> Self {
        certificate.0
    }
}
