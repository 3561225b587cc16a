//! A candidate policy in the shadow of the one in force: it sees every handshake, decides none, and
//! delays none.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bonafide_testkit::{Moment, Recipe, TestCa, TestServer};
use bonafide_verify::events::{Divergence, Event, Judged};
use bonafide_verify::first_use::{FirstUse as _, MemoryFirstUse};
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::refusal::Refused;
use bonafide_verify::{
    Anchors, Check, CheckContext, Clock, Code, Finding, Peer, Pins, Policy, PolicyBuilder, Profile,
    Shadow, ShadowCounts, TlsError, VerifiedPath, Zone,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// As many handshakes wait for the candidate at most.
const QUEUE: u64 = 64;
const PATIENCE: Duration = Duration::from_secs(60);

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn other_pins() -> Pins {
    Pins::for_host("localhost")
        .any(TestCa::new().spki_pin())
        .without_backup()
        .never_expires()
        .build()
        .unwrap()
}

/// The policy with a candidate, and its events.
fn shadowed(builder: PolicyBuilder, candidate: PolicyBuilder) -> (Policy, Receiver<Event>) {
    let (sender, events) = sync_channel(100);
    let shadow = Shadow::of(candidate.build().unwrap());
    let policy = builder.events(sender).shadow(shadow).build().unwrap();
    (policy, events)
}

async fn shake_hands(policy: &Policy, server: &TestServer) -> Option<Code> {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    match policy.connect(localhost(), tcp).await {
        Ok(_) => None,
        Err(TlsError::Refused(refusal)) => Some(refusal.code()),
        Err(error) => panic!("{error}"),
    }
}

fn next_divergence(events: &Receiver<Event>) -> Divergence {
    loop {
        if let Event::Divergence(divergence) = events.recv_timeout(PATIENCE).unwrap() {
            return divergence;
        }
    }
}

fn divergences(events: &Receiver<Event>) -> usize {
    let events = events.try_iter();
    events
        .filter(|event| matches!(event, Event::Divergence(_)))
        .count()
}

/// Waits until the counts are as told.
fn wait_for(policy: &Policy, is_so: impl Fn(&ShadowCounts) -> bool) -> ShadowCounts {
    let begin = Instant::now();
    loop {
        let counts = policy.shadow_counts().unwrap();
        if is_so(&counts) {
            return counts;
        }
        assert!(begin.elapsed() < PATIENCE, "{counts:?}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_stricter_candidate_refuses_nothing_and_tells_what_it_would_refuse() {
    let ca = TestCa::new();
    let long = Recipe::for_host("localhost")
        .valid_until(Moment::now() + Duration::from_secs(900 * 86_400));
    let identity = ca.issue(long);
    let chain = identity.chain().to_vec();
    let server = TestServer::http1(identity).await;
    let candidate = || trusting(&ca).profile(Profile::WebPkiIssuance);
    let would = candidate().build().unwrap();
    let would = would.verify(&Peer::new(&chain, &localhost())).unwrap_err();

    let (policy, events) = shadowed(trusting(&ca), candidate());
    assert_eq!(shake_hands(&policy, &server).await, None);
    let divergence = next_divergence(&events);
    assert_eq!(divergence.host, "localhost");
    assert_eq!(divergence.zone, "default");
    assert_eq!(divergence.in_force, Judged::Verified);
    assert_eq!(divergence.candidate, Judged::Refused(would.code()));
    assert_eq!(divergence.count, 1);

    let (policy, events) = shadowed(trusting(&ca), trusting(&ca).pins(other_pins()));
    assert_eq!(shake_hands(&policy, &server).await, None);
    let divergence = next_divergence(&events);
    assert_eq!(
        serde_json::to_value(Event::Divergence(divergence)).unwrap(),
        serde_json::json!({
            "event": "divergence",
            "host": "localhost",
            "zone": "default",
            "in_force": "verified",
            "candidate": "BF-PIN-MISMATCH",
            "count": 1,
        })
    );
}

#[tokio::test]
async fn a_laxer_candidate_lets_nothing_in_and_tells_what_it_would_let_in() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let (policy, events) = shadowed(trusting(&ca).pins(other_pins()), trusting(&ca));
    assert_eq!(shake_hands(&policy, &server).await, Some(Code::PinMismatch));
    let divergence = next_divergence(&events);
    assert_eq!(divergence.in_force, Judged::Refused(Code::PinMismatch));
    assert_eq!(divergence.candidate, Judged::Verified);
}

#[tokio::test]
async fn nothing_is_told_where_both_say_the_same() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let (policy, events) = shadowed(trusting(&ca), trusting(&ca));
    assert_eq!(shake_hands(&policy, &server).await, None);
    wait_for(&policy, |counts| counts.agreed == 1);
    let pinned = || trusting(&ca).pins(other_pins());
    let (refusing, refusals) = shadowed(pinned(), pinned());
    assert_eq!(
        shake_hands(&refusing, &server).await,
        Some(Code::PinMismatch)
    );
    wait_for(&refusing, |counts| counts.agreed == 1);
    assert_eq!((divergences(&events), divergences(&refusals)), (0, 0));
}

#[tokio::test]
async fn one_pair_of_verdicts_of_a_host_is_told_once_an_hour_with_a_count() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let seconds = Arc::new(AtomicU64::new(UnixTime::now().as_secs()));
    let hand = Arc::clone(&seconds);
    let clock = Clock::from_fn("hand", move || {
        UnixTime::since_unix_epoch(Duration::from_secs(hand.load(Ordering::SeqCst)))
    });
    let (policy, events) = shadowed(trusting(&ca).clock(clock), trusting(&ca).pins(other_pins()));
    for differed in 1..=3 {
        shake_hands(&policy, &server).await;
        wait_for(&policy, |counts| counts.differed == differed);
    }
    assert_eq!(next_divergence(&events).count, 1);
    assert_eq!(divergences(&events), 0);
    seconds.fetch_add(3600, Ordering::SeqCst);
    shake_hands(&policy, &server).await;
    assert_eq!(next_divergence(&events).count, 3);
}

