//! What a certificate shall say: a good one by default, broken where asked.

use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType, SerialNumber,
};

use super::key::{KeyKind, TestKey};
use super::moment::Moment;
use super::resign::{Digest, Finish, Flaw};
use super::transparency::Logged;

pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `id-ce-extKeyUsage`, RFC 5280 section 4.2.1.12.
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
/// `id-pe-tlsfeature`, RFC 7633 section 6.
const TLS_FEATURE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 24];
/// `SEQUENCE { INTEGER 5 }`: the feature `status_request`, known as "must staple".
const STATUS_REQUEST: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x05];
const EMPTY_SEQUENCE: &[u8] = &[0x30, 0x00];

/// What a certificate may be used for, as its extended key usage extension says.
/// RFC 5280 section 4.2.1.12.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa};
/// use bonafide_testkit::certificate::ExtendedKeyUsage;
///
/// let for_programs = Recipe::for_host("localhost")
///     .extended_key_usage([ExtendedKeyUsage::CodeSigning]);
/// TestCa::new().issue(for_programs);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtendedKeyUsage {
    /// `anyExtendedKeyUsage`.
    Any,
    /// TLS servers: the default of a leaf.
    ServerAuth,
    /// TLS clients.
    ClientAuth,
    /// Signing programs.
    CodeSigning,
    /// Mail.
    EmailProtection,
    /// Time stamps.
    TimeStamping,
    /// OCSP responses.
    OcspSigning,
}

impl ExtendedKeyUsage {
    pub(super) fn purpose(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Any => ExtendedKeyUsagePurpose::Any,
            Self::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
            Self::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
            Self::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
            Self::EmailProtection => ExtendedKeyUsagePurpose::EmailProtection,
            Self::TimeStamping => ExtendedKeyUsagePurpose::TimeStamping,
            Self::OcspSigning => ExtendedKeyUsagePurpose::OcspSigning,
        }
    }
}

/// A recipe for one certificate. As it starts it makes a good server certificate:
/// P-256, the names as SANs and the first one as common name, `serverAuth`, valid from
/// a day ago for 90 days. Each method changes one thing.
///
/// ```
/// use bonafide_testkit::{KeyKind, Recipe, TestCa};
///
/// let ca = TestCa::new();
/// let good = ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1", "::1"]));
/// let expired = ca.issue(Recipe::for_host("localhost").expired());
/// let client = ca.issue(Recipe::for_host("alice").client().key(KeyKind::Ed25519));
/// assert_ne!(good.spki_pin(), expired.spki_pin());
/// assert_eq!(client.chain().len(), 1);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a recipe is used by TestCa::issue or Identity::self_signed"]
pub struct Recipe {
    pub(super) key: KeyKind,
    pub(super) finish: Finish,
    pub(super) revoked: bool,
    pub(super) logged: Logged,
    names: Vec<String>,
    common_name: Option<String>,
    organization: Option<String>,
    with_common_name: bool,
    with_basic_constraints: bool,
    with_san: bool,
    valid_from: Moment,
    valid_until: Moment,
    usage: Usage,
    is_ca: bool,
    must_staple: bool,
    extensions: Vec<CustomExtension>,
    crl_distribution_points: Vec<String>,
}

#[derive(Clone, Debug)]
enum Usage {
    Listed(Vec<ExtendedKeyUsage>),
    EmptyExtension,
}

impl Recipe {
    /// A certificate for one host: a DNS name, a wildcard (`*.example.test`) or an IP address; a
    /// text that parses as an address is one.
    pub fn for_host(host: impl Into<String>) -> Self {
        Self::for_hosts([host])
    }

    /// A certificate for several hosts; see [`for_host`](Self::for_host).
    pub fn for_hosts<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Self {
        let now = Moment::now();
        Self {
            key: KeyKind::default(),
            finish: Finish::default(),
            revoked: false,
            logged: Logged::default(),
            names: hosts.into_iter().map(Into::into).collect(),
            common_name: None,
            organization: None,
            with_common_name: true,
            with_basic_constraints: true,
            with_san: true,
            valid_from: now - DAY,
            valid_until: now + 90 * DAY,
            usage: Usage::Listed(vec![ExtendedKeyUsage::ServerAuth]),
            is_ca: false,
            must_staple: false,
            extensions: Vec::new(),
            crl_distribution_points: Vec::new(),
        }
    }

