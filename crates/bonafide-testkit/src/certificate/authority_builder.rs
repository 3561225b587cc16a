//! The choices for a certificate authority.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, DistinguishedName, DnType,
    GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints,
};

use super::authority::TestCa;
use super::key::{KeyKind, TestKey};
use super::moment::Moment;
use super::recipe::{DAY, ExtendedKeyUsage, HOUR, critical, extension, random_serial};
use super::resign::{Digest, Finish, Flaw};

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
    role: Role,
    key_usages: Vec<KeyUsagePurpose>,
    extended_key_usages: Vec<ExtendedKeyUsage>,
    extensions: Vec<CustomExtension>,
    finish: Finish,
}

/// What the basic constraints say (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug)]
enum Role {
    Authority,
    EndEntity,
    Unsaid,
}

impl TestCaBuilder {
    pub(super) fn new(parent: Option<TestCa>) -> Self {
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
            role: Role::Authority,
            key_usages: vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            extended_key_usages: Vec::new(),
            extensions: Vec::new(),
            finish: Finish::default(),
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
        self.finish.digest = Some(Digest::Sha1);
        self
    }

    /// The basic constraints say that this is no authority: it issues all the same.
    pub fn without_ca_flag(mut self) -> Self {
        self.role = Role::EndEntity;
        self
    }

    /// No basic constraints, so that this is no authority (RFC 5280 section 4.2.1.9).
    pub fn without_basic_constraints(mut self) -> Self {
        self.role = Role::Unsaid;
        self
    }

    /// The key usage does not allow signing certificates (RFC 5280 section 4.2.1.3).
    pub fn without_cert_sign(mut self) -> Self {
        self.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        self
    }

    /// What certificates below this authority may be used for. Default: anything,
    /// without an extension that says so.
    pub fn extended_key_usage(
        mut self,
        usages: impl IntoIterator<Item = ExtendedKeyUsage>,
    ) -> Self {
        self.extended_key_usages = usages.into_iter().collect();
        self
    }

    /// One more extension, which who does not know it has to refuse (RFC 5280 section
    /// 4.2).
    pub fn critical_extension(mut self, oid: &[u64], value: &[u8]) -> Self {
        self.extensions.push(critical(extension(oid, value)));
        self
    }

    /// X.509 version 1, which has no extensions and so does not say who is an authority.
    pub fn version1(mut self) -> Self {
        self.finish.flaw = Some(Flaw::Version1);
        self
    }

    /// May sign certificates but no revocation lists: key usage `keyCertSign` alone.
    pub fn without_crl_sign(mut self) -> Self {
        self.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        self
    }

    /// Has no key usage extension.
    pub fn without_key_usage(mut self) -> Self {
        self.key_usages.clear();
        self
    }

    /// Makes the key and the certificate.
    ///
    /// # Panics
    /// If a SHA-1 signature is asked of a key that is neither RSA nor P-256.
    pub fn build(self) -> TestCa {
        let key = TestKey::generate(self.key);
        let parameters = self.parameters();
        TestCa::assemble(parameters, key, self.parent.as_ref(), self.finish)
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
        parameters.is_ca = match (self.role, self.path_length) {
            (Role::Authority, Some(intermediates)) => {
                IsCa::Ca(BasicConstraints::Constrained(intermediates))
            }
            (Role::Authority, None) => IsCa::Ca(BasicConstraints::Unconstrained),
            (Role::EndEntity, _) => IsCa::ExplicitNoCa,
            (Role::Unsaid, _) => IsCa::NoCa,
        };
        parameters.key_usages = self.key_usages.clone();
        parameters.extended_key_usages = self
            .extended_key_usages
            .iter()
            .map(|usage| usage.purpose())
            .collect();
        parameters.custom_extensions = self.extensions.clone();
        parameters.use_authority_key_identifier_extension = true;
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: self.permitted.clone(),
            excluded_subtrees: self.excluded.clone(),
        });
        parameters
    }
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
