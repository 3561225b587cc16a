//! Pins made from chains, certificates, requests and keys, and what is said of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa};
use bonafide_verify::PinSet;
use bonafide_verify::pins::{
    PinAdvice, PinAdviceError, PinFileProblem, PinRole, PinSource, PinWarning,
};
use bonafide_verify::pki_types::CertificateDer;
use bonafide_verify::x509::PinError;

/// The lists that timestamps of Certificate Transparency stand in (RFC 6962, 3.3).
const TIMESTAMPS: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];

fn chain_of(ca: &TestCa, recipe: Recipe) -> Vec<CertificateDer<'static>> {
    let mut chain = ca.issue(recipe).chain().to_vec();
    chain.push(ca.root_certificate().clone());
    chain
}

#[test]
fn each_certificate_of_a_chain_has_its_role_and_its_warning() {
    let root = TestCa::named("root");
    let issuing = root.intermediate("issuing");
    let private = chain_of(&issuing, Recipe::for_host("a.test"));
    let public = chain_of(
        &issuing,
        Recipe::for_host("a.test").extension(&TIMESTAMPS, &[4, 2, 0, 0]),
    );
    let said = |chain: &[CertificateDer<'static>]| -> Vec<_> {
        PinAdvice::of_chain(chain)
            .unwrap()
            .into_iter()
            .map(|advice| (advice.source, advice.role, advice.warnings))
            .collect()
    };
    let intermediate = |warnings| (PinSource::Intermediate, PinRole::Ca, warnings);
    let expected = |middle| {
        [
            (
                PinSource::Leaf,
                PinRole::Leaf,
                vec![PinWarning::RenewedWithNewKey],
            ),
            middle,
            (PinSource::Root, PinRole::Ca, vec![PinWarning::OwnRoot]),
        ]
    };
    assert_eq!(said(&private), expected(intermediate(vec![])));
    assert_eq!(
        said(&public),
        expected(intermediate(vec![PinWarning::PublicIntermediate]))
    );
    let advice = PinAdvice::of_chain(&private).unwrap();
    let pins: Vec<_> = advice.iter().map(|one| one.pin.to_string()).collect();
    assert_eq!(pins[1..], [issuing.spki_pin(), root.spki_pin()]);
    assert_eq!(advice[1].subject.as_deref(), Some("CN=issuing"));
    assert_eq!(advice[1].key, "ECDSA on P-256");
    assert!(advice[1].not_after.is_some());
}

#[test]
fn weak_and_self_signed_keys_are_warned_of() {
    let weak = TestCa::new().issue(Recipe::for_host("a.test").key(KeyKind::Rsa1024));
    let own = Identity::self_signed(Recipe::for_host("a.test").key(KeyKind::Ed25519));
    let one = |identity: &Identity| {
        let mut advice = PinAdvice::of_chain(&identity.chain()[..1]).unwrap();
        assert_eq!(advice.len(), 1);
        advice.remove(0)
    };
    assert_eq!(
        (one(&weak).key.as_str(), one(&weak).warnings),
        (
            "RSA, 1024 bits",
            vec![PinWarning::RenewedWithNewKey, PinWarning::WeakKey]
        )
    );
    assert_eq!(
        (one(&own).key.as_str(), one(&own).warnings),
        ("Ed25519", vec![PinWarning::SelfSigned])
    );
}

