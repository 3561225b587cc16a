//! Pins bind to the verified path, never to what was presented.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::pins::{OnExpiredPins, PinsBuilder};
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::{Reason, Refused};
use bonafide_verify::x509::{PinError, SpkiSha256};
use bonafide_verify::{
    Anchors, Check, CheckContext, Code, ConfigError, Finding, Peer, Pins, Policy, Receipt, Refusal,
    VerifiedPath,
};

const HOST: &str = "api.corp.test";

fn policy(ca: &TestCa, pins: Pins) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .pins(pins)
        .build()
        .unwrap()
}

fn judge(policy: &Policy, identity: &Identity, host: &str) -> Result<Arc<Receipt>, Refusal> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    policy.verify(&Peer::new(identity.chain(), &name))
}

fn pins() -> PinsBuilder {
    Pins::for_host("**.corp.test")
        .without_backup()
        .never_expires()
}

fn outcome(receipt: &Receipt) -> &Outcome {
    receipt
        .checks()
        .iter()
        .find(|check| check.name() == "pins")
        .unwrap()
        .outcome()
}

#[test]
fn a_pinned_ca_appended_to_a_foreign_chain_is_refused() {
    let pinned = TestCa::named("pinned CA");
    let foreign = TestCa::named("foreign CA");
    let honest = pinned.issue(Recipe::for_host(HOST));
    let forged = foreign
        .issue(Recipe::for_host(HOST))
        .with_extra(pinned.certificate().clone());
    let both = Policy::builder()
        .anchors(Anchors::only(pinned.certificate().clone()).plus(foreign.certificate().clone()))
        .pins(pins().ca(pinned.spki_pin()).build().unwrap())
        .build()
        .unwrap();
    assert!(judge(&both, &honest, HOST).unwrap().is_pinned());
    let refusal = judge(&both, &forged, HOST).unwrap_err();
    let expected = Reason::PinMismatch {
        host: HOST.to_owned(),
        pattern: "**.corp.test".parse().unwrap(),
        configured: vec![pinned.spki_pin().parse().unwrap()],
        observed: vec![
            forged.spki_pin().parse().unwrap(),
            foreign.spki_pin().parse().unwrap(),
        ],
    };
    assert_eq!(refusal.reason(), &expected);
}

#[test]
fn each_role_matches_its_certificates_only() {
    let ca = TestCa::new();
    let issuing = ca.intermediate("issuing");
    let identity = issuing.issue(Recipe::for_host(HOST));
    let (leaf, middle, root) = (identity.spki_pin(), issuing.spki_pin(), ca.spki_pin());
    // the pin, whether it is believed
    for (builder, expected) in [
        (pins().leaf(&leaf), true),
        (pins().leaf(&middle), false),
        (pins().leaf(&root), false),
        (pins().ca(&leaf), false),
        (pins().ca(&middle), true),
        (pins().ca(&root), true),
        (pins().any(&leaf), true),
        (pins().any(&root), true),
    ] {
        let set = builder.build().unwrap();
        let judged =
            judge(&policy(&ca, set.clone()), &identity, HOST).map(|receipt| receipt.is_pinned());
        assert_eq!(
            judged.map_err(|refusal| refusal.code()),
            if expected {
                Ok(true)
            } else {
                Err(Code::PinMismatch)
            },
            "{set:?}"
        );
    }
}

#[test]
fn pins_are_for_their_hosts_only() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("elsewhere.test"));
    let set = pins().ca(SpkiSha256([7; 32])).build().unwrap();
    let receipt = judge(&policy(&ca, set), &identity, "elsewhere.test").unwrap();
    assert_eq!(outcome(&receipt), &Outcome::NotApplicable);
    assert!(receipt.is_verified() && !receipt.is_pinned());
}

