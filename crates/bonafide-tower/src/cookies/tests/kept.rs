use super::{Only, now};
use crate::cookies::{Jar, JarLimits};
use crate::store::{
    Key, Kind, MemoryStore, Partition, Snapshot, Store, StoreError, StoreFuture, Swapped, Version,
};

const HERE: &str = "https://www.example.com/";

fn key() -> Key {
    Key::new(Kind::Cookies, Partition::default())
}

async fn load(only: &Only, store: &dyn Store) -> Result<(), StoreError> {
    only.jar.load(store, &only.partition, only.now).await
}

async fn save(only: &Only, store: &dyn Store) -> Result<(), StoreError> {
    only.jar.save(store, &only.partition, only.now).await
}

async fn stored(store: &MemoryStore) -> String {
    let found = store.load(&key()).await.unwrap().unwrap();
    String::from_utf8(found.state.to_vec()).unwrap()
}

async fn put(store: &MemoryStore, state: &str) {
    let found = store.load(&key()).await.unwrap();
    let version = found.as_ref().map(|found| &found.version);
    let key = key();
    let swapped = store.compare_and_set(&key, version, state.as_bytes().to_vec());
    assert_eq!(swapped.await.unwrap(), Swapped::Done);
}

#[tokio::test]
async fn what_is_saved_is_loaded_in_its_order_and_cookies_of_the_session_are_not() {
    let (store, only) = (MemoryStore::new(), Only::new());
    for field in [
        "z=1; Max-Age=60",
        "a=\t%\u{e9}; Max-Age=60; Domain=example.com; Path=/a\u{e9}",
        "b=2; Max-Age=60; Secure; HttpOnly; SameSite=Lax",
        "session=3",
        "late=4; Max-Age=1000",
    ] {
        only.set(HERE, field).unwrap();
    }
    save(&only, &store).await.unwrap();
    let next = Only::new().after(60);
    load(&next, &store).await.unwrap();
    assert_eq!(next.sent(HERE), "late=4");
    let next = Only::new().after(59);
    load(&next, &store).await.unwrap();
    assert_eq!(next.sent(HERE), "z=1; b=2; late=4");
    let text = |only: &Only| {
        let cookies = only.jar.all(&only.partition, only.now);
        let lasting = cookies.iter().filter(|cookie| cookie.expires().is_some());
        let mut all: Vec<_> = lasting
            .map(|one| format!("{one:?} {:?}", one.value()))
            .collect();
        all.sort();
        all
    };
    assert_eq!(text(&next), text(&only));
    assert_eq!(text(&next).len(), 4);
}

#[tokio::test]
async fn two_jars_on_one_store_do_not_lose_each_others_changes() {
    let store = MemoryStore::new();
    let [one, other] = [Only::new(), Only::new()];
    for field in [
        "both=1; Max-Age=60",
        "gone=1; Max-Age=60",
        "kept=1; Max-Age=60",
    ] {
        one.set(HERE, field).unwrap();
    }
    save(&one, &store).await.unwrap();
    load(&other, &store).await.unwrap();

    one.set(HERE, "both=of one; Max-Age=60").unwrap();
    one.set(HERE, "gone=; Max-Age=0").unwrap();
    other.set(HERE, "new=of other; Max-Age=60").unwrap();
    save(&one, &store).await.unwrap();
    save(&other, &store).await.unwrap();
    assert_eq!(other.sent(HERE), "both=of one; kept=1; new=of other");
    save(&one, &store).await.unwrap();
    assert_eq!(one.sent(HERE), "both=of one; kept=1; new=of other");
    let next = Only::new();
    load(&next, &store).await.unwrap();
    assert_eq!(next.sent(HERE), "both=of one; kept=1; new=of other");
}

#[tokio::test]
async fn a_save_that_changes_nothing_writes_nothing() {
    let (store, only) = (MemoryStore::new(), Only::new());
    only.set(HERE, "a=1; Max-Age=60").unwrap();
    save(&only, &store).await.unwrap();
    let before = store.load(&key()).await.unwrap().unwrap().version;
    only.set(HERE, "session=1").unwrap();
    assert_eq!(only.after(1).sent(HERE), "a=1; session=1");
    save(&only, &store).await.unwrap();
    assert_eq!(store.load(&key()).await.unwrap().unwrap().version, before);
}