#[test]
fn a_key_its_request_and_its_certificate_have_one_pin() {
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        let identity = TestCa::new().issue(Recipe::for_host("a.test").key(kind));
        let key = rcgen::KeyPair::from_pem(&identity.key_pem()).unwrap();
        let request = rcgen::CertificateParams::new(["a.test".to_owned()])
            .unwrap()
            .serialize_request(&key)
            .unwrap();
        let everything = identity.chain_pem()
            + &identity.key_pem()
            + &request.pem().unwrap()
            + &key.public_key_pem();
        let advice = PinAdvice::of_pem(everything).unwrap();
        let pins: Vec<_> = advice.iter().map(|one| one.pin.to_string()).collect();
        assert_eq!(pins, vec![identity.spki_pin(); 4], "{kind:?}");
        let sources: Vec<_> = advice.iter().map(|one| one.source).collect();
        assert_eq!(
            sources,
            [
                PinSource::Leaf,
                PinSource::Key,
                PinSource::Request,
                PinSource::Key
            ]
        );
        assert_eq!(advice[2].warnings, [], "{kind:?}");
        // One bit of the signature is another.
        let mut forged = request.der().to_vec();
        *forged.last_mut().unwrap() ^= 1;
        let forged = PinAdvice::of_request(&forged).unwrap();
        assert_eq!(forged.warnings, [PinWarning::RequestNotSigned], "{kind:?}");
    }
}

#[test]
fn what_is_no_certificate_or_key_is_refused_by_name() {
    let identity = TestCa::new().issue(Recipe::for_host("a.test"));
    assert!(matches!(
        PinAdvice::of_chain(&[]),
        Err(PinAdviceError::NothingFound)
    ));
    assert!(matches!(
        PinAdvice::of_pem("nothing"),
        Err(PinAdviceError::NothingFound)
    ));
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert!(matches!(
        PinAdvice::of_pem(encrypted),
        Err(PinAdviceError::EncryptedKey)
    ));
    let pem = identity.chain_pem();
    assert!(matches!(
        PinAdvice::of_pem(&pem[..pem.len() / 2]),
        Err(PinAdviceError::Pem(_))
    ));
    let leaf = identity.leaf();
    match PinAdvice::of_chain(&[leaf.clone(), CertificateDer::from(&leaf[..40])]) {
        Err(PinAdviceError::Malformed { what, position, .. }) => {
            assert_eq!((what, position), ("certificate", 2));
        }
        other => panic!("{other:?}"),
    }
    match PinAdvice::of_request(leaf) {
        Err(PinAdviceError::Malformed { what, .. }) => assert_eq!(what, "certificate request"),
        other => panic!("{other:?}"),
    }
    match PinAdvice::of_public_key(b"key") {
        Err(PinAdviceError::Malformed { what, .. }) => assert_eq!(what, "public key"),
        other => panic!("{other:?}"),
    }
    let many = vec![leaf.clone(); 65];
    match PinAdvice::of_chain(&many) {
        Err(PinAdviceError::TooMany { limit }) => assert_eq!(limit, 64),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stub_is_a_pin_file_as_soon_as_it_has_a_backup() {
    let ca = TestCa::named("root\n\"] = 1");
    let advice = PinAdvice::of_chain(&chain_of(&ca, Recipe::for_host("a.test"))).unwrap();
    let stub = PinAdvice::file_stub("a.test", "2027-06-30", &advice);
    match PinSet::from_toml(&stub).unwrap_err().problem() {
        PinFileProblem::Pin(PinError::BackupMissing { pattern }) => {
            assert_eq!(pattern.to_string(), "a.test");
        }
        other => panic!("{other:?}\n{stub}"),
    }
    let backup = "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let whole = stub.replace(
        "    # { role = \"leaf\", pin = \"sha256/…\" },",
        &format!("    {{ role = \"leaf\", pin = \"{backup}\" }},"),
    );
    let set = PinSet::from_toml(&whole).unwrap();
    let pins: Vec<_> = set.entries()[0]
        .pins()
        .iter()
        .map(|(role, pin)| (*role, pin.to_string()))
        .collect();
    assert_eq!(
        pins,
        [
            (PinRole::Leaf, advice[0].pin.to_string()),
            (PinRole::Leaf, backup.to_owned())
        ]
    );
    // What a host name holds cannot leave its quotes.
    let stub = PinAdvice::file_stub("a\"\nx = 1", "2027-06-30", &advice);
    assert!(matches!(
        PinSet::from_toml(&stub).unwrap_err().problem(),
        PinFileProblem::Host(_)
    ));
}
