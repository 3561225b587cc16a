//! Test logs of Certificate Transparency, and certificates that are logged in them: RFC 6962
//! version 1.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{Any, ObjectIdentifier};
use der::{Decode as _, Encode as _, Tag, TagNumber};
use rcgen::{CertificateParams, CustomExtension, PublicKeyData as _, SigningKey as _};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::key::{KeyKind, TestKey};
use super::moment::Moment;
use super::recipe::Recipe;

/// The extension with the signed certificate timestamps, RFC 6962 section 3.3.
const SCT_LIST: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
/// The critical extension that makes a precertificate unusable, RFC 6962 section 3.1.
const POISON: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 3];
const POISON_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.3");
const NULL: &[u8] = &[0x05, 0x00];

/// `LogEntryType` of RFC 6962 section 3.1.
const X509_ENTRY: u16 = 0;
const PRECERT_ENTRY: u16 = 1;

/// A log of Certificate Transparency that promises to publish every certificate it gets.
///
/// It signs timestamps and publishes nothing. Cloning it gives another handle to the same log.
///
/// ```
/// use bonafide_testkit::{Moment, Recipe, TestCa, TestLog};
///
/// let [one, two] = ["one", "two"].map(|name| TestLog::new(name, format!("operator of {name}")));
/// let server = TestCa::new().issue(Recipe::for_host("localhost").logged_in([&one, &two]));
/// let list = TestLog::log_list([&one, &two], Moment::now());
/// # let _ = (server, list);
/// ```
#[derive(Clone)]
pub struct TestLog(Arc<Log>);

struct Log {
    name: String,
    operator: String,
    key: Arc<TestKey>,
}

impl TestLog {
    /// A log with a P-256 key.
    pub fn new(name: impl Into<String>, operator: impl Into<String>) -> Self {
        Self::with_key(name, operator, KeyKind::EcdsaP256)
    }

    /// A log with a key of this kind.
    ///
    /// # Panics
    /// If a log may not have such a key: RFC 6962 section 2.1.4 knows P-256 and RSA from 2048 bits.
    pub fn with_key(name: impl Into<String>, operator: impl Into<String>, kind: KeyKind) -> Self {
        assert!(
            matches!(
                kind,
                KeyKind::EcdsaP256 | KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096
            ),
            "a log signs with P-256 or RSA, not with {kind:?}"
        );
        Self(Arc::new(Log {
            name: name.into(),
            operator: operator.into(),
            key: TestKey::generate(kind),
        }))
    }

    /// The name, which log lists call its description.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Who runs it.
    pub fn operator(&self) -> &str {
        &self.0.operator
    }

    /// Its key as a SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        self.0.key.subject_public_key_info()
    }

    /// Its id: the SHA-256 of its key.
    pub fn id(&self) -> [u8; 32] {
        sha256(&self.public_key())
    }

    /// A serialised signed certificate timestamp of `at` over a finished certificate: what a server
    /// sends beside it.
    pub fn timestamp(&self, certificate: &CertificateDer<'_>, at: impl Into<Moment>) -> Vec<u8> {
        let mut entry = X509_ENTRY.to_be_bytes().to_vec();
        push_sized(&mut entry, certificate, 3);
        self.sign(&entry, at.into())
    }

    /// The same over the precertificate of a certificate by the issuer with this key.
    fn precertificate_timestamp(
        &self,
        precertificate: &CertificateDer<'_>,
        issuer_key: &[u8],
        at: Moment,
    ) -> Vec<u8> {
        let mut entry = PRECERT_ENTRY.to_be_bytes().to_vec();
        entry.extend_from_slice(&sha256(issuer_key));
        push_sized(&mut entry, &without_poison(precertificate), 3);
        self.sign(&entry, at)
    }

    /// `SignedCertificateTimestamp` of RFC 6962 section 3.2.
    fn sign(&self, entry: &[u8], at: Moment) -> Vec<u8> {
        const VERSION_1: u8 = 0;
        const CERTIFICATE_TIMESTAMP: u8 = 0;
        const NO_EXTENSIONS: &[u8] = &[0, 0];
        const SHA256_ALGORITHM: u8 = 4;
        let milliseconds = u64::try_from(at.as_unix_seconds()).unwrap_or(0) * 1000;

        let mut message = vec![VERSION_1, CERTIFICATE_TIMESTAMP];
        message.extend_from_slice(&milliseconds.to_be_bytes());
        message.extend_from_slice(entry);
        message.extend_from_slice(NO_EXTENSIONS);
        let signature = self.0.key.sign(&message).expect("a log's key signs");

        let mut timestamp = vec![VERSION_1];
        timestamp.extend_from_slice(&self.id());
        timestamp.extend_from_slice(&milliseconds.to_be_bytes());
        timestamp.extend_from_slice(NO_EXTENSIONS);
        timestamp.push(SHA256_ALGORITHM);
        timestamp.push(if self.0.key.is_rsa() { 1 } else { 3 });
        push_sized(&mut timestamp, &signature, 2);
        timestamp
    }

    /// `SignedCertificateTimestampList` of RFC 6962 section 3.3.
    pub fn timestamp_list<T: AsRef<[u8]>>(timestamps: impl IntoIterator<Item = T>) -> Vec<u8> {
        let mut items = Vec::new();
        for timestamp in timestamps {
            push_sized(&mut items, timestamp.as_ref(), 2);
        }
        let mut list = Vec::new();
        push_sized(&mut list, &items, 2);
        list
    }

    /// A log list in the v3 JSON format of browsers, dated `at`, in which all these logs are usable
    /// since the year 2000.
    pub fn log_list<'a>(logs: impl IntoIterator<Item = &'a Self>, at: impl Into<Moment>) -> String {
        let mut operators: Vec<(&str, Vec<Value>)> = Vec::new();
        for log in logs {
            let entry = json!({
                "description": log.name(),
                "log_id": STANDARD.encode(log.id()),
                "key": STANDARD.encode(log.public_key()),
                "url": "https://log.test/",
                "mmd": 86400,
                "state": { "usable": { "timestamp": "2000-01-01T00:00:00Z" } },
            });
            match operators
                .iter_mut()
                .find(|(name, _)| *name == log.operator())
            {
                Some((_, entries)) => entries.push(entry),
                None => operators.push((log.operator(), vec![entry])),
            }
        }
        let operators: Vec<Value> = operators
            .into_iter()
            .map(
                |(name, logs)| json!({ "name": name, "email": [], "logs": logs, "tiled_logs": [] }),
            )
            .collect();
        let timestamp = at
            .into()
            .as_offset_date_time()
            .format(&Rfc3339)
            .expect("a moment of this age has an RFC 3339 form");
        json!({ "version": "1.0", "log_list_timestamp": timestamp, "operators": operators })
            .to_string()
    }
}