    /// The kind of key that the certificate holds. The signature's kind is that of the
    /// issuer's key.
    pub fn key(mut self, kind: KeyKind) -> Self {
        self.key = kind;
        self
    }

    /// Valid until an hour ago. It began 23 hours ago, when the issuer was valid
    /// already, so a client whose clock stands back two hours accepts it.
    pub fn expired(self) -> Self {
        let now = Moment::now();
        self.valid_from(now - 23 * HOUR).valid_until(now - HOUR)
    }

    /// Valid from tomorrow.
    pub fn not_yet_valid(self) -> Self {
        let now = Moment::now();
        self.valid_from(now + DAY).valid_until(now + 90 * DAY)
    }

    /// The first moment of validity. Default: a day ago.
    pub fn valid_from(mut self, time: impl Into<Moment>) -> Self {
        self.valid_from = time.into();
        self
    }

    /// The last moment of validity. Default: in 90 days.
    pub fn valid_until(mut self, time: impl Into<Moment>) -> Self {
        self.valid_until = time.into();
        self
    }

    /// No subject alternative name: the host stands in the common name alone, where
    /// no client has looked since RFC 9525.
    pub fn without_san(mut self) -> Self {
        self.with_san = false;
        self
    }

    /// The subject's common name. Default: the first host.
    pub fn common_name(mut self, name: impl Into<String>) -> Self {
        self.common_name = Some(name.into());
        self
    }

    /// No common name, and so no subject at all: the SAN is critical then, as RFC 5280
    /// section 4.1.2.6 demands.
    pub fn without_subject(mut self) -> Self {
        self.with_common_name = false;
        self
    }

    /// An organization in place of the common name.
    pub fn organization(mut self, name: impl Into<String>) -> Self {
        self.organization = Some(name.into());
        self.without_subject()
    }

    /// No basic constraints, which only authorities need.
    pub fn without_basic_constraints(mut self) -> Self {
        self.with_basic_constraints = false;
        self
    }

    /// One more extension, by its object identifier and the DER of its value. One that
    /// is there already is there twice then.
    pub fn extension(mut self, oid: &[u64], value: &[u8]) -> Self {
        self.extensions.push(extension(oid, value));
        self
    }

    /// One more extension, which who does not know it has to refuse (RFC 5280 section
    /// 4.2).
    pub fn critical_extension(mut self, oid: &[u64], value: &[u8]) -> Self {
        self.extensions.push(critical(extension(oid, value)));
        self
    }

    /// The extended key usages. An empty list leaves the extension out. Default:
    /// `serverAuth`.
    pub fn extended_key_usage(
        mut self,
        usages: impl IntoIterator<Item = ExtendedKeyUsage>,
    ) -> Self {
        self.usage = Usage::Listed(usages.into_iter().collect());
        self
    }

    /// An extended key usage extension that is there and lists nothing, which
    /// RFC 5280 section 4.2.1.12 does not allow.
    pub fn empty_extended_key_usage(mut self) -> Self {
        self.usage = Usage::EmptyExtension;
        self
    }

    /// A client certificate: `clientAuth` alone.
    pub fn client(self) -> Self {
        self.extended_key_usage([ExtendedKeyUsage::ClientAuth])
    }

    /// Signed over SHA-1. The issuer needs an RSA or a P-256 key.
    pub fn sha1_signature(mut self) -> Self {
        self.finish.digest = Some(Digest::Sha1);
        self
    }

    /// Signed over SHA-384. The issuer needs an RSA or a P-256 key.
    pub fn sha384_signature(mut self) -> Self {
        self.finish.digest = Some(Digest::Sha384);
        self
    }

    /// Signed over SHA-512. The issuer needs an RSA or a P-256 key.
    pub fn sha512_signature(mut self) -> Self {
        self.finish.digest = Some(Digest::Sha512);
        self
    }

