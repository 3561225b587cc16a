//! Fields after a body.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Frame, SizeHint};

use super::repeat::Again;
use super::{Body, Inner};
use crate::error::{Delivery, Error, Failure, Kind};

impl Body {
    /// This body, followed by `trailers` (RFC 9110 section 6.5). The request's `Trailer` field
    /// announces their names, and over HTTP/1.1 the body is sent chunked, whatever its length. A
    /// request with such a body and a `Content-Length` is an error of
    /// [`Kind::Request`](crate::Kind::Request).
    ///
    /// Trailers that are known only after the content, such as a checksum, come from a body for
    /// [`wrap`](Self::wrap), with a `Trailer` header on the request: over HTTP/1.1, trailers that
    /// no `Trailer` header names are not sent.
    ///
    /// ```
    /// use bonafide::Body;
    /// use bonafide::header::{HeaderMap, HeaderValue};
    ///
    /// let mut trailers = HeaderMap::new();
    /// trailers.insert("x-checksum", HeaderValue::from_static("900150983cd2"));
    /// let body = Body::from("abc").with_trailers(trailers)?;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Request`](crate::Kind::Request) for a field that a receiver needs before the content
    /// or that frames, routes or authorises the request (RFC 9110 section 6.5.1), such as
    /// `Content-Length`, `Host` or `Authorization`.
    pub fn with_trailers(self, trailers: HeaderMap) -> Result<Self, Error> {
        if let Some(name) = trailers.keys().find(|name| !may_be_a_trailer(name)) {
            let what = format!("the field {name} cannot be sent as a trailer");
            let failure = Failure::new(Kind::Request, what).delivered(Delivery::NotSent);
            return Err(failure.into());
        }
        if trailers.is_empty() {
            return Ok(self);
        }
        let spare = self.try_clone();
        let body = Self::followed_by(self, trailers.clone());
        let Some(spare) = spare else {
            return Ok(body);
        };
        Ok(body.repeated_by(Again::new(move || {
            Some(Self::followed_by(spare.try_clone()?, trailers.clone()))
        })))
    }

    /// The body of a response that was read to its end.
    pub(crate) fn whole(bytes: Bytes, trailers: Option<HeaderMap>) -> Self {
        match trailers {
            None => bytes.into(),
            Some(trailers) => Self::followed_by(bytes.into(), trailers),
        }
    }

    fn followed_by(body: Self, trailers: HeaderMap) -> Self {
        let names = trailers.keys().map(HeaderName::as_str);
        let names = names.collect::<Vec<_>>().join(", ");
        let announced = HeaderValue::try_from(names).ok();
        Self::composed(Followed {
            body,
            trailers: Some(trailers),
        })
        .announcing(announced)
    }

    /// This body, of which `Trailer` says what `names` says.
    pub(super) fn announcing(mut self, names: Option<HeaderValue>) -> Self {
        if let Inner::Streamed(streamed) = &mut self.inner {
            streamed.announced = names;
        }
        self
    }

    /// The names of the trailers that this body will have, as the value of `Trailer`.
    pub(crate) fn announced_trailers(&self) -> Option<&HeaderValue> {
        match &self.inner {
            Inner::Streamed(streamed) => streamed.announced.as_ref(),
            Inner::Empty | Inner::Whole(_) | Inner::Arriving(_) => None,
        }
    }
}

/// Whether a field of this name may come after the content. hyper sends no others over HTTP/1.1,
/// and would leave them out without an error.
fn may_be_a_trailer(name: &HeaderName) -> bool {
    !matches!(
        name.as_str(),
        "authorization"
            | "cache-control"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-range"
            | "content-type"
            | "cookie"
            | "expect"
            | "host"
            | "keep-alive"
            | "max-forwards"
            | "proxy-authorization"
            | "proxy-connection"
            | "range"
            | "set-cookie"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// A body and the trailers after it.
struct Followed {
    body: Body,
    /// None once they are sent.
    trailers: Option<HeaderMap>,
}

impl http_body::Body for Followed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.trailers.is_none() {
            return Poll::Ready(None);
        }
        match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_trailers() {
                Ok(earlier) => {
                    let mut trailers = self.trailers.take().unwrap_or_default();
                    trailers.extend(earlier);
                    Poll::Ready(Some(Ok(Frame::trailers(trailers))))
                }
                Err(frame) => Poll::Ready(Some(Ok(frame))),
            },
            Some(Err(error)) => {
                self.trailers = None;
                Poll::Ready(Some(Err(error)))
            }
            None => Poll::Ready(mem::take(&mut self.trailers).map(|it| Ok(Frame::trailers(it)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.trailers.is_none()
    }

    /// Not known, since a request with a length has no trailers in HTTP/1.1.
    fn size_hint(&self) -> SizeHint {
        SizeHint::new()
    }
}
