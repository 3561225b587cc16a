//! Every recipe of the testkit's catalogue, with the exact code that the policy answers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use bonafide_testkit::certificate::Catalogue;
use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa};
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::Reason;
use bonafide_verify::x509::PresentedName;
use bonafide_verify::{Anchors, Clock, Code, Peer, Policy, Profile, Receipt, Refusal, Verdict};

fn trusting(ca: &TestCa) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .unwrap()
}

fn judge(
    policy: &Policy,
    chain: &[bonafide_verify::pki_types::CertificateDer<'_>],
    host: &str,
) -> Result<Arc<Receipt>, Refusal> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    policy.verify(&Peer::new(chain, &name))
}

#[test]
fn each_recipe_is_believed_or_refused_with_its_code() {
    let catalogue = Catalogue::new();
    let policy = trusting(catalogue.ca());
    // case, code; none where it is believed
    let table = [
        ("valid-ecdsa", None),
        ("valid-rsa", None),
        ("valid-ed25519", None),
        ("valid-intermediate", None),
        ("revoked", None),
        ("expired", Some(Code::Expired)),
        ("not-yet-valid", Some(Code::NotYetValid)),
        ("wrong-name", Some(Code::NameMismatch)),
        ("no-san", Some(Code::NoSubjectAltName)),
        ("self-signed", Some(Code::SelfSigned)),
        ("unknown-root", Some(Code::UnknownIssuer)),
        ("missing-intermediate", Some(Code::UnknownIssuer)),
        ("weak-rsa", Some(Code::WeakKey)),
        ("sha1", Some(Code::WeakSignature)),
        ("wrong-eku", Some(Code::WrongPurpose)),
        ("name-constrained", Some(Code::NameConstraint)),
    ];
    assert_eq!(
        table.len(),
        catalogue.cases().len(),
        "every case has its row"
    );
    for (name, expected) in table {
        let case = catalogue.case(name);
        let code = judge(&policy, case.identity.chain(), case.host)
            .err()
            .map(|refusal| refusal.code());
        assert_eq!(code, expected, "{name}");
    }
}

#[test]
fn a_self_signed_certificate_with_the_name_of_an_anchor_is_self_signed() {
    for key in [KeyKind::EcdsaP256, KeyKind::Rsa2048] {
        let ca = TestCa::builder().common_name("localhost").key(key).build();
        for recipe in [
            Recipe::for_host("localhost"),
            Recipe::for_host("localhost").is_ca(),
        ] {
            let identity = Identity::self_signed(recipe.common_name("localhost"));
            let refusal = judge(&trusting(&ca), identity.chain(), "localhost").unwrap_err();
            assert_eq!(refusal.code(), Code::SelfSigned, "{key:?}");
        }
    }
}

#[test]
fn a_refusal_names_the_certificate_the_values_and_the_clock() {
    let ca = TestCa::new();
    let policy = trusting(&ca);
    let expired = ca.issue(Recipe::for_host("localhost").common_name("old").expired());
    let refusal = judge(&policy, expired.chain(), "localhost").unwrap_err();
    let subject = refusal.subject().unwrap();
    assert_eq!((subject.position, subject.name.as_str()), (0, "CN=old"));
    let text = refusal.to_string();
    assert!(
        text.starts_with("BF-EXPIRED: certificate \"CN=old\": expired at 20"),
        "{text}"
    );
    assert!(text.contains("; the system clock says 20"), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

#[test]
fn a_name_mismatch_tells_both_names() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_hosts(["a.test", "192.0.2.7"]));
    let refusal = judge(&trusting(&ca), identity.chain(), "b.test").unwrap_err();
    assert_eq!(
        refusal.reason(),
        &Reason::NameMismatch {
            expected: "b.test".to_owned(),
            presented: vec![
                PresentedName::Dns("a.test".to_owned()),
                PresentedName::Address("192.0.2.7".to_owned()),
            ],
        }
    );
}

