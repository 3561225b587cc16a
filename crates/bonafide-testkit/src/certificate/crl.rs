//! Certificate revocation lists by recipe: good ones by default, broken where asked.

use der::asn1::ObjectIdentifier;
use rustls_pki_types::CertificateRevocationListDer;

use super::authority::TestCa;
use super::der_writer::{
    BOOLEAN_TRUE, ENUMERATED, extension, integer, sequence, signature, signature_algorithm, tagged,
    tagged_primitive, time,
};
use super::fields::Fields;
use super::identity::Identity;
use super::key::{TestKey, pem};
use super::moment::Moment;
use super::recipe::{DAY, HOUR};

/// `id-ce-cRLNumber`, RFC 5280 section 5.2.3.
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
/// `id-ce-cRLReasons`, RFC 5280 section 5.3.1.
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
/// `id-ce-authorityKeyIdentifier`, RFC 5280 section 5.2.1.
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
/// `id-ce-deltaCRLIndicator`, RFC 5280 section 5.2.4.
const DELTA_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
/// `id-ce-issuingDistributionPoint`, RFC 5280 section 5.2.5.
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
/// An identifier for examples (RFC 7299), which no reader of lists knows.
const UNKNOWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
/// INTEGER 1: version 2.
const VERSION_2: &[u8] = &[0x02, 0x01, 0x01];

/// A recipe for a certificate revocation list. As it starts it makes a good one: number 1, from an
/// hour ago for seven days, with what its authority has issued by
/// [`Recipe::revoked`](crate::Recipe::revoked). Each method changes one thing.
///
/// ```
/// use bonafide_testkit::{CrlRecipe, Recipe, TestCa};
///
/// let ca = TestCa::new();
/// let revoked = ca.issue(Recipe::for_host("a.test"));
/// let list = ca.crl(CrlRecipe::new().revoke(&revoked));
/// assert!(ca.crl_pem(CrlRecipe::new()).starts_with("-----BEGIN X509 CRL-----"));
/// assert!(list.windows(4).any(|part| part == &revoked.serial()[..4]));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a recipe is used by TestCa::crl"]
pub struct CrlRecipe {
    serials: Vec<Vec<u8>>,
    this_update: Moment,
    next_update: Option<Moment>,
    number: Option<(u64, bool)>,
    signer: Option<TestCa>,
    signed_right: bool,
    scope: Scope,
    delta: bool,
    unknown_extension: Option<bool>,
    unknown_entry_extension: Option<bool>,
    authority_key: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
struct Scope {
    distribution_point: Option<String>,
    is_relative: bool,
    only: Option<CrlScope>,
    some_reasons: bool,
    indirect: bool,
}

/// The certificates that a list covers, as its issuing distribution point says (RFC 5280 section
/// 5.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrlScope {
    /// Certificates that are not an authority's.
    UserCertificates,
    /// Certificates of authorities.
    CaCertificates,
    /// Attribute certificates, which no server has.
    AttributeCertificates,
}

impl Default for CrlRecipe {
    fn default() -> Self {
        Self::new()
    }
}

impl CrlRecipe {
    /// A good list.
    pub fn new() -> Self {
        let now = Moment::now();
        Self {
            serials: Vec::new(),
            this_update: now - HOUR,
            next_update: Some(now + 7 * DAY),
            number: Some((1, false)),
            signer: None,
            signed_right: true,
            scope: Scope::default(),
            delta: false,
            unknown_extension: None,
            unknown_entry_extension: None,
            authority_key: None,
        }
    }

    /// Lists the leaf of this identity.
    pub fn revoke(self, identity: &Identity) -> Self {
        self.revoke_serial(identity.serial())
    }

    /// Lists this serial number, big endian.
    pub fn revoke_serial(mut self, serial: impl Into<Vec<u8>>) -> Self {
        self.serials.push(serial.into());
        self
    }

    /// When the list was made. Default: an hour ago.
    pub fn this_update(mut self, time: impl Into<Moment>) -> Self {
        self.this_update = time.into();
        self
    }

    /// When the next one is due. Default: in seven days.
    pub fn next_update(mut self, time: impl Into<Moment>) -> Self {
        self.next_update = Some(time.into());
        self
    }

    /// Does not say when the next one is due, which RFC 5280 section 5.1.2.5 does not allow.
    pub fn without_next_update(mut self) -> Self {
        self.next_update = None;
        self
    }

    /// The CRL number. Default: 1.
    pub fn number(mut self, number: u64) -> Self {
        self.number = Some((number, false));
        self
    }

    /// Leaves out the CRL number, which RFC 5280 section 5.2.3 demands.
    pub fn without_number(mut self) -> Self {
        self.number = None;
        self
    }

    /// Marks the CRL number as critical, which RFC 5280 section 5.2.3 forbids.
    pub fn critical_number(mut self) -> Self {
        self.number = self.number.map(|(number, _)| (number, true));
        self
    }

    /// Signs with the key of another authority, under the name of the one that makes it.
    pub fn signed_by(mut self, other: &TestCa) -> Self {
        self.signer = Some(other.clone());
        self
    }

    /// Turns one bit of the signature over.
    pub fn bad_signature(mut self) -> Self {
        self.signed_right = false;
        self
    }

    /// Covers some certificates only.
    pub fn only(mut self, scope: CrlScope) -> Self {
        self.scope.only = Some(scope);
        self
    }

    /// Covers only certificates that name this URL as their distribution point.
    pub fn distribution_point(mut self, url: impl Into<String>) -> Self {
        self.scope.distribution_point = Some(url.into());
        self
    }

