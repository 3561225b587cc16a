//! Pins on real connections: enforced, reporting, and with the glass broken for a while; and what
//! is told of each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide_testkit::{Alpn, Identity, Recipe, TestCa, TestServer};
use bonafide_verify::events::{Event, PinFailureOutcome};
use bonafide_verify::pins::{OnExpiredPins, PinsBuilder};
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{
    Anchors, Clock, Code, ConfigError, Peer, PinSet, Pins, Policy, PolicyBuilder, Receipt,
    TlsError, VerifiedStream,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HOST: &str = "localhost";
const DAY: u64 = 24 * 60 * 60;

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn later(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + seconds))
}

async fn connect(
    policy: &Policy,
    server: &TestServer,
) -> Result<VerifiedStream<TcpStream>, TlsError> {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    policy.connect_alpn(name, tcp, &[b"http/1.1"]).await
}

/// Sends a request and reads the whole answer, after which any session ticket has arrived.
async fn converse(mut stream: VerifiedStream<TcpStream>) -> Arc<Receipt> {
    let receipt = Arc::clone(stream.receipt());
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    receipt
}

/// Pins that no server here has.
fn wrong(pattern: &str) -> PinsBuilder {
    Pins::for_host(pattern)
        .ca(SpkiSha256([7; 32]))
        .leaf(SpkiSha256([8; 32]))
        .never_expires()
}

fn set(entries: impl IntoIterator<Item = PinsBuilder>) -> PinSet {
    PinSet::new(entries.into_iter().map(|entry| entry.build().unwrap())).unwrap()
}

fn rows(receipt: &Receipt) -> Vec<String> {
    receipt
        .checks()
        .iter()
        .filter(|check| check.name() == "pins")
        .map(ToString::to_string)
        .collect()
}

/// A policy that sends its events here.
fn heard(policy: PolicyBuilder) -> (Policy, Receiver<Event>) {
    let (sender, events) = sync_channel(100);
    (policy.events(sender).build().unwrap(), events)
}

fn drained(events: &Receiver<Event>) -> Vec<Event> {
    events.try_iter().collect()
}

async fn server(ca: &TestCa) -> (Identity, TestServer) {
    let identity = ca.issue(Recipe::for_host(HOST));
    let server = TestServer::builder(identity.clone())
        .alpn(Alpn::Http1)
        .start()
        .await;
    (identity, server)
}

#[tokio::test]
async fn enforced_pins_refuse_and_report_it_once() {
    let ca = TestCa::new();
    let (identity, server) = server(&ca).await;
    let (policy, events) = heard(trusting(&ca).pin_set(set([wrong("localhost")])));
    let error = connect(&policy, &server).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::PinMismatch));
    let events = drained(&events);
    let [Event::PinFailure(failure)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(
        (failure.host.as_str(), failure.pattern.as_str()),
        (HOST, HOST)
    );
    assert_eq!(
        (failure.code, failure.outcome),
        (Code::PinMismatch, PinFailureOutcome::Refused)
    );
    assert_eq!(
        failure.configured,
        [SpkiSha256([7; 32]), SpkiSha256([8; 32])]
    );
    let observed: Vec<_> = failure.observed.iter().map(ToString::to_string).collect();
    assert_eq!(observed, [identity.spki_pin(), ca.spki_pin()]);
    assert_eq!(failure.subjects.len(), 2);
    let json = serde_json::to_value(&events[0]).unwrap();
    assert_eq!(json["event"], "pin-failure");
    assert_eq!(json["outcome"], "refused");
    assert_eq!(json["code"], "BF-PIN-MISMATCH");
    assert_eq!(json["observed"][0], identity.spki_pin());
    server.shutdown().await;
}

