//! Reading the events of one response.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bonafide_tower::shown::plain_words;
use bytes::{Buf as _, Bytes};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use tokio::task::coop::poll_proceed;
use tokio::time::{Instant, Sleep};

use super::{Event, Parser};
use crate::error::{Error, Failure, Kind, Phase};
use crate::limits::timer;
use crate::response::Response;

/// A response whose body is an event stream.
pub(super) struct Connection {
    response: Response,
    /// What has arrived and is not parsed yet.
    piece: Bytes,
    idle: Option<Idle>,
    arrived: bool,
}

/// How long the body may be silent.
struct Idle {
    limit: Duration,
    /// Since when it is silent, if its reader waits.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// The events of `response`, whose body is silent for up to `idle`.
    ///
    /// # Errors
    ///
    /// [`Kind::Status`] if its status is not 200, [`Kind::Decode`] if it is not an event stream.
    pub(super) fn new(response: Response, idle: Option<Duration>) -> Result<Self, Error> {
        judge(&response)?;
        Ok(Self {
            response,
            piece: Bytes::new(),
            idle: idle.map(|limit| Idle {
                limit,
                since: None,
                timer: None,
            }),
            arrived: false,
        })
    }

    /// The response, whose body may be closed.
    pub(super) fn response(&self) -> &Response {
        &self.response
    }

    /// Whether a byte of the body has arrived.
    pub(super) fn has_arrived(&self) -> bool {
        self.arrived
    }

    /// The error of a body that has ended with nothing in it.
    pub(super) fn ended_empty(&self) -> Error {
        let what = "the server ended the event stream before anything arrived";
        let failure = Failure::new(Kind::Body, what).during(Phase::Body);
        self.response.blame(failure)
    }

    /// Drops the rest of the body.
    pub(super) fn close(&mut self) {
        self.response.close();
        self.piece.clear();
        self.idle = None;
    }

    /// The next event; `None` at the end of the body.
    pub(super) fn poll_event(
        &mut self,
        parser: &mut Parser,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Event>, Error>> {
        loop {
            let mut rest = &self.piece[..];
            let event = parser.read(&mut rest);
            let read = self.piece.len() - rest.len();
            self.piece.advance(read);
            match event {
                Ok(None) => {}
                Ok(event) => return Poll::Ready(Ok(event)),
                Err(too_large) => {
                    let failure = Failure::new(Kind::TooLarge, too_large.to_string())
                        .during(Phase::Body)
                        .caused_by(too_large);
                    return Poll::Ready(Err(self.response.blame(failure)));
                }
            }
            // A peer that sends comments alone, without a pause, leaves other tasks their turn.
            let turn = ready!(poll_proceed(cx));
            // `chunk` has no state of its own between two pieces.
            let next = pin!(self.response.chunk()).poll(cx);
            match next {
                Poll::Ready(Ok(Some(piece))) => {
                    turn.made_progress();
                    self.piece = piece;
                    self.arrived = true;
                    if let Some(idle) = &mut self.idle {
                        idle.since = None;
                    }
                }
                Poll::Ready(Ok(None)) => return Poll::Ready(Ok(None)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let Some(idle) = &mut self.idle else {
                        return Poll::Pending;
                    };
                    let failure = ready!(idle.poll(cx)).during(Phase::Body);
                    return Poll::Ready(Err(self.response.blame(failure)));
                }
            }
        }
    }
}

impl Idle {
    /// Ready once the body has been silent for too long. The timer is set to the right time when it
    /// fires too early, and not for each piece.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let Some(until) = since.checked_add(self.limit) else {
            return Poll::Pending;
        };
        if self.timer.is_none() {
            self.timer = timer(until);
        }
        let Some(timer) = &mut self.timer else {
            return Poll::Ready(Failure::outside_a_runtime("the event stream"));
        };
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= until {
                break;
            }
            timer.as_mut().reset(until);
        }
        let limit = self.limit;
        let what = format!("nothing of the event stream arrived within {limit:?}");
        Poll::Ready(Failure::new(Kind::Timeout, what))
    }
}

/// Whether the body of `response` is an event stream (WHATWG HTML standard, section 9.2.3).
fn judge(response: &Response) -> Result<(), Error> {
    response.error_for_status_ref()?;
    let status = response.status();
    if status != StatusCode::OK {
        let what = format!("{status}, and an event stream has 200");
        let failure = Failure::new(Kind::Status, what).during(Phase::Headers);
        return Err(response.blame(failure).with_status(status));
    }
    let headers = response.headers();
    let what = match headers.get(CONTENT_TYPE) {
        None => {
            "the response has no Content-Type, and an event stream has `text/event-stream`".into()
        }
        Some(value) if !is_event_stream(value) => format!(
            "the response is not an event stream: its Content-Type is `{}`",
            plain_words(value.as_bytes())
        ),
        Some(_) => match headers.get(CONTENT_ENCODING) {
            Some(coding) if !coding.as_bytes().eq_ignore_ascii_case(b"identity") => format!(
                "the event stream has the coding `{}`, which is not decoded here",
                plain_words(coding.as_bytes())
            ),
            _ => return Ok(()),
        },
    };
    Err(response.blame(Failure::new(Kind::Decode, what).during(Phase::Headers)))
}

/// Whether it is `text/event-stream`, with any parameters: the text is UTF-8, whatever they say.
fn is_event_stream(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next();
    essence.is_some_and(|essence| {
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"text/event-stream")
    })
}