#[test]
fn names_are_matched_as_dns_names_wildcards_and_addresses() {
    let ca = TestCa::new();
    let policy = trusting(&ca);
    let identity = ca.issue(Recipe::for_hosts([
        "*.wild.test",
        "exact.test",
        "192.0.2.7",
        "2001:db8::7",
    ]));
    // host, whether the certificate is for it
    for (host, expected) in [
        ("exact.test", true),
        ("EXACT.test", true),
        ("exact.test.", true),
        ("sub.exact.test", false),
        ("a.wild.test", true),
        ("wild.test", false),
        ("a.b.wild.test", false),
        ("192.0.2.7", true),
        ("192.0.2.8", false),
        ("2001:db8::7", true),
        ("2001:db8::8", false),
    ] {
        let judged = judge(&policy, identity.chain(), host)
            .map(|_| ())
            .map_err(|refusal| refusal.code());
        assert_eq!(
            judged,
            if expected {
                Ok(())
            } else {
                Err(Code::NameMismatch)
            },
            "{host}"
        );
    }
}

#[test]
fn the_name_is_judged_after_the_path_and_before_the_checks() {
    let ca = TestCa::new();
    let stranger = TestCa::new();
    let policy = trusting(&ca);
    let foreign = stranger.issue(Recipe::for_host("other.test").key(KeyKind::Rsa1024));
    assert_eq!(
        judge(&policy, foreign.chain(), "localhost")
            .unwrap_err()
            .code(),
        Code::UnknownIssuer
    );
    let weak = ca.issue(Recipe::for_host("other.test").key(KeyKind::Rsa1024));
    let refusal = judge(&policy, weak.chain(), "localhost").unwrap_err();
    assert_eq!(refusal.code(), Code::NameMismatch);
    let rows: Vec<_> = refusal
        .receipt()
        .checks()
        .iter()
        .map(|check| (check.name(), check.outcome().clone()))
        .collect();
    assert_eq!(rows[0], ("path", Outcome::Passed));
    assert!(matches!(
        rows[1],
        ("name", Outcome::Refused(Reason::NameMismatch { .. }))
    ));
    assert_eq!(rows[2], ("profile browser", Outcome::NotChecked));
}

#[test]
fn an_empty_chain_and_garbage_are_typed_refusals() {
    let policy = trusting(&TestCa::new());
    assert_eq!(
        judge(&policy, &[], "localhost").unwrap_err().code(),
        Code::NoCertificate
    );
    for garbage in [
        &b""[..],
        b"\x30",
        b"\x30\x80",
        b"not a certificate",
        &[0x30; 4096],
    ] {
        let chain = [bonafide_verify::pki_types::CertificateDer::from(garbage)];
        assert_eq!(
            judge(&policy, &chain, "localhost").unwrap_err().code(),
            Code::Malformed
        );
    }
}

#[test]
fn an_expired_anchor_is_refused_by_the_browser_profile_alone() {
    let ca = TestCa::builder().common_name("old root").expired().build();
    let identity = ca.issue(Recipe::for_host("localhost").valid_from(UnixTime::now()));
    let refusal = judge(&trusting(&ca), identity.chain(), "localhost").unwrap_err();
    assert_eq!(refusal.code(), Code::ExpiredAnchor);
    let lenient = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .profile(Profile::PathOnly)
        .build()
        .unwrap();
    assert!(
        judge(&lenient, identity.chain(), "localhost")
            .unwrap()
            .is_verified()
    );
}

#[test]
fn a_report_only_profile_believes_and_writes_the_finding_down() {
    let ca = TestCa::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .profile_report_only(Profile::Browser)
        .build()
        .unwrap();
    let weak = ca.issue(Recipe::for_host("localhost").key(KeyKind::Rsa1024));
    let receipt = judge(&policy, weak.chain(), "localhost").unwrap();
    assert!(receipt.is_verified());
    let profile = receipt
        .checks()
        .iter()
        .find(|check| check.name() == "profile browser")
        .unwrap();
    assert_eq!(
        profile.outcome(),
        &Outcome::Reported(Reason::WeakKey { bits: 1024 })
    );
}

