//! A policy that is replaced 200 times a second under 64 requests at once: every answer is the
//! verdict of a policy that was in force while its request was under way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::verify::{Anchors, Code, CustomCa, Epoch, Pins, Policy, PolicyHandle, Receipt};
use bonafide::{Client, Error};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Recipe, TestCa, TestServer};
use tokio::sync::Barrier;
use tokio::time::{Instant, sleep, sleep_until, timeout};

const REQUESTS: usize = 64;
/// The first request of every task waits there, until the server has all of them.
const GATE: &str = "/gate";

/// 20 seconds where a whole run is asked for, two otherwise.
fn storm_seconds() -> u64 {
    let asked = ["CI", "BONAFIDE_LONG_TESTS"].map(std::env::var_os);
    if asked.iter().any(Option::is_some) {
        20
    } else {
        2
    }
}

/// When policies are replaced: 200 times a second, evenly in its first half, which a handshake may
/// outlast, and 20 at once in its second, so that requests get further in between.
fn moments(seconds: u64) -> impl Iterator<Item = Duration> {
    (0..seconds).flat_map(|second| {
        let even = (0..100).map(|number| 5 * number);
        let bursts = (0..100).map(|number| 500 + 100 * (number / 20));
        even.chain(bursts)
            .map(move |milliseconds| Duration::from_millis(1000 * second + milliseconds))
    })
}

/// What the policies trust in turn.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// The authority of `one.test`, and not that of `two.test`.
    One,
    /// The authority of `two.test`, and not that of `one.test`.
    Two,
    /// Both, and `one.test` with a key alone that it does not have.
    Pinned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    One,
    Two,
    /// Its authority is trusted by every policy.
    Steady,
    /// Its authority is trusted by none.
    Foreign,
}

impl Host {
    const ALL: [Self; 4] = [Self::One, Self::Two, Self::Steady, Self::Foreign];

    fn name(self) -> &'static str {
        match self {
            Self::One => "one.test",
            Self::Two => "two.test",
            Self::Steady => "steady.test",
            Self::Foreign => "foreign.test",
        }
    }

    /// How a policy of this turn judges it.
    fn verdict(self, turn: Turn) -> Result<(), Code> {
        match (self, turn) {
            (Self::Foreign, _) | (Self::One, Turn::Two) | (Self::Two, Turn::One) => {
                Err(Code::UnknownIssuer)
            }
            (Self::One, Turn::Pinned) => Err(Code::PinMismatch),
            (Self::One | Self::Two | Self::Steady, _) => Ok(()),
        }
    }
}

/// The servers, and what policies are made of.
struct Scene {
    servers: BTreeMap<Host, TestServer>,
    authorities: BTreeMap<Host, TestCa>,
    stranger: String,
}

impl Scene {
    async fn new() -> Self {
        let authorities: BTreeMap<_, _> = Host::ALL.map(|host| (host, TestCa::new())).into();
        let gate = Arc::new(Barrier::new(REQUESTS));
        let mut servers = BTreeMap::new();
        for (host, authority) in &authorities {
            let gate = Arc::clone(&gate);
            let identity = authority.issue(Recipe::for_host(host.name()));
            let server = TestServer::builder(identity).handler(move |request| {
                let gate = (request.uri().path() == GATE).then(|| Arc::clone(&gate));
                async move {
                    if let Some(gate) = gate {
                        gate.wait().await;
                    }
                    http::Response::new(TestBody::from("answer"))
                }
            });
            servers.insert(*host, server.start().await);
        }
        Self {
            servers,
            authorities,
            stranger: TestCa::new().spki_pin(),
        }
    }

    fn url(&self, host: Host, path: &str) -> String {
        self.servers[&host].url_for(host.name(), path)
    }

    fn policy(&self, turn: Turn) -> Policy {
        let hosts: &[Host] = match turn {
            Turn::One => &[Host::Steady, Host::One],
            Turn::Two => &[Host::Steady, Host::Two],
            Turn::Pinned => &[Host::Steady, Host::One, Host::Two],
        };
        let authorities = hosts.iter().map(|host| &self.authorities[host]);
        let anchors = CustomCa::certificates(authorities.map(|ca| ca.certificate().clone()));
        let builder = Policy::builder().anchors(Anchors::only(anchors));
        let builder = match turn {
            Turn::Pinned => {
                let pins = Pins::for_host(Host::One.name())
                    .any(&self.stranger)
                    .never_expires();
                builder.pins(pins.without_backup().build().unwrap())
            }
            Turn::One | Turn::Two => builder,
        };
        builder.build().unwrap()
    }
}

/// What all tasks have in common.
struct Storm {
    client: Client,
    handle: PolicyHandle,
    turns: Mutex<BTreeMap<Epoch, Turn>>,
    over: AtomicBool,
    under_way: AtomicUsize,
    seen: Mutex<BTreeSet<(Host, Result<(), Code>)>>,
}

