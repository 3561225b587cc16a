//! Mounted authorities and client certificates of Kubernetes, rotated under requests to nginx and
//! HAProxy, which demand a client certificate: no request fails, and the servers' logs show who
//! came.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::verify::watch::{Watched, Watching};
use bonafide::verify::{Anchors, ClientIdentity, ConfigError, CustomCa, Policy, PolicyHandle};
use bonafide::{Client, Code, Error};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Brand, Http, Mounted, Served, Terminator};
use tokio::time::{sleep, timeout};

const HOST: &str = "one.test";
const NAMES: [&str; 3] = ["alice", "bob", "carol"];
const SUBJECTS: [&str; 3] = ["CN=alice", "CN=bob", "CN=carol"];

/// Waits until `condition` holds.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let patience = Duration::from_secs(20);
    if timeout(patience, wait).await.is_err() {
        panic!("waited {patience:?} until {what}");
    }
}

/// A policy of what is mounted, for as long as it is.
fn follow(trust: &Mounted, pair: &Mounted) -> Watched {
    let authorities = trust.path("ca.crt");
    let (chain, key) = (pair.path("tls.crt"), pair.path("tls.key"));
    Watching::default()
        .quiet(Duration::from_millis(20))
        .start(move || -> Result<Policy, ConfigError> {
            Policy::builder()
                .anchors(Anchors::only(CustomCa::file(&authorities)))
                .identity(ClientIdentity::from_pem_files(&chain, &key)?)
                .build()
        })
        .unwrap()
}

fn client(policy: &PolicyHandle) -> Client {
    Client::builder()
        .policy(policy.clone())
        .resolve(HOST, (Ipv4Addr::LOCALHOST, 0).into())
        .build()
        .unwrap()
}

async fn get(client: &Client, url: &str) -> Result<(), Error> {
    let response = client.get(url).send().await?.error_for_status()?;
    response.bytes().await.map(drop)
}

/// Eight requests at once, again and again, to one of two servers.
struct Traffic {
    tasks: Vec<tokio::task::JoinHandle<usize>>,
    server: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Traffic {
    fn start(client: &Client, servers: &[Terminator; 2]) -> Self {
        let (server, over) = (Arc::default(), Arc::default());
        let tasks = (0..8)
            .map(|number| {
                let http = [Http::One, Http::Two][number % 2];
                let urls = [0, 1].map(|server| servers[server].url(http, HOST));
                let client = client.clone();
                let (server, over): (Arc<AtomicUsize>, Arc<AtomicBool>) =
                    (Arc::clone(&server), Arc::clone(&over));
                tokio::spawn(async move {
                    let mut answers = 0;
                    while !over.load(Ordering::SeqCst) {
                        get(&client, &urls[server.load(Ordering::SeqCst)])
                            .await
                            .unwrap_or_else(|error| panic!("a request is lost: {error:?}"));
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        Self {
            tasks,
            server,
            over,
        }
    }

    fn goes_to(&self, server: usize) {
        self.server.store(server, Ordering::SeqCst);
    }

    /// How many requests there were, all of them answered.
    async fn end(self) -> usize {
        self.over.store(true, Ordering::SeqCst);
        let mut answers = 0;
        for task in self.tasks {
            answers += task.await.unwrap();
        }
        answers
    }
}

/// The clients of a log, in the order in which they came first. A connection has one client, and
/// each client has come with a full handshake.
fn clients(requests: &[Served]) -> Vec<&str> {
    let mut order = Vec::new();
    let mut of_connection = BTreeMap::new();
    let mut full = BTreeSet::new();
    for request in requests {
        let client = request.client.as_deref().unwrap();
        let of_connection = of_connection.entry(request.connection).or_insert(client);
        assert_eq!(*of_connection, client);
        if !order.contains(&client) {
            order.push(client);
        }
        if !request.resumed {
            full.insert(client);
        }
    }
    assert_eq!(
        full.len(),
        order.len(),
        "a ticket of one client is of no use to another"
    );
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_mounted_authorities_and_client_certificates_are_rotated() {
    for brand in [Brand::Nginx, Brand::Haproxy] {
        let [old, new, issuer] = [(); 3].map(|()| TestCa::new());
        let serve = |ca: &TestCa| {
            Terminator::of(brand, HOST, &ca.issue(Recipe::for_host(HOST)))
                .demanding_clients_of(&issuer)
                .start()
        };
        let (Some(before), Some(after)) = (serve(&old).await, serve(&new).await) else {
            continue;
        };
        let mut servers = [before, after];
        let pairs = NAMES.map(|name| {
            let pair = issuer.issue(Recipe::for_host(name).client());
            (pair.chain_pem(), pair.key_pem())
        });
        fn files((chain, key): &(String, String)) -> [(&str, &str); 2] {
            [("tls.crt", chain), ("tls.key", key)]
        }
        let mut pair = Mounted::with(&files(&pairs[0]));
        let mut trust = Mounted::with(&[("ca.crt", &old.pem())]);
        let watched = follow(&trust, &pair);
        let client = client(watched.handle());
        let urls = [0, 1].map(|server| servers[server].url(Http::Two, HOST));
        let error = get(&client, &urls[1]).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::UnknownIssuer));

        let traffic = Traffic::start(&client, &servers);
        servers[0].requests(50).await;
        for (number, next) in pairs.iter().enumerate().skip(1) {
            let epoch = watched.handle().epoch();
            pair.change(&files(next));
            until("the pair is in force", || watched.handle().epoch() > epoch).await;
            let seen = servers[0].requests(0).await.len();
            let requests = servers[0].requests(seen + 100).await;
            assert_eq!(clients(&requests), SUBJECTS[..=number]);
            let mut last = requests[requests.len() - 50..].iter();
            assert!(
                last.all(|request| request.client.as_deref() == Some(SUBJECTS[number])),
                "no other client connects any more"
            );
        }

        let epoch = watched.handle().epoch();
        trust.change(&[("ca.crt", &(old.pem() + &new.pem()))]);
        until("both authorities are in force", || {
            watched.handle().epoch() > epoch
        })
        .await;
        traffic.goes_to(1);
        servers[1].requests(50).await;
        let epoch = watched.handle().epoch();
        trust.change(&[("ca.crt", &new.pem())]);
        until("the old authority is gone", || {
            watched.handle().epoch() > epoch
        })
        .await;
        servers[0].all_closed().await;
        let error = get(&client, &urls[0]).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::UnknownIssuer));
        let seen = servers[1].requests(0).await.len();
        servers[1].requests(seen + 50).await;

        let answers = traffic.end().await;
        let [first, second] = &mut servers;
        let (first, second) = (first.requests(0).await, second.requests(0).await);
        assert_eq!(clients(&first), SUBJECTS);
        assert_eq!(clients(&second), SUBJECTS[2..]);
        assert!(answers <= first.len() + second.len(), "each is in a log");
    }
}
