//! What expires is told in time, once a day, by the policy's clock.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use bonafide_testkit::{CrlRecipe, Moment, Recipe, TestCa, TestLog, TestServer};
use bonafide_verify::effective::ExpiryKind;
use bonafide_verify::events::{Event, Expiring, Horizons};
use bonafide_verify::pins::OnExpiredPins;
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::revocation::{Crls, Revocation};
use bonafide_verify::transparency::{LogList, Transparency};
use bonafide_verify::{
    Anchors, ClientIdentity, Clock, Pins, Policy, PolicyBuilder, PolicyHandle, Zone,
};
use tokio::net::TcpStream;

const DAY: u64 = 24 * 60 * 60;

/// A clock that is set by the test, in seconds after the moment at which the fixtures were made.
#[derive(Clone)]
struct Hand {
    start: u64,
    after: Arc<AtomicU64>,
}

impl Hand {
    fn new(start: Moment) -> Self {
        Self {
            start: start.as_unix_time().as_secs(),
            after: Arc::default(),
        }
    }

    fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::from_fn("hand", move || {
            let after = hand.after.load(Ordering::SeqCst);
            UnixTime::since_unix_epoch(Duration::from_secs(hand.start + after))
        })
    }

    fn set(&self, seconds: u64) {
        self.after.store(seconds, Ordering::SeqCst);
    }
}

fn channel() -> (SyncSender<Event>, Receiver<Event>) {
    sync_channel(1000)
}

fn told(events: &Receiver<Event>) -> Vec<Expiring> {
    events
        .try_iter()
        .filter_map(|event| match event {
            Event::Expiring(expiring) => Some(expiring),
            _ => None,
        })
        .collect()
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * DAY)
}

async fn shake_hands(policy: &Policy, server: &TestServer) {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    // What is told does not depend on whether the peer is believed.
    let _ = policy.connect(name, tcp).await;
}

/// A root of 60 days, an intermediate of 50 and a leaf of 40.
struct Chain {
    made: Moment,
    root: TestCa,
    server: TestServer,
}

impl Chain {
    async fn new() -> Self {
        let made = Moment::now();
        let root = TestCa::builder()
            .common_name("root")
            .valid_until(made + days(60))
            .build();
        let issuing = root
            .intermediate_builder()
            .common_name("issuing")
            .valid_until(made + days(50))
            .build();
        let leaf = Recipe::for_host("localhost").valid_until(made + days(40));
        Self {
            made,
            server: TestServer::http1(issuing.issue(leaf)).await,
            root,
        }
    }

    fn policy(&self, hand: &Hand, events: SyncSender<Event>) -> PolicyBuilder {
        Policy::builder()
            .anchors(Anchors::only(self.root.root_certificate().clone()))
            .clock(hand.clock())
            .events(events)
    }
}

#[tokio::test]
async fn each_kind_is_told_from_the_day_on_at_which_it_comes_within_the_horizon() {
    let chain = Chain::new().await;
    let (hand, (sender, events)) = (Hand::new(chain.made), channel());
    let ca = TestCa::new();
    let client = ca.issue(Recipe::for_host("client").valid_until(chain.made + days(70)));
    let list = ca.crl(CrlRecipe::new().next_update(chain.made + days(80)));
    let logs = TestLog::log_list(&[TestLog::new("log", "operator")], chain.made);
    let logs = LogList::from_json(logs).unwrap();
    let pins = Pins::for_host("**.pinned.test")
        .any(ca.spki_pin())
        .without_backup()
        .expires(
            (chain.made + days(95)).as_unix_time(),
            OnExpiredPins::Refuse,
        )
        .build()
        .unwrap();
    let policy = chain
        .policy(&hand, sender)
        .forecast(Horizons::days([30]))
        .pins(pins)
        .zone(
            Zone::for_host("other.test")
                .identity(ClientIdentity::from_pem(client.chain_pem(), client.key_pem()).unwrap())
                .check(
                    Revocation::builder()
                        .crls(Crls::pem("lists", &list))
                        .build()
                        .unwrap(),
                )
                .check(Transparency::with_log_list(logs).max_list_age(days(90))),
        );
    #[cfg(feature = "danger-insecure-grants")]
    let policy = policy.danger_grant(
        bonafide_verify::danger::Grant::for_host("dev.test")
            .forgive(bonafide_verify::Code::SelfSigned)
            .because("it makes its own")
            .until((chain.made + days(100)).as_unix_time()),
    );
    let policy = policy.build().unwrap();

    let mut first = BTreeMap::new();
    for day in 0..75 {
        hand.set(day * DAY);
        shake_hands(&policy, &chain.server).await;
        for expiring in told(&events) {
            let key = (expiring.kind, expiring.host.clone(), expiring.what.clone());
            first.entry(key).or_insert((day, expiring));
        }
    }
    let mut expected = vec![
        (10, ExpiryKind::Leaf, Some("localhost"), "CN=localhost"),
        (
            20,
            ExpiryKind::Intermediate,
            Some("localhost"),
            "CN=issuing",
        ),
        (30, ExpiryKind::Anchor, None, "CN=root"),
        (30, ExpiryKind::Anchor, Some("localhost"), "CN=root"),
        (40, ExpiryKind::ClientCertificate, None, "CN=client"),
        (60, ExpiryKind::LogList, None, ""),
        (50, ExpiryKind::Crl, None, ""),
        (65, ExpiryKind::Pin, None, "**.pinned.test"),
    ];
    if cfg!(feature = "danger-insecure-grants") {
        expected.push((70, ExpiryKind::Grant, None, "grant for dev.test"));
    }
    for (day, kind, host, what) in &expected {
        let found: Vec<_> = first
            .values()
            .filter(|(_, one)| one.kind == *kind && one.host.as_deref() == *host)
            .collect();
        let [(first_day, one)] = found[..] else {
            panic!("{kind}: {found:?}");
        };
        assert_eq!((first_day, one.within_days), (day, 30), "{one}");
        assert_eq!(one.at.as_secs(), hand.start + (day + 30) * DAY, "{one}");
        assert!(one.what == *what || what.is_empty(), "{one}");
    }
    assert_eq!(first.len(), expected.len());
}

