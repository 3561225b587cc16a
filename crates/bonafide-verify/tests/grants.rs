//! Grants: loud, exact, dated, and never more forgiving than they say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa, TestServer};
use bonafide_verify::danger::Grant;
use bonafide_verify::first_use::MemoryFirstUse;
use bonafide_verify::pins::OnExpiredPins;
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{
    Anchors, Clock, Code, ConfigError, Peer, Pins, Policy, PolicyBuilder, Verdict, Zone,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn seconds_from_now(seconds: i64) -> UnixTime {
    let now = UnixTime::now().as_secs();
    UnixTime::since_unix_epoch(Duration::from_secs(now.saturating_add_signed(seconds)))
}

fn grant(codes: &[Code]) -> Grant {
    codes
        .iter()
        .fold(Grant::for_host("localhost"), |grant, code| {
            grant.forgive(*code)
        })
        .because("a test of grants")
        .until(seconds_from_now(600))
}

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn judge(policy: &Policy, identity: &Identity, host: &str) -> Result<Verdict, Code> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let judged = policy.verify(&Peer::new(identity.chain(), &name));
    judged
        .map(|receipt| receipt.verdict().clone())
        .map_err(|refusal| refusal.code())
}

fn forgiven(verdict: Result<Verdict, Code>) -> Result<Vec<Code>, Code> {
    verdict.map(|verdict| match verdict {
        Verdict::Granted {
            forgiven, reason, ..
        } => {
            assert_eq!(reason, "a test of grants");
            forgiven
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_grant_forgives_what_it_names_and_the_receipt_says_not_verified() {
    let ca = TestCa::new();
    let stranger = TestCa::new();
    // what is wrong, the code
    for (identity, code) in [
        (
            Identity::self_signed(Recipe::for_host("localhost")),
            Code::SelfSigned,
        ),
        (
            stranger.issue(Recipe::for_host("localhost")),
            Code::UnknownIssuer,
        ),
        (
            ca.issue(Recipe::for_host("localhost").expired()),
            Code::Expired,
        ),
        (
            ca.issue(Recipe::for_host("localhost").not_yet_valid()),
            Code::NotYetValid,
        ),
        (ca.issue(Recipe::for_host("other.test")), Code::NameMismatch),
        (
            ca.issue(Recipe::for_host("localhost").without_san()),
            Code::NoSubjectAltName,
        ),
        (
            ca.issue(Recipe::for_host("localhost").key(KeyKind::Rsa1024)),
            Code::WeakKey,
        ),
    ] {
        let policy = trusting(&ca).danger_grant(grant(&[code])).build().unwrap();
        assert_eq!(
            forgiven(judge(&policy, &identity, "localhost")),
            Ok(vec![code]),
            "{code}"
        );
        let name = ServerName::try_from("localhost").unwrap();
        let receipt = policy.verify(&Peer::new(identity.chain(), &name)).unwrap();
        assert!(receipt.is_granted() && !receipt.is_verified() && !receipt.is_pinned());
        assert!(
            receipt
                .to_string()
                .contains("NOT VERIFIED, granted despite"),
            "{receipt}"
        );
    }
}

#[test]
fn a_second_fault_that_is_not_named_refuses() {
    let ca = TestCa::new();
    let stranger = TestCa::new();
    // what is wrong, what is forgiven, what refuses
    for (identity, named, refused) in [
        (
            stranger.issue(Recipe::for_host("other.test")),
            Code::UnknownIssuer,
            Code::NameMismatch,
        ),
        (
            stranger.issue(Recipe::for_host("localhost").key(KeyKind::Rsa1024)),
            Code::UnknownIssuer,
            Code::WeakKey,
        ),
        (
            stranger.issue(Recipe::for_host("localhost").expired()),
            Code::Expired,
            Code::UnknownIssuer,
        ),
        (
            stranger.issue(Recipe::for_host("localhost").expired()),
            Code::UnknownIssuer,
            Code::Expired,
        ),
        (
            ca.issue(Recipe::for_host("other.test").expired()),
            Code::Expired,
            Code::NameMismatch,
        ),
        (
            ca.issue(Recipe::for_host("other.test").key(KeyKind::Rsa1024)),
            Code::NameMismatch,
            Code::WeakKey,
        ),
    ] {
        let policy = trusting(&ca).danger_grant(grant(&[named])).build().unwrap();
        assert_eq!(
            judge(&policy, &identity, "localhost"),
            Err(refused),
            "{named}"
        );
        let both = trusting(&ca)
            .danger_grant(grant(&[named, refused]))
            .build()
            .unwrap();
        let mut found = forgiven(judge(&both, &identity, "localhost")).unwrap();
        let mut expected = vec![named, refused];
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn forgiving_what_hides_the_issuer_does_not_forgive_an_unknown_one() {
    let ca = TestCa::named("borrowed");
    let stranger = TestCa::new();
    let a_year = 365 * 86_400;
    let expired_earlier = stranger
        .intermediate_builder()
        .valid_from(seconds_from_now(-4 * a_year))
        .valid_until(seconds_from_now(-3 * a_year))
        .build()
        .issue(
            Recipe::for_host("localhost")
                .valid_from(seconds_from_now(-2 * a_year))
                .valid_until(seconds_from_now(-a_year)),
        );
    let borrowed_name = TestCa::named("borrowed")
        .issue(Recipe::for_host("localhost"))
        .with_extra(
            stranger
                .issue(Recipe::for_host("other.test").key(KeyKind::Rsa1024))
                .leaf()
                .clone(),
        );
    let self_signed_ca = Identity::self_signed(Recipe::for_host("localhost").is_ca().client());
    // what is wrong beside the issuer, what is forgiven, what refuses
    for (identity, named, refused) in [
        (borrowed_name, Code::WeakKey, Code::UnknownIssuer),
        (expired_earlier, Code::Expired, Code::UnknownIssuer),
        (self_signed_ca, Code::SelfSigned, Code::WrongPurpose),
    ] {
        let policy = trusting(&ca).danger_grant(grant(&[named])).build().unwrap();
        assert_eq!(
            judge(&policy, &identity, "localhost"),
            Err(refused),
            "{named}"
        );
    }
}

#[test]
fn forgiving_an_expired_certificate_does_not_turn_the_clock_back_for_checks() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost").expired());
    let pins = Pins::for_host("localhost")
        .ca(ca.spki_pin())
        .without_backup()
        .expires(seconds_from_now(-60), OnExpiredPins::Refuse)
        .build()
        .unwrap();
    let policy = trusting(&ca)
        .pins(pins)
        .danger_grant(grant(&[Code::Expired]))
        .build()
        .unwrap();
    assert_eq!(
        judge(&policy, &identity, "localhost"),
        Err(Code::PinsExpired)
    );
}

#[test]
fn a_check_that_needs_a_path_refuses_where_there_is_none() {
    let ca = TestCa::new();
    let pins = Pins::for_host("localhost")
        .ca(SpkiSha256([1; 32]))
        .without_backup()
        .never_expires()
        .build()
        .unwrap();
    let policy = trusting(&ca)
        .pins(pins)
        .danger_grant(grant(&[Code::UnknownIssuer]))
        .build()
        .unwrap();
    let foreign = TestCa::new().issue(Recipe::for_host("localhost"));
    assert_eq!(
        judge(&policy, &foreign, "localhost"),
        Err(Code::CheckRefused)
    );
}

#[test]
fn a_peer_that_needs_no_forgiveness_is_verified_as_ever() {
    let ca = TestCa::new();
    let policy = trusting(&ca)
        .danger_grant(grant(&[Code::Expired]))
        .build()
        .unwrap();
    assert_eq!(
        judge(
            &policy,
            &ca.issue(Recipe::for_host("localhost")),
            "localhost"
        ),
        Ok(Verdict::Verified)
    );
}

#[test]
fn a_grant_is_for_its_exact_host() {
    let ca = TestCa::new();
    let policy = trusting(&ca)
        .danger_grant(grant(&[Code::Expired]))
        .build()
        .unwrap();
    let expired = ca.issue(Recipe::for_hosts(["sub.localhost", "other.test"]).expired());
    for host in ["sub.localhost", "other.test"] {
        assert_eq!(judge(&policy, &expired, host), Err(Code::Expired));
    }
}

#[test]
fn past_its_expiry_a_grant_is_gone() {
    let ca = TestCa::new();
    let clock = Arc::new(Mutex::new(seconds_from_now(0)));
    let shown = Arc::clone(&clock);
    let policy = trusting(&ca)
        .clock(Clock::from_fn("movable", move || *shown.lock().unwrap()))
        .danger_grant(grant(&[Code::NameMismatch]))
        .build()
        .unwrap();
    let identity = ca.issue(Recipe::for_host("other.test"));
    let name = ServerName::try_from("localhost").unwrap();
    let receipt = policy.verify(&Peer::new(identity.chain(), &name)).unwrap();
    assert!(receipt.deadline().unwrap() <= seconds_from_now(600));
    *clock.lock().unwrap() = seconds_from_now(601);
    assert_eq!(
        judge(&policy, &identity, "localhost"),
        Err(Code::NameMismatch)
    );
}

#[test]
fn a_grant_names_a_host_a_refusal_a_reason_and_an_expiry() {
    let ca = TestCa::new();
    let whole = || {
        Grant::for_host("localhost")
            .forgive(Code::Expired)
            .because("why")
            .until(seconds_from_now(1))
    };
    let problem = |grant: Grant| match trusting(&ca).danger_grant(grant).build().map(drop) {
        Err(ConfigError::InvalidGrant { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert!(trusting(&ca).danger_grant(whole()).build().is_ok());
    let wildcard = Grant::for_host("*.corp.test")
        .forgive(Code::Expired)
        .because("why")
        .until(seconds_from_now(1));
    assert_eq!(problem(wildcard), "is not for one exact host");
    let nothing = Grant::for_host("localhost")
        .because("why")
        .until(seconds_from_now(1));
    assert_eq!(problem(nothing), "forgives nothing");
    assert_eq!(problem(whole().because(" ")), "has no reason");
    let endless = Grant::for_host("localhost")
        .forgive(Code::Expired)
        .because("why");
    assert_eq!(problem(endless), "has no expiry");
    for code in [Code::CaAsLeaf, Code::WrongPurpose, Code::NameConstraint] {
        let whole = || {
            Grant::for_host("localhost")
                .forgive(code)
                .because("why")
                .until(seconds_from_now(1))
        };
        assert_eq!(
            problem(whole()),
            "forgives a path that no trust anchor issued: forgive BF-UNKNOWN-ISSUER or BF-SELF-SIGNED too"
        );
        assert!(
            trusting(&ca)
                .danger_grant(whole().forgive(Code::UnknownIssuer))
                .build()
                .is_ok()
        );
    }
    for code in [
        Code::BadHandshakeSignature,
        Code::BadSignature,
        Code::Malformed,
        Code::HostNotInPolicy,
        Code::ProtocolVersion,
    ] {
        assert_eq!(
            problem(whole().forgive(code)),
            format!("names {code}, which cannot be forgiven")
        );
    }
    let twice = trusting(&ca)
        .danger_grant(whole())
        .danger_grant(whole())
        .build()
        .map(drop);
    assert!(matches!(twice, Err(ConfigError::DuplicateZone { pattern }) if pattern == "localhost"));
    let uncovered = trusting(&ca)
        .zone(Zone::for_host("a.test"))
        .closed()
        .danger_grant(whole())
        .build()
        .map(drop);
    assert!(matches!(uncovered, Err(ConfigError::HostNotInPolicy { host }) if host == "localhost"));
}

#[test]
#[ignore = "run by the test on BONAFIDE_FORBID_DANGER, in a process of its own"]
fn print_whether_a_grant_builds() {
    match trusting(&TestCa::new())
        .danger_grant(grant(&[Code::Expired]))
        .build()
    {
        Ok(_) => println!("<built>"),
        Err(error) => println!("<{error}>"),
    }
}

#[test]
fn bonafide_forbid_danger_makes_a_grant_an_error() {
    let build_with = |value: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "print_whether_a_grant_builds",
            ])
            .env("BONAFIDE_FORBID_DANGER", value)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let forbidden = build_with("1");
    assert!(
        forbidden.contains("<the grant for localhost is forbidden: BONAFIDE_FORBID_DANGER is set>"),
        "{forbidden}"
    );
    assert!(build_with("0").contains("<built>"));
}

/// Collects what is logged while a test runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_connection_under_a_grant_is_a_warning_with_its_reason() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let server = TestServer::http1(Identity::self_signed(Recipe::for_host("localhost"))).await;
    let policy = trusting(&TestCa::new())
        .danger_grant(grant(&[Code::SelfSigned]))
        .build()
        .unwrap();
    for connections in 1..=3 {
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let mut stream = policy
            .connect(ServerName::try_from("localhost").unwrap(), tcp)
            .await
            .unwrap();
        assert!(stream.receipt().is_granted());
        converse(&mut stream).await;
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let warnings = text.lines().filter(|line| {
            ["WARN", "granted-connection", "a test of grants"]
                .iter()
                .all(|word| line.contains(word))
        });
        assert_eq!(warnings.count(), connections, "{text}");
    }
    assert_eq!(server.resumed_handshakes(), 2);
    server.shutdown().await;
}

#[tokio::test]
async fn a_configuration_for_another_client_never_resumes_where_there_is_a_grant() {
    let server = TestServer::http1(Identity::self_signed(Recipe::for_host("localhost"))).await;
    let policy = trusting(&TestCa::new())
        .danger_grant(grant(&[Code::SelfSigned]))
        .build()
        .unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(policy.client_config().unwrap()));
    for _ in 0..2 {
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, tcp).await.unwrap();
        converse(&mut stream).await;
    }
    assert_eq!(
        (server.tls_handshakes(), server.resumed_handshakes()),
        (2, 0)
    );
    server.shutdown().await;
}

async fn converse(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
}

#[test]
fn a_grant_for_a_host_whose_zone_believes_keys_is_an_error() {
    for zone in [
        Zone::for_host("**.localhost").first_use(MemoryFirstUse::new()),
        Zone::for_host("localhost").exactly([SpkiSha256([1; 32])]),
    ] {
        let policy = trusting(&TestCa::new()).zone(zone);
        match policy.danger_grant(grant(&[Code::SelfSigned])).build() {
            Err(ConfigError::InvalidGrant { host, problem }) => {
                assert_eq!(host, "localhost");
                assert_eq!(
                    problem,
                    "is for a zone that trusts keys, in which a changed key is never accepted"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_grant_is_for_every_spelling_of_its_host() {
    let grant = Grant::for_host("[::ffff:127.0.0.1]")
        .forgive(Code::SelfSigned)
        .because("a test of grants")
        .until(seconds_from_now(600));
    let policy = trusting(&TestCa::new())
        .danger_grant(grant)
        .build()
        .unwrap();
    let identity = Identity::self_signed(Recipe::for_host("127.0.0.1"));
    for asked in ["127.0.0.1", "::ffff:127.0.0.1"] {
        assert_eq!(
            forgiven(judge(&policy, &identity, asked)),
            Ok(vec![Code::SelfSigned]),
            "{asked}"
        );
    }
}
