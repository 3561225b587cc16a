//! Bodies that are made again for each attempt to send them.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::Body;

/// How to make a body again.
#[derive(Clone)]
pub(super) struct Again(Arc<dyn Fn() -> Option<Body> + Send + Sync>);

impl Again {
    /// `make` returns a body that is the same at each call, and of which nothing was read.
    pub(super) fn new(make: impl Fn() -> Option<Body> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The body, which can be made again itself.
    pub(super) fn body(&self) -> Option<Body> {
        Some((self.0)()?.repeated_by(self.clone()))
    }
}

impl Body {
    /// A body read from the stream that `make` returns. Each attempt to send the request calls
    /// `make` once, when the connection first asks for the body, so the body can be sent again
    /// after a redirect or a failure. Its length is not known beforehand; a request that has a
    /// `Content-Length` is sent with that length, as [`from_stream`](Self::from_stream) describes.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use bonafide::Body;
    /// use futures_util::stream;
    ///
    /// let body = Body::replayable(|| stream::iter([Ok::<_, Infallible>("ab"), Ok("cd")]));
    /// assert!(body.try_clone().is_some());
    /// ```
    pub fn replayable<F, S, D, E>(make: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<D, E>> + Send + 'static,
        D: Into<Bytes> + 'static,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        let make = Arc::new(make);
        let first = Arc::clone(&make);
        let again = Again::new(move || Some(Self::from_stream(Deferred::new(Arc::clone(&make)))));
        Self::from_stream(Deferred::new(first)).repeated_by(again)
    }
}

/// A stream that is made when it is first polled.
struct Deferred<F, S> {
    make: Arc<F>,
    stream: Option<Pin<Box<S>>>,
}

impl<F, S> Deferred<F, S> {
    fn new(make: Arc<F>) -> Self {
        Self { make, stream: None }
    }
}

impl<F, S> Stream for Deferred<F, S>
where
    F: Fn() -> S,
    S: Stream,
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { make, stream } = self.get_mut();
        stream
            .get_or_insert_with(|| Box::pin(make()))
            .as_mut()
            .poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;
    use http_body::Body as _;

    use super::super::collect::{collect, next_chunk};
    use super::*;
    use crate::limits::Cap;

    #[tokio::test]
    async fn a_replayable_body_is_made_when_it_is_read_and_not_before() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let mut first = Body::replayable(move || {
            let n = counter.fetch_add(1, Ordering::Relaxed);
            stream::iter([Ok::<_, Infallible>(n.to_string())])
        });
        let mut second = first.try_clone().expect("nothing was read");
        assert_eq!(made.load(Ordering::Relaxed), 0);
        for (body, text) in [(&mut first, "0"), (&mut second, "1")] {
            let all = collect(body, Cap::OfClient(None), &mut None)
                .await
                .expect("bytes");
            assert_eq!(all, text);
            assert!(body.try_clone().is_none(), "it was read");
        }
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_repeated_body_keeps_the_length_that_was_declared() {
        let make = || stream::iter([Ok::<_, Infallible>("ab"), Ok("cd")]);
        let body = Body::replayable(make).declared(3);
        let again = body.try_clone().expect("repeatable");
        let mut thrice = again.try_clone().expect("repeatable");
        assert_eq!(thrice.size_hint().exact(), Some(3));
        assert_eq!(
            next_chunk(&mut thrice, &mut None).await.expect("two"),
            Some("ab".into())
        );
        let error = next_chunk(&mut thrice, &mut None)
            .await
            .expect_err("four bytes");
        assert_eq!(
            error.to_string(),
            "the request's body is longer than the 3 bytes that were declared"
        );
    }
}
