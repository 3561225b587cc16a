//! Session tickets of nginx and HAProxy while the trust of a client changes. Their logs are the
//! judges: a session is resumed within an epoch and never across two.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bonafide::verify::identity::IdentityHandle;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::revocation::{Crls, Revocation};
use bonafide::verify::{
    Anchors, ClientIdentity, Clock, Pins, PolicyBuilder, PolicyHandle, Receipt, Zone,
};
use bonafide::{Client, Code, Error};
use bonafide_testkit::{CrlRecipe, Identity, Recipe, TestCa};
use bonafide_tests::{Brand, Http, Nginx, Served, Site, Terminator, TerminatorBuilder, trusting};

const HOST: &str = "one.test";
const OTHER_HOST: &str = "two.test";
const VERSIONS: [&str; 2] = ["TLSv1.2", "TLSv1.3"];

/// nginx and HAProxy in turn, as long as they are there.
async fn start(
    brand: Brand,
    identity: &Identity,
    version: &'static str,
    plan: impl Fn(TerminatorBuilder) -> TerminatorBuilder,
) -> Option<Terminator> {
    let builder = Terminator::of(brand, HOST, identity).protocol(version);
    plan(builder).start().await
}

/// Both programs, each with both versions of TLS.
fn servers() -> impl Iterator<Item = (Brand, &'static str)> {
    [Brand::Nginx, Brand::Haproxy]
        .into_iter()
        .flat_map(|brand| VERSIONS.map(|version| (brand, version)))
}

/// A clock that advances by a second whenever it is read: no two verdicts are of one time.
fn ticking() -> Clock {
    let seconds = AtomicU64::new(UnixTime::now().as_secs());
    Clock::from_fn("ticking", move || {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds.fetch_add(1, Ordering::Relaxed)))
    })
}

fn ticking_policy(ca: &TestCa) -> PolicyBuilder {
    trusting(ca).clock(ticking())
}

fn pinned(pin: &str) -> Pins {
    let pins = Pins::for_host(HOST)
        .any(pin)
        .without_backup()
        .never_expires();
    pins.build().unwrap()
}

/// A client that finds the hosts of the tests on the loopback, with a pool of its own.
fn client(policy: &PolicyHandle) -> Client {
    [HOST, OTHER_HOST]
        .into_iter()
        .fold(Client::builder().policy(policy.clone()), |builder, host| {
            builder.resolve(host, (Ipv4Addr::LOCALHOST, 0).into())
        })
        .build()
        .unwrap()
}

async fn get(client: &Client, url: &str) -> Result<Arc<Receipt>, Error> {
    let response = client.get(url).send().await?.error_for_status()?;
    let receipt = response.receipt().unwrap().clone();
    response.bytes().await?;
    Ok(receipt)
}

fn is_resumed(receipt: &Receipt) -> bool {
    receipt.connection().unwrap().resumed
}

fn resumed(requests: &[Served]) -> Vec<bool> {
    requests.iter().map(|request| request.resumed).collect()
}

fn connections(requests: &[Served]) -> BTreeSet<u64> {
    requests.iter().map(|request| request.connection).collect()
}

#[tokio::test]
async fn sessions_are_resumed_within_an_epoch_and_never_across_two() {
    for (brand, version) in servers() {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host(HOST));
        let closing = TerminatorBuilder::closing_connections;
        let Some(mut server) = start(brand, &identity, version, closing).await else {
            continue;
        };
        let mut seen = 0;
        for http in [Http::One, Http::Two] {
            let url = server.url(http, HOST);
            let first = ticking_policy(&ca).build().unwrap();
            let handle = PolicyHandle::new(first.clone());
            let client = client(&handle);
            // The first policy comes back in the end: it is an epoch of its own then.
            for next in [
                Some(ticking_policy(&ca).build().unwrap()),
                Some(first),
                None,
            ] {
                let mut receipts = Vec::new();
                for _ in 0..3 {
                    receipts.push(get(&client, &url).await.unwrap());
                    server.all_closed().await;
                }
                let said: Vec<_> = receipts.iter().map(|receipt| is_resumed(receipt)).collect();
                assert_eq!(said, [false, true, true], "{brand:?} {version} {http:?}");
                for receipt in &receipts {
                    assert!(receipt.is_verified());
                    assert_eq!(receipt.epoch(), handle.epoch());
                    assert_eq!(receipt.time(), receipts[0].time());
                    assert_eq!(
                        receipt.path().unwrap().keys()[0].to_string(),
                        identity.spki_pin()
                    );
                }
                let requests = server.requests(seen + 3).await.split_off(seen);
                seen += 3;
                assert_eq!(
                    resumed(&requests),
                    [false, true, true],
                    "{brand:?} {version} {http:?}"
                );
                assert_eq!(connections(&requests).len(), 3);
                assert!(requests.iter().all(|request| request.tls == version));
                if let Some(next) = next {
                    handle.replace(next).unwrap();
                }
            }
        }
        let spoken: BTreeSet<_> = server
            .requests(seen)
            .await
            .into_iter()
            .map(|request| request.protocol)
            .collect();
        assert_eq!(spoken, ["HTTP/1.1", "HTTP/2.0"].map(str::to_owned).into());
    }
}

