//! The chain that mutants are made of, and what is judged.

use bonafide_testkit::certificate::Draft;
use bonafide_testkit::{KeyKind, Recipe, TestCa};
use bonafide_verify::pki_types::{CertificateDer, ServerName};
use bonafide_verify::x509::Certificate;
use bonafide_verify::{Anchors, Peer, Policy, Profile};

use super::mutation::mutate;
use super::random::Random;

/// The host that the leaf is for.
pub(crate) const HOST: &str = "www.example.com";

/// Leaf, intermediate and anchor, of which one has a change.
pub(crate) struct Bundle {
    pub(crate) leaf: CertificateDer<'static>,
    pub(crate) intermediate: CertificateDer<'static>,
    pub(crate) anchor: CertificateDer<'static>,
    changed: String,
}

/// Root, intermediate and leaf with their keys.
pub(crate) struct Chain {
    root: TestCa,
    issuing: TestCa,
    leaf: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
}

/// Extensions beside those that the testkit makes, all of them harmless: identifier and content.
const LEAF: [(&str, &[u8]); 6] = [
    // A country of citizenship.
    (
        "2.5.29.9",
        b"\x30\x10\x30\x0e\x06\x08\x2b\x06\x01\x05\x05\x07\x09\x04\x31\x02\x13\x00",
    ),
    // One policy, with a pointer to its statement.
    (
        "2.5.29.32",
        b"\x30\x1d\x30\x1b\x06\x06\x67\x81\x0c\x01\x02\x01\x30\x11\x30\x0f\x06\x08\x2b\x06\x01\x05\x05\x07\x02\x01\x16\x03ftp",
    ),
    (
        "2.5.29.31",
        b"\x30\x12\x30\x10\xa0\x0e\xa0\x0c\x86\x0ahttp://a/b",
    ),
    (
        "1.3.6.1.5.5.7.1.1",
        b"\x30\x18\x30\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x0ahttp://a/b",
    ),
    ("1.3.6.1.5.5.7.1.24", b"\x30\x03\x02\x01\x05"),
    ("2.5.29.18", b"\x30\x0a\x82\x03a.b\x86\x03a:b"),
];
const INTERMEDIATE: [(&str, &[u8]); 2] = [
    (
        "2.5.29.37",
        b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01",
    ),
    ("2.5.29.32", b"\x30\x06\x30\x04\x06\x02\x2a\x03"),
];

/// Name constraints that permit the host's domain.
const CONSTRAINTS: (&str, &[u8]) = ("2.5.29.30", b"\x30\x11\xa0\x0f\x30\x0d\x82\x0bexample.com");

impl Chain {
    pub(crate) fn new() -> Self {
        let root = TestCa::named("mutants root");
        let issuing = root.intermediate("mutants issuing");
        let served = issuing.issue(Recipe::for_host(HOST).key(KeyKind::EcdsaP256));
        let with = |draft: &mut Draft, extensions: &[(&str, &[u8])]| {
            for (id, value) in extensions {
                draft.extension(id, false, value);
            }
        };
        Self {
            leaf: issuing.reissue(served.leaf(), |leaf| with(leaf, &LEAF)),
            intermediate: root.reissue(issuing.certificate(), |issuing| {
                with(issuing, &INTERMEDIATE);
                issuing.extension(CONSTRAINTS.0, true, CONSTRAINTS.1);
            }),
            root,
            issuing,
        }
    }

    /// The chain without a change.
    pub(crate) fn whole(&self) -> Bundle {
        Bundle {
            leaf: self.leaf.clone(),
            intermediate: self.intermediate.clone(),
            anchor: self.root.certificate().clone(),
            changed: String::new(),
        }
    }

