//! Zones that believe keys: what they believe, what they say of it, and what they cannot have.

use std::time::Duration;

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::first_use::{
    CertificateSha256, Exactly, FileFirstUse, FirstUse, FirstUseError, KeyReason, KnownBy,
    KnownKey, MemoryFirstUse, StoreFault, Swap,
};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::{Reason, Refused};
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{
    Anchors, Check, CheckContext, Clock, Code, ConfigError, Finding, Limits, Peer, PinSet, Pins,
    Policy, PolicyBuilder, Profile, Receipt, Refusal, Verdict, VerifiedPath, Zone, ZoneBuilder,
};
use std::sync::Arc;

const HOST: &str = "camera.devices.example";

fn device() -> Identity {
    Identity::self_signed(Recipe::for_host("made-by-itself").expired())
}

fn key_of(identity: &Identity) -> SpkiSha256 {
    identity.spki_pin().parse().unwrap()
}

fn zone() -> ZoneBuilder {
    Zone::for_host("*.devices.example")
}

fn build(zone: ZoneBuilder) -> Policy {
    Policy::builder().closed().zone(zone).build().unwrap()
}

fn judge(
    policy: &Policy,
    chain: &[CertificateDer<'_>],
    host: &str,
) -> Result<Arc<Receipt>, Refusal> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    policy.verify(&Peer::new(chain, &name))
}

/// Every check that is there to be asked, and says so loudly if it is.
#[derive(Debug)]
struct Loud;

impl Check for Loud {
    fn name(&self) -> &str {
        "loud"
    }

    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        panic!("a check was asked without a path")
    }
}

#[test]
fn exactly_the_named_key_is_believed_in_any_certificate_and_no_other() {
    let device = device();
    let key = key_of(&device);
    let policy = build(zone().exactly([key]));
    let receipt = judge(&policy, device.chain(), HOST).unwrap();
    let by = KnownBy::Exactly(Exactly::Key(key));
    assert_eq!(*receipt.verdict(), Verdict::KnownKey { key, by });
    assert_eq!(receipt.deadline(), None);
    // Another certificate with its key, for another name, by an authority.
    let other = TestCa::new().issue(Recipe::for_host("other.test"));
    let refusal = judge(&policy, other.chain(), HOST).unwrap_err();
    assert_eq!(refusal.code(), Code::NotTheKey);
    assert_eq!(
        *refusal.reason(),
        Reason::from(KeyReason::NotTheKey {
            host: HOST.to_owned(),
            expected: vec![Exactly::Key(key)],
            observed: key_of(&other),
            certificate: CertificateSha256::of(other.leaf()),
        })
    );
    // A named key that is merely appended is not the peer's.
    let appended = [other.leaf().clone(), device.leaf().clone()];
    assert_eq!(
        judge(&policy, &appended, HOST).unwrap_err().code(),
        Code::NotTheKey
    );
}

#[test]
fn exactly_the_named_certificate_is_believed_and_not_another_with_its_key() {
    let ca = TestCa::new();
    let device = ca.issue(Recipe::for_host("other.test"));
    let policy = build(zone().exactly([device.leaf()]));
    let receipt = judge(&policy, device.chain(), HOST).unwrap();
    let named = Exactly::Certificate(CertificateSha256::of(device.leaf()));
    assert_eq!(
        *receipt.verdict(),
        Verdict::KnownKey {
            key: key_of(&device),
            by: KnownBy::Exactly(named)
        }
    );
    assert!(!receipt.is_pinned());
    let renewed = [ca.reissue(device.leaf(), |_| {})];
    assert_ne!(renewed[0], *device.leaf());
    let refusal = judge(&policy, &renewed, HOST).unwrap_err();
    assert_eq!(refusal.code(), Code::NotTheKey);
    // Either of several is believed.
    let both = build(zone().exactly([Exactly::from(&renewed[0]), key_of(&device).into()]));
    for chain in [device.chain(), &renewed] {
        assert!(judge(&both, chain, HOST).unwrap().is_known_key());
    }
}

#[test]
fn a_receipt_of_a_known_key_is_not_verified_and_says_what_was_not_checked() {
    let device = device();
    let policy = Policy::builder()
        .anchors(Anchors::only(TestCa::new().certificate().clone()))
        .check(Loud)
        .zone(zone().exactly([key_of(&device)]))
        .build()
        .unwrap();
    let receipt = judge(&policy, device.chain(), HOST).unwrap();
    assert!(receipt.is_known_key());
    assert!(!receipt.is_verified() && !receipt.is_granted() && !receipt.is_pinned());
    assert!(receipt.path().is_none());
    assert_eq!(receipt.anchors().total(), 0);
    let rows: Vec<_> = receipt
        .checks()
        .iter()
        .map(|row| (row.name(), row.outcome().clone()))
        .collect();
    let not_checked = Outcome::NotChecked;
    assert_eq!(
        rows,
        [
            ("known key", Outcome::Passed),
            ("path", not_checked.clone()),
            ("name", not_checked.clone()),
            ("profile browser", not_checked.clone()),
            ("loud", not_checked.clone()),
            ("revocation", not_checked.clone()),
            ("transparency", not_checked),
        ]
    );
    let why = "accepted by its key alone: there is no path to judge";
    assert!(
        receipt.checks()[1..]
            .iter()
            .all(|row| row.detail() == Some(why))
    );
    let text = receipt.to_string();
    let first = format!(
        "{HOST}: not verified, accepted by its key {0}, which the policy names: key {0}\n",
        key_of(&device)
    );
    assert!(text.starts_with(&first), "{text}");
}

