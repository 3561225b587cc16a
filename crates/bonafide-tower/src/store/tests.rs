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
    use std::collections::HashSet;
    use std::fs;
    use std::io::ErrorKind;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

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
            let path = store.path_of(&Key::new(kind, Partition::new(partition)));
            assert_eq!(path, PathBuf::from("/f").join(name));
        }
    }

    /// The name of the file of a partition.
    fn name_of(partition: &str) -> String {
        let path = FileStore::in_folder("/f").path_of(&key(partition));
        assert_eq!(path.parent(), Some(Path::new("/f")), "{partition:?}");
        path.file_name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn any_text_of_a_zone_is_the_name_of_a_file_in_the_folder() {
        for partition in [
            "zone **.example.com",
            "zone ../../etc/passwd",
            "/etc/passwd",
            "C:\\Windows\\win.ini",
            "\\\\server\\share",
            "zone a\0b\n\u{202e}c",
            "con",
            "NUL.txt",
            "x.lock",
            "x.new",
            ".",
            "..",
            " ",
            "\u{0130}\u{212a}",
        ] {
            let name = name_of(partition);
            let plain = name
                .strip_prefix("cookies-")
                .and_then(|name| name.strip_suffix(".txt"))
                .unwrap();
            let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
            assert!(plain.bytes().all(is_plain), "{name}");
        }
        assert_eq!(
            name_of("zone **.example.com"),
            "cookies-zone_20_2a_2a_2eexample_2ecom.txt"
        );
    }

    #[test]
    fn names_that_differ_in_case_alone_have_two_files_where_case_is_ignored() {
        let names = [
            "zone a", "Zone a", "ZONE A", "zone A", "zone_20a", "zone 20a",
        ]
        .map(name_of);
        let folded: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(folded.len(), names.len(), "{names:?}");
    }

    #[test]
    fn a_long_name_ends_with_its_digest_and_is_that_of_no_other_partition() {
        let fits = "x".repeat(192);
        assert_eq!(name_of(&fits), format!("cookies-{fits}.txt"));
        let long = "x".repeat(193);
        // printf 'x%.0s' {1..193} | sha256sum
        let digest = "9c34802e3a612ed72716817b69246b5b03ec794a593601057a5ba2346169d03a";
        let shown = "x".repeat(120);
        assert_eq!(name_of(&long), format!("cookies-{shown}__{digest}.txt"));
        for (one, other) in [
            (long.clone(), "x".repeat(194)),
            (long.clone(), format!("{shown}__{digest}")),
            ("X".repeat(1_000_000), "X".repeat(1_000_001)),
            (format!("{long}a"), format!("{long}A")),
        ] {
            let (one, other) = (name_of(&one), name_of(&other));
            assert_ne!(one, other);
            assert!(one.len() <= 204 && other.len() <= 204, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn two_names_never_have_one_file(one in ".{0,90}", other in ".{0,90}") {
            let is_one = name_of(&one).eq_ignore_ascii_case(&name_of(&other));
            prop_assert_eq!(is_one, one == other);
        }
    }

    #[tokio::test]
    async fn a_partition_with_a_hostile_name_is_stored_in_the_folder_alone() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("inner");
        fs::create_dir(&folder).unwrap();
        let store = FileStore::in_folder(&folder);
        let names = ["../../escaped", "zone *.a/b", &"y".repeat(70_000)];
        for name in names {
            let state = name.as_bytes()[..9].to_vec();
            let key = key(name);
            let written = store.compare_and_set(&key, None, state.clone());
            assert_eq!(written.await.unwrap(), Swapped::Done);
            let found = store.load(&key).await.unwrap().unwrap();
            assert_eq!(&found.state[..], state);
        }
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
        // Each has its state and its lock.
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2 * names.len());
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