    /// The chain with one change, of which field, and which.
    pub(crate) fn mutant(&self, random: &mut Random) -> (Bundle, String, String) {
        loop {
            let mut bundle = self.whole();
            let (place, certificate, issuer) = match random.below(4) {
                0 => ("intermediate", &mut bundle.intermediate, &self.root),
                1 => ("anchor", &mut bundle.anchor, &self.root),
                _ => ("leaf", &mut bundle.leaf, &self.issuing),
            };
            let Some((field, change, der, reissued)) =
                changed(certificate, issuer, place == "leaf", random)
            else {
                continue;
            };
            *certificate = reissued;
            bundle.changed = der.iter().map(|octet| format!("{octet:02x}")).collect();
            return (bundle, format!("{place}: {field}"), change.to_owned());
        }
    }
}

type Change = (String, &'static str, Vec<u8>, CertificateDer<'static>);

/// A field with a change, and the certificate with that in the place of its own.
fn changed(
    certificate: &CertificateDer<'_>,
    issuer: &TestCa,
    is_leaf: bool,
    random: &mut Random,
) -> Option<Change> {
    let read = Certificate::from_der(certificate).ok()?;
    let extensions: Vec<_> = read.extensions().collect::<Result<_, _>>().ok()?;
    let others = if is_leaf { 3 } else { 1 };
    let which = random.below(extensions.len() + others);
    if let Some(extension) = extensions.get(which) {
        let (changed, change) = mutate(&encoded(extension), random)?;
        let id = extension.id.to_string();
        let reissued = issuer.reissue(certificate, |draft| {
            draft.without_extension(&id).encoded_extension(&changed);
        });
        return Some((id, change, changed, reissued));
    }
    match which - extensions.len() {
        0 => {
            let octets: Vec<u8> = (0..random.below(23)).map(|_| random.octet()).collect();
            let reissued = issuer.reissue(certificate, |draft| {
                draft.serial_number(&octets);
            });
            Some(("serial number".to_owned(), "replaced", octets, reissued))
        }
        1 => {
            let (changed, change) = mutate(read.subject(), random)?;
            let reissued = issuer.reissue(certificate, |draft| {
                draft.subject(&changed);
            });
            Some(("subject".to_owned(), change, changed, reissued))
        }
        _ => {
            let (changed, change) = mutate(read.subject_public_key_info(), random)?;
            let reissued = issuer.reissue(certificate, |draft| {
                draft.public_key(&changed);
            });
            Some(("public key".to_owned(), change, changed, reissued))
        }
    }
}

/// The whole encoding of an extension, which is short.
fn encoded(extension: &bonafide_verify::x509::Extension<'_>) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap_or(0);
        let length = if length < 0x80 {
            vec![length]
        } else {
            vec![0x81, length]
        };
        [&[tag], &length[..], content].concat()
    };
    let mut content = element(0x06, extension.id.as_bytes());
    if extension.critical {
        content.extend(element(0x01, &[0xff]));
    }
    content.extend(element(0x04, extension.value));
    element(0x30, &content)
}

impl Bundle {
    /// Leaf, intermediate and anchor.
    pub(crate) fn parts(&self) -> [&[u8]; 3] {
        [&self.leaf, &self.intermediate, &self.anchor].map(|der| der.as_ref())
    }

    /// The changed field, in hexadecimal.
    pub(crate) fn changed(&self) -> &str {
        &self.changed
    }

    /// The code of the refusal, if the chain is refused.
    pub(crate) fn refusal(&self, profile: Profile, host: &'static str) -> Option<String> {
        let policy = Policy::builder()
            .anchors(Anchors::only(self.anchor.clone()))
            .profile(profile)
            .build();
        let policy = match policy {
            Ok(policy) => policy,
            Err(error) => return Some(error.to_string()),
        };
        let name = ServerName::try_from(host).ok()?;
        let chain = [self.leaf.clone(), self.intermediate.clone()];
        let refusal = policy.verify(&Peer::new(&chain, &name)).err()?;
        Some(format!("{}: {}", refusal.code(), refusal.reason()))
    }
}
