//! Explanations: what they show, and that their remedy is found by judging again with one premise changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::time::Duration;

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{
    Anchors, Clock, Code, Explanation, HandshakeError, Limits, Peer, Pins, Policy, PolicyBuilder,
    Refusal, RemedyKind, Zone,
};

const HOST: &str = "api.test";

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn refusal(policy: &Policy, chain: &[CertificateDer<'_>], host: &str) -> Refusal {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    policy.verify(&Peer::new(chain, &name)).unwrap_err()
}

fn explained(policy: &Policy, identity: &Identity, host: &str) -> Explanation {
    refusal(policy, identity.chain(), host).explain()
}

fn seconds_from_now(seconds: i64) -> UnixTime {
    let now = UnixTime::now().as_secs();
    UnixTime::since_unix_epoch(Duration::from_secs(now.saturating_add_signed(seconds)))
}

#[test]
fn a_clock_that_is_wrong_is_the_remedy_of_a_chain_that_is_good_at_another_time() {
    let ca = TestCa::new();
    let issuing = ca.intermediate("issuing");
    let good = issuing.issue(Recipe::for_host(HOST));
    // clock, code, text
    let table = [
        (400 * 86_400, Code::Expired, "it would be believed"),
        (-2 * 86_400, Code::NotYetValid, "it would be believed"),
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
            .starts_with("as www.example.test it would be believed"),
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
fn the_systems_store_is_the_remedy_where_it_alone_would_believe() {
    let public = TestCa::new();
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.pem");
    fs::write(&store, public.pem()).unwrap();
    let printed = |issuer: &TestCa| {
        let leaf = issuer.issue(Recipe::for_host(HOST)).chain_pem();
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("print_the_remedy_of_a_public_certificate_in_a_private_zone")
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
            "<SystemStore: the system's store would believe it: the zone default has other anchors"
        ),
        "{known}"
    );
    let unknown = printed(&TestCa::new());
    assert!(unknown.contains("<Advice: "), "{unknown}");
}

#[test]
fn what_was_presented_is_a_tree_with_the_certificate_at_fault_marked() {
    let ca = TestCa::named("root");
    let issuing = ca
        .intermediate_builder()
        .common_name("issuing")
        .expired()
        .build();
    let identity = issuing.issue(Recipe::for_hosts([HOST, "127.0.0.1"]));
    let stranger = TestCa::named("stranger");
    let mut chain = vec![identity.chain()[0].clone(), stranger.certificate().clone()];
    chain.push(issuing.certificate().clone());
    let policy = trusting(&ca).build().unwrap();
    let explanation = refusal(&policy, &chain, HOST).explain();
    assert_eq!(explanation.presented.len(), 3);
    let [leaf, other, issuer] = &explanation.presented[..] else {
        panic!("three certificates")
    };
    assert_eq!(leaf.names, [HOST, "127.0.0.1"]);
    assert_eq!(
        (leaf.issued_by, other.issued_by, issuer.issued_by),
        (Some(2), None, None)
    );
    assert_eq!(
        (leaf.fault.is_some(), issuer.fault.is_some()),
        (false, true)
    );
    let text = explanation.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let at = |what: &str| {
        lines
            .iter()
            .position(|line| line.contains(what))
            .unwrap_or_else(|| panic!("{what} in {text}"))
    };
    assert!(at("0: CN=api.test") < at("└─ 2: CN=issuing"));
    assert!(at("└─ 2: CN=issuing") < at("^ expired at"));
    assert!(at("^ expired at") < at("└─ not sent, an anchor has this name: CN=root"));
    assert!(at("└─ not sent, an anchor has this name: CN=root") < at("1: CN=stranger"));
    assert!(text.contains("path proved: none"));
    assert!(text.contains("anchors of zone default: 1 from memory (certificates)"));
    assert!(text.contains("clock: system, 2"));
}

#[test]
fn a_refused_path_is_shown_beside_what_was_presented() {
    let ca = TestCa::named("root");
    let identity = ca.intermediate("issuing").issue(Recipe::for_host(HOST));
    let pins = Pins::for_host(HOST)
        .any(TestCa::new().spki_pin())
        .without_backup()
        .build()
        .unwrap();
    let policy = trusting(&ca).pins(pins).build().unwrap();
    let explanation = explained(&policy, &identity, HOST);
    assert_eq!(explanation.path, ["CN=api.test", "CN=issuing", "CN=root"]);
    assert!(explanation.presented.iter().all(|one| one.on_path));
    let refused: Vec<_> = explanation
        .checks
        .iter()
        .filter(|check| check.refused)
        .collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].name.starts_with("pins"), "{refused:?}");
    assert!(
        explanation
            .to_string()
            .contains("path proved: CN=api.test <- CN=issuing <- CN=root")
    );
}

