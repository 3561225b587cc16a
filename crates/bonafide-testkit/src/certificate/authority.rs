//! Certificate authorities: roots and the intermediates below them.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, GeneralSubtree,
    IsCa, Issuer, KeyUsagePurpose, NameConstraints,
};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;

use super::identity::Identity;
use super::key::{KeyKind, TestKey, pem};
use super::moment::Moment;
use super::recipe::{DAY, HOUR, Recipe, random_serial};
use super::sha1;
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
        let leaf = self.sign(&parameters, &key, recipe.signed_with_sha1);
        let mut chain = vec![leaf];
        chain.extend_from_slice(&self.0.path[..self.0.path.len() - 1]);
        Identity::new(chain, key)
    }

    /// A certificate for this authority's name and key, issued by another one: what
    /// gives a leaf of this authority a second path to an anchor.
    pub fn cross_signed_by(&self, issuer: &Self) -> CertificateDer<'static> {
        let mut parameters = self.0.parameters.clone();
        parameters.serial_number = Some(random_serial());
        issuer.sign(&parameters, &self.0.key, false)
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

    /// A rustls client configuration that believes the root of this authority and
    /// nothing else, without ALPN and without a client certificate.
    pub fn client_config(&self) -> rustls::ClientConfig {
        client::believing(self.root_store())
    }

    fn sign(
        &self,
        parameters: &CertificateParams,
        key: &TestKey,
        with_sha1: bool,
    ) -> CertificateDer<'static> {
        let issuer = Issuer::from_params(&self.0.parameters, &*self.0.key);
        let certificate: CertificateDer<'static> = parameters
            .signed_by(key, &issuer)
            .expect("a certificate for parameters made here can be signed")
            .into();
        if with_sha1 {
            return sha1::resign(&certificate, &self.0.key);
        }
        certificate
    }

    fn revoked(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0
            .revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The choices for a [`TestCa`].
///
/// ```
/// use bonafide_testkit::{KeyKind, TestCa};
///
/// let root = TestCa::builder().common_name("an RSA root").key(KeyKind::Rsa2048).build();
/// let fenced = root
///     .intermediate_builder()
///     .permitted_dns(["example.test"])
///     .permitted_ip(["10.0.0.0/8"])
///     .build();
/// assert!(fenced.pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is made before build()"]
pub struct TestCaBuilder {
    parent: Option<TestCa>,
    common_name: Option<String>,
    key: KeyKind,
    valid_from: Moment,
    valid_until: Moment,
    permitted: Vec<GeneralSubtree>,
    excluded: Vec<GeneralSubtree>,
    path_length: Option<u8>,
    signed_with_sha1: bool,
}

impl TestCaBuilder {
    fn new(parent: Option<TestCa>) -> Self {
        let now = Moment::now();
        Self {
            parent,
            common_name: None,
            key: KeyKind::default(),
            valid_from: now - DAY,
            valid_until: now + 3653 * DAY,
            permitted: Vec::new(),
            excluded: Vec::new(),
            path_length: None,
            signed_with_sha1: false,
        }
    }

    /// The subject's common name. Default: one that no other authority has.
    pub fn common_name(mut self, name: impl Into<String>) -> Self {
        self.common_name = Some(name.into());
        self
    }

    /// The kind of key, and with it of every signature. Default: P-256.
    pub fn key(mut self, kind: KeyKind) -> Self {
        self.key = kind;
        self
    }

    /// The first moment of validity. Default: a day ago.
    pub fn valid_from(mut self, time: impl Into<Moment>) -> Self {
        self.valid_from = time.into();
        self
    }

    /// The last moment of validity. Default: ten years after the first.
    pub fn valid_until(mut self, time: impl Into<Moment>) -> Self {
        self.valid_until = time.into();
        self
    }

    /// Valid until an hour ago.
    pub fn expired(self) -> Self {
        self.valid_until(Moment::now() - HOUR)
    }

    /// DNS subtrees outside of which this authority may not issue (RFC 5280 section
    /// 4.2.1.10). `example.test` covers itself and every name below it.
    pub fn permitted_dns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.permitted.extend(dns_subtrees(names));
        self
    }

    /// DNS subtrees in which this authority may not issue.
    pub fn excluded_dns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.excluded.extend(dns_subtrees(names));
        self
    }

    /// Networks outside of which this authority may not issue for addresses, written
    /// `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one.
    ///
    /// # Panics
    /// If one of them is not written so.
    pub fn permitted_ip<'a>(mut self, networks: impl IntoIterator<Item = &'a str>) -> Self {
        self.permitted.extend(networks.into_iter().map(ip_subtree));
        self
    }

    /// Networks in which this authority may not issue for addresses; written as for
    /// [`permitted_ip`](Self::permitted_ip).
    ///
    /// # Panics
    /// If one of them is not written so.
    pub fn excluded_ip<'a>(mut self, networks: impl IntoIterator<Item = &'a str>) -> Self {
        self.excluded.extend(networks.into_iter().map(ip_subtree));
        self
    }

    /// How many intermediates may follow below this authority. Default: any number.
    pub fn path_length(mut self, intermediates: u8) -> Self {
        self.path_length = Some(intermediates);
        self
    }

    /// This authority's own certificate is signed over SHA-1. The key that signs it,
    /// the parent's or a root's own, has to be RSA or P-256.
    pub fn sha1_signature(mut self) -> Self {
        self.signed_with_sha1 = true;
        self
    }

    /// Makes the key and the certificate.
    ///
    /// # Panics
    /// If a SHA-1 signature is asked of a key that is neither RSA nor P-256.
    pub fn build(self) -> TestCa {
        let key = TestKey::generate(self.key);
        let parameters = self.parameters();
        let mut path = vec![match &self.parent {
            Some(parent) => parent.sign(&parameters, &key, self.signed_with_sha1),
            None => self_sign(&parameters, &key, self.signed_with_sha1),
        }];
        if let Some(parent) = &self.parent {
            path.extend_from_slice(&parent.0.path);
        }
        TestCa(Arc::new(Authority {
            parameters,
            key,
            path,
            revoked: Mutex::new(Vec::new()),
        }))
    }

    fn parameters(&self) -> CertificateParams {
        let serial = random_serial();
        let mut subject = DistinguishedName::new();
        subject.push(
            DnType::CommonName,
            match (&self.common_name, &self.parent) {
                (Some(name), _) => name.clone(),
                (None, parent) => {
                    let rank = if parent.is_some() {
                        "intermediate"
                    } else {
                        "root"
                    };
                    let unique = URL_SAFE_NO_PAD.encode(&serial.to_bytes()[..6]);
                    format!("bonafide test {rank} {unique}")
                }
            },
        );
        let mut parameters = CertificateParams::default();
        parameters.serial_number = Some(serial);
        parameters.distinguished_name = subject;
        parameters.not_before = self.valid_from.as_offset_date_time();
        parameters.not_after = self.valid_until.as_offset_date_time();
        parameters.is_ca = IsCa::Ca(match self.path_length {
            Some(intermediates) => BasicConstraints::Constrained(intermediates),
            None => BasicConstraints::Unconstrained,
        });
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.use_authority_key_identifier_extension = true;
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: self.permitted.clone(),
            excluded_subtrees: self.excluded.clone(),
        });
        parameters
    }
}

pub(super) fn self_sign(
    parameters: &CertificateParams,
    key: &TestKey,
    with_sha1: bool,
) -> CertificateDer<'static> {
    let certificate: CertificateDer<'static> = parameters
        .self_signed(&key)
        .expect("a certificate for parameters made here can be signed")
        .into();
    if with_sha1 {
        return sha1::resign(&certificate, key);
    }
    certificate
}

fn dns_subtrees<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Vec<GeneralSubtree> {
    names
        .into_iter()
        .map(|name| GeneralSubtree::DnsName(name.into()))
        .collect()
}

fn ip_subtree(network: &str) -> GeneralSubtree {
    let (address, prefix) = network.split_once('/').unwrap_or((network, ""));
    let address: IpAddr = address
        .parse()
        .unwrap_or_else(|_| panic!("{network:?} does not begin with an IP address"));
    let width = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        "" => width,
        digits => digits
            .parse()
            .ok()
            .filter(|prefix| *prefix <= width)
            .unwrap_or_else(|| panic!("{network:?} does not end in a prefix length up to {width}")),
    };
    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix))
}
