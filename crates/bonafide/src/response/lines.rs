//! A body as lines of text.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::HeaderValue;
use http_body::Body as _;

use super::name;
use super::text::{Charset, Decoder};
use crate::body::Body;
use crate::error::{Error, Failure, Kind, Phase};
use crate::exchange::Found;

/// The lines of a response's body; see [`Response::lines`](crate::Response::lines).
#[must_use = "streams do nothing unless polled"]
pub struct Lines {
    body: Body,
    found: Found,
    /// Why there is no line.
    failure: Option<Failure>,
    decoder: Decoder,
    text: String,
    /// Where the next line begins in `text`.
    begin: usize,
    /// Up to where `text` was searched for the end of that line.
    searched: usize,
    max_line_bytes: usize,
    has_ended: bool,
}

impl Lines {
    pub(super) fn new(
        body: Body,
        found: Found,
        content_type: Option<&HeaderValue>,
        max_line_bytes: usize,
    ) -> Self {
        let (charset, failure) = match Charset::of(content_type, Charset::UTF_8) {
            Ok(charset) => (charset, None),
            Err(failure) => (Charset::UTF_8, Some(failure)),
        };
        Self {
            body,
            found,
            failure,
            decoder: charset.decoder(),
            text: String::new(),
            begin: 0,
            searched: 0,
            max_line_bytes,
            has_ended: false,
        }
    }

    /// The next line; `None` at the end of the body. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Response::lines`](crate::Response::lines).
    pub async fn next_line(&mut self) -> Result<Option<String>, Error> {
        poll_fn(|cx| self.poll_line(cx)).await.transpose()
    }

    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        if let Some(failure) = self.failure.take() {
            return Poll::Ready(Some(Err(self.end(failure.into()))));
        }
        loop {
            match self.next_received() {
                Ok(None) => {}
                Ok(Some(line)) => return Poll::Ready(Some(Ok(line))),
                Err(failure) => return Poll::Ready(Some(Err(self.end(failure.into())))),
            }
            if self.has_ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.decoder.push(&data, &mut self.text);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(self.end(error)))),
                None => {
                    self.decoder.finish(&mut self.text);
                    self.has_ended = true;
                }
            }
        }
    }

    /// The next line of what was received.
    fn next_received(&mut self) -> Result<Option<String>, Failure> {
        let line = match self.text[self.searched..].find('\n') {
            Some(found) => {
                let end = self.searched + found;
                let line = &self.text[mem::replace(&mut self.begin, end + 1)..end];
                self.searched = self.begin;
                line
            }
            None => {
                // The line is not complete: what came before it has been returned.
                self.text.drain(..mem::take(&mut self.begin));
                self.searched = self.text.len();
                &self.text
            }
        };
        let is_complete = self.begin > 0 || (self.has_ended && !line.is_empty());
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.len() > self.max_line_bytes {
            return Err(too_long(self.max_line_bytes));
        }
        if !is_complete {
            return Ok(None);
        }
        let line = line.to_owned();
        if self.begin == 0 {
            self.text.clear();
            self.searched = 0;
        }
        Ok(Some(line))
    }

    /// Ends the lines with `error`, and drops what was not read.
    #[cold]
    fn end(&mut self, error: Error) -> Error {
        self.body = Body::empty();
        self.text = String::new();
        (self.begin, self.searched) = (0, 0);
        self.has_ended = true;
        name(&self.found, error)
    }
}

impl Stream for Lines {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_line(cx)
    }
}

#[cold]
fn too_long(limit: usize) -> Failure {
    let what = format!("a line of the response's body is longer than {limit} bytes");
    Failure::new(Kind::TooLarge, what).during(Phase::Body)
}

/// Without the text.
impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("body", &self.body)
            .field("received", &(self.text.len() - self.begin))
            .field("max_line_bytes", &self.max_line_bytes)
            .finish_non_exhaustive()
    }
}
