//! Processes that are killed while they write, and processes that race.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bonafide_verify::first_use::{FileFirstUse, FirstUse, KnownKey, Swap};
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::x509::SpkiSha256;

const STORE: &str = "BONAFIDE_TEST_STORE";
const OWN_KEY: &str = "BONAFIDE_TEST_KEY";
const HOST: &str = "device.test";
/// Other hosts, which make a write longer than one page.
const OTHERS: u8 = 60;
const KILLS: u32 = 500;

fn known(byte: u8) -> KnownKey {
    KnownKey {
        key: SpkiSha256([byte; 32]),
        first_seen: UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000)),
    }
}

/// This test binary again, as a process that runs one ignored test.
fn child(test: &str, store: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "--nocapture", test])
        .env(STORE, store)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn given_store() -> FileFirstUse {
    FileFirstUse::open(PathBuf::from(std::env::var_os(STORE).unwrap())).unwrap()
}

#[test]
#[ignore = "run by the test below, in a process that is killed"]
fn write_for_ever() {
    let store = given_store();
    loop {
        let old = store.look_up(HOST).unwrap().unwrap();
        let new = match old.key.0[0] {
            1 => known(2),
            _ => known(1),
        };
        store
            .compare_and_set(HOST, Some(old.key), Some(new))
            .unwrap();
    }
}

/// A pseudo-random number below `limit` (xorshift64), the same in every run.
fn next(state: &mut u64, limit: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % limit
}

#[test]
fn a_store_is_the_old_or_the_new_one_wherever_its_writer_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let store = FileFirstUse::open_or_create(&path).unwrap();
    store.compare_and_set(HOST, None, Some(known(1))).unwrap();
    for other in 0..OTHERS {
        let host = format!("{other}.others.test");
        store
            .compare_and_set(&host, None, Some(known(other)))
            .unwrap();
    }
    let mut random = 0x9e37_79b9_7f4a_7c15;
    let (mut kills, mut left_over, mut seen) = (0, 0, [0_u32; 2]);
    while kills < KILLS {
        let before = std::fs::metadata(&path).unwrap();
        let mut writer = child("crash::write_for_ever", &path).spawn().unwrap();
        wait_for_a_write(&path, &before, &mut writer);
        std::thread::sleep(Duration::from_micros(next(&mut random, 5_000)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        kills += 1;
        left_over += u32::from(directory.path().join("devices.new").exists());
        // Read as a new process would, before anybody writes again.
        let entries = FileFirstUse::open(&path).unwrap().entries().unwrap();
        assert_eq!(
            entries.len(),
            usize::from(OTHERS) + 1,
            "after {kills} kills"
        );
        for (host, entry) in entries {
            match host.strip_suffix(".others.test") {
                Some(number) => assert_eq!(entry, known(number.parse().unwrap())),
                None => {
                    assert!(entry == known(1) || entry == known(2), "{entry:?}");
                    seen[usize::from(entry.key.0[0] - 1)] += 1;
                }
            }
        }
    }
    // The kills fell where it matters: some in the middle of a write, on either side of a change.
    assert!(
        left_over > 0 && seen[0] > 0 && seen[1] > 0,
        "{left_over} {seen:?}"
    );
    store.replace(HOST, known(1).key, known(3).key).unwrap();
    store.replace(HOST, known(2).key, known(3).key).unwrap();
    assert_eq!(store.look_up(HOST).unwrap().unwrap().key, known(3).key);
    assert!(!directory.path().join("devices.new").exists());
}

/// Waits until the writer has written the file once.
fn wait_for_a_write(path: &Path, before: &std::fs::Metadata, writer: &mut Child) {
    for _ in 0..10_000 {
        if std::fs::metadata(path).unwrap().modified().unwrap() != before.modified().unwrap() {
            return;
        }
        assert_eq!(
            writer.try_wait().unwrap(),
            None,
            "the writer ended by itself"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("the writer writes nothing");
}

#[test]
#[ignore = "run by the test below, in several processes at once"]
fn be_the_first() {
    let store = given_store();
    let own: u8 = std::env::var(OWN_KEY).unwrap().parse().unwrap();
    let own = known(own);
    // Until the other process is there too.
    while store.look_up("start.test").unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    match store.compare_and_set(HOST, None, Some(own)).unwrap() {
        Swap::Done => println!("<won>"),
        Swap::Found(found) => println!("<lost to {}>", found.unwrap().key.0[0]),
    }
}

#[test]
fn of_processes_that_write_first_one_wins_and_the_others_see_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let store = FileFirstUse::open_or_create(&path).unwrap();
    let processes: Vec<_> = (1..=3_u8)
        .map(|own| {
            let mut command = child("crash::be_the_first", &path);
            command.env(OWN_KEY, own.to_string()).stdout(Stdio::piped());
            (own, command.spawn().unwrap())
        })
        .collect();
    store
        .compare_and_set("start.test", None, Some(known(9)))
        .unwrap();
    let printed: Vec<(u8, String)> = processes
        .into_iter()
        .map(|(own, process)| {
            let output = process.wait_with_output().unwrap();
            (own, String::from_utf8(output.stdout).unwrap())
        })
        .collect();
    let winner = store.look_up(HOST).unwrap().unwrap().key.0[0];
    for (own, printed) in printed {
        let expected = match own == winner {
            true => "<won>".to_owned(),
            false => format!("<lost to {winner}>"),
        };
        assert!(printed.contains(&expected), "{own}: {printed}");
    }
}
