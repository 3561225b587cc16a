//! The effective policy: the same bytes for the same policy, and exactly the lines that a change is
//! about.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bonafide_testkit::{CrlRecipe, Moment, Recipe, TestCa, TestLog};
use bonafide_verify::refusal::Refused;
use bonafide_verify::revocation::{Crls, OnMissingStatus, Revocation};
use bonafide_verify::transparency::{LogList, Transparency};
use bonafide_verify::{
    Anchors, Check, CheckContext, ClientIdentity, Clock, CustomCa, Finding, Intermediates, Limits,
    NamedGroup, Policy, PolicyBuilder, Profile, TlsVersion, VerifiedPath, Zone,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The groups beside X25519, in the order of their names.
const GROUPS_LEFT_OUT: &[&str] = if cfg!(feature = "aws-lc-rs") {
    &[r#""X25519MLKEM768""#, r#""secp256r1""#, r#""secp384r1""#]
} else {
    &[r#""secp256r1""#, r#""secp384r1""#]
};
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn document(builder: PolicyBuilder) -> String {
    builder.build().unwrap().effective().to_string()
}

/// The lines that one document has and the other lacks, without indents, commas and lines of
/// brackets.
fn lacking(one: &str, other: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (text, step) in [(one, 1), (other, -1)] {
        for line in text.lines() {
            let line = line.trim().trim_end_matches(',');
            if line.chars().any(char::is_alphanumeric) {
                *counts.entry(line).or_default() += step;
            }
        }
    }
    let more = counts.into_iter().filter(|(_, count)| *count > 0);
    more.flat_map(|(line, count)| vec![line.to_owned(); usize::try_from(count).unwrap()])
        .collect()
}

fn sorted<const N: usize>(lines: [String; N]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort();
    lines
}

/// A check that says nothing of itself.
#[derive(Debug)]
struct Mine;

impl Check for Mine {
    fn name(&self) -> &str {
        "mine"
    }

    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        Ok(Finding::passed())
    }
}

#[test]
fn two_builds_of_one_policy_and_another_process_write_the_same_bytes() {
    let builder = |pem: &str| {
        let zone = |pattern: &str| Zone::for_host(pattern).limits(Limits::default().max_bytes(9));
        Policy::builder()
            .anchors(Anchors::only(CustomCa::pem("roots", pem)))
            .zone(zone("b.test"))
            .zone(zone("a.test"))
            .zone(zone("*.z.test"))
            .zone(zone("192.0.2.1"))
    };
    const PEM: &str = "EFFECTIVE_TEST_PEM";
    const TEXT: &str = "the document follows\n";
    if let Ok(pem) = std::env::var(PEM) {
        print!("{TEXT}{}", document(builder(&pem)));
        return;
    }
    let pem = [TestCa::new().pem(), TestCa::new().pem()].concat();
    let first = document(builder(&pem));
    assert_eq!(first, document(builder(&pem)));
    assert_eq!(
        first,
        builder(&pem)
            .build()
            .unwrap()
            .clone()
            .effective()
            .to_string()
    );
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("two_builds_of_one_policy_and_another_process_write_the_same_bytes")
        .env(PEM, &pem)
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let other = output.split_once(TEXT).unwrap().1;
    assert!(other.starts_with(&first), "{other}");
    assert!(first.ends_with("}\n"));
}

#[test]
fn the_order_in_which_sets_are_given_does_not_show() {
    let (one, two) = (TestCa::new(), TestCa::new());
    let (one, two) = (one.certificate(), two.certificate());
    let policy = |certificates: [_; 2], zones: [&str; 2]| {
        let anchors = Anchors::only(CustomCa::certificates(certificates));
        let builder = Policy::builder().anchors(anchors);
        document(
            zones
                .into_iter()
                .fold(builder, |builder, zone| builder.zone(Zone::for_host(zone))),
        )
    };
    assert_eq!(
        policy([one.clone(), two.clone()], ["a.test", "**.b.test"]),
        policy([two.clone(), one.clone()], ["**.b.test", "a.test"])
    );
}

/// What is changed, the policy before and after, and the lines that are gone and new.
type Case<'a> = (
    &'a str,
    PolicyBuilder,
    PolicyBuilder,
    Vec<String>,
    Vec<String>,
);

#[test]
fn each_facet_changes_its_own_lines_and_no_others() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let subordinate = ca.intermediate("issuing");
    let client = ca.issue(Recipe::for_host("client.test"));
    let now = Moment::now();
    let list = ca.crl(CrlRecipe::new().number(7));
    let next_list = ca.crl(CrlRecipe::new().number(8));
    let logs =
        LogList::from_json(TestLog::log_list(&[TestLog::new("log", "operator")], now)).unwrap();
    let logged = || Transparency::with_log_list(logs.clone());
    let pem = ca.pem();
    let base = || {
        Policy::builder()
            .anchors(Anchors::only(CustomCa::pem("roots", &pem)))
            .clock(Clock::from_fn("test", move || now.as_unix_time()))
    };
    let zone = |zone| base().zone(zone);
    let in_zone = || Zone::for_host("a.test");
    let line = |text: &str| text.to_owned();
    let quoted = |text: String| format!("{text:?}");
    let no_lines = Vec::new;
    let profile = Profile::PathOnly;

    let cases: Vec<Case<'_>> = vec![
        (
            "an anchor",
            base(),
            base().anchors(Anchors::only(CustomCa::pem(
                "roots",
                [&*pem, &other.pem()].concat(),
            ))),
            no_lines(),
            vec![quoted(hex(other.certificate()))],
        ),
        (
            "a fence",
            base(),
            base().anchors(Anchors::only(
                CustomCa::pem("roots", &pem).only_for(["corp.test", "10.0.0.0/8"]),
            )),
            vec![line(r#""only_for": []"#)],
            sorted([line(r#""only_for": ["#), line(r#""corp.test 10.0.0.0/8""#)]),
        ),
        (
            "the profile",
            base(),
            base().profile(profile),
            lacking(&document(base()), &document(base().profile(profile))),
            sorted([
                line(r#""name": "profile path-only""#),
                line(r#""rules": []"#),
            ]),
        ),
        (
            "the mode of the profile",
            base(),
            base().profile_report_only(Profile::default()),
            vec![line(r#""mode": "enforce""#)],
            vec![line(r#""mode": "report-only""#)],
        ),
        (
            "a check of one's own, which says nothing",
            base(),
            base().report_only(Mine),
            vec![line(r#""checks": []"#)],
            sorted([
                line(r#""checks": ["#),
                line(r#""name": "mine""#),
                line(r#""mode": "report-only""#),
                line(r#""settings": {}"#),
            ]),
        ),
        (
            "a revocation list of another number",
            base().check(with_list(&list)),
            base().check(with_list(&next_list)),
            sorted([
                line(r#""number": "07""#),
                format!("\"sha256\": \"{}\"", hex(&list)),
            ]),
            sorted([
                line(r#""number": "08""#),
                format!("\"sha256\": \"{}\"", hex(&next_list)),
            ]),
        ),
        (
            "a choice about revocation",
            base().check(with_list(&list)),
            base().check(
                Revocation::builder()
                    .crls(Crls::pem("lists", &list))
                    .on_missing(OnMissingStatus::Accept)
                    .build()
                    .unwrap(),
            ),
            vec![line(r#""on-missing": "refuse""#)],
            vec![line(r#""on-missing": "accept""#)],
        ),
        (
            "the age of a log list",
            base().check(logged()),
            base().check(logged().max_list_age(3 * DAY)),
            vec![line(r#""max-list-age-seconds": 6048000"#)],
            vec![line(r#""max-list-age-seconds": 259200"#)],
        ),
        (
            "a client certificate",
            base(),
            base()
                .identity(ClientIdentity::from_pem(client.chain_pem(), client.key_pem()).unwrap()),
            vec![line(r#""client_certificate": null"#)],
            sorted([
                line(r#""client_certificate": {"#),
                line(r#""source": "fixed""#),
                line(r#""subject": "CN=client.test""#),
                format!("\"sha256\": \"{}\"", hex(client.leaf())),
                format!("\"pin\": \"{}\"", client.spki_pin()),
            ]),
        ),
        (
            "the versions",
            base(),
            base().min_tls_version(TlsVersion::Tls13),
            vec![line(r#""TLSv1_2""#)],
            no_lines(),
        ),
        (
            "the key exchange groups",
            base(),
            base().key_exchange_groups([NamedGroup::X25519]),
            GROUPS_LEFT_OUT.iter().map(|group| line(group)).collect(),
            no_lines(),
        ),
        (
            "a limit",
            base(),
            base().limits(Limits::default().max_intermediates(1)),
            vec![line(r#""max_intermediates": null"#)],
            vec![line(r#""max_intermediates": 1"#)],
        ),
        (
            "the clock",
            base(),
            base().clock(Clock::fixed(now.as_unix_time())),
            vec![line(r#""clock": "test""#)],
            vec![line(r#""clock": "fixed""#)],
        ),
        (
            "intermediates",
            base(),
            base().intermediates(Intermediates::pem("issuing", subordinate.pem())),
            vec![line(r#""sha256": []"#)],
            sorted([
                line(r#""sha256": ["#),
                quoted(hex(subordinate.certificate())),
            ]),
        ),
        (
            "learning intermediates",
            base(),
            base().intermediates(Intermediates::remembered()),
            vec![line(r#""learnt": "none""#)],
            vec![line(r#""learnt": "from-verified-paths""#)],
        ),
        (
            "a setting of one zone",
            zone(in_zone()),
            zone(in_zone().limits(Limits::default().max_bytes(9))),
            vec![line(r#""max_bytes": 102400"#)],
            vec![line(r#""max_bytes": 9"#)],
        ),
        (
            "the pattern of a zone",
            zone(in_zone()),
            zone(Zone::for_host("**.a.test")),
            vec![line(r#""name": "a.test""#)],
            vec![line(r#""name": "**.a.test""#)],
        ),
    ];
    for (what, before, after, removed, added) in cases {
        let (before, after) = (document(before), document(after));
        assert_eq!(lacking(&before, &after), removed, "{what}: gone");
        assert_eq!(lacking(&after, &before), added, "{what}: new");
    }
}

fn with_list(list: impl AsRef<[u8]>) -> Revocation {
    let lists = Crls::pem("lists", list);
    Revocation::builder().crls(lists).build().unwrap()
}

#[test]
fn a_closed_policy_refuses_hosts_without_a_zone_and_has_no_default_zone() {
    let ca = TestCa::new();
    let builder = || {
        Policy::builder()
            .anchors(Anchors::only(ca.certificate().clone()))
            .zone(Zone::for_host("a.test"))
    };
    let value = |builder: PolicyBuilder| -> Value {
        serde_json::to_value(builder.build().unwrap().effective()).unwrap()
    };
    let names = |value: &Value| -> Vec<String> {
        let zones = value["zones"].as_array().unwrap();
        let names = zones.iter().map(|zone| zone["name"].as_str().unwrap());
        names.map(ToOwned::to_owned).collect()
    };
    let (open, closed) = (value(builder()), value(builder().closed()));
    assert_eq!(open["hosts_without_zone"], "default-zone");
    assert_eq!(names(&open), ["default", "a.test"]);
    assert_eq!(closed["hosts_without_zone"], "refused");
    assert_eq!(names(&closed), ["a.test"]);
}

#[test]
fn the_document_tells_groups_and_suites_in_the_order_in_which_they_are_offered() {
    let ca = TestCa::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .unwrap();
    let value = serde_json::to_value(policy.effective()).unwrap();
    let config = policy.client_config().unwrap();
    let provider = config.crypto_provider();
    let groups = provider.kx_groups.iter().map(|group| group.name());
    let groups: Vec<_> = groups.map(|group| format!("{group:?}")).collect();
    assert_eq!(
        value["crypto"]["key_exchange_groups"],
        serde_json::json!(groups)
    );
    let suites = provider.cipher_suites.iter().map(|suite| suite.suite());
    let suites: Vec<_> = suites.map(|suite| format!("{suite:?}")).collect();
    assert_eq!(value["crypto"]["cipher_suites"], serde_json::json!(suites));
    assert_eq!(value["sessions"]["early_data"], "off");
    assert!(!config.enable_early_data);
    assert_eq!(value["format"], 1);
}

#[test]
fn there_is_no_private_key_in_it() {
    let ca = TestCa::new();
    let client = ca.issue(Recipe::for_host("client.test"));
    let pem = client.key_pem();
    let identity = ClientIdentity::from_pem(client.chain_pem(), &pem).unwrap();
    let effective = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .zone(Zone::for_host("a.test").identity(identity.clone()))
        .identity(identity)
        .build()
        .unwrap()
        .effective();
    let key = client.key();
    let der = key.secret_der();
    let in_base16 = |bytes: &[u8]| -> String {
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    };
    for text in [effective.to_string(), format!("{effective:?}")] {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        for line in lines {
            assert!(!text.contains(line));
        }
        // Parts of it, at every offset that an encoding could begin with.
        for part in der.windows(24) {
            assert!(!text.contains(&in_base16(part)));
            assert!(!text.contains(&STANDARD.encode(part)));
        }
        assert!(text.contains(&client.spki_pin()));
    }
}

#[test]
#[cfg(feature = "danger-insecure-grants")]
fn a_grant_is_shown_in_its_zone_and_the_feature_as_one_of_danger() {
    use bonafide_verify::Code;
    use bonafide_verify::danger::Grant;
    use bonafide_verify::pki_types::UnixTime;

    let ca = TestCa::new();
    let until = UnixTime::since_unix_epoch(Duration::from_secs(4_102_444_800));
    let grant = Grant::for_host("dev.test")
        .forgive(Code::SelfSigned)
        .because("it makes its own")
        .until(until);
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .danger_grant(grant)
        .build()
        .unwrap();
    let value = serde_json::to_value(policy.effective()).unwrap();
    assert_eq!(value["zones"][0].get("grant"), None);
    assert_eq!(
        value["zones"][1]["grant"],
        serde_json::json!({
            "host": "dev.test",
            "forgives": ["BF-SELF-SIGNED"],
            "reason": "it makes its own",
            "until": "2100-01-01T00:00:00Z",
        })
    );
    assert_eq!(
        value["build"]["features_of_danger"],
        serde_json::json!(["danger-insecure-grants"])
    );
}
