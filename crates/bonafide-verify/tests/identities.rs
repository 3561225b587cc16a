//! Rotating client identities under other clients, and what is told of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use bonafide_testkit::{ClientAuth, Identity, Recipe, TestCa, TestServer};
use bonafide_verify::events::Event;
use bonafide_verify::identity::{IdentityCallback, IdentityHandle, IdentitySource};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::receipt::IdentityUse;
use bonafide_verify::{Anchors, ClientIdentity, ConfigError, Policy, PolicyBuilder, Zone};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

struct Stage {
    ca: TestCa,
    clients: TestCa,
}

impl Stage {
    fn new() -> Self {
        Self {
            ca: TestCa::new(),
            clients: TestCa::new(),
        }
    }

    fn issue(&self, name: &str) -> Identity {
        self.clients
            .issue(Recipe::for_host(name).common_name(name).client())
    }

    async fn server(&self) -> TestServer {
        TestServer::builder(self.ca.issue(Recipe::for_host("localhost")))
            .client_auth(ClientAuth::Required(self.clients.certificate().clone()))
            .start()
            .await
    }

    fn policy(&self) -> PolicyBuilder {
        Policy::builder().anchors(Anchors::only(self.ca.certificate().clone()))
    }
}

fn ours(identity: &Identity) -> ClientIdentity {
    ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem()).unwrap()
}

/// One request by another client that has a configuration of ours; gives what the receipt says of
/// its certificate.
async fn request(policy: &Policy, config: &Arc<ClientConfig>, server: &TestServer) -> IdentityUse {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::clone(config))
        .connect(name.clone(), tcp)
        .await
        .unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    let receipt = policy.receipt_of(&name, stream.get_ref().1).unwrap();
    receipt.connection().unwrap().client_identity.clone()
}

/// Which of the two each request showed, and how many handshakes resumed, with a rotation before
/// the third of four requests.
async fn another_client(
    identity: impl Into<IdentitySource>,
    rotate: impl Fn(),
    stage: &Stage,
) -> (Vec<Vec<u8>>, usize, IdentityUse) {
    let server = stage.server().await;
    let policy = stage.policy().identity(identity).build().unwrap();
    let config = Arc::new(policy.client_config().unwrap());
    let mut told = IdentityUse::None;
    for turn in 0..4 {
        if turn == 2 {
            rotate();
        }
        told = request(&policy, &config, &server).await;
    }
    let shown = server
        .requests()
        .iter()
        .map(|request| request.peer_identity.as_ref().unwrap().to_vec())
        .collect();
    (shown, server.resumed_handshakes(), told)
}

#[tokio::test]
async fn another_client_shows_the_certificate_of_the_moment_and_resumes_no_session() {
    let stage = Stage::new();
    let (old, new) = (stage.issue("old"), stage.issue("new"));
    let handle = IdentityHandle::new(ours(&old));
    let rotate = || {
        handle.replace(ours(&new)).unwrap();
    };
    let (shown, resumed, told) = another_client(&handle, rotate, &stage).await;
    let leaf = |identity: &Identity| identity.leaf().to_vec();
    assert_eq!(shown, [leaf(&old), leaf(&old), leaf(&new), leaf(&new)]);
    assert_eq!(resumed, 0);
    assert_eq!(told, IdentityUse::AtHand(None), "it may have been another");
}

#[tokio::test]
async fn another_client_resumes_sessions_with_a_certificate_that_stays() {
    let stage = Stage::new();
    let identity = stage.issue("same");
    let (shown, resumed, told) = another_client(ours(&identity), || {}, &stage).await;
    assert_eq!(shown, vec![identity.leaf().to_vec(); 4]);
    assert_eq!(resumed, 3);
    let record = Arc::new(ours(&identity).record());
    assert_eq!(told, IdentityUse::AtHand(Some(record)));
}

#[tokio::test]
async fn another_client_asks_the_callback_in_each_handshake() {
    let stage = Stage::new();
    let identity = stage.issue("chosen");
    let given = ours(&identity);
    let callback = IdentityCallback::new(move |_| Ok(Some(given.clone())));
    let (shown, resumed, _) = another_client(callback, || {}, &stage).await;
    assert_eq!(shown.len(), 4);
    assert_eq!(resumed, 0);
}

#[test]
fn one_configuration_serves_all_zones_that_share_a_handle() {
    let stage = Stage::new();
    let handle = IdentityHandle::new(ours(&stage.issue("shared")));
    let other = IdentityHandle::new(handle.current());
    let with = |of_zone: &IdentityHandle| {
        let zone = Zone::for_host("one.test").identity(of_zone);
        let policy = stage.policy().identity(&handle).zone(zone).build().unwrap();
        policy.client_config().map(drop)
    };
    with(&handle).unwrap();
    assert!(matches!(
        with(&other),
        Err(ConfigError::ZoneNeedsOwnConfig {
            facet: "client certificate",
            ..
        })
    ));
}

#[test]
fn a_policy_with_a_handle_whose_key_is_not_the_certificates_does_not_build() {
    let stage = Stage::new();
    let (one, two) = (stage.issue("one"), stage.issue("two"));
    let mixed = ClientIdentity::from_pem(one.chain_pem(), two.key_pem()).unwrap();
    let built = stage.policy().identity(IdentityHandle::new(mixed)).build();
    assert!(matches!(built, Err(ConfigError::KeyMismatch)));
}

#[test]
fn a_rotation_is_told_once_to_each_sink_of_the_policies_with_the_handle() {
    let stage = Stage::new();
    let (old, new) = (stage.issue("old"), stage.issue("new"));
    let handle = IdentityHandle::new(ours(&old));
    let (sender, events) = sync_channel(10);
    let zone = Zone::for_host("one.test").identity(&handle);
    let builder = stage.policy().identity(&handle).zone(zone).events(sender);
    let policies = [builder.clone().build().unwrap(), builder.build().unwrap()];
    let from = handle.credential().generation().get();
    assert!(
        handle
            .replace(ours(
                &stage
                    .clients
                    .issue(Recipe::for_host("x").expired().client())
            ))
            .is_err()
    );
    let to = handle.replace(ours(&new)).unwrap().get();
    let event = events.try_recv().unwrap();
    let record = ours(&new).record();
    assert_eq!(
        event.to_string(),
        format!("client certificate generation {from} was replaced by generation {to}: {record}")
    );
    let Event::IdentityReplaced(replaced) = event else {
        panic!("{event:?}")
    };
    assert_eq!((replaced.from, replaced.to), (from, to));
    assert_eq!(replaced.subject, "CN=new");
    assert_eq!(replaced.not_after, record.not_after());
    assert!(events.try_recv().is_err());
    drop(policies);
}

#[test]
fn the_files_of_a_certificate_that_stays_are_the_policys_and_those_of_a_handle_are_not() {
    let stage = Stage::new();
    let identity = stage.issue("filed");
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    fs::write(&chain, identity.chain_pem()).unwrap();
    fs::write(&key, identity.key_pem()).unwrap();
    let filed = ClientIdentity::from_pem_files(&chain, &key).unwrap();
    let handle = IdentityHandle::new(filed.clone());
    let fixed = stage.policy().identity(filed).build().unwrap();
    assert_eq!(fixed.files(), [chain, key]);
    let rotating = stage.policy().identity(&handle).build().unwrap();
    assert_eq!(rotating.files(), Vec::<std::path::PathBuf>::new());
}
