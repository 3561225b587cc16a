//! A client certificate that follows its files, without a new policy.

use std::fs;
use std::path::PathBuf;

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::events::Event;
use bonafide_verify::identity::IdentityHandle;
use bonafide_verify::watch::{ReloadError, WatchedIdentity};
use bonafide_verify::{ClientIdentity, ConfigError};

use crate::stage::{Stage, brisk, wait_until};

fn client(ca: &TestCa, name: &str) -> Identity {
    ca.issue(Recipe::for_host(name).client())
}

fn write(stage: &Stage, identity: &Identity) -> (PathBuf, PathBuf) {
    (
        stage.write("tls.crt", identity.chain_pem()),
        stage.write("tls.key", identity.key_pem()),
    )
}

fn follow(stage: &Stage, first: &Identity) -> (IdentityHandle, WatchedIdentity) {
    let (chain, key) = write(stage, first);
    let identity = ClientIdentity::from_pem_files(&chain, &key).unwrap();
    let handle = IdentityHandle::new(identity);
    let watched = brisk()
        .events(stage.sender.clone())
        .start_identity(&handle, chain, key)
        .unwrap();
    (handle, watched)
}

#[test]
fn a_rotated_pair_takes_effect() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let (old, new) = (client(&ca, "old"), client(&ca, "new"));
    let (handle, watched) = follow(&stage, &old);
    let before = handle.credential().generation();
    write(&stage, &new);
    wait_until("the new certificate is in force", || {
        handle.current().leaf() == &new.chain()[0]
    });
    assert!(handle.credential().generation() > before);
    let now = watched.reload_now().unwrap();
    assert_eq!(now, handle.credential().generation(), "nothing new");
}

#[test]
fn a_key_of_another_certificate_leaves_the_pair_in_force() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let (old, new) = (client(&ca, "old"), client(&ca, "new"));
    let (handle, watched) = follow(&stage, &old);
    let key = stage.write("tls.key", new.key_pem());
    let failed = stage.failed();
    assert_eq!(
        failed.error,
        "the private key does not match the client certificate"
    );
    assert_eq!(failed.changed, [key]);
    assert!(failed.in_force.starts_with("the client certificate of "));
    assert!(matches!(
        watched.status().failure,
        Some(ReloadError::Config(ConfigError::KeyMismatch))
    ));
    assert_eq!(handle.current().leaf(), &old.chain()[0]);
    stage.write("tls.crt", new.chain_pem());
    loop {
        match stage.event() {
            Event::ReloadFailed(_) => {}
            Event::ReloadRecovered(_) => break,
            other => panic!("{other}"),
        }
    }
    assert_eq!(handle.current().leaf(), &new.chain()[0]);
    assert!(watched.status().failure.is_none());
}

#[test]
fn a_pair_that_is_broken_at_the_start_is_the_callers_error() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let (one, two) = (client(&ca, "one"), client(&ca, "two"));
    let (chain, key) = write(&stage, &one);
    let handle = IdentityHandle::new(ClientIdentity::from_pem_files(&chain, &key).unwrap());
    fs::write(&key, two.key_pem()).unwrap();
    assert!(matches!(
        WatchedIdentity::start(&handle, &chain, &key),
        Err(ReloadError::Config(ConfigError::KeyMismatch))
    ));
    assert_eq!(handle.current().leaf(), &one.chain()[0]);
}
