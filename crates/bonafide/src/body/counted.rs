//! Holding a body to the length that was declared for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::error::{Error, Failure, Kind, Phase};

/// Counts the bytes of a body whose length is declared before it is read.
///
/// The last piece is held back until the body has ended. A connection that has as many bytes as
/// were declared does not ask for more, so a body that is too long would be truncated and still
/// count as sent.
#[derive(Debug)]
pub(super) struct Count {
    declared: u64,
    left: u64,
    /// The last piece, while the end is awaited.
    last: Option<Bytes>,
    /// What came after the last piece.
    trailers: Option<Frame<Bytes>>,
    ended: bool,
}

impl Count {
    /// For a body of `declared` bytes; `ended` if it is known to be empty.
    pub(super) fn new(declared: u64, ended: bool) -> Self {
        Self {
            declared,
            left: declared,
            last: None,
            trailers: None,
            ended: ended && declared == 0,
        }
    }

    /// How many bytes are declared.
    pub(super) fn declared(&self) -> u64 {
        self.declared
    }

    /// Whether the body has ended and all declared bytes have arrived.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The bytes to come. A body that has not ended never reports 0: a connection would not read
    /// it, and so not notice that there is more.
    pub(super) fn size_hint(&self) -> SizeHint {
        if self.declared == 0 && !self.ended {
            return SizeHint::new();
        }
        let held = self.last.as_ref().map_or(0, |last| last.len() as u64);
        SizeHint::with_exact(self.left + held)
    }

    /// The next frame of `body`, or an error once it is longer or shorter than declared.
    pub(super) fn poll_frame<B>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>>
    where
        B: Body<Data = Bytes, Error = Error> + ?Sized,
    {
        if let Some(trailers) = self.trailers.take() {
            self.ended = true;
            return Poll::Ready(Some(Ok(trailers)));
        }
        while !self.ended {
            let Some(frame) = ready!(body.as_mut().poll_frame(cx)).transpose()? else {
                self.ended = true;
                return Poll::Ready(match self.missing() {
                    Some(short) => Some(Err(short)),
                    None => self.last.take().map(|last| Ok(Frame::data(last))),
                });
            };
            match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => match self.left.checked_sub(data.len() as u64) {
                    None => return Poll::Ready(Some(Err(self.fail(TOO_LONG)))),
                    Some(0) if body.is_end_stream() => {
                        self.left = 0;
                        self.ended = true;
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                    Some(0) => {
                        self.left = 0;
                        self.last = Some(data);
                    }
                    Some(left) => {
                        self.left = left;
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                },
                Err(trailers) => {
                    if let Some(short) = self.missing() {
                        self.ended = true;
                        return Poll::Ready(Some(Err(short)));
                    }
                    let Some(last) = self.last.take() else {
                        self.ended = true;
                        return Poll::Ready(Some(Ok(trailers)));
                    };
                    self.trailers = Some(trailers);
                    return Poll::Ready(Some(Ok(Frame::data(last))));
                }
            }
        }
        Poll::Ready(None)
    }

    /// The error of a body that ends now, if it is too short.
    fn missing(&mut self) -> Option<Error> {
        (self.left > 0).then(|| self.fail(TOO_SHORT))
    }

    #[cold]
    fn fail(&mut self, what: &str) -> Error {
        let declared = self.declared;
        self.ended = true;
        self.last = None;
        Failure::new(
            Kind::Body,
            format!("{what} the {declared} bytes that were declared"),
        )
        .during(Phase::Send)
        .into()
    }
}

const TOO_LONG: &str = "the request's body is longer than";
const TOO_SHORT: &str = "the request's body is shorter than";

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http::HeaderMap;
    use http_body::Body as _;
    use http_body_util::{BodyExt, Full, StreamBody};

    use super::super::Body;
    use super::super::collect::next_frame;
    use super::*;

