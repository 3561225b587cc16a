//! How much memory decoding takes, of the whole process: a test alone in its program.
#![cfg(all(
    target_os = "linux",
    feature = "decompression-br",
    feature = "decompression-deflate",
    feature = "decompression-gzip",
    feature = "decompression-zstd"
))]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::fs;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_compression::Level;
use async_compression::brotli::EncoderParams;
use async_compression::codecs::{
    BrotliEncoder, DeflateEncoder, EncodeV2, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use async_compression::core::util::{PartialBuffer, WriteBuffer};
use bonafide_tower::decompression::{DecodedBody, DecodingLimits, Plan};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::Body as _;
use http_body_util::Full;

const MIB: usize = 1024 * 1024;
/// How much comes out of a body.
const DECODED: usize = 24 * MIB;
/// The windows of the decoders have 8 MiB at most here, and the bodies less than one.
const MOST: usize = 12 * MIB;

/// `DECODED` zero bytes.
fn encoded(mut encoder: Box<dyn EncodeV2>) -> Vec<u8> {
    let (zeros, mut buffer) = (vec![0; MIB], vec![0; MIB]);
    let mut encoded = Vec::new();
    for _ in 0..DECODED / MIB {
        let mut input = PartialBuffer::new(&zeros[..]);
        while !input.unwritten().is_empty() {
            let mut output = WriteBuffer::new_initialized(&mut buffer);
            encoder.encode(&mut input, &mut output).unwrap();
            encoded.extend_from_slice(output.written());
        }
    }
    loop {
        let mut output = WriteBuffer::new_initialized(&mut buffer);
        let is_done = encoder.finish(&mut output).unwrap();
        encoded.extend_from_slice(output.written());
        if is_done {
            return encoded;
        }
    }
}

/// Reads a body and drops its data; returns how much there was.
fn read(content_encoding: &'static str, body: Vec<u8>) -> usize {
    let mut headers = HeaderMap::new();
    headers.insert(
        "content-encoding",
        HeaderValue::from_static(content_encoding),
    );
    let plan = Plan::new(&Method::GET, StatusCode::OK, &headers).unwrap();
    let limits = DecodingLimits::default().with_any_ratio();
    let body: Full<Bytes> = Full::from(body);
    let mut body: DecodedBody<_> = DecodedBody::new(body, plan, limits);
    let mut bytes = 0;
    loop {
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut body).poll_frame(&mut cx) {
            Poll::Ready(Some(frame)) => bytes += frame.unwrap().into_data().unwrap().len(),
            Poll::Ready(None) => return bytes,
            Poll::Pending => panic!("the body waits for nothing"),
        }
    }
}

/// A line of `/proc/self/status`, in bytes.
fn status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line
        .unwrap()
        .trim_matches([':', '\t', ' '])
        .trim_end_matches(" kB");
    kib.parse::<usize>().unwrap() * 1024
}

/// How far the memory of the process grows meanwhile.
fn growth<T>(work: impl FnOnce() -> T) -> (usize, T) {
    // Sets the peak back to what is in use.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    let result = work();
    (status("VmHWM").saturating_sub(before), result)
}

#[test]
fn the_memory_of_a_decoder_does_not_grow_with_what_comes_out_of_it() {
    let level = Level::Precise(5);
    let brotli = EncoderParams::default().quality(level);
    let bodies: [(&str, Box<dyn EncodeV2>); 5] = [
        ("br", Box::new(BrotliEncoder::new(brotli))),
        ("deflate", Box::new(DeflateEncoder::new(level.into()))),
        ("deflate", Box::new(ZlibEncoder::new(level.into()))),
        ("gzip", Box::new(GzipEncoder::new(level.into()))),
        ("zstd", Box::new(ZstdEncoder::new(5))),
    ];
    // What is held is seen.
    let (grown, _) = growth(|| vec![1_u8; DECODED]);
    assert!(grown >= DECODED, "{grown} bytes");
    for (name, encoder) in bodies {
        let body = encoded(encoder);
        let (grown, bytes) = growth(|| read(name, body));
        assert_eq!(bytes, DECODED, "{name}");
        println!("{name}: {} KiB for {} MiB", grown / 1024, DECODED / MIB);
        assert!(grown < MOST, "{name}: {grown} bytes");
    }
}
