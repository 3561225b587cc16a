use super::{Key, Kind, MemoryStore, Partition, Store, Swapped};

fn key(partition: &str) -> Key {
    Key::new(Kind::Cookies, Partition::new(partition))
}

/// What every store has to keep to.
async fn replaces_only_what_was_seen(store: &dyn Store) {
    let (one, other) = (key("one"), key("other"));
    assert!(store.load(&one).await.unwrap().is_none());
    let set = |state: &str| state.as_bytes().to_vec();
    assert_eq!(
        store.compare_and_set(&one, None, set("1")).await.unwrap(),
        Swapped::Done
    );
    assert_eq!(
        store.compare_and_set(&one, None, set("2")).await.unwrap(),
        Swapped::Conflict
    );
    let first = store.load(&one).await.unwrap().unwrap();
    assert_eq!(&first.state[..], b"1");
    let by_first = store.compare_and_set(&one, Some(&first.version), set("3"));
    assert_eq!(by_first.await.unwrap(), Swapped::Done);
    let late = store.compare_and_set(&one, Some(&first.version), set("4"));
    assert_eq!(late.await.unwrap(), Swapped::Conflict);
    assert_eq!(&store.load(&one).await.unwrap().unwrap().state[..], b"3");

    assert!(store.load(&other).await.unwrap().is_none());
    let unseen = store.compare_and_set(&other, Some(&first.version), set("5"));
    assert_eq!(unseen.await.unwrap(), Swapped::Conflict);
    let of_another_kind = Key::new(Kind::Hsts, Partition::new("one"));
    assert!(store.load(&of_another_kind).await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_in_memory_replaces_only_what_was_seen_and_shows_nothing() {
    let store = MemoryStore::new();
    replaces_only_what_was_seen(&store).await;
    let secret = b"s3cret".to_vec();
    let swapped = store.compare_and_set(&key("secret"), None, secret).await;
    assert_eq!(swapped.unwrap(), Swapped::Done);
    let found = store.load(&key("secret")).await.unwrap().unwrap();
    let text = format!("{store:?} {found:?} {:?}", found.version);
    assert_eq!(
        text,
        "MemoryStore { states: 2 } Snapshot { bytes: 6, .. } Version"
    );
}

#[cfg(feature = "file-store")]
mod file {
    use std::fs;
    use std::io::ErrorKind;
    use std::path::PathBuf;

    use super::super::{FileStore, StoreError};
    use super::*;

    fn in_folder() -> (tempfile::TempDir, FileStore, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::in_folder(folder.path());
        let path = folder.path().join("cookies-one.txt");
        (folder, store, path)
    }

    async fn set(store: &FileStore, state: &[u8]) -> Result<Swapped, StoreError> {
        let found = store.load(&key("one")).await?;
        let version = found.as_ref().map(|found| &found.version);
        store
            .compare_and_set(&key("one"), version, state.to_vec())
            .await
    }

    #[tokio::test]
    async fn a_store_in_a_folder_replaces_only_what_was_seen() {
        let (folder, store, _) = in_folder();
        replaces_only_what_was_seen(&store).await;
        let next = FileStore::in_folder(folder.path());
        assert_eq!(
            &next.load(&key("one")).await.unwrap().unwrap().state[..],
            b"3"
        );
    }

    #[test]
    fn each_partition_has_a_file_that_no_other_one_has() {
        let store = FileStore::in_folder("/f");
        for (kind, partition, name) in [
            (Kind::Cookies, "", "cookies.txt"),
            (Kind::Hsts, "", "hsts.txt"),
            (Kind::Cookies, "a1", "cookies-a1.txt"),
            (Kind::Cookies, "A_", "cookies-_41_5f.txt"),
            (Kind::Cookies, "../x", "cookies-_2e_2e_2fx.txt"),
            (Kind::Cookies, "\u{fc}", "cookies-_c3_bc.txt"),
        ] {
            let path = store
                .path_of(&Key::new(kind, Partition::new(partition)))
                .unwrap();
            assert_eq!(path, PathBuf::from("/f").join(name));
        }
        let long = key(&"x".repeat(193));
        assert!(matches!(
            store.path_of(&long),
            Err(StoreError::PartitionName { limit_bytes: 200 })
        ));
        assert!(store.path_of(&key(&"x".repeat(192))).is_ok());
    }

    #[tokio::test]
    async fn nothing_is_read_or_written_beyond_the_limit() {
        let (_folder, store, path) = in_folder();
        let store = store.with_limit(4);
        assert_eq!(set(&store, b"four").await.unwrap(), Swapped::Done);
        for _ in 0..2 {
            match set(&store, b"fiver").await {
                Err(StoreError::TooLarge {
                    path: at,
                    limit_bytes,
                }) => {
                    assert_eq!((&at, limit_bytes), (&path, 4));
                }
                other => panic!("{other:?}"),
            }
            // Next, what is found is too large.
            fs::write(&path, "large").unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"large");
    }

    #[tokio::test]
    async fn what_a_killed_writer_left_is_harmless_and_goes() {
        let (folder, store, _) = in_folder();
        let left = folder.path().join("cookies-one.txt.new");
        assert_eq!(set(&store, b"old").await.unwrap(), Swapped::Done);
        fs::write(&left, b"half of").unwrap();
        assert_eq!(
            &store.load(&key("one")).await.unwrap().unwrap().state[..],
            b"old"
        );
        assert_eq!(set(&store, b"new").await.unwrap(), Swapped::Done);
        assert!(!left.exists());
    }

    #[tokio::test]
    async fn a_folder_that_is_missing_is_an_error_of_the_write_alone() {
        let (folder, _, _) = in_folder();
        let store = FileStore::in_folder(folder.path().join("missing"));
        assert!(store.load(&key("one")).await.unwrap().is_none());
        match set(&store, b"1").await {
            Err(StoreError::Io {
                action: "write",
                path,
                source,
            }) => {
                assert_eq!(path, folder.path().join("missing/cookies-one.txt.lock"));
                assert_eq!(source.kind(), ErrorKind::NotFound);
            }
            other => panic!("{other:?}"),
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, store, _) = in_folder();
        for _ in 0..2 {
            assert_eq!(set(&store, b"1").await.unwrap(), Swapped::Done);
            for name in ["cookies-one.txt", "cookies-one.txt.lock"] {
                let metadata = fs::metadata(folder.path().join(name)).unwrap();
                assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn links_are_refused_and_what_they_point_to_is_not_touched() {
        for linked in ["cookies-one.txt", "cookies-one.txt.lock"] {
            let (folder, store, _) = in_folder();
            let (target, link) = (folder.path().join("target"), folder.path().join(linked));
            fs::write(&target, b"kept").unwrap();
            std::os::unix::fs::symlink(&target, &link).unwrap();
            match set(&store, b"1").await {
                Err(StoreError::NotAFile { path }) => assert_eq!(path, link),
                other => panic!("{other:?}"),
            }
            assert_eq!(fs::read(&target).unwrap(), b"kept");
        }
    }

    #[tokio::test]
    async fn a_lock_that_another_process_holds_is_waited_for_with_a_limit() {
        let (folder, store, _) = in_folder();
        let path = folder.path().join("cookies-one.txt.lock");
        let held = fs::File::create(&path).unwrap();
        fs4::FileExt::lock(&held).unwrap();
        match set(&store, b"1").await {
            Err(StoreError::Locked { path: at, waited }) => {
                assert_eq!((at, waited.as_secs()), (path, 2));
            }
            other => panic!("{other:?}"),
        }
        drop(held);
        assert_eq!(set(&store, b"1").await.unwrap(), Swapped::Done);
    }

    #[tokio::test]
    async fn writers_that_count_up_lose_no_step() {
        let (_folder, store, path) = in_folder();
        assert_eq!(set(&store, b"0").await.unwrap(), Swapped::Done);
        let counting = (0..4).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let (one, mut counted) = (key("one"), 0);
                while counted < 25 {
                    let found = store.load(&one).await.unwrap().unwrap();
                    let count: u32 = str::from_utf8(&found.state).unwrap().parse().unwrap();
                    let next = (count + 1).to_string().into_bytes();
                    let swapped = store.compare_and_set(&one, Some(&found.version), next);
                    if swapped.await.unwrap() == Swapped::Done {
                        counted += 1;
                    }
                }
            })
        });
        for counted in counting.collect::<Vec<_>>() {
            counted.await.unwrap();
        }
        assert_eq!(fs::read(path).unwrap(), b"100");
    }
}
