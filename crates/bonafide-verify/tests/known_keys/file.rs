//! Known keys in a file.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::Duration;

use bonafide_verify::files::{FileError, LoadProblem};
use bonafide_verify::first_use::{
    FileFirstUse, FirstUse, FirstUseError, KnownKey, MemoryFirstUse, Swap,
};
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::x509::SpkiSha256;
use proptest::prelude::*;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn known(byte: u8) -> KnownKey {
    KnownKey {
        key: SpkiSha256([byte; 32]),
        first_seen: at(1_800_000_000 + u64::from(byte)),
    }
}

/// A store in a file, and one in memory: they behave alike.
fn stores() -> (tempfile::TempDir, [Box<dyn FirstUse>; 2]) {
    let directory = tempfile::tempdir().unwrap();
    let file = FileFirstUse::open_or_create(directory.path().join("devices")).unwrap();
    (directory, [Box::new(file), Box::new(MemoryFirstUse::new())])
}

#[test]
fn a_key_is_set_only_where_the_expected_one_is_known() {
    let (_directory, stores) = stores();
    for store in stores {
        let [one, two] = [known(1), known(2)];
        let set = |expected: Option<KnownKey>, new| {
            store
                .compare_and_set("a.test", expected.map(|known| known.key), new)
                .unwrap()
        };
        assert_eq!(set(Some(one), Some(two)), Swap::Found(None));
        assert_eq!(set(None, Some(one)), Swap::Done);
        assert_eq!(set(None, Some(two)), Swap::Found(Some(one)));
        assert_eq!(set(Some(two), None), Swap::Found(Some(one)));
        assert_eq!(store.look_up("a.test").unwrap(), Some(one));
        assert_eq!(store.look_up("b.test").unwrap(), None);
        assert_eq!(set(Some(one), Some(two)), Swap::Done);
        assert_eq!(store.look_up("a.test").unwrap(), Some(two));
        assert_eq!(set(Some(two), None), Swap::Done);
        assert_eq!(store.look_up("a.test").unwrap(), None);
    }
}

