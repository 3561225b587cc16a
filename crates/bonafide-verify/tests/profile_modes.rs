//! Profiles as checks: enforced or report only, and on one path of several.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bonafide_testkit::certificate::ExtendedKeyUsage;
use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::receipt::Outcome;
use bonafide_verify::{Anchors, Peer, Policy, PolicyBuilder, Profile, Receipt, Zone};

const HOST: &str = "api.example.com";

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn row<'a>(receipt: &'a Receipt, name: &str) -> &'a Outcome {
    receipt
        .checks()
        .iter()
        .find(|check| check.name() == name)
        .unwrap_or_else(|| panic!("no row {name}"))
        .outcome()
}

#[test]
fn each_profile_can_be_report_only_in_place_of_or_beside_an_enforced_one() {
    let ca = TestCa::new();
    let without_purpose = Recipe::for_host(HOST).extended_key_usage([] as [ExtendedKeyUsage; 0]);
    let identity = ca.issue(without_purpose);
    let name = ServerName::try_from(HOST).unwrap();
    let peer = Peer::new(identity.chain(), &name);
    for profile in [Profile::WebPki, Profile::WebPkiIssuance] {
        let refusal = trusting(&ca)
            .profile(profile)
            .build()
            .unwrap()
            .verify(&peer)
            .unwrap_err();
        let code = refusal.code();
        let row_name = format!("profile {}", profile.as_str());
        let alone = trusting(&ca).profile_report_only(profile);
        let beside = trusting(&ca).report_only(profile);
        let in_a_zone = trusting(&ca).zone(Zone::for_host(HOST).profile_report_only(profile));
        for builder in [alone, beside, in_a_zone] {
            let receipt = builder.build().unwrap().verify(&peer).unwrap();
            assert!(receipt.is_verified());
            match row(&receipt, &row_name) {
                Outcome::Reported(reason) => assert_eq!(reason.code(), code),
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn a_path_that_a_profile_refuses_does_not_hide_one_that_it_accepts() {
    let old = TestCa::builder()
        .common_name("old root")
        .valid_until(bonafide_testkit::Moment::now())
        .build();
    let new = TestCa::named("new root");
    let issuing = TestCa::named("issuing");
    let leaf = issuing.issue(Recipe::for_host(HOST)).chain()[0].clone();
    let chain = [
        leaf,
        issuing.cross_signed_by(&old),
        issuing.cross_signed_by(&new),
    ];
    let name = ServerName::try_from(HOST).unwrap();
    let later =
        bonafide_verify::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            bonafide_verify::pki_types::UnixTime::now().as_secs() + 3_600,
        ));
    for anchors in [[&old, &new], [&new, &old]] {
        let certificates = anchors.map(|ca| ca.certificate().clone());
        let policy = Policy::builder()
            .anchors(Anchors::only(certificates.to_vec()))
            .profile(Profile::Browser)
            .build()
            .unwrap();
        let receipt = policy.verify(&Peer::new(&chain, &name).at(later)).unwrap();
        let path = receipt.path().unwrap();
        assert_eq!(path.certificates()[2], *new.certificate());
    }
}