    /// One bit of the signature is another one.
    pub fn tampered_signature(mut self) -> Self {
        self.finish.flaw = Some(Flaw::TamperedSignature);
        self
    }

    /// The algorithm inside of the signed part is not the one that the signature is made
    /// with, which RFC 5280 section 4.1.1.2 demands.
    pub fn mismatched_signature_algorithm(mut self) -> Self {
        self.finish.flaw = Some(Flaw::OtherAlgorithmInside);
        self
    }

    /// A leaf that claims to be a certificate authority.
    pub fn is_ca(mut self) -> Self {
        self.is_ca = true;
        self
    }

    /// Demands a stapled OCSP response (RFC 7633). A server here sends one that
    /// [`Identity::with_ocsp_staple`](crate::Identity::with_ocsp_staple) adds.
    pub fn must_staple(mut self) -> Self {
        self.must_staple = true;
        self
    }

    /// Names a URL where the list of its issuer is (RFC 5280 section 4.2.1.13). Default: none.
    pub fn crl_distribution_point(mut self, url: impl Into<String>) -> Self {
        self.crl_distribution_points.push(url.into());
        self
    }

    /// Revoked by its issuer from the start. It changes nothing in the certificate:
    /// the serial number is entered in
    /// [`TestCa::revoked_serials`](crate::TestCa::revoked_serials).
    pub fn revoked(mut self) -> Self {
        self.revoked = true;
        self
    }

    pub(super) fn parameters(&self, key: &TestKey) -> CertificateParams {
        let mut parameters = CertificateParams::default();
        parameters.serial_number = Some(random_serial());
        parameters.not_before = self.valid_from.as_offset_date_time();
        parameters.not_after = self.valid_until.as_offset_date_time();
        parameters.distinguished_name = self.subject();
        if self.with_san {
            parameters.subject_alt_names = self.names.iter().map(|n| subject_alt_name(n)).collect();
        }
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if key.is_rsa() {
            parameters.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        parameters.is_ca = if self.with_basic_constraints {
            IsCa::ExplicitNoCa
        } else {
            IsCa::NoCa
        };
        if self.is_ca {
            parameters.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            parameters.key_usages.push(KeyUsagePurpose::KeyCertSign);
        }
        match &self.usage {
            Usage::Listed(usages) => {
                parameters.extended_key_usages = usages.iter().map(|u| u.purpose()).collect();
            }
            Usage::EmptyExtension => parameters
                .custom_extensions
                .push(extension(EXTENDED_KEY_USAGE, EMPTY_SEQUENCE)),
        }
        parameters.crl_distribution_points = self
            .crl_distribution_points
            .iter()
            .map(|url| CrlDistributionPoint {
                uris: vec![url.clone()],
            })
            .collect();
        if self.must_staple {
            parameters
                .custom_extensions
                .push(extension(TLS_FEATURE, STATUS_REQUEST));
        }
        parameters
            .custom_extensions
            .extend_from_slice(&self.extensions);
        parameters
    }

    fn subject(&self) -> DistinguishedName {
        let mut subject = DistinguishedName::new();
        let name = self.common_name.as_ref().or(self.names.first());
        if let (true, Some(name)) = (self.with_common_name, name) {
            subject.push(DnType::CommonName, name.as_str());
        }
        if let Some(name) = &self.organization {
            subject.push(DnType::OrganizationName, name.as_str());
        }
        subject
    }
}

fn subject_alt_name(name: &str) -> SanType {
    match name.parse::<IpAddr>() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) => {
            SanType::DnsName(name.try_into().unwrap_or_else(|_| {
                panic!("the DNS name {name:?} is not ASCII: write its A-label")
            }))
        }
    }
}

pub(super) fn extension(oid: &[u64], content: &[u8]) -> CustomExtension {
    CustomExtension::from_oid_content(oid, content.to_vec())
}

pub(super) fn critical(mut extension: CustomExtension) -> CustomExtension {
    extension.set_criticality(true);
    extension
}

/// 16 random bytes, positive and not zero: within the 20 that RFC 5280 section
/// 4.1.2.2 allows.
pub(super) fn random_serial() -> SerialNumber {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}