/// A change after which the server is refused.
struct Withdrawal {
    before: PolicyBuilder,
    after: PolicyBuilder,
    code: Code,
}

fn withdrawals(ca: &TestCa, identity: &Identity) -> [Withdrawal; 4] {
    let stranger = TestCa::new();
    let list = ca.crl_pem(CrlRecipe::new().revoke(identity));
    let list = Revocation::builder().crls(Crls::pem("list", list));
    let zone = Zone::for_host(HOST).anchors(Anchors::only(stranger.certificate().clone()));
    [
        Withdrawal {
            before: ticking_policy(ca),
            after: ticking_policy(&stranger),
            code: Code::UnknownIssuer,
        },
        Withdrawal {
            before: ticking_policy(ca).pins(pinned(&identity.spki_pin())),
            after: ticking_policy(ca).pins(pinned(&stranger.spki_pin())),
            code: Code::PinMismatch,
        },
        Withdrawal {
            before: ticking_policy(ca),
            after: ticking_policy(ca).check(list.build().unwrap()),
            code: Code::Revoked,
        },
        Withdrawal {
            before: ticking_policy(ca),
            after: ticking_policy(ca).zone(zone),
            code: Code::UnknownIssuer,
        },
    ]
}

#[tokio::test]
async fn the_very_next_request_is_refused_where_a_ticket_and_a_connection_were_at_hand() {
    for (brand, version) in servers() {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host(HOST));
        let Some(mut server) = start(brand, &identity, version, |builder| builder).await else {
            continue;
        };
        let (mut seen, mut refused) = (0, 0);
        for http in [Http::One, Http::Two] {
            let url = server.url(http, HOST);
            for Withdrawal {
                before,
                after,
                code,
            } in withdrawals(&ca, &identity)
            {
                let what = format!("{brand:?} {version} {http:?} {code}");
                let handle = PolicyHandle::new(before.build().unwrap());
                let [warm, cold] = [client(&handle), client(&handle)];
                get(&warm, &url).await.unwrap();
                get(&warm, &url).await.unwrap();
                let receipt = get(&cold, &url).await.unwrap();
                assert!(is_resumed(&receipt), "{what}");
                let old = handle.current().as_ref().clone();
                handle.replace(after.build().unwrap()).unwrap();
                server.all_closed().await;
                for client in [&warm, &cold] {
                    let error = get(client, &url).await.unwrap_err();
                    assert_eq!(error.code(), Some(code), "{what}");
                    refused += 1;
                    assert_eq!(server.refused_handshakes(refused).await, refused);
                }
                handle.replace(old).unwrap();
                let receipt = get(&warm, &url).await.unwrap();
                assert_eq!(receipt.epoch(), handle.epoch());
                let receipt = get(&cold, &url).await.unwrap();
                assert!(is_resumed(&receipt));
                // The log has the trusted requests and no other.
                let requests = server.requests(seen + 5).await.split_off(seen);
                seen += 5;
                assert_eq!(
                    resumed(&requests),
                    [false, false, true, false, true],
                    "{what}"
                );
                assert_eq!(requests[0].connection, requests[1].connection);
                assert_eq!(connections(&requests).len(), 4, "{what}");
                drop((warm, cold));
                server.all_closed().await;
            }
        }
    }
}

/// How a client certificate is rotated.
#[derive(Clone, Copy, Debug)]
enum Rotation {
    /// A new policy has the new one.
    Policy,
    /// The policy stays, and its identity changes.
    Identity,
}

