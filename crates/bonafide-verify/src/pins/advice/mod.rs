//! Making pins, and advice for their use.

mod error;
mod reading;
mod stub;

use std::fmt;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};

pub use self::error::PinAdviceError;
use super::entry::PinRole;
use crate::config::clock::Rfc3339Time;
use crate::x509::spki::SpkiSha256;

/// The pin of a key, with advice: its role, its backup, and warnings.
///
/// ```
/// use bonafide_verify::pins::{PinAdvice, PinRole};
/// # use bonafide_testkit::{Recipe, TestCa};
/// # let ca = TestCa::new();
/// # let identity = ca.issue(Recipe::for_host("db.corp.example"));
/// # let pem = identity.chain_pem() + &ca.pem();
///
/// let chain = PinAdvice::of_pem(pem)?;
/// assert_eq!(chain[0].role, PinRole::Leaf);
/// assert_eq!(chain[0].pin.to_string(), identity.spki_pin());
/// println!("{}", PinAdvice::file_stub("db.corp.example", "2027-06-30", &chain));
/// # Ok::<(), bonafide_verify::pins::PinAdviceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinAdvice {
    /// The pin.
    pub pin: SpkiSha256,
    /// Where the key was found.
    pub source: PinSource,
    /// The role of its pin.
    pub role: PinRole,
    /// The subject of the certificate or request, as RFC 4514 prints it; none for a key.
    pub subject: Option<String>,
    /// The kind of key, for example `ECDSA on P-256` or `RSA, 2048 bits`.
    pub key: String,
    /// The time until which the certificate is valid. The pin is of the key, which may stay in use
    /// for longer.
    pub not_after: Option<UnixTime>,
    /// Warnings about this pin.
    pub warnings: Vec<PinWarning>,
}

/// Where a key was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PinSource {
    /// The certificate of a server.
    Leaf,
    /// A CA certificate that another CA issued.
    Intermediate,
    /// A CA certificate that the CA issued to itself.
    Root,
    /// A request for a certificate (PKCS#10).
    Request,
    /// A public key, or the public half of a private one.
    Key,
}

/// A warning about pinning a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinWarning {
    /// The certificate will be renewed, by default with another key.
    RenewedWithNewKey,
    /// A public CA changes its intermediates without notice.
    PublicIntermediate,
    /// The pin of a root matches where the root is an anchor of the policy, whatever the server
    /// sends, and it matches every certificate that the CA issues.
    OwnRoot,
    /// The server's certificate is self-signed.
    SelfSigned,
    /// The key is too weak for the default profile.
    WeakKey,
    /// The request is not signed by its own key: its author may not have the key.
    RequestNotSigned,
}

impl PinAdvice {
    /// Advice on a chain, leaf first, as a server presents it or as a receipt shows it.
    ///
    /// A CA counts as public if the leaf has timestamps of Certificate Transparency or a policy of
    /// the CA/Browser Forum.
    ///
    /// # Errors
    /// [`PinAdviceError::NothingFound`] for an empty chain, [`PinAdviceError::TooMany`] beyond 64
    /// certificates, [`PinAdviceError::Malformed`].
    pub fn of_chain(chain: &[CertificateDer<'_>]) -> Result<Vec<Self>, PinAdviceError> {
        reading::chain(chain)
    }

    /// Advice on a request for a certificate in DER (PKCS#10, RFC 2986).
    ///
    /// # Errors
    /// [`PinAdviceError::Malformed`].
    pub fn of_request(der: &[u8]) -> Result<Self, PinAdviceError> {
        reading::request(der, 1)
    }

    /// Advice on a public key: a SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7).
    ///
    /// # Errors
    /// [`PinAdviceError::Malformed`].
    pub fn of_public_key(spki: &[u8]) -> Result<Self, PinAdviceError> {
        reading::public_key(spki, 1)
    }

    /// Advice on the public half of a private key.
    ///
    /// # Errors
    /// [`PinAdviceError::Key`] if the crypto provider cannot use it.
    pub fn of_private_key(key: &PrivateKeyDer<'_>) -> Result<Self, PinAdviceError> {
        reading::private_key(key)
    }

    /// Advice on everything in a PEM text: the certificates, as a chain with the leaf first, then
    /// requests and keys.
    ///
    /// # Errors
    /// [`PinAdviceError::Pem`], [`PinAdviceError::NothingFound`], [`PinAdviceError::EncryptedKey`],
    /// [`PinAdviceError::TooMany`] beyond 64, and the errors of the other functions.
    pub fn of_pem(pem: impl AsRef<[u8]>) -> Result<Vec<Self>, PinAdviceError> {
        reading::pem(pem.as_ref())
    }

    /// A pin file in TOML to start from: the first key is pinned, the others are comments, each
    /// with its advice.
    ///
    /// Its mode is `report-only`, and it cannot be loaded until you add a backup. `expires` is RFC
    /// 3339 or a date.
    pub fn file_stub(host: &str, expires: &str, advice: &[Self]) -> String {
        stub::write(host, expires, advice)
    }

    /// What to use as a backup for this pin.
    pub fn backup(&self) -> &'static str {
        match self.role {
            PinRole::Ca => {
                "pin a second CA that could issue for this host within a day, and that has another \
                 owner"
            }
            _ => {
                "create a second key now, store it away from the servers, and prepare its \
                 certificate request"
            }
        }
    }
}

impl fmt::Display for PinSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leaf => "server certificate",
            Self::Intermediate => "intermediate",
            Self::Root => "root",
            Self::Request => "certificate request",
            Self::Key => "key",
        })
    }
}

impl fmt::Display for PinWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RenewedWithNewKey => {
                "a renewal creates a new key unless it is configured to keep this one (certbot: \
                 --reuse-key); a new key locks out every client that has only this pin"
            }
            Self::PublicIntermediate => {
                "a public CA changes its intermediates without notice; pin a root of that CA, or \
                 your own key"
            }
            Self::OwnRoot => {
                "the pin of a root matches where the root is an anchor, whatever the server sends; \
                 every certificate that the CA issues for this host matches"
            }
            Self::SelfSigned => {
                "self-signed: it is accepted only if it is itself an anchor, or if the zone names \
                 exactly this key"
            }
            Self::WeakKey => "too weak: the default profile refuses such a key anywhere on a path",
            Self::RequestNotSigned => {
                "the request is not signed by its own key: its author may not have the key"
            }
        })
    }
}

/// Several lines for a person, without a trailing line break.
impl fmt::Display for PinAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(subject) = &self.subject {
            write!(f, " {subject}")?;
        }
        write!(f, ", {}", self.key)?;
        if let Some(not_after) = self.not_after {
            write!(f, ", until {}", Rfc3339Time(not_after))?;
        }
        write!(f, "\n  {} {}", self.role.name(), self.pin)?;
        write!(f, "\n  backup: {}", self.backup())?;
        for warning in &self.warnings {
            write!(f, "\n  beware: {warning}")?;
        }
        Ok(())
    }
}
