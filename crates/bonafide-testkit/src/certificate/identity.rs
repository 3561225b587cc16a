//! A certificate chain and the key to its leaf.

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::authority::self_sign;
use super::fields::Fields;
use super::key::{KeyKind, TestKey, pem};
use super::recipe::Recipe;

/// A chain of certificates and the private key of the first: what a server or a client
/// needs in order to show who it is. Cloning it is cheap.
///
/// ```
/// use bonafide_testkit::{Identity, Recipe, TestCa};
///
/// let server = TestCa::new().intermediate("issuing").issue(Recipe::for_host("localhost"));
/// assert!(server.key_pem().starts_with("-----BEGIN PRIVATE KEY-----"));
/// assert_eq!(server.chain_pem().matches("BEGIN CERTIFICATE").count(), 2);
///
/// // A server that forgets to send its intermediate:
/// let incomplete = server.without_intermediates();
/// assert_eq!(incomplete.chain(), [server.leaf().clone()]);
///
/// let lonely = Identity::self_signed(Recipe::for_host("localhost"));
/// assert_ne!(lonely.spki_pin(), server.spki_pin());
/// ```
#[derive(Clone, Debug)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<TestKey>,
    ocsp_staple: Option<Vec<u8>>,
}

impl Identity {
    pub(super) fn new(chain: Vec<CertificateDer<'static>>, key: Arc<TestKey>) -> Self {
        Self {
            chain,
            key,
            ocsp_staple: None,
        }
    }

    /// A certificate that is its own issuer.
    ///
    /// # Panics
    /// If the recipe asks for a SHA-1 signature by a key that is neither RSA nor P-256.
    pub fn self_signed(recipe: Recipe) -> Self {
        let key = TestKey::generate(recipe.key);
        let parameters = recipe.parameters(&key);
        let leaf = recipe.logged.issue(&parameters, &key, &|parameters| {
            self_sign(parameters, &key, recipe.finish)
        });
        Self::new(vec![leaf], key)
    }

    /// The certificate that the key belongs to.
    pub fn leaf(&self) -> &CertificateDer<'static> {
        &self.chain[0]
    }

    /// What is sent: the leaf, then the intermediates, without the root.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The private key as PKCS#8.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        self.key.private_key()
    }

    /// The kind of the private key.
    pub fn key_kind(&self) -> KeyKind {
        self.key.kind()
    }

    /// The chain as PEM, leaf first.
    pub fn chain_pem(&self) -> String {
        self.chain
            .iter()
            .map(|certificate| pem("CERTIFICATE", certificate))
            .collect()
    }

    /// The private key as PKCS#8 PEM (`BEGIN PRIVATE KEY`), which every kind has.
    pub fn key_pem(&self) -> String {
        self.key.pkcs8_pem()
    }

    /// The private key as SEC1 PEM (`BEGIN EC PRIVATE KEY`, RFC 5915).
    ///
    /// # Panics
    /// If the key is not ECDSA.
    pub fn key_pem_sec1(&self) -> String {
        self.key
            .sec1_pem()
            .unwrap_or_else(|| panic!("{:?} has no SEC1 form, only ECDSA has", self.key.kind()))
    }

    /// The private key as PKCS#1 PEM (`BEGIN RSA PRIVATE KEY`, RFC 8017).
    ///
    /// # Panics
    /// If the key is not RSA.
    pub fn key_pem_pkcs1(&self) -> String {
        self.key
            .pkcs1_pem()
            .unwrap_or_else(|| panic!("{:?} has no PKCS#1 form, only RSA has", self.key.kind()))
    }

    /// The same identity with the leaf alone.
    #[must_use]
    pub fn without_intermediates(&self) -> Self {
        Self {
            chain: vec![self.leaf().clone()],
            ..self.clone()
        }
    }

    /// The same identity with one more certificate at the end of its chain, whether it
    /// belongs there or not.
    #[must_use]
    pub fn with_extra(&self, certificate: CertificateDer<'static>) -> Self {
        let mut chain = self.chain.clone();
        chain.push(certificate);
        Self {
            chain,
            ..self.clone()
        }
    }

    /// The same identity with an OCSP response in DER, which servers here staple to their
    /// handshakes (RFC 6066 section 8); see [`TestCa::ocsp`](crate::TestCa::ocsp).
    #[must_use]
    pub fn with_ocsp_staple(&self, response: impl Into<Vec<u8>>) -> Self {
        Self {
            ocsp_staple: Some(response.into()),
            ..self.clone()
        }
    }

    /// The leaf's serial number, big endian.
    pub fn serial(&self) -> Vec<u8> {
        Fields::of(self.leaf()).serial
    }

    /// The same identity with its chain in reverse, the leaf last.
    #[must_use]
    pub fn with_leaf_last(&self) -> Self {
        let chain = self.chain.iter().rev().cloned().collect();
        Self::new(chain, Arc::clone(&self.key))
    }

    /// The same chain with the key of another identity: what a person can present who
    /// has seen a certificate and does not hold its key.
    #[must_use]
    pub fn with_key_of(&self, other: &Self) -> Self {
        Self::new(self.chain.clone(), Arc::clone(&other.key))
    }

    /// The leaf's pin: `sha256/` and the base64 of the SHA-256 of its
    /// SubjectPublicKeyInfo.
    pub fn spki_pin(&self) -> String {
        self.key.spki_pin()
    }

    /// The chain and the key as rustls takes them, for servers and for clients.
    pub fn certified_key(&self) -> Arc<CertifiedKey> {
        let mut key = CertifiedKey::new(self.chain.clone(), self.key.handshake_key());
        key.ocsp = self.ocsp_staple.clone();
        Arc::new(key)
    }

    pub(super) fn test_key(&self) -> &TestKey {
        &self.key
    }
}
