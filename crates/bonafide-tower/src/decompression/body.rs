//! A response's body, decoded.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::pipeline::Pipeline;
use super::{DecodingLimits, DecompressionError, Plan};
use crate::BoxError;

pin_project! {
    /// A body that is decoded while it is read, or passed on unchanged.
    ///
    /// Each frame of `B` is decoded when it arrives, so all data that the server has flushed is
    /// available at once. A decoded frame has up to 32 KiB. The next frame of `B` is read only when
    /// all decoded data of the previous one has been taken, so that a slow reader slows the server
    /// down. Trailers come last, unchanged. An empty body is valid in every coding.
    ///
    /// ```
    /// # #[cfg(feature = "decompression-gzip")]
    /// # {
    /// use bonafide_tower::BoxError;
    /// use bonafide_tower::decompression::{DecodedBody, DecodingLimits, Plan};
    /// use bytes::Bytes;
    /// use http::{HeaderMap, HeaderValue, Method, StatusCode};
    /// use http_body_util::{BodyExt, Full};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    /// let plan = Plan::new(&Method::GET, StatusCode::OK, &headers)?;
    ///
    /// let hello = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
    /// let body = Full::new(Bytes::from_static(hello));
    /// let body: DecodedBody<_> = DecodedBody::new(body, plan, DecodingLimits::default());
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// assert_eq!(body.collect().await?.to_bytes(), "hello");
    /// # Ok::<(), BoxError>(())
    /// # })?;
    /// # }
    /// # Ok::<(), bonafide_tower::BoxError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails with [`DecompressionError`] or with the error of `B`, each converted into `E`, after
    /// the data that was decoded before the fault. Then the body has ended.
    pub struct DecodedBody<B, E = BoxError> {
        #[pin]
        inner: B,
        // `None` if the body is passed on unchanged.
        decoding: Option<Box<Decoding>>,
        error: PhantomData<fn() -> E>,
    }
}

struct Decoding {
    /// `None` when there is no more data.
    pipeline: Option<Pipeline>,
    source: Source,
    /// Returned after the data.
    trailers: Option<HeaderMap>,
}

/// How far the encoded body has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// No byte has arrived.
    Untouched,
    Open,
    Ended,
}

impl<B, E> DecodedBody<B, E> {
    /// Decodes `inner` by `plan`, within `limits`.
    pub fn new(inner: B, plan: Plan, limits: DecodingLimits) -> Self {
        let pipeline = Pipeline::new(plan, limits);
        Self {
            inner,
            decoding: pipeline.map(|pipeline| Box::new(Decoding::new(pipeline))),
            error: PhantomData,
        }
    }

    /// The encoded body.
    pub const fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl Decoding {
    const fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline: Some(pipeline),
            source: Source::Untouched,
            trailers: None,
        }
    }

    /// The next frame that needs no more of the encoded body: `Ready(None)` at the end, and
    /// `Pending` if more is needed.
    fn next(&mut self) -> Poll<Option<Result<Frame<Bytes>, DecompressionError>>> {
        if self.source == Source::Untouched {
            return Poll::Pending;
        }
        if let Some(pipeline) = &mut self.pipeline {
            match pipeline.next() {
                Ok(Some(piece)) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Ok(None) if self.source == Source::Open => return Poll::Pending,
                Ok(None) => self.pipeline = None,
                Err(error) => {
                    self.end();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(
            self.trailers
                .take()
                .map(|trailers| Ok(Frame::trailers(trailers))),
        )
    }

    /// Takes a frame of the encoded body; `None` is its end.
    fn take_in<D: Buf>(&mut self, frame: Option<Frame<D>>) {
        self.trailers = match frame.map(Frame::into_data) {
            Some(Ok(data)) => {
                if let (true, Some(pipeline)) = (data.has_remaining(), &mut self.pipeline) {
                    self.source = Source::Open;
                    pipeline.feed(whole(data));
                }
                return;
            }
            Some(Err(frame)) => frame.into_trailers().ok(),
            None => None,
        };
        self.source = Source::Ended;
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.end_input();
        }
    }

    /// Ends the output.
    fn end(&mut self) {
        *self = Self {
            pipeline: None,
            source: Source::Ended,
            trailers: None,
        };
    }
}

/// All bytes of `data`, without a copy where they are [`Bytes`] already.
fn whole<D: Buf>(mut data: D) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl<B, E> Body for DecodedBody<B, E>
where
    B: Body,
    B::Error: Into<E>,
    E: From<DecompressionError>,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let mut this = self.project();
        let Some(decoding) = this.decoding else {
            let frame = ready!(this.inner.poll_frame(cx));
            return Poll::Ready(frame.map(|frame| match frame {
                Ok(frame) => Ok(frame.map_data(whole)),
                Err(error) => Err(error.into()),
            }));
        };
        loop {
            if let Poll::Ready(frame) = decoding.next() {
                return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
            }
            match ready!(this.inner.as_mut().poll_frame(cx)).transpose() {
                Ok(frame) => decoding.take_in(frame),
                Err(error) => {
                    decoding.end();
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.decoding.as_deref() {
            None => self.inner.is_end_stream(),
            Some(decoding) => match decoding.source {
                Source::Untouched => self.inner.is_end_stream(),
                Source::Open => false,
                Source::Ended => decoding.pipeline.is_none() && decoding.trailers.is_none(),
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.decoding.as_deref() {
            None => self.inner.size_hint(),
            Some(Decoding { pipeline: None, .. }) => SizeHint::with_exact(0),
            Some(decoding) if decoding.source == Source::Untouched => {
                let hint = self.inner.size_hint();
                match hint.exact() {
                    Some(0) => hint,
                    _ => SizeHint::default(),
                }
            }
            Some(_) => SizeHint::default(),
        }
    }
}

impl<B: fmt::Debug, E> fmt::Debug for DecodedBody<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inner,
            decoding,
            error: _,
        } = self;
        f.debug_struct("DecodedBody")
            .field("inner", inner)
            .field("is_decoded", &decoding.is_some())
            .finish()
    }
}
