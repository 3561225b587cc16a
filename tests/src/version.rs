//! Versions of TLS, as openssl takes them.

/// A version of TLS, from before the ones that are safe to those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Version {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Version {
    /// The option with which openssl uses this version alone.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Tls10 => "-tls1",
            Self::Tls11 => "-tls1_1",
            Self::Tls12 => "-tls1_2",
            Self::Tls13 => "-tls1_3",
        }
    }
}
