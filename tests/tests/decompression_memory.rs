//! How much memory it takes to decode a large body. One test, in a process of its own.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::fs;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZstdEncoder};
use bonafide_tower::decompression::{DecodedBody, DecodingLimits, Plan};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;

const MIB: usize = 1024 * 1024;

/// `first`, then `repeated` so many times, then `last`.
struct Repeating {
    first: Option<Bytes>,
    repeated: Bytes,
    times: usize,
    last: Option<Bytes>,
}

impl Body for Repeating {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match self.first.take() {
            Some(first) => Some(first),
            None if self.times > 0 => {
                self.times -= 1;
                Some(self.repeated.clone())
            }
            None => self.last.take(),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }
}

/// How many MiB the body has: 1 GiB, and 4 GiB where `BONAFIDE_LONG_TESTS` is set.
fn mebibytes() -> usize {
    match std::env::var_os("BONAFIDE_LONG_TESTS") {
        None => 1024,
        Some(_) => 4096,
    }
}

/// Zero bytes: a flush after each MiB makes pieces of the encoded body alike.
macro_rules! zeros {
    ($encoder:expr) => {{
        let mut encoder = $encoder;
        let mut pieces = Vec::new();
        for _ in 0..2 {
            encoder.write_all(&vec![0; MIB]).await.unwrap();
            encoder.flush().await.unwrap();
            pieces.push(Bytes::from(std::mem::take(encoder.get_mut())));
        }
        encoder.shutdown().await.unwrap();
        Repeating {
            first: Some(pieces[0].clone()),
            repeated: pieces[1].clone(),
            times: mebibytes() - 1,
            last: Some(encoder.into_inner().into()),
        }
    }};
}

/// Zero bytes, each MiB in a member of its own.
async fn gzip_members() -> Repeating {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(&vec![0; MIB]).await.unwrap();
    encoder.shutdown().await.unwrap();
    Repeating {
        first: None,
        repeated: encoder.into_inner().into(),
        times: mebibytes(),
        last: None,
    }
}

/// A resident size of `/proc/self/status`, in bytes.
fn resident(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_large_body_is_decoded_in_the_memory_of_its_window() {
    let bodies = [
        ("gzip", gzip_members().await),
        ("deflate", zeros!(DeflateEncoder::new(Vec::new()))),
        ("zstd", zeros!(ZstdEncoder::new(Vec::new()))),
        ("br", zeros!(BrotliEncoder::new(Vec::new()))),
    ];
    let zeros = vec![0; 32 * 1024];
    for (name, body) in bodies {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", HeaderValue::from_static(name));
        let plan = Plan::new(&Method::GET, StatusCode::OK, &headers).unwrap();
        let limits = DecodingLimits::default().with_any_ratio();
        let mut body: DecodedBody<_> = DecodedBody::new(body, plan, limits);
        // Sets the peak back to what is in use.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = resident("VmRSS:");
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(zeros.starts_with(&data), "{name}");
            length += data.len();
        }
        assert_eq!(length, mebibytes() * MIB, "{name}");
        let grown = resident("VmHWM:").saturating_sub(before);
        println!("{name}: {grown} bytes");
        assert!(grown <= 24 * MIB, "{name}: {grown} bytes");
    }
}
