//! A response's body that is decoded as it is read.

use std::pin::Pin;
use std::task::{Context, Poll};

use bonafide_tower::BoxError;
use bonafide_tower::decompression::{DecodedBody, DecodingLimits, Plan};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::{Arriving, Body};
use crate::error::{Delivery, Error, Failure, Kind, Phase};

/// The body of a response with content codings.
pub(super) struct Decoded(DecodedBody<Body, BoxError>);

impl Decoded {
    /// `body`, decoded by `plan`.
    pub(super) fn new(body: Body, plan: Plan, limits: DecodingLimits) -> Self {
        Self(DecodedBody::new(body, plan, limits))
    }
}

impl Arriving for Decoded {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.0)
            .poll_frame(cx)
            .map(|frame| frame.map(|frame| frame.map_err(failed)))
    }

    fn is_end(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// The error of the encoded body, unchanged, or that of the decoder.
#[cold]
fn failed(error: BoxError) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(error) => Failure::new(Kind::Decode, "the response's body cannot be decoded")
            .during(Phase::Body)
            .caused_by_boxed(error)
            .delivered(Delivery::Answered)
            .into(),
    }
}
