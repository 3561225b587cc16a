//! The events of a call that only the stack knows of: its beginning, its redirects and its end.

use std::pin::Pin;
use std::task::{Context, Poll};

use bonafide_tower::shown::ShownUrl;
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as _, Frame, SizeHint};

use crate::body::{Arriving, Body};
use crate::error::Error;
use crate::events::{Event, Outcome, Running};
use crate::exchange::Call;

/// `call` begins, and notifies the listeners of `running` from now on.
pub(super) fn begin(running: &Running, call: &mut Call) {
    call.events = running.events().clone();
    if call.events.is_on() {
        started(call);
    }
}

#[cold]
fn started(call: &Call) {
    let url = shown_url(call);
    call.events.notify(|id| Event::CallStarted {
        call: id,
        method: &call.method,
        url: &url,
    });
}

/// A redirect with `status` has made `call` what it is.
pub(super) fn redirected(call: &Call, status: StatusCode) {
    if call.events.is_on() {
        let url = shown_url(call);
        call.events.notify(|call| Event::Redirect {
            call,
            status,
            url: &url,
        });
    }
}

/// The URL of `call` as errors show it.
fn shown_url(call: &Call) -> String {
    let url = call.url();
    url.map_or_else(String::new, |url| ShownUrl(&url).to_string())
}

/// `body` of the response to a running call, which ends with it.
#[cold]
pub(super) fn watch(running: Running, body: Body) -> Body {
    if let Some(bytes) = body.as_bytes() {
        // It is whole in memory: of a layer, or empty.
        running.end_body(bytes.len() as u64, Outcome::Done);
        return body;
    }
    if body.is_end_stream() {
        running.end_body(0, Outcome::Done);
        return body;
    }
    Body::arriving(Watched {
        body,
        bytes: 0,
        running: Some(running),
    })
}

/// The body of a response to a call with a listener.
struct Watched {
    body: Body,
    /// What was read so far.
    bytes: u64,
    /// None once the body has ended.
    running: Option<Running>,
}

impl Watched {
    fn end(&mut self, outcome: Outcome<'_>) {
        if let Some(running) = self.running.take() {
            running.end_body(self.bytes, outcome);
        }
    }
}

impl Arriving for Watched {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.body.is_end_stream() {
                    self.end(Outcome::Done);
                }
            }
            Poll::Ready(Some(Err(error))) => self.end(Outcome::Failed(error)),
            Poll::Ready(None) => self.end(Outcome::Done),
        }
        polled
    }

    fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.end(Outcome::Canceled);
    }
}
