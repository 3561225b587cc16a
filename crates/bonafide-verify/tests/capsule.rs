//! Capsules: a refusal written, read and judged again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bonafide_testkit::certificate::Catalogue;
use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::capsule::{Capsule, CapsuleError};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, Code, Peer, Policy, Profile, Refusal, Zone};
use proptest::prelude::*;
use serde_json::{Value, json};

fn trusting(ca: &TestCa) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .unwrap()
}

fn refuse(ca: &TestCa, chain: &[CertificateDer<'_>], host: &str) -> Refusal {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    trusting(ca).verify(&Peer::new(chain, &name)).unwrap_err()
}

fn expired(ca: &TestCa) -> Refusal {
    let identity = ca.issue(Recipe::for_host("localhost").expired());
    refuse(ca, identity.chain(), "localhost")
}

/// The capsule as JSON, to be changed.
fn json_of(refusal: &Refusal) -> Value {
    serde_json::from_str(&refusal.capsule().unwrap().to_json()).unwrap()
}

fn read(json: &Value) -> Result<Capsule, CapsuleError> {
    Capsule::from_json(json.to_string())
}

#[test]
fn a_capsule_that_was_written_and_read_is_refused_again_with_its_code() {
    let catalogue = Catalogue::new();
    let mut codes = Vec::new();
    for case in catalogue.cases() {
        let name = ServerName::try_from(case.host).unwrap();
        let Err(refusal) =
            trusting(catalogue.ca()).verify(&Peer::new(case.identity.chain(), &name))
        else {
            continue;
        };
        let capsule = refusal.capsule().unwrap();
        let read = Capsule::from_json(capsule.to_json()).unwrap();
        assert_eq!(read, capsule, "{}", case.name);
        let anchors = read.pick_anchors([catalogue.ca().certificate().clone()]);
        assert!(anchors.missing.is_empty());
        let policy = Policy::builder()
            .anchors(Anchors::only(anchors.found))
            .build()
            .unwrap();
        let again = policy.verify(&read.peer()).unwrap_err();
        assert_eq!(again.code().as_str(), read.code());
        assert_eq!(again.receipt().time(), refusal.receipt().time());
        codes.push(again.code());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 10, "{codes:?}");
}

#[test]
fn a_capsule_has_what_was_presented_and_asked() {
    let ca = TestCa::new();
    let identity = ca.intermediate("CA 1").issue(Recipe::for_host("a.test"));
    let name = ServerName::try_from("192.0.2.7").unwrap();
    let time = UnixTime::now();
    let peer = Peer::new(identity.chain(), &name)
        .with_ocsp_staple(b"staple")
        .with_scts(b"timestamps")
        .at(time);
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .profile(Profile::PathOnly)
        .build()
        .unwrap();
    let refusal = policy.verify(&peer).unwrap_err();
    let read = Capsule::from_json(refusal.capsule().unwrap().to_json()).unwrap();
    assert_eq!(read.code(), Code::NameMismatch.as_str());
    assert_eq!(read.refusal(), refusal.to_string());
    assert_eq!(read.chain(), identity.chain());
    assert_eq!(read.name(), Some(&name));
    assert_eq!(read.time().as_secs(), time.as_secs());
    assert_eq!(read.ocsp_staple(), Some(&b"staple"[..]));
    assert_eq!(read.scts(), Some(&b"timestamps"[..]));
    assert_eq!(read.profile(), Some("path-only"));
    assert_eq!(
        read.checks().collect::<Vec<_>>(),
        ["revocation", "transparency"]
    );
    assert_eq!(read.anchors().len(), 1);
}

#[test]
fn a_refused_path_without_a_name_has_a_capsule_without_one() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("a.test").expired());
    let refusal = trusting(&ca)
        .verify(&Peer::without_name(identity.chain()))
        .unwrap_err();
    let read = Capsule::from_json(refusal.capsule().unwrap().to_json()).unwrap();
    assert_eq!(read.name(), None);
    assert_eq!(
        trusting(&ca).verify(&read.peer()).unwrap_err().code(),
        Code::Expired
    );
}

#[test]
fn where_no_certificate_was_judged_there_is_no_capsule() {
    let ca = TestCa::new();
    assert_eq!(refuse(&ca, &[], "a.test").capsule(), None);
    let closed = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .zone(Zone::for_host("b.test"))
        .closed()
        .build()
        .unwrap();
    let identity = ca.issue(Recipe::for_host("a.test"));
    let name = ServerName::try_from("a.test").unwrap();
    let refusal = closed
        .verify(&Peer::new(identity.chain(), &name))
        .unwrap_err();
    assert_eq!(refusal.code(), Code::HostNotInPolicy);
    assert_eq!(refusal.capsule(), None);
}

#[test]
fn a_file_holds_certificates_and_no_key_and_of_the_anchors_the_hashes_alone() {
    let ca = TestCa::new();
    let refusal = expired(&ca);
    let text = refusal.capsule().unwrap().to_json();
    assert!(!text.contains("PRIVATE"), "{text}");
    let labels: Vec<&str> = text
        .split("-----BEGIN ")
        .skip(1)
        .filter_map(|rest| rest.split("-----").next())
        .collect();
    assert_eq!(labels, ["CERTIFICATE"]);
    let case = &json_of(&refusal)["testcases"][0];
    assert_eq!(case["trusted_certs"], json!([]));
    assert_eq!(case["peer_certificate_key"], Value::Null);
    let hash = case["bonafide"]["anchors_sha256"][0].as_str().unwrap();
    assert_eq!(hash.len(), 64);
}

