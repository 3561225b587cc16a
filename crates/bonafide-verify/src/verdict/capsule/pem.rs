//! Certificates as PEM (RFC 7468, 5), one certificate in each text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;

use super::CapsuleError;
use crate::files::pem;

const BEGIN: &str = "-----BEGIN ";
/// Number of bytes that encode as one line of 64 characters.
const BYTES_A_LINE: usize = 48;

pub(super) fn write(certificate: &CertificateDer<'_>) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in certificate.chunks(BYTES_A_LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// Reads the one certificate of `text`, which is the member `at`.
pub(super) fn read(
    text: &str,
    at: impl FnOnce() -> String,
) -> Result<CertificateDer<'static>, CapsuleError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(CapsuleError::Key { at: at() });
    }
    // The PEM reader skips unknown sections, so they are counted here.
    if text.matches(BEGIN).count() != 1 {
        return Err(CapsuleError::Certificate { at: at() });
    }
    match pem::first(text.as_bytes()) {
        Ok(Some(certificate)) => Ok(certificate),
        Ok(None) | Err(_) => Err(CapsuleError::Certificate { at: at() }),
    }
}
