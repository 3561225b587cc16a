//! Making pins, and what to think of before they are used.

mod error;
mod reading;
mod stub;

use std::fmt;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};

pub use self::error::PinAdviceError;
use super::entry::PinRole;
use crate::config::clock::Rfc3339Time;
use crate::x509::spki::SpkiSha256;

/// The pin of a key, with advice: which role it can have, what its backup needs, and what to beware of.
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
    /// What the key was found in.
    pub source: PinSource,
    /// The role that a pin of it has.
    pub role: PinRole,
    /// The subject of the certificate or request, as RFC 4514 prints it; none for a key.
    pub subject: Option<String>,
    /// The kind of key, for example `ECDSA on P-256` or `RSA, 2048 bits`.
    pub key: String,
    /// Until when the certificate is valid. The pin is of the key, which may outlive it.
    pub not_after: Option<UnixTime>,
    /// What to beware of.
    pub warnings: Vec<PinWarning>,
}

/// What a key was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PinSource {
    /// The certificate of a server.
    Leaf,
    /// The certificate of an authority that another one has issued.
    Intermediate,
    /// The certificate of an authority that it has issued to itself.
    Root,
    /// A request for a certificate (PKCS#10).
    Request,
    /// A public key, or the public half of a private one.
    Key,
}

/// What to beware of when a key is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinWarning {
    /// The certificate will be renewed, with another key unless somebody sees to it.
    RenewedWithNewKey,
    /// A public authority takes another intermediate without telling anybody.
    PublicIntermediate,
    /// A root counts where it is an anchor of the policy, whatever the server sends, and speaks for everybody that it issues certificates to.
    OwnRoot,
    /// The server's certificate is signed by its own key.
    SelfSigned,
    /// The key is too weak to be believed under the default profile.
    WeakKey,
    /// The request is not signed by its own key: whoever made it may not have the key.
    RequestNotSigned,
}

impl PinAdvice {
    /// Advice on a chain as a server presents it or a receipt shows it, leaf first.
    ///
    /// Whether an authority is a public one is told by the leaf: by timestamps of Certificate Transparency in it, or a policy of the CA/Browser Forum.
    ///
    /// # Errors
    /// [`PinAdviceError::NothingFound`] for an empty chain, [`PinAdviceError::TooMany`] beyond 64 certificates, [`PinAdviceError::Malformed`].
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
    /// [`PinAdviceError::Key`] where the crypto provider cannot use it.
    pub fn of_private_key(key: &PrivateKeyDer<'_>) -> Result<Self, PinAdviceError> {
        reading::private_key(key)
    }

    /// Advice on everything in a PEM text: the certificates, as a chain with the leaf first, then requests and keys.
    ///
    /// # Errors
    /// [`PinAdviceError::Pem`], [`PinAdviceError::NothingFound`], [`PinAdviceError::EncryptedKey`], [`PinAdviceError::TooMany`] beyond 64, and those of the
    /// other functions.
    pub fn of_pem(pem: impl AsRef<[u8]>) -> Result<Vec<Self>, PinAdviceError> {
        reading::pem(pem.as_ref())
    }

    /// A pin file in TOML to start from: the first key is pinned, the others stand beside it as comments with what there is to know of each.
    ///
    /// It only reports, and it is refused until somebody adds a backup. `expires` is RFC 3339 or a date.
    pub fn file_stub(host: &str, expires: &str, advice: &[Self]) -> String {
        stub::write(host, expires, advice)
    }

    /// What a backup for this pin is.
    pub fn backup(&self) -> &'static str {
        match self.role {
            PinRole::Ca => {
                "pin a second authority that could issue for this host within a day, and that has not the same owner"
            }
            _ => {
                "make a second key now, keep it where the servers are not, and have its certificate request ready"
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
                "a renewal makes a new key unless it is told to keep this one (certbot: --reuse-key); a new key strands whoever has this pin alone"
            }
            Self::PublicIntermediate => {
                "a public authority changes its intermediates without notice; pin a root of it, or your own key"
            }
            Self::OwnRoot => {
                "a root counts where it is an anchor, whatever the server sends; whatever it issues for this host matches"
            }
            Self::SelfSigned => {
                "signed by its own key: it is believed only where it is itself an anchor, or by name as exactly this key"
            }
            Self::WeakKey => "too weak: the default profile refuses such a key anywhere on a path",
            Self::RequestNotSigned => {
                "the request is not signed by its own key: whoever made it may not have the key"
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