#[test]
fn a_chain_judged_without_a_handshake_makes_nothing_known() {
    let device = device();
    let store = MemoryFirstUse::new();
    let policy = build(zone().first_use(store.clone()));
    for _ in 0..2 {
        let refusal = judge(&policy, device.chain(), HOST).unwrap_err();
        assert_eq!(
            *refusal.reason(),
            Reason::from(KeyReason::Unknown {
                host: HOST.to_owned(),
                observed: key_of(&device)
            })
        );
        assert_eq!(refusal.explain().code, "BF-KEY-UNKNOWN");
        assert_eq!(store.look_up(HOST).unwrap(), None);
    }
}

#[test]
fn a_key_from_the_store_is_believed_and_another_is_refused_with_both_and_their_time() {
    let device = device();
    let since = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    let known = KnownKey {
        key: key_of(&device),
        first_seen: since,
    };
    let store = MemoryFirstUse::new();
    store.compare_and_set(HOST, None, Some(known)).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    let policy = Policy::builder()
        .closed()
        .clock(Clock::fixed(now))
        .zone(zone().first_use(store.clone()))
        .build()
        .unwrap();
    // As the host is written does not matter, and neither does the chain behind the leaf.
    let padded = [device.leaf().clone(), TestCa::new().certificate().clone()];
    let receipt = judge(&policy, &padded, "Camera.Devices.Example.").unwrap();
    assert_eq!(
        *receipt.verdict(),
        Verdict::KnownKey {
            key: known.key,
            by: KnownBy::FirstUse { since }
        }
    );
    assert_eq!(receipt.deadline().unwrap().as_secs(), now.as_secs() + 600);
    let other = device_again();
    let refusal = judge(&policy, other.chain(), HOST).unwrap_err();
    assert_eq!(
        *refusal.reason(),
        Reason::from(KeyReason::Changed {
            host: HOST.to_owned(),
            known,
            observed: key_of(&other)
        })
    );
    let line = refusal.to_string();
    for part in [
        known.key.to_string(),
        key_of(&other).to_string(),
        "2023-11-14T22:13:20Z".to_owned(),
    ] {
        assert!(line.contains(&part), "{line}");
    }
    assert!(refusal.receipt().path().is_none());
    assert!(
        refusal.capsule().is_none(),
        "there is nothing to judge again elsewhere"
    );
    let explanation = refusal.explain();
    assert!(
        explanation
            .remedy
            .text
            .contains("compare the key on the device itself")
    );
    // Explaining and judging again have changed nothing; another host is not known by this.
    assert_eq!(store.look_up(HOST).unwrap(), Some(known));
    assert_eq!(
        judge(&policy, device.chain(), "other.devices.example")
            .unwrap_err()
            .code(),
        Code::KeyUnknown
    );
    // A person who has looked into it:
    assert_eq!(
        store.replace(HOST, known.key, key_of(&other)).unwrap(),
        Swap::Done
    );
    assert!(judge(&policy, other.chain(), HOST).unwrap().is_known_key());
    assert_eq!(
        judge(&policy, device.chain(), HOST).unwrap_err().code(),
        Code::KeyChanged
    );
}

fn store_error(reason: &KeyReason) -> &FirstUseError {
    match reason {
        KeyReason::Store { error } => error,
        other => panic!("{other:?}"),
    }
}

fn device_again() -> Identity {
    Identity::self_signed(Recipe::for_host(HOST))
}

