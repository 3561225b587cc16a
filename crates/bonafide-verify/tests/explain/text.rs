//! What is shown, and how.

use std::fs;
use std::time::Duration;

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::explain::{Explanation, RemedyKind};
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::{Clock, Code, HandshakeError, Limits, Pins};

use crate::{HOST, explained, refusal, trusting};

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
        .never_expires()
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
fn a_clock_that_shows_a_time_before_this_library_was_made_is_reported() {
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
fn a_failed_handshake_is_explained_with_its_code_once() {
    let alert = rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion);
    let explanation = HandshakeError::find_in(&alert).unwrap().explain();
    assert_eq!(
        explanation.to_string(),
        "refused[BF-PROTOCOL-VERSION]: the server supports no TLS version that the client offers (1.2, 1.3 or both)\n  \
         remedy: enable TLS 1.2 or 1.3 on the server\n  \
         more: docs/codes/BF-PROTOCOL-VERSION.md"
    );
}
