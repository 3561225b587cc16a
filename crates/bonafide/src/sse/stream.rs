//! The events of many connections.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bonafide_tower::retry::{Budgets, random_bits, retry_after};
use bonafide_verify::Receipt;
use futures_core::Stream;
use http::StatusCode;
use sync_wrapper::SyncWrapper;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use super::connection::Connection;
use super::reconnect::{Reconnect, may_pass};
use super::request::Repeated;
use super::{Event, Parser};
use crate::client::RequestBuilder;
use crate::error::{Error, Failure, Phase};
use crate::limits::timer;
use crate::origin::Origin;
use crate::response::Response;

/// Server-sent events of one request, over as many connections as it takes; see
/// [`RequestBuilder::events`] and the [module docs](super).
#[must_use = "streams do nothing unless polled"]
pub struct EventStream {
    request: Repeated,
    budgets: Budgets<Origin>,
    parser: Parser,
    reconnect: Reconnect,
    state: State,
    /// The last one that had events. Its body is closed unless they are being read.
    connection: Option<Connection>,
}

/// A request that was sent, up to its response.
type Opening = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

enum State {
    Start,
    Opening(SyncWrapper<Opening>),
    Reading,
    Waiting(Pin<Box<Sleep>>),
    Ended,
}

impl EventStream {
    pub(super) fn new(request: RequestBuilder) -> Self {
        Self {
            budgets: request.client().inner().event_budgets.clone(),
            request: Repeated::new(request),
            parser: Parser::new(),
            reconnect: Reconnect::default(),
            state: State::Start,
            connection: None,
        }
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

    /// How many connections may fail in a row; the next failure ends the stream with its error.
    /// Default: 10. With 0, the first failure ends it.
    ///
    /// A connection has failed if it ends before a byte of a stream has arrived. The first
    /// connection counts like any other.
    pub fn max_failures(mut self, limit: u32) -> Self {
        self.reconnect.max_failures = limit;
        self
    }

    /// The longest wait before the next connection, before the random part is added. Default: 60 s.
    ///
    /// A server's `retry` that is longer counts as this. A `Retry-After` that is longer ends the
    /// stream with the error of its response.
    pub fn max_wait(mut self, limit: Duration) -> Self {
        self.reconnect.max_wait = limit;
        self
    }

    /// The next event; `None` once the stream has ended, by 204 or by an error before. Waits for
    /// connections. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// The error that ends the stream. Its [kinds](crate::Kind) are those of
    /// [`send`](RequestBuilder::send) and of [`Response::events`], and
    /// [`Kind::TooLarge`](crate::Kind::TooLarge) for a line or an event over its limit. What leads
    /// to another connection is not returned: see the [module docs](super).
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The last event ID so far: what the next connection sends as `Last-Event-ID`. `None` if the
    /// server has sent none.
    ///
    /// A program that keeps it can go on from there when it starts again:
    ///
    /// ```
    /// # fn show(client: bonafide::Client, kept: &str) {
    /// let request = client.get("https://news.example/").header("last-event-id", kept);
    /// let events = request.events();
    /// # }
    /// ```
    pub fn last_event_id(&self) -> Option<&str> {
        self.parser.last_event_id()
    }

    /// The response whose events are read, or were read last; `None` before the first.
    pub fn response(&self) -> Option<&Response> {
        self.connection.as_ref().map(Connection::response)
    }

    /// What was checked about the server of the [response](Self::response). Each connection is
    /// judged by the policy of its time.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.response()?.receipt()
    }

    /// Begins the next connection.
    fn open(&mut self) -> Result<State, Error> {
        let Some(request) = self.request.next(self.parser.last_event_id())? else {
            return Ok(State::Ended);
        };
        let limit = self.request.opening_limit;
        let url = self.request.url.clone();
        Ok(State::Opening(SyncWrapper::new(Box::pin(async move {
            match limit {
                // Outside a runtime the request fails with an error of its own.
                Some(limit) if Handle::try_current().is_ok() => {
                    let response = tokio::time::timeout(limit, request.send()).await;
                    response.unwrap_or_else(|_| {
                        let failure = Failure::overdue(limit).during(Phase::Headers);
                        Err(Error::from(failure).at(|| url))
                    })
                }
                _ => request.send().await,
            }
        }))))
    }

