//! A large file is uploaded in constant memory. A test binary of its own: memory is counted for the
//! whole process.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bonafide::multipart::{Form, Part};
use bonafide::verify::{Anchors, Policy};
use bonafide::{Body, Client};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};

/// How many bytes the file has: 256 MiB, and 4 GiB where `BONAFIDE_LONG_TESTS` is set.
fn file_bytes() -> u64 {
    match std::env::var_os("BONAFIDE_LONG_TESTS") {
        None => 256 << 20,
        Some(_) => 4 << 30,
    }
}

/// Far above what the buffers of client and server take, far below the file.
const MOST_GROWTH_BYTES: u64 = 32 * 1024 * 1024;

/// The resident memory of this process.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm.split(' ').nth(1).expect("resident pages");
    pages.parse::<u64>().expect("a number") * 4096
}

#[tokio::test]
async fn a_large_file_is_uploaded_in_constant_memory() {
    let path = std::env::temp_dir().join(format!("bonafide-memory-{}", std::process::id()));
    File::create(&path)
        .and_then(|file| file.set_len(file_bytes()))
        .expect("a sparse file");
    let ca = TestCa::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .expect("a policy");
    let client = Client::builder().policy(policy).build().expect("a client");
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let identity = ca.issue(Recipe::for_hosts(["localhost"]));
        let server = TestServer::builder(identity)
            .alpn(alpn)
            .request_log(0)
            .start()
            .await;
        client.get(server.url("/")).send().await.expect("warm");
        let before = resident_bytes();
        let peak = Arc::new(AtomicU64::new(0));
        let sent = Arc::new(AtomicU64::new(0));
        let (seen, counted) = (Arc::clone(&peak), Arc::clone(&sent));
        let file = Body::from_file(&path).await.expect("a file");
        let file = file.on_progress(move |bytes, total| {
            assert_eq!(total, Some(file_bytes()));
            counted.store(bytes, Ordering::Relaxed);
            seen.fetch_max(resident_bytes(), Ordering::Relaxed);
        });
        let form = Form::new().part("file", Part::new(file));
        let response = client.put(server.url("/")).multipart(form).send().await;
        assert!(response.expect("a response").status().is_success());
        assert_eq!(sent.load(Ordering::Relaxed), file_bytes());
        let growth = peak.load(Ordering::Relaxed).saturating_sub(before);
        assert!(growth < MOST_GROWTH_BYTES, "{alpn:?} took {growth} bytes");
        println!("{alpn:?}: {growth} bytes");
    }
    std::fs::remove_file(&path).expect("the file");
}
