//! Whether an anchor may issue (RFC 5280, 4.2.1.9).

use crate::x509::certificate::{BasicConstraints, Certificate, Extensions, Known};

/// What an anchor may verify. rustls-webpki keeps neither version nor basic constraints of an
/// anchor: without this, every certificate among the anchors would count as a CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Certificates that it has issued.
    Issuer,
    /// Only its own certificate, if that is self-signed.
    OwnCertificate,
}

impl Standing {
    /// A certificate of version 1 has no extensions and counts as an issuer. One of version 3 is an
    /// issuer if its basic constraints can be read and say `CA:TRUE`.
    pub(super) fn of(certificate: &[u8]) -> Self {
        let may_issue = || {
            let certificate = Certificate::from_der(certificate).ok()?;
            if certificate.version() == 1 {
                return Some(true);
            }
            let extensions = Extensions::of(&certificate).ok()?;
            let constraints = extensions.get(Known::BasicConstraints)?;
            Some(BasicConstraints::read(constraints.value).ok()?.ca)
        };
        match may_issue() {
            Some(true) => Self::Issuer,
            Some(false) | None => Self::OwnCertificate,
        }
    }
}
