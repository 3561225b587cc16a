//! OCSP responses by recipe (RFC 6960): good ones by default, broken where asked.

use aws_lc_rs::digest;
use der::asn1::ObjectIdentifier;
use rustls_pki_types::CertificateDer;

use super::authority::TestCa;
use super::der_writer::{
    ENUMERATED, OCTET_STRING, element, extension, generalized_time, integer, oid, sequence,
    signature, signature_algorithm, tagged, tagged_primitive,
};
use super::fields::Fields;
use super::identity::Identity;
use super::key::TestKey;
use super::moment::Moment;
use super::recipe::{DAY, HOUR};

/// `id-pkix-ocsp-basic`, RFC 6960 section 4.2.1.
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
/// `id-sha1`, RFC 3279 section 2.1.
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
/// `id-sha256`, RFC 5754 section 2.2.
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// An identifier for examples (RFC 7299), which no reader of responses knows.
const UNKNOWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");

/// The status of a certificate in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OcspStatus {
    /// It is not revoked.
    Good,
    /// It is, from a day ago, since its key was compromised.
    Revoked,
    /// The responder does not know it.
    Unknown,
}

/// The hash that a response names issuers by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OcspHash {
    /// What every responder uses.
    Sha1,
    /// What RFC 6960 allows as well.
    Sha256,
}

/// A recipe for an OCSP response. As it starts it makes a good one: signed by the issuer itself,
/// made an hour ago, for seven days. Each method changes one thing.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa};
/// use bonafide_testkit::revocation::{OcspRecipe, OcspStatus};
///
/// let ca = TestCa::new();
/// let server = ca.issue(Recipe::for_host("a.test").must_staple());
/// let response = ca.ocsp(server.leaf(), OcspRecipe::new());
/// let stapling = server.with_ocsp_staple(response);
/// assert!(stapling.certified_key().ocsp.is_some());
///
/// let revoked = ca.ocsp(server.leaf(), OcspRecipe::new().status(OcspStatus::Revoked));
/// # drop(revoked);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a recipe is used by TestCa::ocsp"]
pub struct OcspRecipe {
    status: OcspStatus,
    hash: OcspHash,
    this_update: Moment,
    next_update: Option<Moment>,
    produced_at: Moment,
    signer: Signer,
    signed_right: bool,
    by_key: bool,
    issuer: Option<TestCa>,
    error: Option<u8>,
    unknown_extension: Option<bool>,
}

#[derive(Clone, Debug)]
enum Signer {
    Issuer,
    Other(TestCa),
    Delegated(Identity),
}

impl Default for OcspRecipe {
    fn default() -> Self {
        Self::new()
    }
}

impl OcspRecipe {
    /// A valid response with the status good.
    pub fn new() -> Self {
        let now = Moment::now();
        Self {
            status: OcspStatus::Good,
            hash: OcspHash::Sha1,
            this_update: now - HOUR,
            next_update: Some(now + 7 * DAY),
            produced_at: now - HOUR,
            signer: Signer::Issuer,
            signed_right: true,
            by_key: false,
            issuer: None,
            error: None,
            unknown_extension: None,
        }
    }

    /// Sets the status. Default: good.
    pub fn status(mut self, status: OcspStatus) -> Self {
        self.status = status;
        self
    }

    /// The hash of its certificate's identifier. Default: SHA-1.
    pub fn hash(mut self, hash: OcspHash) -> Self {
        self.hash = hash;
        self
    }

    /// From when on it holds. Default: an hour ago.
    pub fn this_update(mut self, time: impl Into<Moment>) -> Self {
        self.this_update = time.into();
        self
    }

    /// Until when it holds. Default: in seven days.
    pub fn next_update(mut self, time: impl Into<Moment>) -> Self {
        self.next_update = Some(time.into());
        self
    }

    /// Leaves out `nextUpdate`, the end of its validity.
    pub fn without_next_update(mut self) -> Self {
        self.next_update = None;
        self
    }

    /// When it was signed. Default: an hour ago.
    pub fn produced_at(mut self, time: impl Into<Moment>) -> Self {
        self.produced_at = time.into();
        self
    }

    /// Signs with the key of another authority, under the name of the issuer.
    pub fn signed_by(mut self, other: &TestCa) -> Self {
        self.signer = Signer::Other(other.clone());
        self
    }

    /// Signs with the key of this responder and encloses its certificates. A right one was issued
    /// by the same authority, for
    /// [`ExtendedKeyUsage::OcspSigning`](crate::certificate::ExtendedKeyUsage::OcspSigning).
    pub fn responder(mut self, responder: &Identity) -> Self {
        self.signer = Signer::Delegated(responder.clone());
        self
    }

