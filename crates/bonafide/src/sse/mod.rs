//! Server-sent events: a stream of small texts that a server sends over one response, for hours.
//!
//! ```no_run
//! # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
//! let mut events = client.get("https://news.example/prices").events();
//! while let Some(event) = events.next().await {
//!     let event = event?;
//!     println!("{}: {}", event.event_type(), event.data());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`RequestBuilder::events`] reads events from as many connections as it takes, and goes on where
//! the last one ended. [`Response::events`] reads those of one response. [`Parser`] needs no client
//! at all. Streams are parsed as the WHATWG HTML standard says (sections 9.2.5 and 9.2.6).
//!
//! # When the stream connects again
//!
//! | what happens | what [`EventStream`] does |
//! |---|---|
//! | 200 with `Content-Type: text/event-stream` | returns its events |
//! | the server ends the body | waits and connects again |
//! | the connection breaks, or the body does | waits and connects again |
//! | nothing arrives for 60 s, not even a comment | drops the connection, waits and connects again |
//! | 204 | ends, without an error |
//! | 429, 502, 503 or 504 | waits, no shorter than `Retry-After`, and connects again |
//! | any other status than 200, another `Content-Type`, a coding that is not decoded | ends with [`Kind::Status`] or [`Kind::Decode`] |
//! | no connection: lookup, TCP or a proxy failed, or a time limit passed | waits and connects again |
//! | the policy refuses the server or the host, on any connection | ends with [`Kind::Refused`] at once |
//! | an alert of TLS, a policy that cannot be used, a mistake in the request, a layer that fails | ends with this error at once |
//! | a line or an event over its limit | ends with [`Kind::TooLarge`] |
//! | more than 10 connections in a row bring nothing, or the budget is spent | ends with the error of the last one |
//!
//! Each connection is a call of its own: its redirects are followed, and its server is judged by
//! the policy of that time. [`EventStream::receipt`] is that of the latest one.
//!
//! Each connection sends the request again, with the last event ID as `Last-Event-ID`. A request
//! whose [body cannot be repeated](RequestBuilder::try_clone) is sent once. A request that is
//! idempotent neither by its method nor by an `Idempotency-Key` is sent again only if it provably
//! was not processed. For both, the end of the body ends the stream, and a body that breaks off is
//! its error.
//!
//! `Accept: text/event-stream` and `Cache-Control: no-store` are sent, unless the request has these
//! headers.
//!
//! # How long it waits
//!
//! Before the next connection, the stream waits as long as the server's last `retry` or
//! `Retry-After` says, the longer of both. A random time is added, so that the clients of a server
//! that restarts do not return at once: up to one `retry` after a connection that brought
//! something, and up to twice as much for each failure in a row.
//!
//! | limit | default | changed by |
//! |---|---|---|
//! | the wait, unless the server sends `retry` | 3 s | |
//! | the wait, whatever the server sends | 100 ms to 60 s | [`EventStream::max_wait`] |
//! | the random time | 60 s | [`EventStream::max_wait`] |
//! | connections that fail in a row | 10 | [`EventStream::max_failures`] |
//! | failed connections of all streams of a client to one origin | 100, and one more for each connection that brings something | |
//! | silence | 60 s | [`RequestBuilder::read_timeout`] |
//! | opening a connection, with its redirects | none of its own; each step has one ([`limits`](crate::limits)) | [`RequestBuilder::timeout`], [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) |
//! | bytes of a line | 1 MiB | [`EventStream::max_line_bytes`] |
//! | bytes of the data of an event | 1 MiB | [`EventStream::max_event_bytes`] |
//!
//! A stream of events has no natural end, so the limit for a whole request does not cut it off: for
//! each connection it holds up to the response's headers. The read timeout of the client, 30 s by
//! default, does not hold either, since many servers send a comment only every 30 s. A request's
//! own does. [`Response::events`] is different: the limits of its response stay as they were.
//!
//! [`ClientBuilder::retry`](crate::ClientBuilder::retry) repeats nothing for an [`EventStream`],
//! which would multiply its attempts.
//!
//! [`Kind::Status`]: crate::Kind::Status
//! [`Kind::Decode`]: crate::Kind::Decode
//! [`Kind::Refused`]: crate::Kind::Refused
//! [`Kind::TooLarge`]: crate::Kind::TooLarge

mod connection;
mod event;
mod events;
mod parser;
mod reconnect;
mod request;
mod stream;
#[cfg(test)]
mod tests;

pub use self::event::Event;
pub use self::events::Events;
pub use self::parser::{Parser, TooLarge};
pub use self::stream::EventStream;
use crate::client::RequestBuilder;
use crate::error::Error;
use crate::response::Response;

impl RequestBuilder {
    /// The server-sent events of this request, from as many connections as it takes: see the module
    /// [`sse`](crate::sse). Nothing is sent before the stream is polled.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// let mut events = client.get("https://news.example/").events();
    /// while let Some(event) = events.next().await {
    ///     println!("{}", event?.data());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(self) -> EventStream {
        EventStream::new(self)
    }
}

impl Response {
    /// The server-sent events of this response, up to the end of its body. [`RequestBuilder`] has a
    /// method [`events`](RequestBuilder::events) that connects again.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// let question = client.post("https://chat.example/").json(&["Why?"]);
    /// let mut events = question.send().await?.events()?;
    /// while let Some(event) = events.next().await {
    ///     print!("{}", event?.data());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Status`](crate::Kind::Status) if the status is not 200, and
    /// [`Kind::Decode`](crate::Kind::Decode) if the `Content-Type` is not `text/event-stream` or
    /// the body has a coding that the client does not decode.
    pub fn events(self) -> Result<Events, Error> {
        Events::new(self)
    }
}
