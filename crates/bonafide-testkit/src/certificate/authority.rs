//! Certificate authorities: roots and the intermediates below them.

use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, Issuer};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;

use super::authority_builder::TestCaBuilder;
use super::draft::Draft;
use super::identity::Identity;
use super::key::{TestKey, pem};
use super::recipe::{Recipe, random_serial};
use super::resign::Finish;
use crate::client;

/// A certificate authority that lives as long as the test: a root, or an intermediate
/// below one. Cloning it gives another handle to the same authority.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa};
///
/// let root = TestCa::new();
/// let issuing = root.intermediate("issuing CA");
/// let server = issuing.issue(Recipe::for_host("localhost"));
/// // The leaf and the intermediate; the root is never sent.
/// assert_eq!(server.chain().len(), 2);
/// assert_eq!(&server.chain()[1], issuing.certificate());
/// assert_eq!(issuing.root_certificate(), root.certificate());
/// ```
#[derive(Clone, Debug)]
pub struct TestCa(Arc<Authority>);

#[derive(Debug)]
struct Authority {
    parameters: CertificateParams,
    key: Arc<TestKey>,
    /// This authority's own certificate, then those above it; the root is last.
    path: Vec<CertificateDer<'static>>,
    revoked: Mutex<Vec<Vec<u8>>>,
}

impl TestCa {
    /// A root with a P-256 key and a name that no other has, valid from a day ago for
    /// ten years.
    #[expect(
        clippy::new_without_default,
        reason = "every authority is another one, which a default value does not suggest"
    )]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A root with this common name.
    pub fn named(common_name: &str) -> Self {
        Self::builder().common_name(common_name).build()
    }

    /// A root by choice of its properties.
    pub fn builder() -> TestCaBuilder {
        TestCaBuilder::new(None)
    }

    /// An intermediate below this authority.
    pub fn intermediate(&self, common_name: &str) -> Self {
        self.intermediate_builder().common_name(common_name).build()
    }

    /// An intermediate below this authority by choice of its properties.
    pub fn intermediate_builder(&self) -> TestCaBuilder {
        TestCaBuilder::new(Some(self.clone()))
    }

    /// A certificate for the recipe, with a new key, signed by this authority.
    ///
    /// # Panics
    /// If the recipe asks for a SHA-1 signature and this authority's key is neither RSA
    /// nor P-256.
    pub fn issue(&self, recipe: Recipe) -> Identity {
        let key = TestKey::generate(recipe.key);
        let parameters = recipe.parameters(&key);
        if let (true, Some(serial)) = (recipe.revoked, &parameters.serial_number) {
            self.revoked().push(serial.to_bytes());
        }
        let leaf = recipe
            .logged
            .issue(&parameters, &self.0.key, &|parameters| {
                self.sign(parameters, &key, recipe.finish)
            });
        let mut chain = vec![leaf];
        chain.extend_from_slice(&self.0.path[..self.0.path.len() - 1]);
        Identity::new(chain, key)
    }

    /// This authority's certificate and key as a server's identity, which they are not
    /// meant to be.
    pub fn as_identity(&self) -> Identity {
        let above = self.0.path.len().saturating_sub(1).max(1);
        Identity::new(self.0.path[..above].to_vec(), Arc::clone(&self.0.key))
    }

    /// A certificate like this one, changed and signed again by this authority. A root
    /// reissues its own, [`certificate`](Self::certificate), as well.
    ///
    /// # Panics
    /// If `certificate` is none.
    pub fn reissue(
        &self,
        certificate: &CertificateDer<'_>,
        change: impl FnOnce(&mut Draft),
    ) -> CertificateDer<'static> {
        let mut draft = Draft::of(certificate);
        change(&mut draft);
        draft.sign(&self.0.key)
    }

    /// A certificate for this authority's name and key, issued by another one: what
    /// gives a leaf of this authority a second path to an anchor.
    pub fn cross_signed_by(&self, issuer: &Self) -> CertificateDer<'static> {
        let mut parameters = self.0.parameters.clone();
        parameters.serial_number = Some(random_serial());
        issuer.sign(&parameters, &self.0.key, Finish::default())
    }

    /// This authority's own certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.0.path[0]
    }

    /// The root above this authority, which is its own certificate when it is a root.
    pub fn root_certificate(&self) -> &CertificateDer<'static> {
        &self.0.path[self.0.path.len() - 1]
    }

    /// This authority's own certificate as PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", self.certificate())
    }

    /// The root above this authority as PEM.
    pub fn root_pem(&self) -> String {
        pem("CERTIFICATE", self.root_certificate())
    }

    /// The pin of this authority's key: `sha256/` and the base64 of the SHA-256 of its
    /// SubjectPublicKeyInfo.
    pub fn spki_pin(&self) -> String {
        self.0.key.spki_pin()
    }

    /// The serial numbers, big endian, of what was issued by
    /// [`Recipe::revoked`](crate::Recipe::revoked), oldest first.
    pub fn revoked_serials(&self) -> Vec<Vec<u8>> {
        self.revoked().clone()
    }

    /// A root store that holds the root of this authority and nothing else.
    pub fn root_store(&self) -> RootCertStore {
        client::only(self.root_certificate())
    }

    /// A rustls client configuration that trusts the root of this authority and nothing else,
    /// without ALPN and without a client certificate.
    pub fn client_config(&self) -> rustls::ClientConfig {
        client::trusting(self.root_store())
    }

    pub(super) fn assemble(
        parameters: CertificateParams,
        key: Arc<TestKey>,
        parent: Option<&Self>,
        finish: Finish,
    ) -> Self {
        let mut path = vec![match parent {
            Some(parent) => parent.sign(&parameters, &key, finish),
            None => self_sign(&parameters, &key, finish),
        }];
        if let Some(parent) = parent {
            path.extend_from_slice(&parent.0.path);
        }
        Self(Arc::new(Authority {
            parameters,
            key,
            path,
            revoked: Mutex::default(),
        }))
    }

    pub(super) fn key(&self) -> &TestKey {
        &self.0.key
    }

    fn sign(
        &self,
        parameters: &CertificateParams,
        key: &TestKey,
        finish: Finish,
    ) -> CertificateDer<'static> {
        let issuer = Issuer::from_params(&self.0.parameters, &*self.0.key);
        let certificate: CertificateDer<'static> = parameters
            .signed_by(key, &issuer)
            .expect("a certificate for parameters made here can be signed")
            .into();
        finish.apply(certificate, &self.0.key)
    }

    fn revoked(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0
            .revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn self_sign(
    parameters: &CertificateParams,
    key: &TestKey,
    finish: Finish,
) -> CertificateDer<'static> {
    let certificate: CertificateDer<'static> = parameters
        .self_signed(&key)
        .expect("a certificate for parameters made here can be signed")
        .into();
    finish.apply(certificate, key)
}
