//! Events are read in constant memory, however long their stream is. A test binary of its own:
//! memory is counted for the whole process.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::convert::Infallible;

use bonafide::verify::{Anchors, Policy};
use bonafide::{Bytes, Client};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use futures_util::stream;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::StreamBody;

const MIB: usize = 1024 * 1024;

/// Of the data of one event, in four lines.
const EVENT_BYTES: usize = 64 * 1024;

/// Far above what the buffers of client and server take, far below the stream.
const MOST_GROWTH_BYTES: usize = 16 * MIB;

/// How many bytes of data are streamed: 64 MiB, and 4 GiB where `BONAFIDE_LONG_TESTS` is set.
fn streamed_bytes() -> usize {
    match std::env::var_os("BONAFIDE_LONG_TESTS") {
        None => 64 * MIB,
        Some(_) => 4096 * MIB,
    }
}

/// The resident memory of this process.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm.split(' ').nth(1).expect("resident pages");
    pages.parse::<usize>().expect("a number") * 4096
}

/// One event, with a comment and fields that are ignored.
fn event() -> Bytes {
    let line = format!("data: {}\n", "x".repeat(EVENT_BYTES / 4 - 1));
    format!(": comment\nid: 1\n{}other: x\n\n", line.repeat(4)).into()
}

#[tokio::test]
async fn a_long_stream_of_events_is_read_in_constant_memory() {
    let ca = TestCa::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .expect("a policy");
    let client = Client::builder().policy(policy).build().expect("a client");
    let count = streamed_bytes() / EVENT_BYTES;
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(ca.issue(Recipe::for_hosts(["localhost"])))
            .alpn(alpn)
            .handler(move |_| async move {
                let event = event();
                let frames =
                    (0..count).map(move |_| Ok::<_, Infallible>(Frame::data(event.clone())));
                let body = TestBody::from_body(StreamBody::new(stream::iter(frames)));
                let mut response = Response::new(body);
                let as_events = HeaderValue::from_static("text/event-stream");
                response.headers_mut().insert("content-type", as_events);
                response
            })
            .start()
            .await;
        let mut events = client.get(server.url("/")).events();
        let first = events.next().await.expect("an event").expect("no error");
        assert_eq!(first.data().len(), EVENT_BYTES - 1);
        let (before, mut peak) = (resident_bytes(), 0);
        for _ in 1..count {
            let event = events.next().await.expect("an event").expect("no error");
            assert_eq!(event.data().len(), EVENT_BYTES - 1);
            peak = peak.max(resident_bytes());
        }
        let growth = peak.saturating_sub(before);
        assert!(growth < MOST_GROWTH_BYTES, "{alpn:?} took {growth} bytes");
        println!("{alpn:?}: {growth} bytes");
    }
}
