//! The choices for a certificate authority.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, GeneralSubtree,
    IsCa, KeyUsagePurpose, NameConstraints,
};

use super::authority::TestCa;
use super::key::{KeyKind, TestKey};
use super::moment::Moment;
use super::recipe::{DAY, HOUR, random_serial};

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
        TestCa::assemble(parameters, key, self.parent.as_ref(), self.signed_with_sha1)
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
