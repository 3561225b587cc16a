//! Bodies of requests and of responses.

mod collect;
mod counted;
#[cfg(feature = "decompression")]
mod decoded;
mod file;
mod from_reader;
pub(crate) mod multipart;
mod off_thread;
mod outgoing;
#[cfg(feature = "blocking")]
mod preceded;
mod reader;
mod repeat;
mod reported;
mod streamed;
mod timed;
mod trailers;

use std::error::Error as StdError;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "decompression")]
use bonafide_tower::decompression::{DecodingLimits, Plan};
use bonafide_tower::redirect::RepeatBody;
use bytes::Bytes;
use futures_core::Stream;
use http_body::{Frame, SizeHint};
use http_body_util::StreamBody;

pub(crate) use self::collect::{collect, next_chunk};
use self::outgoing::Pieces;
pub(crate) use self::outgoing::Progress;
pub use self::reader::BodyReader;
use self::repeat::Again;
use self::streamed::Streamed;
use self::timed::Timed;
use crate::error::{Error, Failure, Kind, Phase};
use crate::limits::Deadline;

/// The body of a request or of a response.
///
/// Text and bytes convert with `into`, and can be sent again after a redirect. A
/// [file](Self::from_file) is opened again and a [replayable](Self::replayable) stream is made
/// again for each attempt. Any other stream is sent once.
///
/// ```
/// use bonafide::Body;
///
/// let text: Body = "hello".into();
/// let none = Body::empty();
/// ```
pub struct Body {
    inner: Inner,
}

/// A response's body that arrives on a connection. A [`Body`] knows nothing else about the
/// connection.
pub(crate) trait Arriving: Send + Sync {
    /// As [`http_body::Body::poll_frame`].
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>>;

    /// Whether the body has ended.
    fn is_end(&self) -> bool;

    /// The bytes to come.
    fn size_hint(&self) -> SizeHint;
}

enum Inner {
    Empty,
    Whole(Pieces),
    Streamed(Box<Streamed>),
    Arriving(Box<dyn Arriving>),
}

impl Body {
    /// No body.
    pub const fn empty() -> Self {
        Self {
            inner: Inner::Empty,
        }
    }

    /// A body read from a stream of chunks; its length is not known beforehand, so that HTTP/1.1
    /// sends it chunked. An error of the stream ends the request with
    /// [`Kind::Body`](crate::Kind::Body).
    ///
    /// A request that has a `Content-Length` is sent with that length, and the stream is counted: a
    /// stream with more or fewer bytes ends the request with [`Kind::Body`](crate::Kind::Body), and
    /// the connection (in HTTP/2 the stream) with it. The last piece is therefore sent when the
    /// stream has ended.
    #[doc(alias = "wrap_stream")]
    pub fn from_stream<S, D, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<D, E>> + Send + 'static,
        D: Into<Bytes> + 'static,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        Self::wrap(StreamBody::new(FrameStream { stream }))
    }

    /// As [`from_stream`](Self::from_stream), for a stream of exactly `length` bytes, which is sent
    /// as `Content-Length`. A stream with more or fewer bytes ends the request with
    /// [`Kind::Body`](crate::Kind::Body).
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use bonafide::Body;
    /// use futures_util::stream;
    ///
    /// let chunks = stream::iter([Ok::<_, Infallible>("ab"), Ok("cd")]);
    /// let body = Body::sized_stream(chunks, 4);
    /// ```
    pub fn sized_stream<S, D, E>(stream: S, length: u64) -> Self
    where
        S: Stream<Item = Result<D, E>> + Send + 'static,
        D: Into<Bytes> + 'static,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        Self::from_stream(stream).declared(length)
    }

    /// A body from any [`http_body::Body`], with its trailers. If it knows its length, its bytes
    /// are counted as [`from_stream`](Self::from_stream) describes.
    pub fn wrap<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self {
            inner: Inner::Streamed(Box::new(Streamed::new(body, unreadable))),
        }
    }

    /// A body that reports its failures in the client's own words.
    fn composed<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error = Error> + Send + 'static,
    {
        let failed = |error: Box<dyn StdError + Send + Sync>| match error.downcast() {
            Ok(own) => *own,
            Err(error) => unreadable(error),
        };
        Self {
            inner: Inner::Streamed(Box::new(Streamed::new(body, failed))),
        }
    }

    /// The body of a layer's response. `error` turns its errors into the client's.
    pub(crate) fn of_layer<B, E>(body: B, error: E) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
        E: Fn(Box<dyn StdError + Send + Sync>) -> Error + Send + 'static,
    {
        Self {
            inner: Inner::Streamed(Box::new(Streamed::new(body, error).unbound())),
        }
    }

    /// This body, which `again` makes again for each further attempt.
    fn repeated_by(mut self, again: Again) -> Self {
        if let Inner::Streamed(streamed) = &mut self.inner {
            streamed.repeated_by(again);
        }
        self
    }

    /// This body, which must be read before `deadline`.
    pub(crate) fn until(self, deadline: Deadline) -> Self {
        match (deadline, &self.inner) {
            (None, _) | (_, Inner::Empty | Inner::Whole(_)) => self,
            (Some(deadline), Inner::Streamed(_) | Inner::Arriving(_)) => Self {
                inner: Inner::Arriving(Box::new(Timed::new(self, deadline))),
            },
        }
    }

    /// This body of a response, decoded by `plan`.
    #[cfg(feature = "decompression")]
    pub(crate) fn decoded(self, plan: Plan, limits: DecodingLimits) -> Self {
        Self {
            inner: Inner::Arriving(Box::new(decoded::Decoded::new(self, plan, limits))),
        }
    }

    /// The bytes, if the body is whole in memory.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.inner {
            Inner::Empty => Some(&[]),
            Inner::Whole(pieces) => Some(pieces.rest()),
            Inner::Streamed(_) | Inner::Arriving(_) => None,
        }
    }

    /// A second body like this one, if it can be repeated and nothing of it was read yet. Bodies
    /// that are whole in memory can, and so can those of [`from_file`](Self::from_file),
    /// [`replayable`](Self::replayable) and a [form](crate::multipart::Form) of such parts.
    pub fn try_clone(&self) -> Option<Self> {
        let inner = match &self.inner {
            Inner::Empty => Inner::Empty,
            Inner::Whole(pieces) => Inner::Whole(pieces.clone()),
            Inner::Streamed(streamed) => return streamed.repeat(),
            Inner::Arriving(_) => return None,
        };
        Some(Self { inner })
    }

    /// The length, if it is known before the body is read.
    pub(crate) fn known_length(&self) -> Option<u64> {
        match &self.inner {
            Inner::Streamed(streamed) => streamed.declared(),
            _ => http_body::Body::size_hint(self).exact(),
        }
    }

    /// This body, which must have `length` bytes, unless it knows its own length.
    pub(crate) fn declared(self, length: u64) -> Self {
        match self.inner {
            Inner::Streamed(mut streamed) => {
                streamed.declare(length);
                Self {
                    inner: Inner::Streamed(streamed),
                }
            }
            Inner::Arriving(_) if self.known_length().is_none() => {
                Self::wrap(self).declared(length)
            }
            inner => Self { inner },
        }
    }

    /// The body that arrives on a connection.
    pub(crate) fn arriving(body: impl Arriving + 'static) -> Self {
        Self {
            inner: Inner::Arriving(Box::new(body)),
        }
    }

    /// Starts to record when the connection accepts parts of this body; `None` if it will accept
    /// all of it at once.
    pub(crate) fn watch(&mut self) -> Option<Progress> {
        match &mut self.inner {
            Inner::Whole(pieces) => pieces.watch(),
            Inner::Streamed(streamed) => Some(streamed.watch()),
            Inner::Empty => None,
            // A response's body that is sent as a request's body is a stream like any other.
            Inner::Arriving(_) => {
                *self = Self::wrap(mem::take(self));
                self.watch()
            }
        }
    }
}