#[tokio::test]
async fn a_rotated_client_certificate_is_shown_in_a_full_handshake() {
    let clients = TestCa::new();
    let [alice, bob] = ["alice", "bob"].map(|name| {
        let identity = clients.issue(Recipe::for_host(name).client());
        ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem()).unwrap()
    });
    for (brand, version) in servers() {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host(HOST));
        let demanding = |builder: TerminatorBuilder| builder.demanding_clients_of(&clients);
        let Some(mut server) = start(brand, &identity, version, demanding).await else {
            continue;
        };
        let mut seen = 0;
        for (http, rotation) in [Http::One, Http::Two]
            .into_iter()
            .flat_map(|http| [Rotation::Policy, Rotation::Identity].map(|by| (http, by)))
        {
            let url = server.url(http, HOST);
            let mine = IdentityHandle::new(alice.clone());
            let policy = ticking_policy(&ca).identity(&mine).build().unwrap();
            let handle = PolicyHandle::new(policy);
            let [warm, cold] = [client(&handle), client(&handle)];
            get(&warm, &url).await.unwrap();
            get(&cold, &url).await.unwrap();
            match rotation {
                Rotation::Policy => {
                    let next = ticking_policy(&ca).identity(bob.clone()).build().unwrap();
                    handle.replace(next).unwrap();
                }
                Rotation::Identity => {
                    mine.replace(bob.clone()).unwrap();
                }
            }
            server.all_closed().await;
            get(&warm, &url).await.unwrap();
            get(&cold, &url).await.unwrap();
            let requests = server.requests(seen + 4).await.split_off(seen);
            seen += 4;
            let shown: Vec<_> = requests
                .iter()
                .map(|request| (request.client.as_deref().unwrap(), request.resumed))
                .collect();
            assert_eq!(
                shown,
                [
                    ("CN=alice", false),
                    ("CN=alice", true),
                    ("CN=bob", false),
                    ("CN=bob", true)
                ],
                "{brand:?} {version} {http:?} {rotation:?}"
            );
            drop((warm, cold));
            server.all_closed().await;
        }
    }
}

#[tokio::test]
async fn a_ticket_of_one_policy_is_of_no_use_to_another() {
    for (brand, version) in servers() {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host(HOST));
        let closing = TerminatorBuilder::closing_connections;
        let Some(mut server) = start(brand, &identity, version, closing).await else {
            continue;
        };
        let url = server.url(Http::One, HOST);
        let policy = |builder: PolicyBuilder| PolicyHandle::new(builder.build().unwrap());
        let one = policy(ticking_policy(&ca));
        let alike = policy(ticking_policy(&ca));
        let stricter = policy(ticking_policy(&ca).pins(pinned(&TestCa::new().spki_pin())));
        let [one, alike, stricter] = [&one, &alike, &stricter].map(client);
        let mut said = Vec::new();
        for client in [&one, &one, &alike, &one, &alike] {
            said.push(is_resumed(&get(client, &url).await.unwrap()));
            server.all_closed().await;
            let error = get(&stricter, &url).await.unwrap_err();
            assert_eq!(error.code(), Some(Code::PinMismatch));
        }
        let expected = [false, true, false, true, true];
        assert_eq!(said, expected, "{brand:?} {version}");
        assert_eq!(resumed(&server.requests(5).await), expected);
        assert_eq!(server.refused_handshakes(5).await, 5);
    }
}

/// nginx decrypts a ticket of any of its hosts, so that the client alone keeps zones apart.
#[tokio::test]
async fn a_ticket_of_one_host_is_of_no_use_to_another_zone() {
    let ca = TestCa::new();
    for version in VERSIONS {
        let both = ca.issue(Recipe::for_hosts([HOST, OTHER_HOST]));
        let sites = [HOST, OTHER_HOST].map(|host| Site::new(host, &both));
        let builder = Nginx::serving(sites).protocols(version);
        let Some(mut nginx) = builder.requests_per_connection(1).start().await else {
            return;
        };
        let stranger = Anchors::only(TestCa::new().certificate().clone());
        let zone = Zone::for_host(OTHER_HOST).anchors(stranger);
        let strict = PolicyHandle::new(ticking_policy(&ca).zone(zone).build().unwrap());
        let plain = PolicyHandle::new(ticking_policy(&ca).build().unwrap());
        let [one, two] = [HOST, OTHER_HOST].map(|host| nginx.http1_url(host, "/"));
        let [strict, plain] = [&strict, &plain].map(client);
        get(&strict, &one).await.unwrap();
        let error = get(&strict, &two).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::UnknownIssuer));
        get(&plain, &one).await.unwrap();
        get(&plain, &two).await.unwrap();
        get(&plain, &two).await.unwrap();
        let seen: Vec<_> = nginx
            .requests(4)
            .await
            .into_iter()
            .map(|request| (request.site, request.resumed))
            .collect();
        let row = |host: &str, resumed| (host.to_owned(), resumed);
        assert_eq!(
            seen,
            [
                row(HOST, false),
                row(HOST, false),
                row(OTHER_HOST, false),
                row(OTHER_HOST, true)
            ]
        );
        assert_eq!(nginx.refused_handshakes(1).await, 1);
    }
}