    /// A response has arrived.
    fn opened(&mut self, response: Response) -> Result<State, Error> {
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(State::Ended);
        }
        let asked = retry_after(response.headers(), SystemTime::now());
        match Connection::new(response, self.request.idle_limit) {
            Ok(connection) => {
                self.parser.restart();
                self.connection = Some(connection);
                Ok(State::Reading)
            }
            Err(error) => self.reconnect(Some(error), false, asked),
        }
    }

    /// The connection has ended, with an error or with the response's body.
    fn lost(&mut self, error: Option<Error>) -> Result<State, Error> {
        let Some(connection) = &mut self.connection else {
            return Ok(State::Ended);
        };
        connection.close();
        let has_arrived = connection.has_arrived();
        let error = error.or_else(|| {
            let is_failure = !has_arrived && self.request.may_repeat(None);
            is_failure.then(|| connection.ended_empty())
        });
        self.reconnect(error, has_arrived, None)
    }

    /// What comes after a connection: a wait and the next one, the end, or `error`.
    fn reconnect(
        &mut self,
        error: Option<Error>,
        has_arrived: bool,
        retry_after: Option<Duration>,
    ) -> Result<State, Error> {
        if let Some(wait) = self.next_wait(error.as_ref(), has_arrived, retry_after) {
            tracing::debug!(
                error = error.map(tracing::field::display),
                ?wait,
                "an event stream connects again"
            );
            let Some(timer) = Instant::now().checked_add(wait).and_then(timer) else {
                return Err(Failure::outside_a_runtime("the event stream").into());
            };
            return Ok(State::Waiting(timer));
        }
        error.map_or(Ok(State::Ended), Err)
    }

    /// How long to wait before the next connection; `None` if there is none.
    fn next_wait(
        &mut self,
        error: Option<&Error>,
        has_arrived: bool,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let origin = self.request.origin.as_ref()?;
        if !error.is_none_or(may_pass) || !self.request.may_repeat(error) {
            return None;
        }
        if has_arrived {
            self.reconnect.connected();
            self.budgets.deposit(|| origin.clone());
        } else if !self.reconnect.failed() {
            return None;
        }
        let retry = self.parser.retry();
        let wait = self.reconnect.wait(retry, retry_after, random_bits())?;
        (has_arrived || self.budgets.withdraw(origin.clone())).then_some(wait)
    }

    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event>, Error>> {
        loop {
            self.state = match &mut self.state {
                State::Start => self.open()?,
                State::Waiting(timer) => {
                    ready!(timer.as_mut().poll(cx));
                    self.open()?
                }
                State::Opening(response) => match ready!(response.get_mut().as_mut().poll(cx)) {
                    Ok(response) => self.opened(response)?,
                    Err(error) => self.reconnect(Some(error), false, None)?,
                },
                State::Reading => {
                    let Some(connection) = &mut self.connection else {
                        return Poll::Ready(Ok(None));
                    };
                    match ready!(connection.poll_event(&mut self.parser, cx)) {
                        Ok(Some(event)) => return Poll::Ready(Ok(Some(event))),
                        Ok(None) => self.lost(None)?,
                        Err(error) => self.lost(Some(error))?,
                    }
                }
                State::Ended => return Poll::Ready(Ok(None)),
            }
        }
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let event = ready!(this.step(cx)).transpose();
        if !matches!(event, Some(Ok(_))) {
            this.state = State::Ended;
        }
        Poll::Ready(event)
    }
}

/// Shows no data of events and no ID.
impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Start => "not connected yet",
            State::Opening(_) => "connecting",
            State::Reading => "reading",
            State::Waiting(_) => "waiting to connect again",
            State::Ended => "ended",
        };
        f.debug_struct("EventStream")
            .field("state", &state)
            .field("reconnect", &self.reconnect)
            .field("response", &self.response())
            .finish_non_exhaustive()
    }
}
