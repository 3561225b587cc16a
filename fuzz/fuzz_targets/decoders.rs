//! Encoded bodies: each coding, and up to four on top of each other.
#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bonafide_tower::BoxError;
use bonafide_tower::decompression::{
    DecodedBody, DecodingLimits, DecompressionError, MAX_CODINGS, Plan,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::{Body, Frame, SizeHint};
use libfuzzer_sys::fuzz_target;

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// The most that is decoded. Less than the first MiB, whose ratio is not judged.
const MAX_BYTES: u64 = 256 * 1024;

/// Pieces of a body.
struct Pieces<'a>(std::slice::Chunks<'a, u8>);

impl Body for Pieces<'_> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let piece = self.0.next().map(Bytes::copy_from_slice);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// The decoded body; `None` where its ratio is too high, which depends on how it arrives.
fn decoded(
    body: &[u8],
    piece_bytes: usize,
    plan: Plan,
) -> Result<Vec<u8>, Option<DecompressionError>> {
    let limits = DecodingLimits::default()
        .with_max_bytes(MAX_BYTES)
        .with_max_ratio(20);
    let body: DecodedBody<_> = DecodedBody::new(Pieces(body.chunks(piece_bytes)), plan, limits);
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    let mut output = Vec::new();
    loop {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.into_data().expect("there are no trailers");
                assert!(data.len() <= 32 * 1024);
                output.extend_from_slice(&data);
                assert!(output.len() as u64 <= MAX_BYTES);
            }
            Poll::Ready(Some(Err(error))) => {
                drop(error.to_string());
                let error = error.downcast().expect("the body itself does not fail");
                return Err(match *error {
                    DecompressionError::Ratio { .. } => None,
                    other => Some(other),
                });
            }
            Poll::Ready(None) => return Ok(output),
            Poll::Pending => panic!("the body is always ready"),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&[codings, how], body)) = input.split_first_chunk() else {
        return;
    };
    let count = 1 + usize::from(how & 3);
    let names: Vec<&str> = (0..count.min(MAX_CODINGS))
        .map(|at| CODINGS[usize::from(codings >> (2 * at) & 3)])
        .collect();
    let mut headers = HeaderMap::new();
    let value = HeaderValue::try_from(names.join(", ")).expect("names of codings");
    headers.insert("content-encoding", value);
    let plan = Plan::new(&Method::GET, StatusCode::OK, &headers).expect("four codings at most");
    let whole = decoded(body, body.len().max(1), plan);
    let pieces = decoded(body, 1 + usize::from(how >> 2), plan);
    // How a body arrives does not change what it is.
    match (&whole, &pieces) {
        (Err(None), _) | (_, Err(None)) => {}
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        // Of two codings that are both broken, either may be found first.
        (Err(Some(_)), Err(Some(_))) if count > 1 => {}
        // How much is decoded before a fault is found depends on how the body arrives.
        (Err(Some(DecompressionError::TooLarge { .. })), Err(Some(_)))
        | (Err(Some(_)), Err(Some(DecompressionError::TooLarge { .. }))) => {}
        (Err(Some(one)), Err(Some(other))) => {
            assert_eq!(std::mem::discriminant(one), std::mem::discriminant(other));
        }
        other => panic!("{other:?}"),
    }
});