impl fmt::Debug for TestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Log {
            name,
            operator,
            key: _,
        } = &*self.0;
        f.debug_struct("TestLog")
            .field("name", name)
            .field("operator", operator)
            .finish_non_exhaustive()
    }
}

/// What a recipe says about logs.
#[derive(Clone, Debug, Default)]
pub(super) struct Logged {
    logs: Vec<(TestLog, Option<Moment>)>,
    raw_list: Option<Vec<u8>>,
}

impl Recipe {
    /// Logged when its validity began, with the logs' timestamps embedded (RFC 6962 section 3.3).
    pub fn logged_in<'a>(mut self, logs: impl IntoIterator<Item = &'a TestLog>) -> Self {
        let logs = logs.into_iter().map(|log| (log.clone(), None));
        self.logged.logs.extend(logs);
        self
    }

    /// Logged in one log at this moment, with its timestamp embedded.
    pub fn logged_at(mut self, log: &TestLog, at: impl Into<Moment>) -> Self {
        self.logged.logs.push((log.clone(), Some(at.into())));
        self
    }

    /// An embedded list of timestamps that consists of these bytes, in place of one by logs.
    pub fn raw_timestamp_list(mut self, list: impl Into<Vec<u8>>) -> Self {
        self.logged.raw_list = Some(list.into());
        self
    }
}

impl Logged {
    /// Signs the certificate; before that a precertificate, which the logs see, if there are logs.
    pub(super) fn issue(
        &self,
        parameters: &CertificateParams,
        issuer: &TestKey,
        sign: &dyn Fn(&CertificateParams) -> CertificateDer<'static>,
    ) -> CertificateDer<'static> {
        let list = match &self.raw_list {
            Some(list) => list.clone(),
            None if self.logs.is_empty() => return sign(parameters),
            None => {
                let precertificate = sign(&with_extension(parameters, POISON, NULL, true));
                let key = issuer.subject_public_key_info();
                let first_moment = Moment::from(parameters.not_before);
                TestLog::timestamp_list(self.logs.iter().map(|(log, at)| {
                    log.precertificate_timestamp(&precertificate, &key, at.unwrap_or(first_moment))
                }))
            }
        };
        let list = Any::new(Tag::OctetString, list)
            .and_then(|list| list.to_der())
            .expect("a list of timestamps fits into an extension");
        sign(&with_extension(parameters, SCT_LIST, &list, false))
    }
}

fn with_extension(
    parameters: &CertificateParams,
    id: &[u64],
    content: &[u8],
    critical: bool,
) -> CertificateParams {
    let mut extension = CustomExtension::from_oid_content(id, content.to_vec());
    extension.set_criticality(critical);
    let mut parameters = parameters.clone();
    parameters.custom_extensions.push(extension);
    parameters
}

/// The `TBSCertificate` of a precertificate without the extension that makes it one: what a log
/// signs.
fn without_poison(precertificate: &CertificateDer<'_>) -> Vec<u8> {
    const EXTENSIONS: Tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(3),
    };
    let outer = Vec::<Any>::from_der(precertificate).expect("a certificate is a sequence");
    let mut tbs: Vec<Any> = outer[0]
        .decode_as()
        .expect("a TBSCertificate is a sequence");
    for field in &mut tbs {
        if der::Tagged::tag(field) != EXTENSIONS {
            continue;
        }
        let mut extensions =
            Vec::<Any>::from_der(field.value()).expect("extensions are a sequence");
        extensions.retain(|extension| {
            let parts: Vec<Any> = extension.decode_as().expect("an extension is a sequence");
            let id: ObjectIdentifier = parts[0].decode_as().expect("an extension has an OID");
            id != POISON_ID
        });
        *field = extensions
            .to_der()
            .and_then(|extensions| Any::new(EXTENSIONS, extensions))
            .expect("extensions that were decoded encode");
    }
    tbs.to_der().expect("fields that were decoded encode")
}

/// Appends `bytes` after their length in so many bytes.
fn push_sized(to: &mut Vec<u8>, bytes: &[u8], width: usize) {
    let length = u32::try_from(bytes.len()).expect("what is logged here is short");
    assert!(
        width == 4 || length < 1 << (8 * width),
        "{length} bytes do not fit into a field of {width} bytes of length"
    );
    to.extend_from_slice(&length.to_be_bytes()[4 - width..]);
    to.extend_from_slice(bytes);
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