#[tokio::test]
async fn what_is_loaded_takes_the_place_of_nothing_in_the_jar() {
    let (store, only) = (MemoryStore::new(), Only::new());
    only.set(HERE, "a=stored; Max-Age=60").unwrap();
    save(&only, &store).await.unwrap();
    let next = Only::new();
    next.set(HERE, "a=newer; Max-Age=60").unwrap();
    load(&next, &store).await.unwrap();
    assert_eq!(next.sent(HERE), "a=newer");
    save(&next, &store).await.unwrap();
    assert!(stored(&store).await.contains("newer"));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_an_error_and_is_not_written_over() {
    let (store, only) = (MemoryStore::new(), Only::new());
    only.set(HERE, "a=s3cret; Max-Age=60").unwrap();
    save(&only, &store).await.unwrap();
    let good = stored(&store).await;
    let line = good.lines().nth(1).unwrap().to_owned();
    let fields: Vec<&str> = line.split('\t').collect();
    let with = |at: usize, text: &str| {
        let mut fields = fields.clone();
        fields[at] = text;
        good.replace(&line, &fields.join("\t"))
    };
    // text, line, problem
    for (state, line, problem) in [
        (String::new(), 1, "not the first line of such a state"),
        ("x\n".to_owned(), 1, "not the first line of such a state"),
        (
            good.replace("cookies", "hsts"),
            1,
            "not the first line of such a state",
        ),
        (
            good[..good.len() - 1].to_owned(),
            3,
            "the text does not end with a line feed",
        ),
        (
            good.replace("end 1\n", ""),
            2,
            "not the last line of a state with as many entries",
        ),
        (
            good.replace("end 1", "end 2"),
            3,
            "not the last line of a state with as many entries",
        ),
        (
            good.replace(&line, &format!("{line}\tx")),
            2,
            "too many fields",
        ),
        (
            good.replace(&line, &fields[..8].join("\t")),
            2,
            "too few fields",
        ),
        (with(4, "x"), 2, "a field that is not a number"),
        (with(2, "%ff"), 2, "a field that is not UTF-8"),
        (with(8, "q"), 2, "an unknown flag"),
        (with(1, "%0d%0a"), 2, "not the name and value of a cookie"),
    ] {
        put(&store, &state).await;
        let next = Only::new();
        next.set(HERE, "b=2; Max-Age=60").unwrap();
        for result in [load(&next, &store).await, save(&next, &store).await] {
            let error = result.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"));
            match error {
                StoreError::Corrupt {
                    kind: Kind::Cookies,
                    line: at,
                    problem: what,
                } => {
                    assert_eq!((at, what), (line, problem), "{state}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(stored(&store).await, state);
        assert_eq!(next.sent(HERE), "b=2");
    }
}

#[tokio::test]
async fn a_stored_cookie_lasts_400_days_from_now_at_most() {
    let (store, only) = (MemoryStore::new(), Only::new());
    let far = format!(
        "bonafide cookies 1\na\t1\twww.example.com\t/\t0\t0\t{}\t\th\nend 1\n",
        i64::MAX
    );
    put(&store, &far).await;
    load(&only, &store).await.unwrap();
    let cookies = only.jar.all(&only.partition, now());
    assert_eq!(cookies[0].expires(), Some(now() + crate::cookies::MAX_AGE));
}

/// A store at whose writes something else happens first.
struct Interrupted<F> {
    inner: MemoryStore,
    first: F,
}

impl<F> std::fmt::Debug for Interrupted<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupted")
    }
}

impl<F: Fn() -> Option<Result<Swapped, StoreError>> + Send + Sync> Store for Interrupted<F> {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Snapshot>> {
        self.inner.load(key)
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Version>,
        state: Vec<u8>,
    ) -> StoreFuture<'a, Swapped> {
        match (self.first)() {
            Some(result) => Box::pin(std::future::ready(result)),
            None => self.inner.compare_and_set(key, expected, state),
        }
    }
}

#[tokio::test]
async fn what_is_set_while_a_save_is_under_way_stays_and_is_saved_next() {
    let only = Only::new();
    only.set(HERE, "a=1; Max-Age=60").unwrap();
    let store = Interrupted {
        inner: MemoryStore::new(),
        first: || {
            only.set(HERE, "a=2; Max-Age=60").unwrap();
            only.set(HERE, "b=3; Max-Age=60").unwrap();
            None
        },
    };
    save(&only, &store).await.unwrap();
    assert_eq!(only.sent(HERE), "a=2; b=3");
    assert!(!stored(&store.inner).await.contains("b\t3"));
    save(&only, &store.inner).await.unwrap();
    let next = Only::new();
    load(&next, &store.inner).await.unwrap();
    assert_eq!(next.sent(HERE), "a=2; b=3");
}

#[tokio::test]
async fn a_cookie_that_is_set_while_a_save_is_under_way_is_not_replaced_by_that_of_another() {
    let (inner, only, other) = (MemoryStore::new(), Only::new(), Only::new());
    only.set(HERE, "a=1; Max-Age=60").unwrap();
    save(&only, &inner).await.unwrap();
    load(&other, &inner).await.unwrap();
    other.set(HERE, "a=other; Max-Age=60").unwrap();
    save(&other, &inner).await.unwrap();
    let first = || {
        only.set(HERE, "a=2; Max-Age=60").unwrap();
        None
    };
    only.set(HERE, "b=3; Max-Age=60").unwrap();
    save(
        &only,
        &Interrupted {
            inner: inner.clone(),
            first,
        },
    )
    .await
    .unwrap();
    assert_eq!(only.sent(HERE), "a=2; b=3");
    assert!(stored(&inner).await.contains("a\tother\t"));
    save(&only, &inner).await.unwrap();
    assert!(stored(&inner).await.contains("a\t2\t"));
}

#[tokio::test]
async fn no_more_is_loaded_or_saved_than_the_limits_of_the_jar() {
    let store = MemoryStore::new();
    for host in ["a", "b", "c", "d"] {
        let only = Only::new();
        only.set(&format!("https://{host}.example/"), "x=1; Max-Age=60")
            .unwrap();
        save(&only, &store).await.unwrap();
    }
    assert!(stored(&store).await.ends_with("end 4\n"));
    let mut small = Only::new();
    small.jar = Jar::with_limits(JarLimits {
        per_domain: 50,
        in_all: 2,
        ..JarLimits::default()
    });
    load(&small, &store).await.unwrap();
    assert_eq!(small.jar.len(), 2);
    save(&small, &store).await.unwrap();
    assert!(stored(&store).await.ends_with("end 2\n"));
}

#[tokio::test]
async fn a_save_that_others_come_before_each_time_ends_with_an_error_and_changes_nothing() {
    let only = Only::new();
    only.set(HERE, "a=1; Max-Age=60").unwrap();
    let store = Interrupted {
        inner: MemoryStore::new(),
        first: || Some(Ok(Swapped::Conflict)),
    };
    let contended = save(&only, &store).await;
    assert!(matches!(
        contended,
        Err(StoreError::Contended { attempts: 32 })
    ));
    let store = Interrupted {
        inner: MemoryStore::new(),
        first: || Some(Err(StoreError::Other("no connection".into()))),
    };
    match save(&only, &store).await {
        Err(StoreError::Other(source)) => assert_eq!(source.to_string(), "no connection"),
        other => panic!("{other:?}"),
    }
    assert_eq!(only.sent(HERE), "a=1");
    save(&only, &store.inner).await.unwrap();
    assert!(stored(&store.inner).await.contains("a\t1\t"));
}

#[tokio::test]
async fn a_partition_that_is_cleared_is_cleared_in_the_store_by_the_next_save() {
    let (store, only) = (MemoryStore::new(), Only::new());
    only.set(HERE, "a=1; Max-Age=60").unwrap();
    save(&only, &store).await.unwrap();
    only.jar.clear(&only.partition);
    save(&only, &store).await.unwrap();
    assert_eq!(stored(&store).await, "bonafide cookies 1\nend 0\n");
}

#[tokio::test]
async fn loads_and_saves_are_sent_between_threads() {
    let (store, only) = (MemoryStore::new(), Only::new());
    only.set(HERE, "a=1; Max-Age=60").unwrap();
    let saved = store.clone();
    tokio::spawn(async move { save(&only, &saved).await })
        .await
        .unwrap()
        .unwrap();
    let next = tokio::spawn(async move {
        let next = Only::new();
        load(&next, &store).await.map(|()| next.sent(HERE))
    });
    assert_eq!(next.await.unwrap().unwrap(), "a=1");
}