#[test]
fn expired_pins_do_what_was_chosen() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host(HOST));
    let expired = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() - 60));
    let wrong = || pins().ca(SpkiSha256([7; 32]));
    let refuse = wrong()
        .expires(expired, OnExpiredPins::Refuse)
        .build()
        .unwrap();
    assert_eq!(
        judge(&policy(&ca, refuse), &identity, HOST)
            .unwrap_err()
            .code(),
        Code::PinsExpired
    );
    let unpinned = wrong()
        .expires(expired, OnExpiredPins::Unpinned)
        .build()
        .unwrap();
    let receipt = judge(&policy(&ca, unpinned), &identity, HOST).unwrap();
    assert_eq!(outcome(&receipt), &Outcome::NotChecked);
    assert!(!receipt.is_pinned());
}

#[test]
fn the_deadline_of_a_receipt_is_the_expiry_of_the_pins_where_that_is_earlier() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host(HOST));
    let soon = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + 60));
    let set = pins()
        .ca(ca.spki_pin())
        .expires(soon, OnExpiredPins::Refuse)
        .build()
        .unwrap();
    assert_eq!(
        judge(&policy(&ca, set), &identity, HOST)
            .unwrap()
            .deadline(),
        Some(soon)
    );
}

#[test]
fn report_only_pins_refuse_nothing_and_pin_nothing() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host(HOST));
    let judge_with = |pin: String| {
        let policy = Policy::builder()
            .anchors(Anchors::only(ca.certificate().clone()))
            .report_only(pins().ca(pin).build().unwrap())
            .build()
            .unwrap();
        let receipt = judge(&policy, &identity, HOST).unwrap();
        assert!(receipt.is_verified() && !receipt.is_pinned());
        outcome(&receipt).clone()
    };
    assert_eq!(judge_with(ca.spki_pin()), Outcome::Passed);
    let wrong = judge_with(SpkiSha256([7; 32]).to_string());
    assert!(
        matches!(&wrong, Outcome::Reported(reason) if reason.code() == Code::PinMismatch),
        "{wrong:?}"
    );
}