/// The failure of a request whose body fails.
fn unreadable(error: Box<dyn StdError + Send + Sync>) -> Error {
    Failure::new(Kind::Body, "the request's body could not be read")
        .during(Phase::Send)
        .caused_by_boxed(error)
        .into()
}

/// No body.
impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::empty();
        }
        Self {
            inner: Inner::Whole(Pieces::new(bytes)),
        }
    }
}

macro_rules! from_owned {
    ($($owned:ty),*) => {$(
        impl From<$owned> for Body {
            fn from(owned: $owned) -> Self {
                Bytes::from(owned).into()
            }
        }
    )*};
}

from_owned!(String, Vec<u8>, &'static str, &'static [u8]);

/// A body that is whole in memory, is read from a file, or is made by a closure, can be repeated.
impl RepeatBody for Body {
    fn empty() -> Self {
        Self::empty()
    }

    fn try_repeat(&self) -> Option<Self> {
        self.try_clone()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.inner {
            Inner::Empty => Poll::Ready(None),
            Inner::Whole(pieces) => Poll::Ready(pieces.next().map(|piece| Ok(Frame::data(piece)))),
            Inner::Streamed(streamed) => streamed.poll_frame(cx),
            Inner::Arriving(arriving) => arriving.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Empty => true,
            Inner::Whole(pieces) => pieces.rest().is_empty(),
            Inner::Streamed(streamed) => streamed.is_end(),
            Inner::Arriving(arriving) => arriving.is_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Whole(pieces) => SizeHint::with_exact(pieces.rest().len() as u64),
            Inner::Streamed(streamed) => streamed.size_hint(),
            Inner::Arriving(arriving) => arriving.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match &self.inner {
            Inner::Empty => "empty",
            Inner::Whole(_) => "whole",
            Inner::Streamed(_) => "streamed",
            Inner::Arriving(_) => "response",
        };
        f.debug_tuple("Body").field(&form).finish()
    }
}

pin_project_lite::pin_project! {
    /// Chunks as the frames that `StreamBody` wants.
    struct FrameStream<S> {
        #[pin]
        stream: S,
    }
}

impl<S, D, E> Stream for FrameStream<S>
where
    S: Stream<Item = Result<D, E>>,
    D: Into<Bytes>,
{
    type Item = Result<Frame<Bytes>, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project()
            .stream
            .poll_next(cx)
            .map(|chunk| chunk.map(|chunk| chunk.map(|chunk| Frame::data(chunk.into()))))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
