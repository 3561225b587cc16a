//! Interim responses (RFC 9110 section 15.2) over HTTP/1.1, and bodies that wait for one.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::{HeaderMap, Request, StatusCode};
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::body::{Arriving, Body};
use crate::error::{Delivery, Error, Failure, Phase};
use crate::limits::{MAX_INTERIM_RESPONSES, timer};

/// The caller's callback for interim responses, in the extensions of a call.
#[derive(Clone)]
pub(crate) struct OnInformational(Arc<Callback>);

type Callback = dyn Fn(StatusCode, &HeaderMap) + Send + Sync;

impl OnInformational {
    pub(crate) fn new(callback: impl Fn(StatusCode, &HeaderMap) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }
}

impl fmt::Debug for OnInformational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnInformational")
    }
}

/// Whether the caller's request waits for the server before it sends its body
/// (RFC 9110 section 10.1.1).
pub(super) fn expects_continue(headers: &HeaderMap) -> bool {
    // Names are compared, and not looked up by a hash, since every request comes here.
    let mut fields = headers.iter().filter(|(name, _)| *name == EXPECT);
    fields.any(|(_, value)| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Has hyper report the interim responses to `request`: each opens `gate`, and the first
/// [`MAX_INTERIM_RESPONSES`] are passed to `callback`.
pub(super) fn listen(
    request: &mut Request<Body>,
    gate: Option<Arc<Gate>>,
    callback: Option<OnInformational>,
) {
    if gate.is_none() && callback.is_none() {
        return;
    }
    let count = AtomicUsize::new(0);
    hyper::ext::on_informational(request, move |response| {
        if let Some(gate) = gate
            .as_ref()
            .filter(|_| response.status() == StatusCode::CONTINUE)
        {
            gate.open();
        }
        if let Some(OnInformational(callback)) = &callback
            && count.fetch_add(1, Ordering::Relaxed) < MAX_INTERIM_RESPONSES
        {
            callback(response.status(), response.headers());
        }
    });
}

/// Holds a body back until the server asks for it, or has not answered for a while.
pub(super) struct Gate(Mutex<Held>);

struct Held {
    body: Body,
    state: State,
    limit: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Open,
    /// The server answered without the body.
    Closed,
}

impl Gate {
    /// Holds `body` back for `limit` at most. Returns the body that the connection gets.
    pub(super) fn hold(body: Body, limit: Option<Duration>) -> (Arc<Self>, Body) {
        let gate = Arc::new(Self(Mutex::new(Held {
            body,
            state: State::Waiting,
            limit,
            timer: None,
            waker: None,
        })));
        let gated = Body::arriving(Gated(Arc::clone(&gate)));
        (gate, gated)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) {
        let mut held = self.held();
        if held.state == State::Waiting {
            held.state = State::Open;
        }
        let waker = held.waker.take();
        drop(held);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Keeps the body back for ever, if none of it was sent. Returns whether it does.
    pub(super) fn close(&self) -> bool {
        let mut held = self.held();
        if held.state == State::Waiting {
            held.state = State::Closed;
        }
        held.state == State::Closed
    }

    /// The body, if the connection did not take it.
    pub(super) fn take_body(&self) -> Body {
        mem::take(&mut self.held().body)
    }
}

/// A body behind a [`Gate`].
struct Gated(Arc<Gate>);

impl Arriving for Gated {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let held = &mut *self.0.held();
        if held.state == State::Waiting {
            match held.poll_limit(cx) {
                Poll::Ready(None) => held.state = State::Open,
                Poll::Ready(Some(failure)) => return Poll::Ready(Some(Err(failure.into()))),
                Poll::Pending => {}
            }
        }
        if held.state == State::Open {
            return Pin::new(&mut held.body).poll_frame(cx);
        }
        held.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn is_end(&self) -> bool {
        self.0.held().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.held().body.size_hint()
    }
}

impl Held {
    /// Ready once the server had long enough to answer.
    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<Option<Failure>> {
        let Some(until) = self
            .limit
            .and_then(|limit| Instant::now().checked_add(limit))
        else {
            return Poll::Pending;
        };
        if self.timer.is_none() {
            self.timer = timer(until);
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx).map(|()| None),
            None => {
                let failure = Failure::outside_a_runtime("the body");
                let failure = failure
                    .during(Phase::Send)
                    .delivered(Delivery::MaybeProcessed);
                Poll::Ready(Some(failure))
            }
        }
    }
}