#[test]
fn explaining_makes_nobody_believed() {
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
fn a_peers_text_stays_within_its_line_and_is_bounded() {
    let ca = TestCa::new();
    let long = "x".repeat(5_000);
    let identity = ca.issue(
        Recipe::for_host("other.test")
            .common_name(format!("a\u{1b}[2J\r\nremedy: trust me {long}")),
    );
    let policy = trusting(&ca).build().unwrap();
    let text = explained(&policy, &identity, HOST).to_string();
    assert!(!text.contains('\u{1b}') && !text.contains('\r'));
    assert!(!text.lines().any(|line| line.starts_with("remedy: trust")));
    let longest = text.lines().map(str::len).max().unwrap();
    assert!(longest < 1_000, "{longest}");
    let many: Vec<String> = (0..500).map(|number| format!("h{number}.test")).collect();
    let explanation = explained(&policy, &ca.issue(Recipe::for_hosts(many)), HOST);
    assert_eq!(explanation.presented[0].names.len(), 8);
    assert_eq!(explanation.presented[0].more_names, 492);
}

#[test]
fn what_is_larger_than_the_limits_is_explained_too() {
    let ca = TestCa::new();
    let identity = ca.intermediate("issuing").issue(Recipe::for_host(HOST));
    let policy = trusting(&ca)
        .limits(Limits::default().max_certificates(1))
        .build()
        .unwrap();
    let explanation = explained(&policy, &identity, HOST);
    assert_eq!(explanation.code, "BF-CHAIN-TOO-LARGE");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
}

#[cfg(target_os = "linux")]
#[test]
fn colour_is_for_terminals() {
    let plain = Explanation::of(Code::Expired);
    let file = tempfile::tempfile().unwrap();
    assert_eq!(plain.for_terminal(&file).to_string(), plain.to_string());
    let terminal = fs::File::open("/dev/ptmx").unwrap();
    let coloured = plain.for_terminal(&terminal).to_string();
    match std::env::var_os("NO_COLOR") {
        Some(value) if !value.is_empty() => assert_eq!(coloured, plain.to_string()),
        _ => assert!(coloured.contains("\u{1b}["), "{coloured:?}"),
    }
}

#[test]
fn the_serialised_form_has_the_fields_by_their_names() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let expired = ca.issue(Recipe::for_host(HOST).expired());
    let value = serde_json::to_value(explained(&policy, &expired, HOST)).unwrap();
    assert_eq!(value["code"], "BF-EXPIRED");
    assert_eq!(value["remedy"]["kind"], "other-time");
    assert_eq!(value["presented"][0]["position"], 0);
    assert_eq!(value["clock"]["name"], "system");
    assert_eq!(value["clock"]["is_wrong"], false);
    assert_eq!(value["page"], "docs/codes/BF-EXPIRED.md");
    let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "anchors",
            "checks",
            "clock",
            "code",
            "headline",
            "host",
            "more_presented",
            "page",
            "path",
            "presented",
            "remedy",
            "zone"
        ]
    );
}

#[test]
fn no_advice_is_to_verify_less() {
    for code in Code::ALL {
        let text = Explanation::of(*code).to_string().to_lowercase();
        for word in ["disable", "ignore", "insecure", "danger", "grant", "skip"] {
            assert!(!text.contains(word), "{code}: {text}");
        }
    }
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
        text.contains(" before the system clock, it would be believed"),
        "{text}"
    );
    assert!(
        text.ends_with("the server needs a new certificate"),
        "{text}"
    );
}

#[test]
fn the_end_of_an_expired_anchor_is_the_time_at_which_it_would_be_believed() {
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
        text.ends_with("a certificate that leads to another root"),
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
            "its issuer's is at http://ca.test/\\u{1b}[2J.crt, and nothing was fetched from there"
        ),
        "{text}"
    );
    let without = bare(b"\x30\x00");
    assert!(!without.contains("fetched"), "{without}");
}

#[test]
fn a_clock_that_shows_a_time_before_this_library_was_made_is_told() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host(HOST));
    let at_boot = UnixTime::since_unix_epoch(Duration::from_secs(7));
    // clock, whether it is told
    for (clock, is_wrong) in [
        (Clock::from_fn("system", move || at_boot), true),
        (Clock::fixed(at_boot), false),
    ] {
        let policy = trusting(&ca).clock(clock).build().unwrap();
        let explanation = explained(&policy, &identity, HOST);
        assert_eq!(explanation.code, "BF-NOT-YET-VALID");
        assert_eq!(explanation.clock.as_ref().unwrap().is_wrong, is_wrong);
        let text = explanation.to_string();
        assert_eq!(
            text.contains(
                "clock: system, 1970-01-01T00:00:07Z, which is before this library was made\n"
            ),
            is_wrong,
            "{text}"
        );
    }
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
    let explanation = self::refusal(&lenient, &chain, HOST).explain();
    assert_eq!(explanation.code, "BF-EXPIRED");
    assert_eq!(explanation.remedy.kind, RemedyKind::Advice);
    // One certificate alone can be too much.
    let huge = [CertificateDer::from(vec![0x30; 300 * 1024])];
    let explanation = self::refusal(&policy, &huge, HOST).explain();
    assert_eq!(
        (explanation.presented.len(), explanation.more_presented),
        (0, 1)
    );
}

#[test]
fn a_failed_handshake_is_explained_with_its_code_once() {
    let alert = rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion);
    let explanation = HandshakeError::find_in(&alert).unwrap().explain();
    assert_eq!(
        explanation.to_string(),
        "refused[BF-PROTOCOL-VERSION]: the server does not speak TLS 1.2 or 1.3 as asked for\n  \
         remedy: enable TLS 1.2 or 1.3 on the server\n  \
         more: docs/codes/BF-PROTOCOL-VERSION.md"
    );
}
