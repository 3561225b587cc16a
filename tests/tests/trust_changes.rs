//! A policy that is replaced in a running client: the very next request is judged by the new one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use bonafide::verify::revocation::{Crls, Revocation};
use bonafide::verify::{
    Anchors, ClientIdentity, Code, ConfigError, CustomCa, Pins, Policy, PolicyBuilder,
    PolicyHandle, Zone,
};
use bonafide::{Client, Error};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, ClientAuth, CrlRecipe, Identity, Recipe, TestCa, TestServer};
use tokio::sync::Semaphore;

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn pinned(pin: &str) -> Pins {
    Pins::for_host("localhost")
        .any(pin)
        .without_backup()
        .never_expires()
        .build()
        .unwrap()
}

fn client(policy: &PolicyHandle) -> Client {
    Client::builder().policy(policy.clone()).build().unwrap()
}

async fn get(client: &Client, server: &TestServer) -> Result<String, Error> {
    client.get(server.url("/")).send().await?.text().await
}

/// Waits until the server has no connection of the client left.
async fn all_closed(server: &TestServer) {
    let wait = async {
        while server.open_connections() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .unwrap();
}

/// A server with a warm pool and tickets, then a change after which it is not trusted, or judged
/// anew.
async fn after_a_change(
    alpn: Alpn,
    identity: Identity,
    before: Policy,
    after: Policy,
) -> (Result<String, Error>, TestServer, Client) {
    let server = TestServer::builder(identity).alpn(alpn).start().await;
    let handle = PolicyHandle::new(before);
    let client = client(&handle);
    get(&client, &server).await.unwrap();
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 1, "the pool is warm");
    get(&self::client(&handle), &server).await.unwrap();
    assert_eq!(server.resumed_handshakes(), 1, "and a ticket is at hand");
    let epoch = handle.replace(after).unwrap();
    assert_eq!(handle.epoch(), epoch);
    all_closed(&server).await;
    let answer = get(&client, &server).await;
    assert_eq!(server.tcp_connections(), 3, "a new connection");
    assert_eq!(server.resumed_handshakes(), 1, "and no ticket");
    (answer, server, client)
}

#[tokio::test]
async fn withdrawn_trust_ends_with_the_next_request() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let (old, new) = (TestCa::new(), TestCa::new());
        let (answer, ..) = after_a_change(
            alpn,
            old.issue(Recipe::for_host("localhost")),
            trusting(&old).build().unwrap(),
            trusting(&new).build().unwrap(),
        )
        .await;
        assert_eq!(answer.unwrap_err().code(), Some(Code::UnknownIssuer));
    }
}

#[tokio::test]
async fn a_changed_pin_holds_for_the_next_request() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let pin = identity.spki_pin();
        let (answer, ..) = after_a_change(
            alpn,
            identity,
            trusting(&ca).pins(pinned(&pin)).build().unwrap(),
            trusting(&ca)
                .pins(pinned(&TestCa::new().spki_pin()))
                .build()
                .unwrap(),
        )
        .await;
        assert_eq!(answer.unwrap_err().code(), Some(Code::PinMismatch));
    }
}

#[tokio::test]
async fn an_added_revocation_list_holds_for_the_next_request() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let list = |recipe| {
            let list = Crls::pem("list", ca.crl_pem(recipe));
            Revocation::builder().crls(list).build().unwrap()
        };
        let revoked = list(CrlRecipe::new().revoke(&identity));
        let (answer, ..) = after_a_change(
            alpn,
            identity,
            trusting(&ca).check(list(CrlRecipe::new())).build().unwrap(),
            trusting(&ca).check(revoked).build().unwrap(),
        )
        .await;
        assert_eq!(answer.unwrap_err().code(), Some(Code::Revoked));
    }
}

#[tokio::test]
async fn an_added_zone_judges_the_next_request() {
    let (ca, of_zone) = (TestCa::new(), TestCa::new());
    let zone = Zone::for_host("localhost").anchors(Anchors::only(of_zone.certificate().clone()));
    let (answer, ..) = after_a_change(
        Alpn::Http2,
        ca.issue(Recipe::for_host("localhost")),
        trusting(&ca).build().unwrap(),
        trusting(&ca).zone(zone).build().unwrap(),
    )
    .await;
    assert_eq!(answer.unwrap_err().code(), Some(Code::UnknownIssuer));
}

#[tokio::test]
async fn a_policy_that_believes_the_same_server_judges_it_anew() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let (ca, other) = (TestCa::new(), TestCa::new());
        let both = CustomCa::certificates([ca.certificate().clone(), other.certificate().clone()]);
        let (answer, server, client) = after_a_change(
            alpn,
            ca.issue(Recipe::for_host("localhost")),
            trusting(&ca).build().unwrap(),
            Policy::builder()
                .anchors(Anchors::only(both))
                .build()
                .unwrap(),
        )
        .await;
        answer.unwrap();
        let response = client.get(server.url("/")).send().await.unwrap();
        let receipt = response.receipt().unwrap();
        assert_eq!(receipt.epoch(), client.policy().unwrap().epoch());
        assert_eq!(receipt.anchors().total(), 2);
        assert_eq!(receipt.replaced_by(), None);
    }
}