    /// Turns one bit of the signature over.
    pub fn bad_signature(mut self) -> Self {
        self.signed_right = false;
        self
    }

    /// Names the responder by the hash of its key and not by its name.
    pub fn by_key(mut self) -> Self {
        self.by_key = true;
        self
    }

    /// Names another issuer for the serial number.
    pub fn for_issuer(mut self, other: &TestCa) -> Self {
        self.issuer = Some(other.clone());
        self
    }

    /// Makes an error response with this number, for example 3, `tryLater` (RFC 6960 section
    /// 4.2.1).
    pub fn error(mut self, status: u8) -> Self {
        self.error = Some(status);
        self
    }

    /// Adds an unknown extension, critical or not.
    pub fn unknown_extension(mut self, critical: bool) -> Self {
        self.unknown_extension = Some(critical);
        self
    }

    fn encode(&self, ca: &TestCa, certificate: &[u8]) -> Vec<u8> {
        if let Some(status) = self.error {
            return sequence(&[&element(ENUMERATED, &[status])]);
        }
        let (key, responder): (&TestKey, &[u8]) = match &self.signer {
            Signer::Issuer => (ca.key(), ca.certificate()),
            Signer::Other(other) => (other.key(), ca.certificate()),
            Signer::Delegated(identity) => (identity.test_key(), identity.leaf()),
        };
        let responder = Fields::of(responder);
        let responder = if self.by_key {
            tagged(2, &element(OCTET_STRING, &sha1(&responder.key)))
        } else {
            tagged(1, &responder.subject)
        };
        let mut data = [
            responder,
            generalized_time(self.produced_at),
            sequence(&[&self.single(ca, certificate)]),
        ]
        .concat();
        if let Some(critical) = self.unknown_extension {
            let extension = extension(UNKNOWN, critical, &[0x05, 0x00]);
            data.extend(tagged(1, &sequence(&[&extension])));
        }
        let data = sequence(&[&data]);
        let algorithm = signature_algorithm(key);
        let signature = signature(key, &data, self.signed_right);
        let mut basic = [data, algorithm, signature].concat();
        if let Signer::Delegated(identity) = &self.signer {
            let certificates: Vec<u8> = identity.chain().iter().flat_map(|c| c.to_vec()).collect();
            basic.extend(tagged(0, &sequence(&[&certificates])));
        }
        let basic = element(OCTET_STRING, &sequence(&[&basic]));
        sequence(&[
            &element(ENUMERATED, &[0]),
            &tagged(0, &sequence(&[&oid(BASIC), &basic])),
        ])
    }

    fn single(&self, ca: &TestCa, certificate: &[u8]) -> Vec<u8> {
        const KEY_COMPROMISE: u8 = 1;
        let issuer = Fields::of(self.issuer.as_ref().unwrap_or(ca).certificate());
        let id = match self.hash {
            OcspHash::Sha1 => SHA1,
            OcspHash::Sha256 => SHA256,
        };
        let hash = |bytes: &[u8]| match self.hash {
            OcspHash::Sha1 => sha1(bytes),
            OcspHash::Sha256 => digest::digest(&digest::SHA256, bytes).as_ref().to_vec(),
        };
        let certificate = sequence(&[
            &sequence(&[&oid(id), &[0x05, 0x00]]),
            &element(OCTET_STRING, &hash(&issuer.subject)),
            &element(OCTET_STRING, &hash(&issuer.key)),
            &integer(&Fields::of(certificate).serial),
        ]);
        let status = match self.status {
            OcspStatus::Good => tagged_primitive(0, &[]),
            OcspStatus::Revoked => {
                let since = generalized_time(self.this_update - DAY);
                let reason = tagged(0, &element(ENUMERATED, &[KEY_COMPROMISE]));
                tagged(1, &[since, reason].concat())
            }
            OcspStatus::Unknown => tagged_primitive(2, &[]),
        };
        let mut fields = [certificate, status, generalized_time(self.this_update)].concat();
        if let Some(next) = self.next_update {
            fields.extend(tagged(0, &generalized_time(next)));
        }
        sequence(&[&fields])
    }
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)
        .as_ref()
        .to_vec()
}

impl TestCa {
    /// An OCSP response in DER about a certificate that this authority has issued, by recipe.
    pub fn ocsp(&self, certificate: &CertificateDer<'_>, recipe: OcspRecipe) -> Vec<u8> {
        recipe.encode(self, certificate)
    }
}