#[test]
fn a_set_without_a_backup_does_not_build_unless_it_says_so() {
    let one = || {
        Pins::for_host("a.corp.test")
            .ca(SpkiSha256([1; 32]))
            .never_expires()
    };
    let pattern: bonafide_verify::host::HostPattern = "a.corp.test".parse().unwrap();
    let missing = |result: Result<Pins, ConfigError>| match result {
        Err(ConfigError::Pin(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        missing(one().build()),
        PinError::BackupMissing {
            pattern: pattern.clone()
        }
    );
    assert_eq!(
        missing(one().ca(SpkiSha256([1; 32])).build()),
        PinError::BackupMissing {
            pattern: pattern.clone()
        }
    );
    assert_eq!(
        missing(Pins::for_host("a.corp.test").build()),
        PinError::Empty { pattern }
    );
    assert!(one().ca(SpkiSha256([2; 32])).build().is_ok());
    assert!(one().without_backup().build().is_ok());
}

/// Refuses every path that ends in the anchor with the given key, and counts the paths it was asked
/// about.
#[derive(Debug)]
struct NotFrom {
    anchor: SpkiSha256,
    asked: Arc<AtomicUsize>,
}

impl Check for NotFrom {
    fn name(&self) -> &str {
        "not-from"
    }

    fn judge(&self, path: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match path.keys().last() == Some(self.anchor) {
            true => Err(Refused::by_check("from a root that is being left")),
            false => Ok(Finding::passed()),
        }
    }
}

#[test]
fn pins_that_do_not_say_when_they_expire_do_not_build() {
    let pins = || {
        Pins::for_host("a.corp.test")
            .ca(SpkiSha256([1; 32]))
            .ca(SpkiSha256([2; 32]))
    };
    let pattern = || "a.corp.test".parse().unwrap();
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let last = at(253_402_300_799);
    match pins().build() {
        Err(ConfigError::Pin(error)) => {
            assert_eq!(error, PinError::ExpiryMissing { pattern: pattern() });
        }
        other => panic!("{other:?}"),
    }
    match pins()
        .expires(at(253_402_300_800), OnExpiredPins::Refuse)
        .build()
    {
        Err(ConfigError::Pin(error)) => {
            assert_eq!(error, PinError::ExpiryOutOfRange { pattern: pattern() });
        }
        other => panic!("{other:?}"),
    }
    let latest = pins().expires(last, OnExpiredPins::Refuse).build().unwrap();
    assert_eq!(latest.expiry(), Some((last, OnExpiredPins::Refuse)));
    assert_eq!(pins().never_expires().build().unwrap().expiry(), None);
}

#[test]
fn a_check_that_refuses_one_path_does_not_hide_another() {
    let old_root = TestCa::named("old root");
    let new_root = TestCa::named("new root");
    let cross = new_root.cross_signed_by(&old_root);
    let identity = new_root.issue(Recipe::for_host(HOST)).with_extra(cross);
    let key = |ca: &TestCa| ca.spki_pin().parse::<SpkiSha256>().unwrap();
    let judge_without = |refused: &TestCa, anchors: Anchors| {
        let asked = Arc::new(AtomicUsize::new(0));
        let check = NotFrom {
            anchor: key(refused),
            asked: Arc::clone(&asked),
        };
        let policy = Policy::builder()
            .anchors(anchors)
            .check(check)
            .build()
            .unwrap();
        (
            judge(&policy, &identity, HOST),
            asked.load(Ordering::Relaxed),
        )
    };
    let both = Anchors::only(old_root.certificate().clone()).plus(new_root.certificate().clone());

    // The direct path is proved first and refused; the longer one, over the cross-signed
    // certificate, is believed.
    let (judged, asked) = judge_without(&new_root, both);
    let receipt = judged.unwrap();
    let keys = receipt.path().unwrap().keys().to_vec();
    assert_eq!(keys[1..], [key(&new_root), key(&old_root)]);
    assert_eq!(asked, 2);

    // With no other path, the refusal is the check's.
    let (judged, asked) = judge_without(&new_root, Anchors::only(new_root.certificate().clone()));
    assert_eq!(judged.unwrap_err().code(), Code::CheckRefused);
    assert_eq!(asked, 1);
}

#[test]
fn a_checks_message_stays_on_one_line() {
    #[derive(Debug)]
    struct Talkative;
    impl Check for Talkative {
        fn name(&self) -> &str {
            "talkative"
        }
        fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
            Err(Refused::by_check("first\nsecond\u{202e}"))
        }
    }
    let ca = TestCa::new();
    let anchors = Anchors::only(ca.certificate().clone());
    let policy = Policy::builder()
        .anchors(anchors)
        .check(Talkative)
        .build()
        .unwrap();
    let refusal = judge(&policy, &ca.issue(Recipe::for_host(HOST)), HOST).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "BF-CHECK-REFUSED: first\\nsecond\\u{202e}"
    );
}

#[test]
fn an_anchors_pin_equals_what_openssl_prints() {
    let ca = TestCa::new();
    let Some(expected) = openssl_pin(&ca.pem()) else {
        assert!(std::env::var_os("CI").is_none(), "openssl not found");
        println!("skipped: openssl not found");
        return;
    };
    let identity = ca.issue(Recipe::for_host(HOST));
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .unwrap();
    let receipt = judge(&policy, &identity, HOST).unwrap();
    assert_eq!(
        receipt.path().unwrap().keys().last().unwrap().to_hex(),
        expected
    );
}

/// `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256`
fn openssl_pin(pem: &str) -> Option<String> {
    let public_key = openssl(&["x509", "-pubkey", "-noout"], pem.as_bytes())?;
    let der = openssl(&["pkey", "-pubin", "-outform", "der"], &public_key)?;
    let printed = String::from_utf8(openssl(&["dgst", "-sha256"], &der)?).unwrap();
    Some(printed.rsplit(' ').next()?.trim().to_owned())
}

fn openssl(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    Some(output.stdout)
}