#[tokio::test]
async fn a_rotated_client_certificate_is_shown_by_the_next_request() {
    let (ca, clients) = (TestCa::new(), TestCa::new());
    let identity = |name: &str| {
        let identity = clients.issue(Recipe::for_host(name).client());
        ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem()).unwrap()
    };
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http1)
        .client_auth(ClientAuth::Required(clients.certificate().clone()))
        .start()
        .await;
    let with = |name| trusting(&ca).identity(identity(name)).build().unwrap();
    let handle = PolicyHandle::new(with("old"));
    let client = client(&handle);
    get(&client, &server).await.unwrap();
    handle.replace(with("new")).unwrap();
    get(&client, &server).await.unwrap();
    let shown: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.peer_identity.clone().unwrap())
        .collect();
    assert_eq!(shown.len(), 2);
    assert_ne!(shown[0], shown[1]);
    assert_eq!(server.resumed_handshakes(), 0);
}

#[tokio::test]
#[ignore = "run by the test below, in a process whose system store is empty"]
async fn replace_by_a_policy_without_anchors() {
    let ca = TestCa::new();
    let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    let handle = PolicyHandle::new(trusting(&ca).build().unwrap());
    let client = client(&handle);
    get(&client, &server).await.unwrap();
    let before = handle.epoch();
    let system = Policy::builder().build().unwrap();
    match handle.replace(system) {
        Err(ConfigError::NoAnchors { .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(handle.epoch(), before);
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 1);
    println!("<the last good policy stays>");
}

#[test]
fn a_policy_without_anchors_is_refused_and_the_last_good_one_stays() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("replace_by_a_policy_without_anchors")
        .env("SSL_CERT_FILE", "/nonexistent/ca.pem")
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("<the last good policy stays>"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_policy_put_back_is_a_new_epoch_and_its_old_connections_do_not_come_back() {
    let ca = TestCa::new();
    let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    let first = trusting(&ca).build().unwrap();
    let handle = PolicyHandle::new(first.clone());
    let client = client(&handle);
    get(&client, &server).await.unwrap();
    handle
        .replace(trusting(&TestCa::new()).build().unwrap())
        .unwrap();
    assert_eq!(
        get(&client, &server).await.unwrap_err().code(),
        Some(Code::UnknownIssuer)
    );
    let epoch = handle.replace(first.clone()).unwrap();
    assert!(epoch > first.epoch());
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 3);
    assert_eq!(server.resumed_handshakes(), 0);
}

#[tokio::test]
async fn a_response_under_way_finishes_and_its_receipt_says_that_the_policy_was_replaced() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let ca = TestCa::new();
        let (sender, body) = TestBody::channel();
        let body = std::sync::Mutex::new(Some(body));
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(move |_| {
                let body = body.lock().unwrap().take().unwrap();
                async move { http::Response::new(body) }
            })
            .start()
            .await;
        let handle = PolicyHandle::new(trusting(&ca).build().unwrap());
        let client = client(&handle);
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.receipt().unwrap().replaced_by(), None);
        let epoch = handle
            .replace(trusting(&TestCa::new()).build().unwrap())
            .unwrap();
        let receipt = response.receipt().unwrap().clone();
        assert_eq!(receipt.replaced_by(), Some(epoch));
        assert!(
            receipt
                .to_string()
                .contains(&format!("replaced: the policy of epoch {epoch}"))
        );
        assert!(sender.send("all of it"));
        drop(sender);
        assert_eq!(response.text().await.unwrap(), "all of it");
        all_closed(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_wait_for_a_stream_do_not_reach_a_server_that_is_not_believed_any_more() {
    // What a client opens to a server that allows one stream: each connection carries one request.
    const CONNECTIONS: usize = 8;
    let (old, new) = (TestCa::new(), TestCa::new());
    let gate = Arc::new(Semaphore::new(0));
    let hold = Arc::clone(&gate);
    let server = TestServer::builder(old.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http2)
        .max_concurrent_streams(1)
        .handler(move |_| {
            let hold = Arc::clone(&hold);
            async move {
                hold.acquire().await.unwrap().forget();
                http::Response::new(TestBody::from("answer"))
            }
        })
        .start()
        .await;
    let handle = PolicyHandle::new(trusting(&old).build().unwrap());
    let client = client(&handle);
    let requests: Vec<_> = (0..CONNECTIONS + 4)
        .map(|_| {
            let (client, url) = (client.clone(), server.url("/"));
            tokio::spawn(async move { client.get(url).send().await?.text().await })
        })
        .collect();
    let all_there = async {
        while server.request_count() < CONNECTIONS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let all_there = tokio::time::timeout(Duration::from_secs(10), all_there).await;
    assert!(
        all_there.is_ok(),
        "{} requests came",
        server.request_count()
    );
    handle.replace(trusting(&new).build().unwrap()).unwrap();
    gate.add_permits(100);
    let (mut answered, mut refused) = (0, 0);
    for request in requests {
        match request.await.unwrap() {
            Ok(_) => answered += 1,
            Err(error) => {
                assert_eq!(error.code(), Some(Code::UnknownIssuer));
                refused += 1;
            }
        }
    }
    assert_eq!((answered, refused), (CONNECTIONS, 4));
    assert_eq!(server.request_count(), CONNECTIONS);
}
