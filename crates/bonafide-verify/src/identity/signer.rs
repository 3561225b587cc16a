//! Private keys that are held elsewhere: in an HSM, a KMS or an agent.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

use super::error::{IdentityError, SignError};
use crate::x509::certificate::{Certificate, subject_text};

/// Signs with a private key that this program does not hold.
///
/// **Signing blocks.** TLS needs one signature in each full handshake in which the server requests
/// a client certificate, on the thread that drives the handshake: with tokio, an async thread. A
/// signer over a network should have a short time limit of its own, and a program with few threads
/// should keep its connections open.
///
/// The signature is verified with the certificate's key before it is sent, so that a signer with
/// another key, or a faulty one, causes a clear error here and not a failure at the server. That
/// costs some 0.1 ms. A signature scheme that the crypto provider does not support cannot be
/// verified and is sent unchecked.
///
/// ```
/// use bonafide_verify::SignatureScheme;
/// use bonafide_verify::identity::{ExternalSigner, SignError};
///
/// struct Module;
///
/// impl ExternalSigner for Module {
///     fn schemes(&self) -> Vec<SignatureScheme> {
///         vec![SignatureScheme::ECDSA_NISTP256_SHA256]
///     }
///
///     fn sign(&self, _scheme: SignatureScheme, _message: &[u8]) -> Result<Vec<u8>, SignError> {
///         Err(SignError::new("the module is not plugged in"))
///     }
/// }
/// ```
pub trait ExternalSigner: Send + Sync {
    /// The signature schemes that it supports, the preferred one first. TLS 1.3 allows RSA keys
    /// with PSS only, and for an elliptic curve only the hash of its scheme (RFC 8446, 4.2.3).
    fn schemes(&self) -> Vec<SignatureScheme>;

    /// Signs `message`, which is not hashed yet, with `scheme`. Returns for ECDSA the DER of the
    /// two numbers (RFC 3279, 2.2.3), for RSA and EdDSA the bare signature.
    ///
    /// # Errors
    /// [`SignError`] if it cannot sign. The handshake then fails with this error as its source.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, SignError>;

    /// The DER-encoded SubjectPublicKeyInfo of its key, if it is available. It is compared with
    /// that of the certificate when the identity is made. Default: `None`.
    fn public_key(&self) -> Option<Vec<u8>> {
        None
    }
}

/// An external signer with its certificate, as a signing key of rustls.
pub(super) struct ExternalKey {
    shared: Arc<SharedSigner>,
    public_key: Option<SubjectPublicKeyInfoDer<'static>>,
}

struct SharedSigner {
    signer: Arc<dyn ExternalSigner>,
    schemes: Vec<SignatureScheme>,
    leaf: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ExternalKey {
    pub(super) fn new(
        signer: Arc<dyn ExternalSigner>,
        leaf: CertificateDer<'static>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        Self {
            public_key: signer.public_key().map(SubjectPublicKeyInfoDer::from),
            shared: Arc::new(SharedSigner {
                schemes: signer.schemes(),
                signer,
                leaf,
                algorithms,
            }),
        }
    }
}

impl SharedSigner {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let signature = self
            .signer
            .sign(scheme, message)
            .map_err(IdentityError::Signer)?;
        if self.is_wrong(scheme, message, &signature) {
            return Err(IdentityError::WrongKey {
                subject: subject_text(&self.leaf),
            });
        }
        Ok(signature)
    }

    /// Whether the key of the certificate does not verify the signature. False if the scheme is not
    /// supported.
    fn is_wrong(&self, scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> bool {
        let known = self
            .algorithms
            .mapping
            .iter()
            .find(|(known, _)| *known == scheme);
        let Some((_, algorithms)) = known else {
            return false;
        };
        let Ok(leaf) = Certificate::from_der(&self.leaf) else {
            return true;
        };
        let key = leaf.public_key();
        !algorithms
            .iter()
            .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == key.algorithm_identifier)
            .any(|algorithm| {
                algorithm
                    .verify_signature(key.bytes, message, signature)
                    .is_ok()
            })
    }
}

impl SigningKey for ExternalKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *self
            .shared
            .schemes
            .iter()
            .find(|scheme| offered.contains(scheme))?;
        Some(Box::new(ExternalSignature {
            shared: Arc::clone(&self.shared),
            scheme,
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.public_key.clone()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.shared
            .schemes
            .first()
            .map_or(SignatureAlgorithm::Anonymous, |scheme| {
                algorithm_of(*scheme)
            })
    }
}

/// The kind of key that signs with `scheme` (RFC 8446, 4.2.3).
fn algorithm_of(scheme: SignatureScheme) -> SignatureAlgorithm {
    use SignatureScheme as S;
    match scheme {
        S::RSA_PKCS1_SHA256
        | S::RSA_PKCS1_SHA384
        | S::RSA_PKCS1_SHA512
        | S::RSA_PSS_SHA256
        | S::RSA_PSS_SHA384
        | S::RSA_PSS_SHA512 => SignatureAlgorithm::RSA,
        S::ED25519 => SignatureAlgorithm::ED25519,
        S::ED448 => SignatureAlgorithm::ED448,
        _ => SignatureAlgorithm::ECDSA,
    }
}

/// One requested signature.
struct ExternalSignature {
    shared: Arc<SharedSigner>,
    scheme: SignatureScheme,
}

impl Signer for ExternalSignature {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(self.shared.sign(self.scheme, message)?)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

/// Stands for a missing key. Signing with it fails with the stored error.
#[derive(Debug)]
pub(super) struct NoKey(pub(super) IdentityError);

impl SigningKey for NoKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        // Any scheme will do: signing fails.
        let scheme = offered.first().copied();
        Some(Box::new(NoSignature {
            error: self.0.clone(),
            scheme: scheme.unwrap_or(SignatureScheme::ECDSA_NISTP256_SHA256),
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::Anonymous
    }
}

#[derive(Debug)]
struct NoSignature {
    error: IdentityError,
    scheme: SignatureScheme,
}

impl Signer for NoSignature {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Err(self.error.clone().into())
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

impl fmt::Debug for ExternalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalKey")
            .field("schemes", &self.shared.schemes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ExternalSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalSignature")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}