#[tokio::test]
async fn many_paths_that_are_refused_are_reported_once() {
    let old_root = TestCa::named("old root");
    let new_root = TestCa::named("new root");
    let cross = new_root.cross_signed_by(&old_root);
    let identity = new_root.issue(Recipe::for_host(HOST)).with_extra(cross);
    let server = TestServer::http1(identity).await;
    let both = Anchors::only(old_root.certificate().clone()).plus(new_root.certificate().clone());
    let (policy, events) = heard(
        Policy::builder()
            .anchors(both)
            .pin_set(set([wrong("localhost")])),
    );
    connect(&policy, &server).await.unwrap_err();
    assert_eq!(drained(&events).len(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn pins_that_only_report_let_the_connection_through_and_report_it() {
    let ca = TestCa::new();
    let (_, server) = server(&ca).await;
    let (policy, events) = heard(trusting(&ca).pin_set(set([wrong("localhost").report_only()])));
    let receipt = converse(connect(&policy, &server).await.unwrap()).await;
    assert!(receipt.is_verified() && !receipt.is_pinned());
    let row = &rows(&receipt)[..];
    assert_eq!(row.len(), 1);
    assert!(
        row[0].starts_with("pins: reported only: BF-PIN-MISMATCH: "),
        "{row:?}"
    );
    let failures = drained(&events);
    let [Event::PinFailure(failure)] = failures.as_slice() else {
        panic!("{failures:?}");
    };
    assert_eq!(failure.outcome, PinFailureOutcome::Reported);
    // The next connection resumes the session: nothing was judged, and nothing is told.
    let resumed = converse(connect(&policy, &server).await.unwrap()).await;
    assert!(resumed.connection().unwrap().resumed);
    assert_eq!(drained(&events), []);
    server.shutdown().await;
}

#[tokio::test]
async fn an_entry_that_only_reports_does_not_hide_that_another_is_enforced() {
    let ca = TestCa::new();
    let (identity, server) = server(&ca).await;
    let pinned = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .without_backup()
        .never_expires();
    let reporting = wrong("**.localhost").report_only();
    let policy = trusting(&ca).pin_set(set([pinned, reporting]));
    let receipt = converse(connect(&policy.build().unwrap(), &server).await.unwrap()).await;
    assert!(receipt.is_pinned());
    let rows = rows(&receipt);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0],
        format!("pins: pinned (leaf {})", identity.spki_pin())
    );
    assert!(rows[1].starts_with("pins: reported only: BF-PIN-MISMATCH: "));
    server.shutdown().await;
}

#[tokio::test]
async fn every_entry_that_matches_the_host_must_hold() {
    let ca = TestCa::new();
    let (identity, server) = server(&ca).await;
    let leaf = || {
        Pins::for_host("localhost")
            .leaf(identity.spki_pin())
            .without_backup()
            .expires(later(60), OnExpiredPins::Refuse)
    };
    let issuer = Pins::for_host("**.localhost")
        .ca(ca.spki_pin())
        .without_backup()
        .expires(later(30), OnExpiredPins::Refuse);
    let both = trusting(&ca)
        .pin_set(set([leaf(), issuer]))
        .build()
        .unwrap();
    let receipt = converse(connect(&both, &server).await.unwrap()).await;
    assert_eq!(
        rows(&receipt),
        [format!(
            "pins: pinned (leaf {}; ca {})",
            identity.spki_pin(),
            ca.spki_pin()
        )]
    );
    assert!(receipt.deadline().unwrap() <= later(30));
    let one = trusting(&ca).pin_set(set([leaf(), wrong("**.localhost")]));
    let error = connect(&one.build().unwrap(), &server).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::PinMismatch));
    server.shutdown().await;
}

