//! From bytes to events, by the WHATWG HTML standard, sections 9.2.5 and 9.2.6. Synchronous; knows
//! no connection.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::Event;
use crate::limits::{MAX_EVENT_BYTES, MAX_LINE_BYTES};

/// A byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Parses an event stream from pieces of any size, by the WHATWG HTML standard (sections 9.2.5 and
/// 9.2.6).
///
/// It is what [`EventStream`](super::EventStream) and [`Events`](super::Events) use, and needs
/// neither a client nor a runtime. It holds one line and one event at most.
///
/// ```
/// use bonafide::sse::Parser;
///
/// let mut parser = Parser::new();
/// let mut seen = Vec::new();
/// for piece in ["event: add\nda", "ta: 7\r\n\r\n: keep", "alive\n\ndata: 8\n\n"] {
///     let mut rest = piece.as_bytes();
///     while let Some(event) = parser.read(&mut rest)? {
///         seen.push(format!("{} {}", event.event_type(), event.data()));
///     }
/// }
/// assert_eq!(seen, ["add 7", "message 8"]);
/// # Ok::<(), bonafide::sse::TooLarge>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parser {
    max_line_bytes: usize,
    max_event_bytes: usize,
    start: Start,
    /// The beginning of a line whose end has not arrived.
    line: Vec<u8>,
    /// A line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    event_type: Option<String>,
    /// Each value with an LF behind it.
    data: String,
    /// What the next event that ends has as its ID. Shared with the events: after one long ID, a
    /// server could send any number of short events.
    id: Arc<str>,
    /// Whether a field `id` was read.
    has_id: bool,
    last_event_id: Option<Arc<str>>,
    retry: Option<Duration>,
    failed: Option<TooLarge>,
}

/// Where a stream may begin with a byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// So many bytes of the mark have arrived, and nothing else.
    Mark(usize),
    Over,
}

/// A line or an event of the stream is larger than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TooLarge {
    /// A line has more bytes than the limit, its end not counted.
    #[error(
        "a line of the event stream is larger than {limit} bytes, the limit set by \
         `max_line_bytes`"
    )]
    Line {
        /// The limit.
        limit: usize,
    },
    /// The data of an event has more bytes than the limit.
    #[error("an event is larger than {limit} bytes, the limit set by `max_event_bytes`")]
    Event {
        /// The limit.
        limit: usize,
    },
}

impl Parser {
    /// A parser at the beginning of a stream. A line has up to 1 MiB, and so has an event.
    pub fn new() -> Self {
        Self {
            max_line_bytes: MAX_LINE_BYTES,
            max_event_bytes: MAX_EVENT_BYTES,
            start: Start::Mark(0),
            line: Vec::new(),
            after_cr: false,
            event_type: None,
            data: String::new(),
            id: Arc::default(),
            has_id: false,
            last_event_id: None,
            retry: None,
            failed: None,
        }
    }

    /// The most bytes of one line, its end not counted. Default: 1 MiB.
    #[must_use]
    pub fn max_line_bytes(mut self, limit: usize) -> Self {
        self.max_line_bytes = limit;
        self
    }

    /// The most bytes of one event: its fields `data`, decoded, each with a line feed. Default: 1
    /// MiB.
    #[must_use]
    pub fn max_event_bytes(mut self, limit: usize) -> Self {
        self.max_event_bytes = limit;
        self
    }

    /// Reads from `bytes` up to the end of the next event, and takes what it has read off their
    /// beginning. `None` if the event has not ended yet; then `bytes` are empty.
    ///
    /// An event without data is not returned, but its `id` and `retry` count. What is left at the
    /// end of a stream, an event without the empty line that ends it, is never returned.
    ///
    /// # Errors
    ///
    /// [`TooLarge`], and the same again for each further call.
    pub fn read(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, TooLarge> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let read = self.read_event(bytes);
        if let Err(failed) = read {
            self.failed = Some(failed);
        }
        read
    }

