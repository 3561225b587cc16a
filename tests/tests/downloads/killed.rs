//! A program that is killed while it downloads.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bonafide::Client;
use bonafide::verify::pki_types::CertificateDer;
use bonafide::verify::{Anchors, Policy};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use http::Response;

use crate::site::names;

/// How often the program is killed.
const KILLS: u32 = 500;
/// How many bytes the file has, all of them equal.
const BYTES: usize = 300_000;
const FOLDER: &str = "BONAFIDE_TEST_FOLDER";
const URL: &str = "BONAFIDE_TEST_URL";

#[tokio::test]
#[ignore = "run by the test below, in a process that is killed"]
async fn download_until_killed() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let folder = Path::new(&folder);
    let root = fs::read(folder.join("root.der")).unwrap();
    let policy = Policy::builder().anchors(Anchors::only(CertificateDer::from(root)));
    let client = Client::builder().policy(policy.build().unwrap());
    let client = client.build().unwrap();
    let url = std::env::var(URL).unwrap();
    loop {
        let download = client.get(&url).download_to(folder.join("file"));
        download.send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_is_a_whole_one_wherever_the_program_is_killed() {
    let ca = TestCa::new();
    let turn = Arc::new(AtomicUsize::new(0));
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http1)
        .handler(move |_| {
            let letter = [b'a', b'b'][turn.fetch_add(1, Ordering::Relaxed) % 2];
            async move { Response::new(TestBody::from(vec![letter; BYTES])) }
        })
        .start()
        .await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.der"), ca.certificate()).unwrap();
    let path = folder.path().join("file");
    let (mut seen, mut left_over) = ([0_u32; 2], 0_u32);
    for kill in 0..KILLS {
        let before = modified(&path);
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "killed::download_until_killed"])
            .env(FOLDER, folder.path())
            .env(URL, server.url("/file"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Some kills fall into the first download, and most into one of those that follow.
        let began = match kill % 10 {
            0 => until(|| names(folder.path()).iter().any(|name| is_part(name))).await,
            _ => until(|| modified(&path) != before).await,
        };
        tokio::time::sleep(Duration::from_micros(u64::from(kill % 100) * 97)).await;
        program.kill().unwrap();
        program.wait().unwrap();
        assert!(began, "the program downloads nothing");
        for name in names(folder.path()).iter().filter(|name| is_part(name)) {
            left_over += 1;
            fs::remove_file(folder.path().join(name)).unwrap();
        }
        if let Ok(content) = fs::read(&path) {
            let first = content.first().copied().unwrap_or_default();
            assert_eq!(content.len(), BYTES, "after {kill} kills");
            assert!(
                content.iter().all(|byte| *byte == first),
                "after {kill} kills"
            );
            seen[usize::from(first == b'b')] += 1;
        }
    }
    assert!(
        seen[0] > 0 && seen[1] > 0 && left_over > 0,
        "{seen:?} {left_over}"
    );
}

fn is_part(name: &str) -> bool {
    name.ends_with(".part")
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// Whether `condition` holds within ten seconds.
async fn until(condition: impl Fn() -> bool) -> bool {
    for _ in 0..10_000 {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    false
}