/// The answers that a task got.
#[derive(Debug, Default)]
struct Tally {
    answers: usize,
    /// How many requests had a policy replaced while they were under way.
    across: usize,
}

impl Storm {
    /// Puts a policy in force, and notes what it trusts before anyone can meet it.
    fn replace(&self, turn: Turn, policy: Policy) {
        let epoch = policy.epoch();
        self.turns.lock().unwrap().insert(epoch, turn);
        assert_eq!(self.handle.replace(policy).unwrap(), epoch);
    }

    /// Asks until the storm is over, and judges every answer.
    async fn ask(self: Arc<Self>, host: Host, url: String) -> Tally {
        let mut tally = Tally::default();
        while !self.over.load(Ordering::SeqCst) {
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let first = self.handle.epoch();
            let answer = get(&self.client, &url).await;
            let last = self.handle.epoch();
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            let (epoch, verdict) = match &answer {
                Ok(receipt) => {
                    assert!(receipt.is_verified());
                    assert_eq!(receipt.host(), Some(host.name()));
                    (receipt.epoch(), Ok(()))
                }
                Err(error) => {
                    let refusal = error
                        .refusal()
                        .unwrap_or_else(|| panic!("{host:?} is lost: {error:?}"));
                    (refusal.receipt().epoch(), Err(refusal.code()))
                }
            };
            assert!(
                first <= epoch && epoch <= last,
                "{host:?}: judged in epoch {epoch}, asked from {first} to {last}"
            );
            let turn = self.turns.lock().unwrap()[&epoch];
            assert_eq!(verdict, host.verdict(turn), "{host:?}, {turn:?}");
            self.seen.lock().unwrap().insert((host, verdict));
            tally.answers += 1;
            tally.across += usize::from(first < last);
        }
        tally
    }

    /// Waits until every host has been judged as it is by a policy of this turn.
    async fn has_seen(&self, turn: Turn) {
        let wanted = Host::ALL.map(|host| (host, host.verdict(turn))).into();
        let wait = async {
            while !self.seen.lock().unwrap().is_superset(&wanted) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(20), wait).await.unwrap();
    }
}

async fn get(client: &Client, url: &str) -> Result<Arc<Receipt>, Error> {
    let response = client.get(url).send().await?;
    let receipt = response.receipt().unwrap().clone();
    assert_eq!(response.text().await?, "answer");
    Ok(receipt)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_replacements_loses_and_misjudges_nothing() {
    let scene = Scene::new().await;
    let begin = scene.policy(Turn::One);
    let turns = BTreeMap::from([(begin.epoch(), Turn::One)]);
    let handle = PolicyHandle::new(begin);
    let client = Host::ALL
        .into_iter()
        .fold(Client::builder().policy(handle.clone()), |builder, host| {
            builder.resolve(host.name(), (Ipv4Addr::LOCALHOST, 0).into())
        })
        .build()
        .unwrap();
    let storm = Arc::new(Storm {
        client,
        handle,
        turns: Mutex::new(turns),
        over: AtomicBool::new(false),
        under_way: AtomicUsize::new(0),
        seen: Mutex::default(),
    });
    let gate = Arc::new(Barrier::new(REQUESTS + 1));
    let tasks: Vec<_> = (0..REQUESTS)
        .map(|number| {
            let (storm, gate) = (Arc::clone(&storm), Arc::clone(&gate));
            let host = match number % 8 {
                0 => Host::Foreign,
                1..=3 => Host::Steady,
                4 | 5 => Host::One,
                _ => Host::Two,
            };
            let (first, url) = (scene.url(Host::Steady, GATE), scene.url(host, "/"));
            tokio::spawn(async move {
                get(&storm.client, &first).await.unwrap();
                gate.wait().await;
                storm.ask(host, url).await
            })
        })
        .collect();
    gate.wait().await;

    let begun = Instant::now();
    let turns = [Turn::Two, Turn::Pinned, Turn::One].into_iter().cycle();
    let mut under_way = Vec::new();
    for (turn, at) in turns.zip(moments(storm_seconds())) {
        sleep_until(begun + at).await;
        under_way.push(storm.under_way.load(Ordering::SeqCst));
        storm.replace(turn, scene.policy(turn));
    }
    // What was not seen in the storm is seen in the calm after it.
    for turn in [Turn::Two, Turn::Pinned, Turn::One] {
        storm.replace(turn, scene.policy(turn));
        storm.has_seen(turn).await;
    }
    storm.over.store(true, Ordering::SeqCst);

    let mut across = 0;
    for task in tasks {
        let tally = task.await.unwrap();
        assert!(tally.answers > 0, "every task gets answers");
        across += tally.across;
    }
    assert!(across > 0, "replacements met requests under way");
    let full = under_way.iter().filter(|count| **count == REQUESTS).count();
    assert!(
        2 * full > under_way.len(),
        "{REQUESTS} requests at once at {full} of {} replacements",
        under_way.len()
    );
    assert_eq!(
        scene.servers[&Host::Foreign].request_count(),
        0,
        "no byte reached the foreign server"
    );
}
