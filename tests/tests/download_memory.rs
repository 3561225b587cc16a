//! A large file is downloaded in constant memory. A test binary of its own: memory is counted for
//! the whole process, the server in it included.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bonafide::Client;
use bonafide::download::Integrity;
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Response;
use http_body::Frame;
use http_body_util::StreamBody;
use sha2::{Digest as _, Sha256};

/// Far above what the buffers of client and server take, far below the file.
const MOST_GROWTH_BYTES: u64 = 32 * 1024 * 1024;
const PIECE: &[u8] = &[7; 64 * 1024];

/// How many bytes the file has: 128 MiB, and 4 GiB where `BONAFIDE_LONG_TESTS` is set.
fn file_bytes() -> u64 {
    match std::env::var_os("BONAFIDE_LONG_TESTS") {
        None => 128 << 20,
        Some(_) => 4 << 30,
    }
}

/// The resident memory of this process.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = statm.split(' ').nth(1).unwrap();
    pages.parse::<u64>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_downloaded_in_constant_memory() {
    let pieces = usize::try_from(file_bytes()).unwrap() / PIECE.len();
    let ca = TestCa::new();
    let client = Client::builder().policy(trusting(&ca).build().unwrap());
    let client = client.build().unwrap();
    let mut digest = Sha256::new();
    (0..pieces).for_each(|_| digest.update(PIECE));
    let digest: [u8; 32] = digest.finalize().into();
    let folder = tempfile::tempdir().unwrap();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(move |_| async move {
                let pieces = stream::repeat(Bytes::from_static(PIECE)).take(pieces);
                let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
                Response::new(TestBody::from_body(StreamBody::new(frames)))
            })
            .start()
            .await;
        let before = resident_bytes();
        let peak = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&peak);
        let done = client
            .get(server.url("/"))
            .download_to(folder.path().join("file"))
            .integrity(Integrity::sha256(digest))
            .on_progress(move |_, _| {
                seen.fetch_max(resident_bytes(), Ordering::Relaxed);
            })
            .send()
            .await
            .unwrap();
        assert_eq!(done.bytes(), file_bytes());
        let growth = peak.load(Ordering::Relaxed).saturating_sub(before);
        assert!(growth < MOST_GROWTH_BYTES, "{alpn:?} took {growth} bytes");
        println!("{alpn:?}: {growth} bytes");
    }
}