#[test]
fn a_person_forgets_and_replaces_by_naming_the_old_key() {
    let (_directory, stores) = stores();
    for store in stores {
        let [one, two] = [known(1), known(2)];
        store.compare_and_set("a.test", None, Some(one)).unwrap();
        // Hosts are read as people write them.
        assert_eq!(
            store.replace("A.Test.", two.key, one.key).unwrap(),
            Swap::Found(Some(one))
        );
        assert_eq!(
            store.replace("A.Test.", one.key, two.key).unwrap(),
            Swap::Done
        );
        assert_eq!(store.look_up("a.test").unwrap().unwrap().key, two.key);
        assert_eq!(
            store.forget("a.test", one.key).unwrap(),
            Swap::Found(store.look_up("a.test").unwrap())
        );
        assert_eq!(store.forget("a.test", two.key).unwrap(), Swap::Done);
        assert_eq!(store.look_up("a.test").unwrap(), None);
        match store.forget("a.test:443", two.key) {
            Err(FirstUseError::Host { host }) => assert_eq!(host, "a.test:443"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let store = FileFirstUse::open_or_create(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    for host in [
        "",
        "a b",
        "A.test",
        "a.test\nb.test",
        "a.test.",
        "[::1]",
        "*.test",
    ] {
        match store.compare_and_set(host, None, Some(known(1))) {
            Err(FirstUseError::Host { host: refused }) => assert_eq!(refused, host),
            other => panic!("{host}: {other:?}"),
        }
    }
    let late = KnownKey {
        first_seen: at(u64::MAX),
        ..known(1)
    };
    match store.compare_and_set("a.test", None, Some(late)) {
        Err(FirstUseError::Time { seconds }) => assert_eq!(seconds, u64::MAX),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_missing_file_is_begun_only_where_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    match FileFirstUse::open(&path) {
        Err(FirstUseError::Missing { path: missing }) => assert_eq!(missing, path),
        other => panic!("{other:?}"),
    }
    let store = FileFirstUse::open_or_create(&path).unwrap();
    store
        .compare_and_set("a.test", None, Some(known(1)))
        .unwrap();
    let again = FileFirstUse::open_or_create(&path).unwrap();
    assert_eq!(again.entries().unwrap(), [("a.test".to_owned(), known(1))]);
    // A store that was there does not begin anew by itself.
    std::fs::remove_file(&path).unwrap();
    for answer in [
        store.look_up("a.test").map(drop),
        store
            .compare_and_set("a.test", None, Some(known(2)))
            .map(drop),
    ] {
        match answer {
            Err(FirstUseError::Missing { path: missing }) => assert_eq!(missing, path),
            other => panic!("{other:?}"),
        }
    }
    assert!(!path.exists());
}

#[test]
fn a_store_that_is_too_large_is_neither_read_nor_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let store = FileFirstUse::open_or_create(&path).unwrap();
    std::fs::write(&path, vec![b'x'; 1024 * 1024 + 1]).unwrap();
    match store.look_up("a.test") {
        Err(FirstUseError::File(FileError::Read {
            problem: LoadProblem::TooLarge { limit_bytes },
            ..
        })) => assert_eq!(limit_bytes, 1024 * 1024),
        other => panic!("{other:?}"),
    }
    // One that is almost full takes no more.
    let mut full = String::from("bonafide first use, version 1\n");
    let mut number = 0;
    let line = |number: u32| {
        let host = format!("{number}.{}.{}", "a".repeat(60), "b".repeat(60));
        (
            format!("{host} {} 2026-11-24T13:41:56Z\n", known(1).key),
            host,
        )
    };
    while full.len() + line(number).0.len() + 4 <= 1024 * 1024 {
        full.push_str(&line(number).0);
        number += 1;
    }
    full.push_str("end\n");
    std::fs::write(&path, &full).unwrap();
    match store.compare_and_set(&line(number).1, None, Some(known(1))) {
        Err(FirstUseError::File(FileError::Full { limit_bytes, .. })) => {
            assert_eq!(limit_bytes, 1024 * 1024);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), full);
}

#[test]
fn of_threads_that_write_first_one_wins_and_the_others_see_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    FileFirstUse::open_or_create(&path).unwrap();
    for round in 0..20 {
        let host = format!("{round}.test");
        let start = Barrier::new(4);
        let outcomes: Vec<(KnownKey, Swap)> = std::thread::scope(|scope| {
            let (host, path, start) = (&host, &path, &start);
            let threads: Vec<_> = (1..=4)
                .map(|byte| {
                    scope.spawn(move || {
                        // Each with a store of its own, as processes have.
                        let store = FileFirstUse::open(path).unwrap();
                        start.wait();
                        let own = known(byte);
                        (own, store.compare_and_set(host, None, Some(own)).unwrap())
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let winners: Vec<_> = outcomes
            .iter()
            .filter(|(_, swap)| *swap == Swap::Done)
            .map(|(own, _)| *own)
            .collect();
        let [winner] = winners[..] else {
            panic!("{winners:?}");
        };
        let losers = outcomes.iter().filter(|(own, _)| *own != winner);
        assert!(
            losers
                .into_iter()
                .all(|(_, swap)| *swap == Swap::Found(Some(winner)))
        );
    }
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z][a-z0-9]{0,10}){0,3}".prop_filter(
            "a name that is an address otherwise",
            |name| {
                !name
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
            }
        ),
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        // Mapped ones are IPv4 addresses.
        any::<std::net::Ipv6Addr>().prop_map(|address| address.to_canonical().to_string()),
    ]
}

/// Up to the end of the year 9999.
fn any_known() -> impl Strategy<Value = KnownKey> {
    (any::<[u8; 32]>(), 0..253_402_300_800_u64).prop_map(|(key, seconds)| KnownKey {
        key: SpkiSha256(key),
        first_seen: at(seconds),
    })
}

fn is_damaged(path: &std::path::Path) -> bool {
    matches!(FileFirstUse::open(path), Err(FirstUseError::Damaged { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read(entries in prop::collection::btree_map(host(), any_known(), 0..8)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("devices");
        let store = FileFirstUse::open_or_create(&path).unwrap();
        for (host, known) in &entries {
            prop_assert_eq!(store.compare_and_set(host, None, Some(*known)).unwrap(), Swap::Done);
        }
        let read = FileFirstUse::open(&path).unwrap().entries().unwrap();
        let read: BTreeMap<_, _> = read.into_iter().collect();
        prop_assert_eq!(read, entries);
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        content in prop::collection::vec(any::<u8>(), 0..200),
        cut in 0..200_usize,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("devices");
        std::fs::write(&path, &content).unwrap();
        prop_assert!(is_damaged(&path));
        // And a good store that was cut short is never taken for a smaller one.
        let mut whole = format!("bonafide first use, version 1\na.test {} 2026-11-24T13:41:56Z\nend\n", known(1).key);
        whole.truncate(cut.min(whole.len() - 1));
        std::fs::write(&path, &whole).unwrap();
        prop_assert!(is_damaged(&path));
    }
}
