//! What an anchor may vouch for: what it has issued, or itself alone, or no server at all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bonafide_testkit::certificate::ExtendedKeyUsage;
use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::files::LoadProblem;
use bonafide_verify::pki_types::{CertificateDer, ServerName};
use bonafide_verify::{Anchors, Code, CustomCa, Peer, Policy, Profile, Refusal};

const HOST: &str = "printer.example";

fn judge(
    anchor: &CertificateDer<'static>,
    chain: &[CertificateDer<'static>],
    host: &str,
    profile: Profile,
) -> Result<(), Refusal> {
    let policy = Policy::builder()
        .anchors(Anchors::only(anchor.clone()))
        .profile(profile)
        .build()
        .unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let receipt = policy.verify(&Peer::new(chain, &name))?;
    assert!(receipt.is_verified());
    Ok(())
}

fn code(
    anchor: &CertificateDer<'static>,
    identity: &Identity,
    profile: Profile,
) -> Result<(), Code> {
    judge(anchor, identity.chain(), HOST, profile).map_err(|refusal| refusal.code())
}

fn problems(anchor: &CertificateDer<'static>) -> (usize, Vec<String>) {
    let set = Anchors::only(anchor.clone()).load().unwrap();
    let remarks = set.report().remarks().map(|remark| {
        assert!(matches!(
            remark.problem,
            LoadProblem::NotACa { position: 1 }
        ));
        remark.to_string()
    });
    (set.len(), remarks.collect())
}

#[test]
fn an_anchor_that_is_not_a_ca_issues_for_nobody_under_any_profile() {
    let authorities = [
        TestCa::builder().without_ca_flag().build(),
        TestCa::builder().without_basic_constraints().build(),
    ];
    for ca in authorities {
        let direct = ca.issue(Recipe::for_host(HOST));
        let below = ca.intermediate("issuing").issue(Recipe::for_host(HOST));
        for profile in Profile::ALL {
            for identity in [&direct, &below] {
                let refusal = judge(ca.certificate(), identity.chain(), HOST, profile).unwrap_err();
                assert_eq!(refusal.code(), Code::LeafAsCa, "{profile:?}");
                let subject = refusal.subject().unwrap();
                assert_eq!(subject.position, identity.chain().len());
                assert!(refusal.receipt().path().is_none());
            }
        }
        let remark = "certificates: certificate 1 is not a CA certificate: as an anchor it can verify only itself";
        assert_eq!(problems(ca.certificate()), (1, vec![remark.to_owned()]));
    }
}

#[test]
fn a_server_certificate_among_the_anchors_issues_for_no_other_host() {
    // The key of a printer signs a certificate for a bank.
    let printer = TestCa::builder()
        .common_name(HOST)
        .without_ca_flag()
        .without_cert_sign()
        .build();
    let bank = printer.issue(Recipe::for_host("bank.example"));
    for profile in Profile::ALL {
        let refusal =
            judge(printer.certificate(), bank.chain(), "bank.example", profile).unwrap_err();
        assert_eq!(refusal.code(), Code::LeafAsCa, "{profile:?}");
    }
}

#[test]
fn a_self_signed_anchor_proves_itself_for_its_own_names_whatever_its_key_usage() {
    // Its key usage is digitalSignature alone.
    let own = Identity::self_signed(Recipe::for_host(HOST));
    for profile in [Profile::Browser, Profile::PathOnly] {
        assert_eq!(code(own.leaf(), &own, profile), Ok(()), "{profile:?}");
        let other = judge(own.leaf(), own.chain(), "other.example", profile);
        assert_eq!(other.unwrap_err().code(), Code::NameMismatch);
    }
    for profile in [Profile::WebPki, Profile::Rfc5280] {
        assert!(code(own.leaf(), &own, profile).is_err(), "{profile:?}");
    }
}

#[test]
fn a_listed_leaf_of_another_ca_stays_refused_and_the_text_names_exactly() {
    let identity = TestCa::new().issue(Recipe::for_host(HOST));
    let refusal = judge(identity.leaf(), identity.chain(), HOST, Profile::Browser).unwrap_err();
    assert_eq!(refusal.code(), Code::UnknownIssuer);
    let text = refusal.explain().to_string();
    assert!(text.contains("Zone::for_host(…).exactly("), "{text}");
}

#[test]
fn a_listed_ca_as_the_servers_own_stays_refused_and_the_text_names_exactly() {
    let own = TestCa::named(HOST).as_identity();
    let refusal = judge(own.leaf(), own.chain(), HOST, Profile::Browser).unwrap_err();
    assert_eq!(refusal.code(), Code::CaAsLeaf);
    let text = refusal.explain().to_string();
    assert!(text.contains("Zone::for_host(…).exactly("), "{text}");
}

#[test]
fn a_root_of_version_1_still_issues() {
    let ca = TestCa::builder().version1().build();
    let identity = ca.issue(Recipe::for_host(HOST));
    assert_eq!(code(ca.certificate(), &identity, Profile::Browser), Ok(()));
    assert_eq!(problems(ca.certificate()), (1, Vec::new()));
}

#[test]
fn an_anchor_for_clients_alone_vouches_for_no_server_under_browser() {
    let of = |purposes: &[ExtendedKeyUsage]| {
        let purposes = purposes.iter().copied();
        let ca = TestCa::builder().extended_key_usage(purposes).build();
        let identity = ca.issue(Recipe::for_host(HOST));
        [Profile::Browser, Profile::PathOnly]
            .map(|profile| code(ca.certificate(), &identity, profile))
    };
    use ExtendedKeyUsage::{Any, ClientAuth, ServerAuth};
    assert_eq!(of(&[ClientAuth]), [Err(Code::WrongPurpose), Ok(())]);
    assert_eq!(of(&[ClientAuth, ServerAuth]), [Ok(()), Ok(())]);
    assert_eq!(of(&[Any]), [Ok(()), Ok(())]);
}

#[test]
fn a_fence_makes_no_ca_of_what_is_none() {
    let ca = TestCa::builder().without_ca_flag().build();
    let identity = ca.issue(Recipe::for_host(HOST));
    let fenced = CustomCa::certificates([ca.certificate().clone()]).only_for([HOST]);
    let policy = Policy::builder()
        .anchors(Anchors::only(fenced))
        .build()
        .unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    let refusal = policy
        .verify(&Peer::new(identity.chain(), &name))
        .unwrap_err();
    assert_eq!(refusal.code(), Code::LeafAsCa);
}