#[tokio::test]
async fn every_horizon_is_told_and_each_thing_once_a_day() {
    let chain = Chain::new().await;
    let (hand, (sender, events)) = (Hand::new(chain.made), channel());
    let policy = chain.policy(&hand, sender).build().unwrap();
    let mut leaves = Vec::new();
    let hours = [0, 1, 23];
    for hour in (9..41).flat_map(|day| hours.map(|hour| day * 24 + hour)) {
        hand.set(hour * 60 * 60);
        shake_hands(&policy, &chain.server).await;
        for one in told(&events) {
            if one.kind == ExpiryKind::Leaf {
                leaves.push((hour / 24, hour % 24, one.within_days));
            }
        }
    }
    let within = |day| match day {
        10..26 => 30,
        26..33 => 14,
        33..39 => 7,
        _ => 1,
    };
    let expected: Vec<_> = (10..=40).map(|day| (day, 0, within(day))).collect();
    assert_eq!(leaves, expected);
}

#[tokio::test]
async fn a_nearer_horizon_is_told_within_the_day() {
    let chain = Chain::new().await;
    let (hand, (sender, events)) = (Hand::new(chain.made), channel());
    let policy = chain.policy(&hand, sender).build().unwrap();
    let leaves = |seconds| {
        hand.set(seconds);
        let (policy, server) = (&policy, &chain.server);
        let events = &events;
        async move {
            shake_hands(policy, server).await;
            let leaves = told(events).into_iter();
            let leaves = leaves.filter(|one| one.kind == ExpiryKind::Leaf);
            leaves.map(|one| one.within_days).collect::<Vec<_>>()
        }
    };
    assert_eq!(leaves(33 * DAY - 1).await, [14]);
    assert_eq!(leaves(33 * DAY).await, [7]);
    assert!(leaves(33 * DAY + 1).await.is_empty());
}

#[tokio::test]
async fn nothing_is_told_where_the_forecast_is_off() {
    let chain = Chain::new().await;
    let (hand, (sender, events)) = (Hand::new(chain.made), channel());
    let policy = chain.policy(&hand, sender).forecast(Horizons::off());
    let policy = policy.build().unwrap();
    hand.set(39 * DAY);
    shake_hands(&policy, &chain.server).await;
    assert_eq!(told(&events), []);
    assert_eq!(policy.forecast(), []);
}

#[tokio::test]
async fn the_list_has_what_the_policy_names_and_what_was_on_paths_and_is_no_event() {
    let chain = Chain::new().await;
    let (hand, (sender, events)) = (Hand::new(chain.made), channel());
    let policy = chain.policy(&hand, sender).build().unwrap();
    let kinds = |policy: &Policy| -> Vec<_> {
        let list = policy.forecast().into_iter();
        list.map(|one| (one.kind, one.host.is_some(), one.within_days))
            .collect()
    };
    hand.set(35 * DAY);
    assert_eq!(kinds(&policy), [(ExpiryKind::Anchor, false, 30)]);
    assert_eq!(told(&events), []);
    shake_hands(&policy, &chain.server).await;
    assert_eq!(told(&events).len(), 4);
    let all = [
        (ExpiryKind::Leaf, true, 7),
        (ExpiryKind::Intermediate, true, 30),
        (ExpiryKind::Anchor, false, 30),
        (ExpiryKind::Anchor, true, 30),
    ];
    assert_eq!(kinds(&policy), all);
    hand.set(61 * DAY);
    let within = kinds(&policy).into_iter().map(|(.., within)| within);
    assert_eq!(within.collect::<Vec<_>>(), [0; 4]);
    assert_eq!(told(&events), []);
}

#[tokio::test]
async fn a_policy_tells_what_it_names_when_it_comes_into_force_and_its_successors_do_not_tell_it_again()
 {
    let chain = Chain::new().await;
    let (hand, (sender, events)) = (Hand::new(chain.made), channel());
    let policy = || chain.policy(&hand, sender.clone()).build().unwrap();
    hand.set(40 * DAY);
    let first = policy();
    assert_eq!(told(&events), []);
    let handle = PolicyHandle::new(first);
    let anchors = |told: Vec<Expiring>| {
        let kinds = told.into_iter().map(|one| (one.kind, one.host));
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(anchors(told(&events)), [(ExpiryKind::Anchor, None)]);
    for _ in 0..20 {
        handle.replace(policy()).unwrap();
    }
    assert_eq!(told(&events), []);
    hand.set(41 * DAY);
    handle.replace(policy()).unwrap();
    assert_eq!(anchors(told(&events)), [(ExpiryKind::Anchor, None)]);
}