#[test]
fn a_store_that_cannot_be_read_believes_nobody_and_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let policy = build(zone().first_use(FileFirstUse::open_or_create(&path).unwrap()));
    let device = device();
    std::fs::write(&path, "bonafide first use, version 1\nend").unwrap();
    let refusal = judge(&policy, device.chain(), HOST).unwrap_err();
    assert_eq!(refusal.code(), Code::KeyStore);
    match refusal.reason() {
        Reason::Key(reason) => match store_error(reason) {
            FirstUseError::Damaged {
                path: named,
                line,
                fault,
            } => {
                assert_eq!((named, *line, fault), (&path, 2, &StoreFault::CutShort));
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
    assert!(refusal.subject().is_none());
    std::fs::remove_file(&path).unwrap();
    let refusal = judge(&policy, device.chain(), HOST).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        format!(
            "BF-KEY-STORE: the known keys are not available: the store of known keys {} is missing",
            path.display()
        )
    );
}

#[test]
fn limits_hold_and_what_cannot_be_read_is_not_compared() {
    let device = device();
    let limits = Limits::default().max_certificates(2);
    let policy = build(zone().limits(limits).exactly([key_of(&device)]));
    let leaf = || device.leaf().clone();
    let three = [
        leaf(),
        TestCa::new().certificate().clone(),
        TestCa::new().certificate().clone(),
    ];
    assert_eq!(
        judge(&policy, &three, HOST).unwrap_err().code(),
        Code::ChainTooLarge
    );
    assert!(judge(&policy, &three[..2], HOST).unwrap().is_known_key());
    assert_eq!(
        judge(&policy, &[], HOST).unwrap_err().code(),
        Code::NoCertificate
    );
    let garbage = [CertificateDer::from(b"no certificate".to_vec())];
    let refusal = judge(&policy, &garbage, HOST).unwrap_err();
    assert_eq!(refusal.code(), Code::Malformed);
    // Even one that is exactly named: nobody could prove that they hold its key.
    let policy = build(zone().exactly([&garbage[0]]));
    assert_eq!(
        judge(&policy, &garbage, HOST).unwrap_err().code(),
        Code::Malformed
    );
}

#[test]
fn such_a_zone_needs_no_anchors_and_reads_no_store_of_the_system() {
    let policy = build(zone().first_use(MemoryFirstUse::new()));
    assert!(policy.is_loaded());
    policy.load().unwrap();
    policy.client_config().unwrap();
    policy.client_config_for(HOST).unwrap();
    let zone = policy.zones().next().unwrap();
    assert!(zone.trusts_keys());
    assert!(zone.anchors().unwrap().is_empty());
    // Others are as ever: nobody is believed by the keys of a zone outside of it.
    assert_eq!(
        judge(&policy, device().chain(), "devices.example")
            .unwrap_err()
            .code(),
        Code::HostNotInPolicy
    );
}

#[test]
fn a_peer_without_a_name_is_not_known_by_any_key() {
    let ca = TestCa::new();
    let device = device();
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .zone(zone().exactly([key_of(&device)]))
        .build()
        .unwrap();
    let refusal = policy
        .verify(&Peer::without_name(device.chain()))
        .unwrap_err();
    assert_eq!(refusal.receipt().zone(), "default");
    assert!(refusal.receipt().path().is_none());
}

fn pins(pattern: &str) -> Pins {
    Pins::for_host(pattern)
        .any(key_of(&device()))
        .without_backup()
        .never_expires()
        .build()
        .unwrap()
}

#[test]
fn what_needs_a_path_is_not_to_be_had_in_such_a_zone() {
    let first = || zone().first_use(MemoryFirstUse::new());
    let exactly = || zone().exactly([SpkiSha256([1; 32])]);
    let ca = || Anchors::only(TestCa::new().certificate().clone());
    let with = Policy::builder;
    let pins_of_default = "`pins` of the default zone for ";
    // the policy, what is wrong with it
    let table: Vec<(PolicyBuilder, String)> = vec![
        (with().zone(first().anchors(ca())), "anchors".to_owned()),
        (with().zone(exactly().anchors(ca())), "anchors".to_owned()),
        (
            with().zone(exactly().profile(Profile::WebPki)),
            "a profile".to_owned(),
        ),
        (
            with().zone(first().profile_report_only(Profile::PathOnly)),
            "a profile".to_owned(),
        ),
        (
            with().zone(first().check(Loud)),
            "the check `loud`".to_owned(),
        ),
        (
            with().zone(exactly().report_only(Loud)),
            "the check `loud`".to_owned(),
        ),
        (
            with().zone(exactly().pins(pins(HOST))),
            "the check `pins`".to_owned(),
        ),
        (
            with().zone(first().exactly([SpkiSha256([1; 32])])),
            "two rules for the trusted keys".to_owned(),
        ),
        (
            with().zone(exactly().exactly([SpkiSha256([2; 32])])),
            "two rules for the trusted keys".to_owned(),
        ),
        (
            with().pins(pins(HOST)).zone(first()),
            format!("{pins_of_default}{HOST}"),
        ),
        (
            with().pins(pins("**.devices.example")).zone(exactly()),
            format!("{pins_of_default}**.devices.example"),
        ),
    ];
    for (policy, expected) in table {
        match policy.anchors(ca()).build() {
            Err(ConfigError::KnownKeyZone { zone, what }) => {
                assert_eq!((zone.as_str(), what), ("*.devices.example", expected));
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    match with().zone(zone().exactly([] as [SpkiSha256; 0])).build() {
        Err(ConfigError::NothingExactly { zone }) => assert_eq!(zone, "*.devices.example"),
        other => panic!("{other:?}"),
    }
    let set = |pattern| PinSet::new([pins("example.com"), pins(pattern)]).unwrap();
    match with()
        .anchors(ca())
        .check(set(HOST))
        .zone(exactly())
        .build()
    {
        Err(ConfigError::KnownKeyZone { what, .. }) => {
            assert_eq!(what, format!("{pins_of_default}{HOST}"));
        }
        other => panic!("{other:?}"),
    }
    // Pins for others, and pins that are to report only, do not stand in the way.
    for policy in [
        with().pins(pins("example.com")),
        with().report_only(pins(HOST)),
        with().check(set("example.org")),
        with().check(Loud),
    ] {
        policy.anchors(ca()).zone(first()).build().unwrap();
    }
}
