//! What becomes of the body of a response whose request is sent again.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use tokio::time::{Instant, sleep};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::retry::{Backoff, Retry, RetryLayer};

/// A body that gives pieces of a size, each after a while, as many as it has.
struct Pieces {
    size: usize,
    left: usize,
    pause: Duration,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    read: Arc<AtomicUsize>,
    alive: Arc<AtomicUsize>,
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if !self.pause.is_zero() {
            let pause = self.pause;
            let waiting = self.sleep.get_or_insert_with(|| Box::pin(sleep(pause)));
            std::task::ready!(waiting.as_mut().poll(cx));
            self.sleep = None;
        }
        self.left -= 1;
        self.read.fetch_add(self.size, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; self.size])))))
    }
}

/// Answers 503 and 200 in turn with such bodies; gives how many bytes of the first were read, and
/// how long the call took.
async fn discard(size: usize, pieces: usize, pause: Duration, wait: Duration) -> (usize, Duration) {
    let read = Arc::new(AtomicUsize::new(0));
    let alive = Arc::new(AtomicUsize::new(0));
    let (noted, living) = (Arc::clone(&read), Arc::clone(&alive));
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = service_fn(move |_: Request<()>| {
        assert_eq!(
            living.fetch_add(1, Ordering::SeqCst),
            0,
            "the body before is dropped"
        );
        let status = [503, 200][calls.fetch_add(1, Ordering::SeqCst)];
        let body = Pieces {
            size,
            left: pieces,
            pause,
            sleep: None,
            read: Arc::clone(&noted),
            alive: Arc::clone(&living),
        };
        let response = Response::builder().status(status).body(body);
        ready(Ok::<_, Infallible>(response.unwrap()))
    });
    // A wait of that length, drawn from nothing.
    let retry = Retry::standard().with_backoff(Backoff::new(wait, wait));
    let layer = RetryLayer::new().with_retry(retry);
    let start = Instant::now();
    let response = layer.layer(inner).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), 200);
    (read.load(Ordering::SeqCst), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_answered_attempt_is_read_up_to_64_kib_and_dropped() {
    const NONE: Duration = Duration::ZERO;
    assert_eq!(discard(1_024, 64, NONE, NONE).await, (65_536, NONE));
    // One piece more than is worth it, however many there are.
    assert_eq!(
        discard(1_024, 1_000_000, NONE, NONE).await,
        (65 * 1_024, NONE)
    );
    // Pieces without content are not for ever either.
    assert_eq!(discard(0, usize::MAX, NONE, NONE).await, (0, NONE));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_keeps_the_next_attempt_waiting_300_ms_at_most() {
    let second = Duration::from_secs(1);
    let (read, took) = discard(1, 9, second, Duration::ZERO).await;
    assert_eq!((read, took.as_millis()), (0, 300));
    // One that ends is waited for, and then not for longer.
    let tenth = Duration::from_millis(100);
    let (read, took) = discard(1, 2, tenth, Duration::ZERO).await;
    assert!(
        read == 2 && (200..=202).contains(&took.as_millis()),
        "{read} {took:?}"
    );
}