#[tokio::test]
async fn a_broken_glass_lets_through_loudly_and_ends_by_the_policys_clock() {
    let ca = TestCa::new();
    let (_, server) = server(&ca).await;
    let start = later(0);
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(start.as_secs() + seconds));
    let shown = Arc::new(Mutex::new(at(0)));
    let clock = Arc::clone(&shown);
    let broken = set([wrong("**.localhost")])
        .break_glass("LOCALHOST", "both keys were lost", at(10)..at(100))
        .unwrap();
    let (policy, events) = heard(
        trusting(&ca)
            .pin_set(broken)
            .clock(Clock::from_fn("movable", move || *clock.lock().unwrap())),
    );
    // Before it begins, the pins hold.
    let error = connect(&policy, &server).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::PinMismatch));
    drained(&events);

    *shown.lock().unwrap() = at(10);
    let receipt = converse(connect(&policy, &server).await.unwrap()).await;
    assert!(receipt.is_verified() && !receipt.is_pinned());
    assert_eq!(receipt.deadline(), Some(at(100)));
    let outcomes: Vec<_> = receipt
        .checks()
        .iter()
        .filter(|check| check.name() == "pins")
        .map(|check| check.outcome().clone())
        .collect();
    assert_eq!(
        outcomes[0],
        Outcome::BreakGlass {
            reason: Arc::from("both keys were lost"),
            until: at(100)
        }
    );
    assert!(
        matches!(&outcomes[1], Outcome::Reported(reason) if reason.code() == Code::PinMismatch)
    );
    assert_eq!(outcomes.len(), 2);
    assert!(
        rows(&receipt)[0].starts_with("pins: BREAK-GLASS, NOT ENFORCED until 20"),
        "{receipt}"
    );
    let told = drained(&events);
    match told.as_slice() {
        [Event::PinFailure(failure), Event::BrokenGlass(glass)] => {
            assert_eq!(failure.outcome, PinFailureOutcome::Reported);
            assert_eq!(glass.host, HOST);
            assert_eq!(glass.reason, "both keys were lost");
            assert_eq!(glass.until, at(100));
        }
        other => panic!("{other:?}"),
    }

    // One that resumes is told of again: it rests on the broken glass too.
    *shown.lock().unwrap() = at(99);
    let receipt = converse(connect(&policy, &server).await.unwrap()).await;
    assert!(receipt.connection().unwrap().resumed);
    assert!(matches!(drained(&events)[..], [Event::BrokenGlass(_)]));

    // After it, they hold again, for a session that began before too.
    *shown.lock().unwrap() = at(100);
    let error = connect(&policy, &server).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::PinMismatch));
    match drained(&events).as_slice() {
        [Event::PinFailure(failure)] => assert_eq!(failure.outcome, PinFailureOutcome::Refused),
        other => panic!("{other:?}"),
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_broken_glass_lowers_no_other_check_and_is_for_one_host() {
    let ca = TestCa::new();
    let stranger = TestCa::new();
    let all_day = later(0)..later(DAY);
    let broken = |host: &str| {
        set([wrong("**.localhost")])
            .break_glass(host, "a test", all_day.clone())
            .unwrap()
    };
    // who has issued, for which host, which glass is broken, the code
    for (issuer, host, glass, code) in [
        (&stranger, HOST, HOST, Code::UnknownIssuer),
        (&ca, "elsewhere.test", HOST, Code::NameMismatch),
        (&ca, HOST, "other.localhost", Code::PinMismatch),
    ] {
        let server = TestServer::http1(issuer.issue(Recipe::for_host(host))).await;
        let policy = trusting(&ca).pin_set(broken(glass)).build().unwrap();
        let error = connect(&policy, &server).await.unwrap_err();
        assert_eq!(error.code(), Some(code));
        server.shutdown().await;
    }
}

#[test]
fn a_glass_is_broken_for_one_host_with_pins_for_a_reason_and_for_30_days_at_most() {
    let now = later(0);
    let end = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs() + seconds));
    let broken = |host: &str, reason: &str, during: Range<UnixTime>| {
        set([wrong("**.example.com")]).break_glass(host, reason, during)
    };
    // host, reason, how long, what is wrong
    for (host, reason, seconds, expected) in [
        ("*.example.com", "x", DAY, "is not for one exact host"),
        ("api.example.com", " ", DAY, "has no reason"),
        ("api.example.com", "x", 0, "ends before it begins"),
        (
            "api.example.com",
            "x",
            30 * DAY + 1,
            "lasts longer than 30 days",
        ),
        (
            "example.org",
            "x",
            DAY,
            "is for a host without pins in this set",
        ),
    ] {
        match broken(host, reason, now..end(seconds)) {
            Err(ConfigError::InvalidBreakGlass {
                host: told,
                problem,
            }) => assert_eq!((told.as_str(), problem), (host, expected)),
            other => panic!("{host}: {other:?}"),
        }
    }
    broken("api.example.com", "x", now..end(30 * DAY)).unwrap();
    match broken("api.example.com", "x", end(1)..now) {
        Err(ConfigError::InvalidBreakGlass { problem, .. }) => {
            assert_eq!(problem, "ends before it begins");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_audit_reports_nothing() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host(HOST));
    let (policy, events) = heard(trusting(&ca).pin_set(set([wrong("localhost")])));
    let name = ServerName::try_from(HOST).unwrap();
    let refusal = policy
        .verify(&Peer::new(identity.chain(), &name))
        .unwrap_err();
    assert_eq!(refusal.code(), Code::PinMismatch);
    let _ = refusal.explain().to_string();
    assert_eq!(drained(&events), []);
}

#[test]
fn expired_pins_of_a_set_do_what_each_entry_says() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host(HOST));
    let past = UnixTime::since_unix_epoch(Duration::from_secs(1_000_000_000));
    let entry = |then| {
        Pins::for_host("localhost")
            .ca(SpkiSha256([1; 32]))
            .ca(SpkiSha256([2; 32]))
            .expires(past, then)
    };
    let judge = |entry: PinsBuilder| {
        let policy = trusting(&ca).pin_set(set([entry])).build().unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        policy.verify(&Peer::new(identity.chain(), &name))
    };
    let refused = judge(entry(OnExpiredPins::Refuse)).unwrap_err();
    assert_eq!(refused.code(), Code::PinsExpired);
    let unpinned = judge(entry(OnExpiredPins::Unpinned)).unwrap();
    assert_eq!(
        rows(&unpinned),
        ["pins: not checked (the pins of localhost have expired)"]
    );
    let reported = judge(entry(OnExpiredPins::Refuse).report_only()).unwrap();
    assert_eq!(
        rows(&reported),
        [
            "pins: reported only: BF-PINS-EXPIRED: the pins of localhost expired at 2001-09-09T01:46:40Z"
        ]
    );
}