/// Says when it begins, and waits until it may end.
#[derive(Debug)]
struct Slow {
    begins: SyncSender<()>,
    ends: Mutex<Receiver<()>>,
}

impl Check for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        self.begins.send(()).unwrap();
        // Once nobody holds the other end, nothing waits any more.
        let _ = self.ends.lock().unwrap().recv();
        Ok(Finding::passed())
    }
}

#[tokio::test]
async fn handshakes_go_on_while_the_candidate_hangs_and_what_it_has_no_time_for_is_counted() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let (begins, begun) = sync_channel(1000);
    let (end, ends) = sync_channel(1000);
    let slow = Slow {
        begins,
        ends: Mutex::new(ends),
    };
    let (policy, _events) = shadowed(trusting(&ca), trusting(&ca).check(slow));
    assert_eq!(shake_hands(&policy, &server).await, None);
    begun.recv_timeout(PATIENCE).unwrap();
    let more = 6;
    for _ in 0..QUEUE + more {
        assert_eq!(shake_hands(&policy, &server).await, None);
    }
    let counts = policy.shadow_counts().unwrap();
    assert_eq!((counts.agreed, counts.dropped), (0, more));
    drop(end);
    let counts = wait_for(&policy, |counts| counts.agreed == 1 + QUEUE);
    assert_eq!((counts.differed, counts.panicked), (0, 0));
}

/// Panics, and knows whether it is still there.
#[derive(Debug)]
struct Broken(#[expect(dead_code, reason = "it is held for its drop")] Arc<()>);

impl Check for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        panic!("a check of the candidate panics, as this test wants it to");
    }
}

#[tokio::test]
async fn a_candidate_that_panics_is_counted_and_ends_with_its_policy() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let alive = Arc::new(());
    let broken = Broken(Arc::clone(&alive));
    let (policy, events) = shadowed(trusting(&ca), trusting(&ca).check(broken));
    for panicked in 1..=3 {
        assert_eq!(shake_hands(&policy, &server).await, None);
        wait_for(&policy, |counts| counts.panicked == panicked);
    }
    assert_eq!(divergences(&events), 0);
    drop(policy);
    let begin = Instant::now();
    while Arc::strong_count(&alive) > 1 {
        assert!(begin.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn the_candidate_tells_nothing_and_keeps_no_first_contact() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let (sender, candidates_own) = sync_channel(100);
    let store = Arc::new(MemoryFirstUse::new());
    let zone = Zone::for_host("localhost").first_use(Kept(Arc::clone(&store)));
    let candidate = Policy::builder().zone(zone).events(sender);
    let (policy, events) = shadowed(trusting(&ca), candidate);
    assert_eq!(shake_hands(&policy, &server).await, None);
    let divergence = next_divergence(&events);
    assert_eq!(divergence.candidate, Judged::Refused(Code::KeyUnknown));
    assert_eq!(store.look_up("localhost").unwrap(), None);
    assert_eq!(candidates_own.try_iter().count(), 0);
}

/// A store that the test looks into.
#[derive(Debug)]
struct Kept(Arc<MemoryFirstUse>);

impl bonafide_verify::first_use::FirstUse for Kept {
    fn look_up(
        &self,
        host: &str,
    ) -> Result<
        Option<bonafide_verify::first_use::KnownKey>,
        bonafide_verify::first_use::FirstUseError,
    > {
        self.0.look_up(host)
    }

    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<bonafide_verify::x509::SpkiSha256>,
        new: Option<bonafide_verify::first_use::KnownKey>,
    ) -> Result<bonafide_verify::first_use::Swap, bonafide_verify::first_use::FirstUseError> {
        self.0.compare_and_set(host, expected, new)
    }
}

#[tokio::test]
async fn a_handshake_that_resumes_a_session_is_not_judged() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let (policy, _events) = shadowed(trusting(&ca), trusting(&ca));
    for _ in 0..2 {
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let mut stream = policy.connect(localhost(), tcp).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        stream.read_to_string(&mut String::new()).await.unwrap();
    }
    assert_eq!(server.resumed_handshakes(), 1);
    let counts = wait_for(&policy, |counts| counts.agreed > 0);
    assert_eq!((counts.agreed, counts.dropped), (1, 0));
}
