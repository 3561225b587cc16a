//! Devices that sign their own certificates, over a whole client: the first contact, the pool, a
//! changed key.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::verify::first_use::{FileFirstUse, FirstUse, KnownBy, MemoryFirstUse};
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::x509::SpkiSha256;
use bonafide::verify::{Clock, Code, Policy, PolicyHandle, Verdict, Zone};
use bonafide::{Client, Error, Response};
use bonafide_testkit::{Alpn, Identity, Recipe, TestServer};

fn device() -> Identity {
    Identity::self_signed(Recipe::for_host("made-by-itself").expired())
}

fn key_of(identity: &Identity) -> SpkiSha256 {
    identity.spki_pin().parse().unwrap()
}

fn trusting(store: impl FirstUse + 'static) -> Policy {
    Policy::builder()
        .closed()
        .zone(Zone::for_host("localhost").first_use(store))
        .build()
        .unwrap()
}

fn client(policy: impl Into<PolicyHandle>) -> Client {
    Client::builder().policy(policy).build().unwrap()
}

async fn get(client: &Client, server: &TestServer) -> Result<Response, Error> {
    client.get(server.url("/")).body("secret").send().await
}

async fn by(client: &Client, server: &TestServer) -> KnownBy {
    let response = get(client, server).await.unwrap();
    let receipt = Arc::clone(response.receipt().unwrap());
    response.bytes().await.unwrap();
    assert!(receipt.is_known_key() && !receipt.is_verified());
    match receipt.verdict() {
        Verdict::KnownKey { by, .. } => *by,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_device_is_believed_from_its_first_contact_on_by_the_next_client_too() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let directory = tempfile::tempdir().unwrap();
        let store = FileFirstUse::open_or_create(directory.path().join("devices")).unwrap();
        let device = device();
        let server = TestServer::builder(device.clone()).alpn(alpn).start().await;
        let first = client(trusting(store.clone()));
        assert_eq!(by(&first, &server).await, KnownBy::FirstContact);
        // A pooled response has the receipt of its connection.
        assert_eq!(by(&first, &server).await, KnownBy::FirstContact);
        assert_eq!(server.tcp_connections(), 1);
        let known = store.look_up("localhost").unwrap().unwrap();
        assert_eq!(known.key, key_of(&device));
        let second = client(trusting(store));
        let since = KnownBy::FirstUse {
            since: known.first_seen,
        };
        assert_eq!(by(&second, &server).await, since);
    }
}

#[tokio::test]
async fn a_changed_key_is_refused_with_both_keys_and_nothing_is_sent_to_it() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let (old, new) = (device(), device());
        let store = MemoryFirstUse::new();
        let server = TestServer::builder(old.clone()).alpn(alpn).start().await;
        let client = client(trusting(store.clone()));
        by(&client, &server).await;
        // Another server answers, and is offered the ticket of the first one.
        let server = TestServer::builder(new.clone()).alpn(alpn).start().await;
        let error = get(&client, &server).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::KeyChanged));
        let text = error.refusal().unwrap().explain().to_string();
        for key in [key_of(&old), key_of(&new)] {
            assert!(text.contains(&key.to_string()), "{text}");
        }
        server.wait_for(|stats| stats.failed_handshakes == 1).await;
        assert_eq!(server.request_count(), 0);
        assert_eq!(
            store.look_up("localhost").unwrap().unwrap().key,
            key_of(&old)
        );
        // A person has checked the device:
        store
            .replace("localhost", key_of(&old), key_of(&new))
            .unwrap();
        assert!(matches!(
            by(&client, &server).await,
            KnownBy::FirstUse { .. }
        ));
    }
}

#[tokio::test]
async fn a_forgotten_key_ends_with_the_policy_at_once_and_by_itself_after_ten_minutes() {
    let start = UnixTime::now().as_secs();
    let now = Arc::new(Mutex::new(start));
    let shown = Arc::clone(&now);
    let clock = Clock::from_fn("by hand", move || {
        UnixTime::since_unix_epoch(Duration::from_secs(*shown.lock().unwrap()))
    });
    let store = MemoryFirstUse::new();
    let zone = Zone::for_host("localhost").first_use(store.clone());
    let policy = Policy::builder()
        .closed()
        .clock(clock)
        .zone(zone)
        .build()
        .unwrap();
    let handle = PolicyHandle::new(policy.clone());
    let device = device();
    let server = TestServer::http2(device.clone()).await;
    let client = client(handle.clone());
    let forget = || store.forget("localhost", key_of(&device)).unwrap();
    by(&client, &server).await;
    // What was forgotten is trusted on the connections that are there, for ten minutes.
    forget();
    *now.lock().unwrap() = start + 599;
    by(&client, &server).await;
    assert_eq!(
        (
            server.tcp_connections(),
            store.look_up("localhost").unwrap()
        ),
        (1, None)
    );
    *now.lock().unwrap() = start + 600;
    assert_eq!(by(&client, &server).await, KnownBy::FirstContact);
    assert_eq!(
        (server.tcp_connections(), server.resumed_handshakes()),
        (2, 0)
    );
    // Or none at all, where the policy is replaced.
    forget();
    handle.replace(policy).unwrap();
    assert_eq!(by(&client, &server).await, KnownBy::FirstContact);
    assert_eq!(
        (server.tcp_connections(), server.resumed_handshakes()),
        (3, 0)
    );
}

#[tokio::test]
async fn a_device_that_is_exactly_named_is_believed_and_no_other_receives_a_byte() {
    let device = device();
    let policy = Policy::builder()
        .closed()
        .zone(Zone::for_host("localhost").exactly([device.leaf()]))
        .build()
        .unwrap();
    let client = client(policy);
    let server = TestServer::http2(device.clone()).await;
    assert_eq!(
        by(&client, &server).await,
        KnownBy::Exactly(device.leaf().into())
    );
    let other = TestServer::http2(self::device()).await;
    let error = get(&client, &other).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::NotTheKey));
    other.wait_for(|stats| stats.failed_handshakes == 1).await;
    assert_eq!(other.request_count(), 0);
}