#[test]
fn the_anchors_that_are_not_at_hand_are_listed_by_their_hashes() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let capsule = expired(&ca).capsule().unwrap();
    let picked = capsule.pick_anchors([other.certificate().clone()]);
    assert_eq!(picked.found, []);
    assert_eq!(picked.missing, capsule.anchors());
    let certificates = [other.certificate().clone(), ca.certificate().clone()];
    let picked = capsule.pick_anchors(certificates);
    assert_eq!(picked.found, [ca.certificate().clone()]);
    assert!(picked.missing.is_empty());
}

#[test]
fn a_file_that_is_not_a_capsule_is_refused_with_the_place() {
    let ca = TestCa::new();
    let refusal = expired(&ca);
    let other = Identity::self_signed(Recipe::for_host("a.test"));
    let two = format!(
        "{}{}",
        json_of(&refusal)["testcases"][0]["peer_certificate"]
            .as_str()
            .unwrap(),
        other.chain_pem()
    );
    // member of the case, value, what is said
    let table = [
        (
            "validation_kind",
            json!("CLIENT"),
            "validation_kind is not `SERVER`",
        ),
        (
            "expected_result",
            json!("SUCCESS"),
            "expected_result is not `FAILURE`",
        ),
        (
            "peer_certificate_key",
            json!("x"),
            "peer_certificate_key contains a private key, which a capsule must not contain",
        ),
        (
            "peer_certificate",
            json!(other.key_pem()),
            "peer_certificate contains a private key, which a capsule must not contain",
        ),
        (
            "peer_certificate",
            json!(two),
            "peer_certificate must be exactly one certificate in PEM",
        ),
        (
            "untrusted_intermediates",
            json!(["-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"]),
            "untrusted_intermediates[0] must be exactly one certificate in PEM",
        ),
        (
            "validation_time",
            json!("1969-12-31T23:59:59Z"),
            "validation_time is not an RFC 3339 time of 1970 or later",
        ),
        (
            "expected_peer_name",
            json!({"kind": "IP", "value": "a.test"}),
            "expected_peer_name is not a valid name of its kind",
        ),
        (
            "expected_peer_name",
            json!({"kind": "DNS", "value": "a b"}),
            "expected_peer_name is not a valid name of its kind",
        ),
    ];
    for (member, value, expected) in table {
        let mut file = json_of(&refusal);
        file["testcases"][0][member] = value;
        assert_eq!(read(&file).unwrap_err().to_string(), expected);
    }
    // The same for the members of `bonafide`.
    let table = [
        (
            "code",
            json!("BF-\u{1b}[2J"),
            "bonafide.code is not a valid refusal code",
        ),
        (
            "ocsp_staple",
            json!("!"),
            "bonafide.ocsp_staple is not Base64",
        ),
        ("scts", json!("!"), "bonafide.scts is not Base64"),
        (
            "anchors_sha256",
            json!(["é".repeat(32)]),
            "bonafide.anchors_sha256[0] is not a SHA-256 in hexadecimal",
        ),
    ];
    for (member, value, expected) in table {
        let mut file = json_of(&refusal);
        file["testcases"][0]["bonafide"][member] = value;
        assert_eq!(read(&file).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_file_of_another_version_size_or_number_of_cases_is_refused() {
    let ca = TestCa::new();
    let file = json_of(&expired(&ca));
    let mut newer = file.clone();
    newer["version"] = json!(2);
    assert!(matches!(
        read(&newer),
        Err(CapsuleError::Version { found: 2 })
    ));
    let mut twice = file.clone();
    twice["testcases"] = json!([file["testcases"][0], file["testcases"][0]]);
    assert!(matches!(
        read(&twice),
        Err(CapsuleError::Cases { found: 2 })
    ));
    let mut foreign = file.clone();
    foreign["testcases"][0]
        .as_object_mut()
        .unwrap()
        .remove("bonafide");
    let error = read(&foreign).unwrap_err();
    assert!(
        matches!(&error, CapsuleError::Json { source } if source.to_string().starts_with("missing field `bonafide`")),
        "{error:?}"
    );
    let padded = format!("{file}{}", " ".repeat(1024 * 1024));
    assert!(matches!(
        Capsule::from_json(padded),
        Err(CapsuleError::TooLarge {
            allowed: 1_048_576,
            ..
        })
    ));
}

#[test]
fn what_a_file_says_cannot_move_the_terminals_cursor() {
    let ca = TestCa::new();
    let mut file = json_of(&expired(&ca));
    file["testcases"][0]["description"] = json!("a\n\u{1b}[2Jb");
    file["testcases"][0]["bonafide"]["profile"] = json!("\u{1b}");
    file["testcases"][0]["bonafide"]["checks"] = json!(["\r"]);
    let read = read(&file).unwrap();
    assert_eq!(read.refusal(), "a\\n\\u{1b}[2Jb");
    assert_eq!(read.profile(), Some("\\u{1b}"));
    assert_eq!(read.checks().collect::<Vec<_>>(), ["\\r"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_capsule_with_bytes_changed_is_read_and_judged_or_refused_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        thread_local! {
            static STAGE: (Policy, Vec<u8>) = {
                let ca = TestCa::new();
                (trusting(&ca), expired(&ca).capsule().unwrap().to_json().into_bytes())
            };
        }
        STAGE.with(|(policy, file)| {
            let mut changed = file.clone();
            for (at, byte) in changes {
                *at.get_mut(&mut changed) = byte;
            }
            if let Ok(capsule) = Capsule::from_json(&changed) {
                // At another time or under another name it may be believed, by whoever asks about
                // that.
                let _ = policy.verify(&capsule.peer());
            }
        });
    }
}