    /// The last event ID: what `Last-Event-ID` has in the next request (section 9.2.4). `None` if
    /// no event had an ID, and empty if the last ID was empty.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// How long the server wants a client to wait before it connects again: the value of the last
    /// field `retry`.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The same parser at the beginning of another stream of the same events: limits, last event
    /// ID and `retry` stay, and an event that has not ended is discarded.
    pub fn restart(&mut self) {
        self.start = Start::Mark(0);
        self.line.clear();
        self.after_cr = false;
        self.event_type = None;
        self.data.clear();
        self.has_id = self.last_event_id.is_some();
        self.id = self.last_event_id.clone().unwrap_or_default();
        self.failed = None;
    }

    fn read_event(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, TooLarge> {
        self.skip_mark(bytes);
        while !bytes.is_empty() {
            if mem::take(&mut self.after_cr)
                && let Some(rest) = bytes.strip_prefix(b"\n")
            {
                *bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(bytes.len());
            if self.line.len().saturating_add(length) > self.max_line_bytes {
                return Err(TooLarge::Line {
                    limit: self.max_line_bytes,
                });
            }
            let (part, rest) = bytes.split_at(length);
            let Some((end, rest)) = rest.split_first() else {
                self.line.extend_from_slice(part);
                *bytes = rest;
                break;
            };
            *bytes = rest;
            self.after_cr = *end == b'\r';
            let event = if self.line.is_empty() {
                self.end_line(part)?
            } else {
                self.line.extend_from_slice(part);
                let mut line = mem::take(&mut self.line);
                let event = self.end_line(&line)?;
                line.clear();
                self.line = line;
                event
            };
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// Takes a byte order mark off the beginning of the stream.
    fn skip_mark(&mut self, bytes: &mut &[u8]) {
        while let Start::Mark(seen) = self.start {
            match (MARK.get(seen), bytes.split_first()) {
                (None, _) => self.start = Start::Over,
                (Some(_), None) => return,
                (Some(expected), Some((byte, rest))) if byte == expected => {
                    *bytes = rest;
                    self.start = Start::Mark(seen + 1);
                }
                // What looked like the beginning of a mark is the beginning of the first line.
                (Some(_), Some(_)) => {
                    self.line.extend_from_slice(&MARK[..seen]);
                    self.start = Start::Over;
                }
            }
        }
    }

    fn end_line(&mut self, line: &[u8]) -> Result<Option<Event>, TooLarge> {
        if line.is_empty() {
            return Ok(self.end_event());
        }
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            None => (line, &[][..]),
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
        };
        match name {
            b"data" => {
                self.data.push_str(&String::from_utf8_lossy(value));
                self.data.push('\n');
                if self.data.len() > self.max_event_bytes {
                    return Err(TooLarge::Event {
                        limit: self.max_event_bytes,
                    });
                }
            }
            b"event" => {
                let event_type = String::from_utf8_lossy(value).into_owned();
                self.event_type = (!event_type.is_empty()).then_some(event_type);
            }
            b"id" if !value.contains(&0) => {
                self.id = String::from_utf8_lossy(value).into();
                self.has_id = true;
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                // A number that does not fit is a very long time.
                let digits = str::from_utf8(value).unwrap_or_default();
                let millis = digits.parse().unwrap_or(u64::MAX);
                self.retry = Some(Duration::from_millis(millis));
            }
            // A comment has an empty name.
            _ => {}
        }
        Ok(None)
    }

    /// "Dispatch the event".
    fn end_event(&mut self) -> Option<Event> {
        let event_type = self.event_type.take();
        if self.has_id && self.last_event_id.as_ref() != Some(&self.id) {
            self.last_event_id = Some(Arc::clone(&self.id));
        }
        let mut data = mem::take(&mut self.data);
        data.pop()?;
        Some(Event {
            event_type,
            data,
            id: Arc::clone(&self.id),
        })
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}
