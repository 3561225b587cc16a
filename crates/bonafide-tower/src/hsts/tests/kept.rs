use std::time::Duration;

use super::{learn, now, upgrade};
use crate::hsts::HstsHosts;
use crate::store::{Key, Kind, MemoryStore, Partition, Store, StoreError, Swapped};

fn known(hosts: &HstsHosts) -> Vec<&'static str> {
    let all = ["a.example", "b.example", "c.example", "x.c.example"];
    let is_known = |host: &&str| !upgrade(hosts, &format!("http://{host}/")).is_empty();
    all.into_iter().filter(is_known).collect()
}

async fn load(hosts: &HstsHosts, store: &dyn Store) -> Result<(), StoreError> {
    hosts.load(store, &Partition::default(), now()).await
}

async fn save(hosts: &HstsHosts, store: &dyn Store) -> Result<(), StoreError> {
    hosts.save(store, &Partition::default(), now()).await
}

#[tokio::test]
async fn what_is_saved_is_loaded_and_what_has_expired_is_not() {
    let (store, hosts) = (MemoryStore::new(), HstsHosts::new());
    learn(&hosts, "https://a.example/", "max-age=10");
    learn(
        &hosts,
        "https://c.example/",
        "max-age=20; includeSubDomains",
    );
    save(&hosts, &store).await.unwrap();
    let next = HstsHosts::new();
    load(&next, &store).await.unwrap();
    assert_eq!(known(&next), ["a.example", "c.example", "x.c.example"]);
    let later = HstsHosts::new();
    let then = now() + Duration::from_secs(10);
    later
        .load(&store, &Partition::default(), then)
        .await
        .unwrap();
    assert_eq!(later.len(), 1);
}

#[tokio::test]
async fn two_tables_on_one_store_do_not_lose_each_others_changes() {
    let store = MemoryStore::new();
    let [one, other] = [HstsHosts::new(), HstsHosts::new()];
    learn(&one, "https://a.example/", "max-age=10");
    learn(&one, "https://b.example/", "max-age=10");
    save(&one, &store).await.unwrap();
    load(&other, &store).await.unwrap();

    learn(&one, "https://a.example/", "max-age=0");
    learn(&other, "https://c.example/", "max-age=10");
    save(&one, &store).await.unwrap();
    save(&other, &store).await.unwrap();
    assert_eq!(known(&other), ["b.example", "c.example"]);
    save(&one, &store).await.unwrap();
    assert_eq!(known(&one), ["b.example", "c.example"]);
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_an_error_and_is_not_written_over() {
    let key = Key::new(Kind::Hsts, Partition::default());
    for (entry, problem) in [
        ("a.example\tx\t0", "a field that is not a number"),
        ("a.example\t1\t2", "a field that is neither 0 nor 1"),
        ("a.example\t1", "too few fields"),
    ] {
        let store = MemoryStore::new();
        let state = format!("bonafide hsts 1\n{entry}\nend 1\n").into_bytes();
        let swapped = store.compare_and_set(&key, None, state.clone()).await;
        assert_eq!(swapped.unwrap(), Swapped::Done);
        let hosts = HstsHosts::new();
        learn(&hosts, "https://b.example/", "max-age=10");
        for result in [load(&hosts, &store).await, save(&hosts, &store).await] {
            match result {
                Err(StoreError::Corrupt {
                    kind: Kind::Hsts,
                    line: 2,
                    problem: what,
                }) => {
                    assert_eq!(what, problem);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(store.load(&key).await.unwrap().unwrap().state[..], state);
        assert_eq!(known(&hosts), ["b.example"]);
    }
}
