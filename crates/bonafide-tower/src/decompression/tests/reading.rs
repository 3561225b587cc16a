//! Bodies from a script, and what comes out of them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::{Body, Frame, SizeHint};

use crate::BoxError;
use crate::decompression::{DecodedBody, DecodingLimits, DecompressionError, Plan};

/// What a body does next.
#[derive(Debug)]
pub(super) enum Next {
    Data(Bytes),
    Trailers(HeaderMap),
    Fail(io::Error),
    /// It is not ready once.
    Wait,
}

/// A body that does one thing after the other, and then ends.
#[derive(Debug, Default)]
pub(super) struct Script(pub(super) VecDeque<Next>);

impl Script {
    pub(super) fn of<T: AsRef<[u8]>>(pieces: impl IntoIterator<Item = T>) -> Self {
        let pieces = pieces.into_iter();
        Self(
            pieces
                .map(|piece| Next::Data(Bytes::copy_from_slice(piece.as_ref())))
                .collect(),
        )
    }

    pub(super) fn then(mut self, next: Next) -> Self {
        self.0.push_back(next);
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.pop_front() {
            Some(Next::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Next::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Next::Fail(error)) => Poll::Ready(Some(Err(error))),
            Some(Next::Wait) => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let pieces = self.0.iter().map(|next| match next {
            Next::Data(bytes) => bytes.len() as u64,
            _ => 0,
        });
        SizeHint::with_exact(pieces.sum())
    }
}

/// The plan for a response with this `Content-Encoding`.
pub(super) fn plan(content_encoding: &str) -> Plan {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(content_encoding).unwrap();
    headers.insert("content-encoding", value);
    Plan::new(&Method::GET, StatusCode::OK, &headers).unwrap()
}

pub(super) fn decoded<B>(content_encoding: &str, body: B) -> DecodedBody<B> {
    DecodedBody::new(body, plan(content_encoding), DecodingLimits::default())
}

type Polled<E> = Poll<Option<Result<Frame<Bytes>, E>>>;

/// What a body does when it is asked once.
pub(super) fn next<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Polled<B::Error> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// The data that is there without waiting.
pub(super) fn ready_data<B>(body: &mut B) -> Vec<u8>
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    let mut data = Vec::new();
    while let Poll::Ready(Some(frame)) = next(body) {
        data.extend(frame.unwrap().into_data().unwrap());
    }
    data
}

/// All data, and the fault after it; `None` for a body that ends without one.
pub(super) type Outcome = (Vec<u8>, Option<DecompressionError>);

/// Reads the decoded body of a response in `pieces`.
pub(super) fn read<T: AsRef<[u8]>>(
    content_encoding: &str,
    pieces: impl IntoIterator<Item = T>,
    limits: DecodingLimits,
) -> Outcome {
    let script = Script::of(pieces);
    let body = DecodedBody::<_, Fault>::new(script, plan(content_encoding), limits);
    drain(body)
}

/// All data of `body`, which is never without anything, and the fault after it.
pub(super) fn drain<B: Body<Data = Bytes, Error = Fault> + Unpin>(mut body: B) -> Outcome {
    let mut data = Vec::new();
    loop {
        match next(&mut body) {
            Poll::Ready(Some(Ok(frame))) => {
                let piece = frame.into_data().unwrap();
                assert!(!piece.is_empty() && piece.len() <= 32 * 1024);
                data.extend(piece);
            }
            Poll::Ready(Some(Err(Fault(fault)))) => {
                assert!(
                    matches!(next(&mut body), Poll::Ready(None)),
                    "after a fault"
                );
                assert!(body.is_end_stream());
                return (data, Some(fault));
            }
            Poll::Ready(None) => {
                assert!(body.is_end_stream());
                assert_eq!(body.size_hint().exact(), Some(0));
                return (data, None);
            }
            Poll::Pending => panic!("the body waits for nothing"),
        }
    }
}

/// The error of a body that can fail for no other reason.
#[derive(Debug)]
pub(super) struct Fault(pub(super) DecompressionError);

impl From<DecompressionError> for Fault {
    fn from(error: DecompressionError) -> Self {
        Self(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        panic!("the script failed: {error}")
    }
}

impl From<Infallible> for Fault {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
