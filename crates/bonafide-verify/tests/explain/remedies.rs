//! What would help.

use std::fs;

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::explain::RemedyKind;
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, Clock, Code, Limits, Peer, Policy, Zone};

use crate::{HOST, explained, refusal, seconds_from_now, trusting};

#[test]
fn a_clock_that_is_wrong_is_the_remedy_of_a_chain_that_is_good_at_another_time() {
    let ca = TestCa::new();
    let issuing = ca.intermediate("issuing");
    let good = issuing.issue(Recipe::for_host(HOST));
    // clock, code, text
    let table = [
        (400 * 86_400, Code::Expired, "it would be accepted"),
        (-2 * 86_400, Code::NotYetValid, "it would be accepted"),
    ];
    for (offset, code, text) in table {
        let clock = Clock::from_fn("stopped", move || seconds_from_now(offset));
        let policy = trusting(&ca).clock(clock).build().unwrap();
        let explanation = explained(&policy, &good, HOST);
        assert_eq!(explanation.code, code.as_str());
        assert_eq!(explanation.remedy.kind, RemedyKind::OtherTime);
        assert!(explanation.remedy.text.contains(text));
        assert!(explanation.remedy.text.contains("the stopped clock"));
    }
}

#[test]
fn another_time_is_no_remedy_for_what_is_wrong_besides() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let expired = ca.issue(Recipe::for_host("other.test").expired());
    let explanation = explained(&policy, &expired, HOST);
    assert_eq!(explanation.code, "BF-EXPIRED");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
}

#[test]
fn a_missing_intermediate_at_hand_is_the_remedy() {
    let ca = TestCa::new();
    let issuing = ca.intermediate("issuing");
    let bare = issuing
        .issue(Recipe::for_host(HOST))
        .without_intermediates();
    let policy = trusting(&ca).build().unwrap();
    let refusal = refusal(&policy, bare.chain(), HOST);
    assert_eq!(refusal.explain().remedy.kind, RemedyKind::Advice);
    let stranger = TestCa::new().certificate().clone();
    assert_eq!(
        refusal
            .explain_with(std::slice::from_ref(&stranger))
            .remedy
            .kind,
        RemedyKind::Advice
    );
    let with = refusal.explain_with(&[stranger, issuing.certificate().clone()]);
    assert_eq!(with.remedy.kind, RemedyKind::MissingIntermediate);
    let text = with.to_string();
    assert!(text.contains("└─ not sent: CN=issuing"), "{text}");
}

#[test]
fn the_name_that_the_certificate_is_for_is_the_remedy() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_hosts(["mail.example.test", "www.example.test"]));
    let policy = trusting(&ca).build().unwrap();
    let explanation = explained(&policy, &identity, "example.test");
    assert_eq!(explanation.remedy.kind, RemedyKind::OtherName);
    assert!(
        explanation
            .remedy
            .text
            .starts_with("for the name www.example.test it would be accepted"),
        "{}",
        explanation.remedy.text
    );
    // Where nobody vouches for it, no other name helps.
    let foreign = TestCa::new().issue(Recipe::for_host("www.example.test"));
    let explanation = explained(&policy, &foreign, "example.test");
    assert_eq!(explanation.code, "BF-UNKNOWN-ISSUER");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
}

#[test]
#[ignore = "run by the test on the system's store, in a process of its own"]
fn print_the_remedy_of_a_public_certificate_in_a_private_zone() {
    let pem = fs::read_to_string(std::env::var("SSL_CERT_FILE").unwrap()).unwrap();
    let sections: Vec<_> = pem.split("-----END CERTIFICATE-----\n").collect();
    let leaf = std::env::var("LEAF").unwrap();
    use bonafide_verify::pki_types::pem::PemObject as _;
    let leaf = CertificateDer::from_pem_slice(leaf.as_bytes()).unwrap();
    assert_eq!(sections.len(), 2);
    let policy = trusting(&TestCa::new()).build().unwrap();
    let explanation = refusal(&policy, &[leaf], HOST).explain();
    println!(
        "<{:?}: {}>",
        explanation.remedy.kind, explanation.remedy.text
    );
}

#[test]
fn the_systems_store_is_the_remedy_where_it_alone_would_accept() {
    let public = TestCa::new();
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.pem");
    fs::write(&store, public.pem()).unwrap();
    let printed = |issuer: &TestCa| {
        let leaf = issuer.issue(Recipe::for_host(HOST)).chain_pem();
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("remedies::print_the_remedy_of_a_public_certificate_in_a_private_zone")
            .env("SSL_CERT_FILE", &store)
            .env_remove("SSL_CERT_DIR")
            .env("LEAF", leaf)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let known = printed(&public);
    assert!(
        known.contains(
            "<SystemStore: with the system's store it would be accepted: the zone default has other anchors"
        ),
        "{known}"
    );
    let unknown = printed(&TestCa::new());
    assert!(unknown.contains("<Advice: "), "{unknown}");
}

#[test]
fn explaining_makes_no_peer_accepted() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let expired = ca.issue(Recipe::for_host(HOST).expired());
    let refusal = refusal(&policy, expired.chain(), HOST);
    assert_eq!(refusal.explain().remedy.kind, RemedyKind::OtherTime);
    let name = ServerName::try_from(HOST).unwrap();
    let again = policy.verify(&Peer::new(expired.chain(), &name));
    assert_eq!(again.unwrap_err().code(), Code::Expired);
}

