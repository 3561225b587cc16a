//! Replacements that are refused: the last good one stays, with its connections.

use std::fs;

use bonafide::verify::identity::IdentityHandle;
use bonafide::verify::{ClientIdentity, ConfigError};
use bonafide_testkit::{Recipe, TestServer};

use super::stage::{Stage, WAYS, get, ours, shown};

#[tokio::test]
async fn a_broken_replacement_keeps_the_last_good_one_and_its_connections() {
    let stage = Stage::new();
    let (good, other) = (stage.issue("good"), stage.issue("other"));
    let server = stage.demanding(WAYS[3]).start().await;
    let handle = IdentityHandle::new(ours(&good));
    let client = stage.client(&handle);
    get(&client, &server).await.unwrap();
    let generation = handle.credential().generation();

    let mismatch = ClientIdentity::from_pem(other.chain_pem(), good.key_pem()).unwrap();
    let expired = stage.clients.issue(
        Recipe::for_host("x")
            .common_name("expired")
            .expired()
            .client(),
    );
    let early = stage.clients.issue(
        Recipe::for_host("x")
            .common_name("early")
            .not_yet_valid()
            .client(),
    );
    let refused: Vec<_> = [mismatch, ours(&expired), ours(&early)]
        .into_iter()
        .map(|identity| handle.replace(identity).unwrap_err())
        .collect();
    assert!(matches!(refused[0], ConfigError::KeyMismatch));
    for (error, name) in refused[1..].iter().zip(["CN=expired", "CN=early"]) {
        match error {
            ConfigError::IdentityOutOfTime { subject, .. } => assert_eq!(subject, name),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(handle.credential().generation(), generation);
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 1);
    assert_eq!(shown(&server, &[&good]), [0, 0]);
}

#[tokio::test]
async fn files_that_are_half_written_empty_or_gone_keep_the_last_good_one() {
    let stage = Stage::new();
    let (good, next) = (stage.issue("good"), stage.issue("next"));
    let server: TestServer = stage.demanding(WAYS[3]).start().await;
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    let write = |new_chain: &str, new_key: &str| {
        fs::write(&chain, new_chain).unwrap();
        fs::write(&key, new_key).unwrap();
    };
    write(&good.chain_pem(), &good.key_pem());
    let handle = IdentityHandle::new(ClientIdentity::from_pem_files(&chain, &key).unwrap());
    let client = stage.client(&handle);
    get(&client, &server).await.unwrap();

    let (next_chain, next_key) = (next.chain_pem(), next.key_pem());
    let half = |text: &str| text[..text.len() / 2].to_owned();
    let reload = || handle.reload_from_pem_files(&chain, &key).unwrap_err();

    write(&half(&next_chain), &next_key);
    expect_pem(reload(), "client certificate", &chain);
    write("", &next_key);
    expect_pem(reload(), "client certificate", &chain);
    write(&next_chain, &half(&next_key));
    expect_pem(reload(), "private key", &key);
    write(&next_chain, "");
    expect_pem(reload(), "private key", &key);
    write(&next_chain, &good.key_pem());
    assert!(matches!(reload(), ConfigError::KeyMismatch));
    fs::remove_file(&key).unwrap();
    match reload() {
        ConfigError::ReadIdentity { path, .. } => assert_eq!(path, key),
        other => panic!("{other:?}"),
    }
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 1);

    write(&next_chain, &next_key);
    handle.reload_from_pem_files(&chain, &key).unwrap();
    get(&client, &server).await.unwrap();
    assert_eq!(shown(&server, &[&good, &next]), [0, 0, 1]);
}

fn expect_pem(error: ConfigError, expected: &str, file: &std::path::Path) {
    let text = error.to_string();
    match error {
        ConfigError::IdentityPem {
            what,
            path: Some(path),
            ..
        } => {
            assert_eq!(what, expected);
            assert_eq!(path, file);
            assert_eq!(
                text,
                format!("cannot read a {expected} from {}", file.display())
            );
        }
        other => panic!("{other:?}"),
    }
}