#[test]
fn a_path_without_a_name_is_never_verified() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let receipt = trusting(&ca)
        .verify(&Peer::without_name(identity.chain()))
        .unwrap();
    assert_eq!(receipt.verdict(), &Verdict::PathOnly);
    assert!(!receipt.is_verified());
}

#[test]
fn the_clock_is_the_callers_and_is_on_the_receipt() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let in_a_century = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
        UnixTime::now().as_secs() + 3_155_760_000,
    ));
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .clock(Clock::fixed(in_a_century))
        .build()
        .unwrap();
    let refusal = judge(&policy, identity.chain(), "localhost").unwrap_err();
    assert_eq!(refusal.code(), Code::Expired);
    assert_eq!(
        (refusal.receipt().clock(), refusal.receipt().time()),
        ("fixed", in_a_century)
    );
}

#[test]
fn what_was_not_checked_never_reads_as_passed() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let receipt = judge(&trusting(&ca), identity.chain(), "localhost").unwrap();
    for name in ["revocation", "transparency"] {
        let row = receipt
            .checks()
            .iter()
            .find(|check| check.name() == name)
            .unwrap();
        assert_eq!(row.outcome(), &Outcome::NotChecked);
        assert_eq!(row.to_string(), format!("{name}: not checked"));
    }
}

#[test]
fn what_a_certificate_says_cannot_move_the_terminals_cursor() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("other.test").common_name("evil\u{1b}[2J\nname"));
    let refusal = judge(&trusting(&ca), identity.chain(), "localhost").unwrap_err();
    let text = refusal.to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

#[test]
fn the_certificate_at_fault_is_named_where_no_path_is_proved() {
    const UNKNOWN: &[u64] = &[1, 3, 6, 1, 4, 1, 55555, 1];
    let root = TestCa::named("root");
    let issuing = root.intermediate("issuing");
    let host = || Recipe::for_host("localhost");
    let below = |builder: bonafide_testkit::TestCaBuilder| {
        let ca = builder.common_name("at fault").build();
        ca.issue(host())
    };
    let no_ca = below(root.intermediate_builder().without_ca_flag());
    let no_constraints = below(root.intermediate_builder().without_basic_constraints());
    let version1 = below(root.intermediate_builder().version1());
    let critical = below(
        root.intermediate_builder()
            .critical_extension(UNKNOWN, b"\x05\x00"),
    );
    let short = root
        .intermediate_builder()
        .common_name("at fault")
        .path_length(0)
        .build()
        .intermediate("too deep")
        .issue(host());
    let tampered = issuing.issue(host().common_name("at fault").tampered_signature());
    let mismatched = issuing.issue(
        host()
            .common_name("at fault")
            .mismatched_signature_algorithm(),
    );
    // Another authority of the same name has issued the intermediate.
    let namesake = TestCa::named("root").intermediate_builder();
    let foreign = namesake.common_name("at fault").build().issue(host());
    // what is presented, code, where the certificate at fault stands in it
    for (identity, code, position) in [
        (&no_ca, Code::LeafAsCa, 1),
        (&no_constraints, Code::LeafAsCa, 1),
        (&version1, Code::UnsupportedVersion, 1),
        (&critical, Code::UnknownCriticalExtension, 1),
        (&short, Code::PathLength, 2),
        (&tampered, Code::BadSignature, 0),
        (&mismatched, Code::BadSignature, 0),
        (&foreign, Code::BadSignature, 1),
    ] {
        let refusal = judge(&trusting(&root), identity.chain(), "localhost").unwrap_err();
        let subject = refusal.subject().unwrap_or_else(|| panic!("{refusal}"));
        assert_eq!(
            (refusal.code(), subject.position, subject.name.as_str()),
            (code, position, "CN=at fault"),
            "{refusal}"
        );
    }
}
