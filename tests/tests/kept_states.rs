//! Files of cookies whose writers are killed, and that several processes write.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use bonafide_tower::assurance::Assurance::Verified;
use bonafide_tower::cookies::Jar;
use bonafide_tower::store::{FileStore, Partition};
use url::Url;

const FOLDER: &str = "BONAFIDE_TEST_FOLDER";
const OWN_NAME: &str = "BONAFIDE_TEST_NAME";
/// Other cookies, which make a write longer than one page.
const OTHERS: usize = 40;
const KILLS: u32 = 60;

fn here() -> Url {
    Url::parse("https://example.com/").unwrap()
}

fn set(jar: &Jar, field: &str) {
    let field = format!("{field}; Max-Age=86400");
    let user = Partition::default();
    jar.set(
        &here(),
        &user,
        Verified,
        field.as_bytes(),
        SystemTime::now(),
    )
    .unwrap();
}

async fn loaded(folder: &Path) -> Jar {
    let jar = Jar::new();
    let store = FileStore::in_folder(folder);
    jar.load(&store, &Partition::default(), SystemTime::now())
        .await
        .unwrap();
    jar
}

async fn save(jar: &Jar, folder: &Path) {
    let store = FileStore::in_folder(folder);
    jar.save(&store, &Partition::default(), SystemTime::now())
        .await
        .unwrap();
}

/// The values of the cookies, by name.
fn values(jar: &Jar) -> Vec<(String, String)> {
    let cookies = jar.all(&Partition::default(), SystemTime::now());
    let text = |text: Option<&str>| text.unwrap().to_owned();
    let mut values: Vec<_> = cookies
        .iter()
        .map(|cookie| (text(cookie.name()), text(cookie.value())))
        .collect();
    values.sort();
    values
}

/// This test binary again, as a process that runs one ignored test.
fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "--nocapture", test])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[tokio::test]
#[ignore = "run by the test below, in a process that is killed"]
async fn write_until_killed() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let jar = loaded(folder.as_ref()).await;
    for value in ["1", "2"].iter().cycle() {
        set(&jar, &format!("turn={value}"));
        save(&jar, folder.as_ref()).await;
    }
}

#[tokio::test]
async fn the_cookies_are_the_old_or_the_new_ones_wherever_their_writer_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let jar = Jar::new();
    set(&jar, "turn=1");
    for other in 0..OTHERS {
        set(&jar, &format!("other{other}={}", "x".repeat(500)));
    }
    save(&jar, folder.path()).await;
    let (path, left) = ("cookies.txt", "cookies.txt.new");
    let (mut seen, mut left_over) = ([0_u32; 2], 0);
    for kill in 0..KILLS {
        let before = modified(&folder.path().join(path));
        let mut writer = child("write_until_killed", folder.path()).spawn().unwrap();
        wait_for_a_write(&folder.path().join(path), before, &mut writer).await;
        // A write takes about a millisecond: the kills fall into different parts of it.
        tokio::time::sleep(Duration::from_micros(u64::from(kill) * 97)).await;
        writer.kill().unwrap();
        writer.wait().unwrap();
        left_over += u32::from(folder.path().join(left).exists());
        let values = values(&loaded(folder.path()).await);
        assert_eq!(values.len(), OTHERS + 1, "after {kill} kills");
        let turn = values.iter().find(|(name, _)| name == "turn").unwrap();
        seen[usize::from(turn.1 == "2")] += 1;
    }
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?} {left_over}");
    let jar = loaded(folder.path()).await;
    set(&jar, "turn=3");
    save(&jar, folder.path()).await;
    assert!(!folder.path().join(left).exists());
}

fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

async fn wait_for_a_write(path: &Path, before: SystemTime, writer: &mut Child) {
    for _ in 0..10_000 {
        if modified(path) != before {
            return;
        }
        assert_eq!(writer.try_wait().unwrap(), None, "the writer has ended");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    unreachable!("the writer writes nothing");
}

#[tokio::test]
#[ignore = "run by the test below, in several processes at once"]
async fn add_cookies() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let own = std::env::var(OWN_NAME).unwrap();
    let jar = loaded(folder.as_ref()).await;
    for number in 0..10 {
        set(&jar, &format!("{own}{number}={number}"));
        save(&jar, folder.as_ref()).await;
    }
}

#[tokio::test]
async fn processes_that_write_one_file_do_not_lose_each_others_cookies() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["a", "b", "c"];
    let writers: Vec<Child> = names
        .iter()
        .map(|name| {
            let mut command = child("add_cookies", folder.path());
            command.env(OWN_NAME, name).spawn().unwrap()
        })
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let expected: Vec<_> = names
        .iter()
        .flat_map(|name| (0..10).map(move |number| (format!("{name}{number}"), number.to_string())))
        .collect();
    assert_eq!(values(&loaded(folder.path()).await), expected);
}