    /// Names its distribution point relative to its issuer (RFC 5280 section 4.2.1.13).
    pub fn relative_distribution_point(mut self) -> Self {
        self.scope.is_relative = true;
        self
    }

    /// Says by the identifier of which key it is signed (RFC 5280 section 5.2.1).
    pub fn authority_key(mut self, key_id: impl Into<Vec<u8>>) -> Self {
        self.authority_key = Some(key_id.into());
        self
    }

    /// Lists only those whose key was compromised.
    pub fn some_reasons(mut self) -> Self {
        self.scope.some_reasons = true;
        self
    }

    /// May list certificates of other issuers.
    pub fn indirect(mut self) -> Self {
        self.scope.indirect = true;
        self
    }

    /// Lists only what has changed since the list number 1.
    pub fn delta(mut self) -> Self {
        self.delta = true;
        self
    }

    /// Adds an unknown extension, critical or not.
    pub fn unknown_extension(mut self, critical: bool) -> Self {
        self.unknown_extension = Some(critical);
        self
    }

    /// Adds an unknown extension to every entry, critical or not.
    pub fn unknown_entry_extension(mut self, critical: bool) -> Self {
        self.unknown_entry_extension = Some(critical);
        self
    }

    fn encode(&self, ca: &TestCa) -> Vec<u8> {
        let key: &TestKey = self.signer.as_ref().unwrap_or(ca).key();
        let algorithm = signature_algorithm(key);
        let mut entries = Vec::new();
        for serial in ca.revoked_serials().iter().chain(&self.serials) {
            entries.extend(self.entry(serial));
        }
        let mut fields = vec![
            VERSION_2.to_vec(),
            algorithm.clone(),
            Fields::of(ca.certificate()).subject,
            time(self.this_update),
        ];
        fields.extend(self.next_update.map(time));
        if !entries.is_empty() {
            fields.push(sequence(&[&entries]));
        }
        let extensions = self.extensions();
        if !extensions.is_empty() {
            fields.push(tagged(0, &sequence(&[&extensions])));
        }
        let list = sequence(&[&fields.concat()]);
        let signature = signature(key, &list, self.signed_right);
        sequence(&[&list, &algorithm, &signature])
    }

    fn entry(&self, serial: &[u8]) -> Vec<u8> {
        const KEY_COMPROMISE: u8 = 1;
        let reason = super::der_writer::element(ENUMERATED, &[KEY_COMPROMISE]);
        let mut extensions = extension(REASON, false, &reason);
        if let Some(critical) = self.unknown_entry_extension {
            extensions.extend(extension(UNKNOWN, critical, &[0x05, 0x00]));
        }
        sequence(&[
            &integer(serial),
            &time(self.this_update),
            &sequence(&[&extensions]),
        ])
    }

    fn extensions(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some((number, critical)) = self.number {
            let number = integer(&number.to_be_bytes());
            extensions.extend(extension(CRL_NUMBER, critical, &number));
        }
        if let Some(key_id) = &self.authority_key {
            let content = sequence(&[&tagged_primitive(0, key_id)]);
            extensions.extend(extension(AUTHORITY_KEY, false, &content));
        }
        if self.delta {
            extensions.extend(extension(DELTA_INDICATOR, true, &integer(&[1])));
        }
        if let Some(point) = self.scope.encode() {
            extensions.extend(extension(ISSUING_DISTRIBUTION_POINT, true, &point));
        }
        if let Some(critical) = self.unknown_extension {
            extensions.extend(extension(UNKNOWN, critical, &[0x05, 0x00]));
        }
        extensions
    }
}

impl Scope {
    /// The IssuingDistributionPoint, if there is anything in it.
    fn encode(&self) -> Option<Vec<u8>> {
        /// One bit, number 1: keyCompromise.
        const KEY_COMPROMISE: &[u8] = &[0x06, 0x40];
        let yes = &BOOLEAN_TRUE[2..];
        let mut fields = Vec::new();
        if let Some(url) = &self.distribution_point {
            let name = tagged(0, &tagged_primitive(6, url.as_bytes()));
            fields.extend(tagged(0, &name));
        }
        if self.is_relative {
            /// A common name, `point`.
            const POINT: &[u8] = &[
                0x30, 0x0c, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x05, b'p', b'o', b'i', b'n', b't',
            ];
            fields.extend(tagged(0, &tagged(1, POINT)));
        }
        match self.only {
            Some(CrlScope::UserCertificates) => fields.extend(tagged_primitive(1, yes)),
            Some(CrlScope::CaCertificates) => fields.extend(tagged_primitive(2, yes)),
            _ => {}
        }
        if self.some_reasons {
            fields.extend(tagged_primitive(3, KEY_COMPROMISE));
        }
        if self.indirect {
            fields.extend(tagged_primitive(4, yes));
        }
        if self.only == Some(CrlScope::AttributeCertificates) {
            fields.extend(tagged_primitive(5, yes));
        }
        (!fields.is_empty()).then(|| sequence(&[&fields]))
    }
}

impl TestCa {
    /// A certificate revocation list of this authority, by recipe.
    pub fn crl(&self, recipe: CrlRecipe) -> CertificateRevocationListDer<'static> {
        CertificateRevocationListDer::from(recipe.encode(self))
    }

    /// The same as PEM (`BEGIN X509 CRL`).
    pub fn crl_pem(&self, recipe: CrlRecipe) -> String {
        pem("X509 CRL", &recipe.encode(self))
    }
}
