//! The events of one response.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use super::connection::Connection;
use super::{Event, Parser};
use crate::error::Error;
use crate::response::Response;

/// The events of one response, up to the end of its body; see [`Response::events`].
#[must_use = "streams do nothing unless polled"]
pub struct Events {
    connection: Connection,
    parser: Parser,
    has_ended: bool,
}

impl Events {
    pub(super) fn new(response: Response) -> Result<Self, Error> {
        Ok(Self {
            connection: Connection::new(response, None)?,
            parser: Parser::new(),
            has_ended: false,
        })
    }

    /// The most bytes of one line. Default: 1 MiB.
    pub fn max_line_bytes(mut self, limit: usize) -> Self {
        self.parser = self.parser.max_line_bytes(limit);
        self
    }

    /// The most bytes of the data of one event. Default: 1 MiB.
    pub fn max_event_bytes(mut self, limit: usize) -> Self {
        self.parser = self.parser.max_event_bytes(limit);
        self
    }

    /// The next event; `None` at the end of the body, and after an error.
    ///
    /// # Errors
    ///
    /// [`Kind::Body`](crate::Kind::Body) if the body is cut off,
    /// [`Kind::Timeout`](crate::Kind::Timeout) if nothing arrives for as long as the response's
    /// [`read_timeout`](crate::RequestBuilder::read_timeout) is, and
    /// [`Kind::TooLarge`](crate::Kind::TooLarge) for a line or an event over its limit.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The last event ID so far; see [`Parser::last_event_id`].
    pub fn last_event_id(&self) -> Option<&str> {
        self.parser.last_event_id()
    }

    /// How long the server wants a client to wait before it connects again.
    pub fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }

    /// The response, with the receipt of its server.
    pub fn response(&self) -> &Response {
        self.connection.response()
    }
}

impl Stream for Events {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.has_ended {
            return Poll::Ready(None);
        }
        let event = ready!(this.connection.poll_event(&mut this.parser, cx)).transpose();
        if !matches!(event, Some(Ok(_))) {
            this.has_ended = true;
            this.connection.close();
        }
        Poll::Ready(event)
    }
}

/// Shows no data of events.
impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            connection,
            parser: _,
            has_ended,
        } = self;
        f.debug_struct("Events")
            .field("response", connection.response())
            .field("has_ended", has_ended)
            .finish_non_exhaustive()
    }
}