#[test]
fn another_time_is_found_although_a_stranger_was_never_valid_together_with_the_chain() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let expired = ca.issue(Recipe::for_host(HOST).expired());
    let stranger = TestCa::builder().valid_from(UnixTime::now()).build();
    let chain = expired.with_extra(stranger.certificate().clone());
    let explanation = explained(&policy, &chain, HOST);
    assert_eq!(explanation.remedy.kind, RemedyKind::OtherTime);
    let text = &explanation.remedy.text;
    assert!(
        text.contains(" before the system clock, it would be accepted"),
        "{text}"
    );
    assert!(
        text.ends_with("the server needs a new certificate"),
        "{text}"
    );
}

#[test]
fn the_end_of_an_expired_anchor_is_the_time_at_which_it_would_be_accepted() {
    let ended = seconds_from_now(-3 * 86_400);
    let ca = TestCa::builder()
        .valid_from(seconds_from_now(-900 * 86_400))
        .valid_until(ended)
        .build();
    let identity = ca.issue(
        Recipe::for_host(HOST)
            .valid_from(seconds_from_now(-30 * 86_400))
            .valid_until(seconds_from_now(30 * 86_400)),
    );
    let explanation = explained(&trusting(&ca).build().unwrap(), &identity, HOST);
    assert_eq!(explanation.code, "BF-EXPIRED-ANCHOR");
    assert_eq!(explanation.remedy.kind, RemedyKind::OtherTime);
    let text = &explanation.remedy.text;
    assert!(text.contains("3 days before the system clock"), "{text}");
    assert!(
        text.ends_with("a certificate that chains to another root"),
        "{text}"
    );
}

#[test]
fn a_name_that_its_own_zone_would_refuse_is_no_remedy() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("www.example.test"));
    let other_root = TestCa::new();
    let elsewhere =
        Zone::for_host("www.example.test").anchors(Anchors::only(other_root.certificate().clone()));
    let policy = trusting(&ca).zone(elsewhere).build().unwrap();
    let explanation = explained(&policy, &identity, "example.test");
    assert_eq!(explanation.code, "BF-NAME-MISMATCH");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
    // A closed policy has no zone for it at all.
    let here = Zone::for_host("example.test").anchors(Anchors::only(ca.certificate().clone()));
    let closed = Policy::builder().zone(here).closed().build().unwrap();
    let explanation = explained(&closed, &identity, "example.test");
    assert_eq!(explanation.code, "BF-NAME-MISMATCH");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
}

/// `AuthorityInfoAccessSyntax` with one `caIssuers` (RFC 5280, 4.2.2.1).
fn ca_issuers(uri: &str) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        let mut der = vec![tag, u8::try_from(content.len()).unwrap()];
        der.extend_from_slice(content);
        der
    };
    let mut access = element(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x30, 2]);
    access.extend(element(0x86, uri.as_bytes()));
    element(0x30, &element(0x30, &access))
}

#[test]
fn where_the_issuers_certificate_may_be_had_is_named_and_not_fetched() {
    const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let bare = |extension: &[u8]| {
        let recipe = Recipe::for_host(HOST).extension(AUTHORITY_INFO_ACCESS, extension);
        let identity = ca.intermediate("issuing").issue(recipe);
        explained(&policy, &identity.without_intermediates(), HOST)
            .remedy
            .text
    };
    let text = bare(&ca_issuers("http://ca.test/\u{1b}[2J.crt"));
    assert!(
        text.ends_with(
            "its issuer's certificate is at http://ca.test/\\u{1b}[2J.crt, which was not fetched"
        ),
        "{text}"
    );
    let without = bare(b"\x30\x00");
    assert!(!without.contains("fetched"), "{without}");
}

#[test]
fn of_a_chain_without_measure_a_part_is_kept_and_nothing_is_judged_again() {
    let ca = TestCa::new();
    let issuing = ca.intermediate("issuing");
    let leaf = issuing
        .issue(Recipe::for_host(HOST))
        .without_intermediates();
    let stranger = TestCa::new().certificate().clone();
    let mut chain = leaf.chain().to_vec();
    chain.resize(1_000, stranger);
    let policy = trusting(&ca).build().unwrap();
    let refusal = refusal(&policy, &chain, HOST);
    assert_eq!(refusal.code(), Code::ChainTooLarge);
    let explanation = refusal.explain_with(&[issuing.certificate().clone()]);
    assert_eq!(
        (explanation.presented.len(), explanation.more_presented),
        (64, 936)
    );
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
    assert!(explanation.to_string().contains("\n    and 936 more\n"));
    // Where the policy allows that many, what was left out could be what matters.
    let generous = Limits::default().max_certificates(2_000).max_bytes(1 << 24);
    let lenient = trusting(&ca).limits(generous).build().unwrap();
    chain[0] = ca.issue(Recipe::for_host(HOST).expired()).chain()[0].clone();
    let explanation = crate::refusal(&lenient, &chain, HOST).explain();
    assert_eq!(explanation.code, "BF-EXPIRED");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
    // One certificate alone can be too much.
    let huge = [CertificateDer::from(vec![0x30; 300 * 1024])];
    let explanation = crate::refusal(&policy, &huge, HOST).explain();
    assert_eq!(
        (explanation.presented.len(), explanation.more_presented),
        (0, 1)
    );
}