    fn pieces(pieces: &[&'static str]) -> Body {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        Body::wrap(StreamBody::new(stream::iter(pieces)))
    }

    /// Text until the end, or until an error.
    async fn read(body: &mut Body) -> Result<String, String> {
        let mut all = String::new();
        while let Some(frame) = next_frame(body).await {
            match frame {
                Ok(frame) => match frame.into_data() {
                    Ok(data) => all.push_str(std::str::from_utf8(&data).expect("text")),
                    Err(_) => all.push_str("[trailers]"),
                },
                Err(error) => {
                    assert_eq!(
                        (error.kind(), error.phase()),
                        (Kind::Body, Some(Phase::Send))
                    );
                    return Err(format!("{all}: {error}"));
                }
            }
        }
        Ok(all)
    }

    #[tokio::test]
    async fn a_body_is_given_out_as_far_as_it_keeps_to_its_length() {
        let long = |got: &str, n| {
            Err(format!(
                "{got}: the request's body is longer than the {n} bytes that were declared"
            ))
        };
        let short = |got: &str, n| {
            Err(format!(
                "{got}: the request's body is shorter than the {n} bytes that were declared"
            ))
        };
        for (given, declared, outcome) in [
            (&["ab", "cd"][..], 4, Ok("abcd".to_owned())),
            (&["ab", "", "cd", ""], 4, Ok("abcd".to_owned())),
            (&["abcd"], 4, Ok("abcd".to_owned())),
            (&[], 0, Ok(String::new())),
            (&["", ""], 0, Ok(String::new())),
            (&["ab", "cd", "e"], 4, long("ab", 4)),
            (&["ab", "cde"], 4, long("ab", 4)),
            (&["a"], 0, long("", 0)),
            (&["ab", "c"], 4, short("abc", 4)),
            (&[], 4, short("", 4)),
        ] {
            let mut body = pieces(given).declared(declared);
            assert_eq!(read(&mut body).await, outcome, "{given:?} {declared}");
            assert!(body.is_end_stream(), "{given:?} {declared}");
            assert!(next_frame(&mut body).await.is_none());
        }
    }

    #[tokio::test]
    async fn the_length_is_told_unless_it_is_a_zero_that_is_not_certain() {
        let mut body = pieces(&["ab", "cd"]).declared(4);
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(next_frame(&mut body).await.is_some());
        assert_eq!(body.size_hint().exact(), Some(2));
        assert_eq!(pieces(&[]).declared(0).size_hint().exact(), None);
        let empty = Body::wrap(Full::new(Bytes::new()));
        assert!(empty.is_end_stream());
        assert_eq!(empty.size_hint().exact(), Some(0));
    }

    #[tokio::test]
    async fn trailers_come_after_the_last_piece() {
        for declared in [2, 0] {
            let given = if declared == 0 { "" } else { "ab" };
            let body = Full::new(Bytes::from_static(given.as_bytes()))
                .with_trailers(std::future::ready(Some(Ok(HeaderMap::new()))));
            let body = StreamBody::new(body.into_stream());
            let mut body = Body::wrap(body).declared(declared);
            assert_eq!(read(&mut body).await, Ok(format!("{given}[trailers]")));
            assert!(body.is_end_stream());
        }
    }

    /// A body whose own size hint is wrong.
    struct Claims(Body, u64);

    impl http_body::Body for Claims {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            Pin::new(&mut self.0).poll_frame(cx)
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.1)
        }
    }

    #[tokio::test]
    async fn what_a_body_claims_of_itself_is_counted_too() {
        for (claim, outcome) in [
            (3, "is longer than"),
            (5, "is shorter than"),
            (0, "is longer"),
        ] {
            let mut body = Body::wrap(Claims(pieces(&["ab", "cd"]), claim));
            let text = read(&mut body).await.expect_err("a wrong claim");
            assert!(text.contains(outcome), "{text}");
        }
        let mut body = Body::wrap(Claims(pieces(&["ab", "cd"]), 4));
        assert_eq!(read(&mut body).await, Ok("abcd".to_owned()));
    }
}
