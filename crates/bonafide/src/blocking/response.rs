//! The response of a blocking client.

use std::fmt;
use std::io::{self, Read};
use std::mem;
use std::ops::Deref;

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
#[cfg(feature = "json")]
use serde::de::DeserializeOwned;

use super::{Lines, block_on};
use crate::body::Body;
use crate::error::Error;

/// The response to a request. Its headers have arrived; methods such as [`text`](Self::text) wait
/// for its body.
///
/// It dereferences to the async [`Response`](crate::Response) for all that is known of it without
/// its body: `status`, `headers`, `url`, `receipt` and the rest. As an [`io::Read`] it is the body;
/// an error of it contains the [`Error`].
///
/// ```
/// # fn show() -> Result<(), Box<dyn std::error::Error>> {
/// let mut response = bonafide::blocking::get("https://example.com/big")?.error_for_status()?;
/// println!("{} {:?}", response.status(), response.content_length());
/// std::io::copy(&mut response, &mut std::io::sink())?;
/// # Ok(())
/// # }
/// ```
pub struct Response {
    response: crate::Response,
    /// What was received and not yet read.
    rest: Bytes,
}

impl Response {
    /// The response, unless its status is an error: 4xx or 5xx.
    ///
    /// # Errors
    ///
    /// [`Kind::Status`](crate::Kind::Status), with [`Error::status`].
    pub fn error_for_status(self) -> Result<Self, Error> {
        self.response.error_for_status_ref()?;
        Ok(self)
    }

    /// The headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.response.headers_mut()
    }

    /// All bytes of the body that were not read yet; see the async
    /// [`bytes`](crate::Response::bytes).
    ///
    /// # Errors
    ///
    /// Those of the async method.
    pub fn bytes(self) -> Result<Bytes, Error> {
        block_on(self.into_async().bytes())
    }

    /// As [`bytes`](Self::bytes), if there are no more than `limit`, whatever the client allows.
    ///
    /// # Errors
    ///
    /// Those of the async method.
    pub fn bytes_limited(self, limit: usize) -> Result<Bytes, Error> {
        block_on(self.into_async().bytes_limited(limit))
    }

    /// As [`bytes`](Self::bytes), with the trailers of the response.
    ///
    /// # Errors
    ///
    /// Those of the async method.
    pub fn bytes_with_trailers(self) -> Result<(Bytes, Option<HeaderMap>), Error> {
        block_on(self.into_async().bytes_with_trailers())
    }

    /// The body as text; see the async [`text`](crate::Response::text).
    ///
    /// # Errors
    ///
    /// Those of the async method.
    pub fn text(self) -> Result<String, Error> {
        block_on(self.into_async().text())
    }

    /// As [`text`](Self::text), with the charset of a body that names none; see the async
    /// [`text_with_default_charset`](crate::Response::text_with_default_charset).
    ///
    /// # Errors
    ///
    /// Those of the async method.
    #[cfg(feature = "charset")]
    pub fn text_with_default_charset(self, charset: &str) -> Result<String, Error> {
        block_on(self.into_async().text_with_default_charset(charset))
    }

    /// As [`text`](Self::text), if the body has no more than `limit` bytes.
    ///
    /// # Errors
    ///
    /// Those of the async method.
    pub fn text_limited(self, limit: usize) -> Result<String, Error> {
        block_on(self.into_async().text_limited(limit))
    }

    /// The body as JSON; see the async [`json`](crate::Response::json).
    ///
    /// # Errors
    ///
    /// Those of the async method.
    #[cfg(feature = "json")]
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        block_on(self.into_async().json())
    }

    /// As [`json`](Self::json), if the body has no more than `limit` bytes.
    ///
    /// # Errors
    ///
    /// Those of the async method.
    #[cfg(feature = "json")]
    pub fn json_limited<T: DeserializeOwned>(self, limit: usize) -> Result<T, Error> {
        block_on(self.into_async().json_limited(limit))
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// Those of the async [`chunk`](crate::Response::chunk).
    pub fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if !self.rest.is_empty() {
            return Ok(Some(mem::take(&mut self.rest)));
        }
        block_on(self.response.chunk())
    }

    /// The rest of the body as lines of text; see the async [`lines`](crate::Response::lines).
    ///
    /// ```
    /// # fn show() -> Result<(), bonafide::Error> {
    /// for line in bonafide::blocking::get("https://log.example/")?.lines() {
    ///     println!("{}", line?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn lines(self) -> Lines {
        Lines::new(self.into_async().lines())
    }

    /// As [`lines`](Self::lines), for lines of up to `max_line_bytes` bytes, as UTF-8.
    pub fn lines_limited(self, max_line_bytes: usize) -> Lines {
        Lines::new(self.into_async().lines_limited(max_line_bytes))
    }

    /// The trailers of the response, or `None` if there are none. What is left of the body is read
    /// first and dropped.
    ///
    /// # Errors
    ///
    /// Those of the async [`trailers`](crate::Response::trailers).
    pub fn trailers(&mut self) -> Result<Option<HeaderMap>, Error> {
        self.rest.clear();
        block_on(self.response.trailers())
    }

    /// Calls `report` as the async [`on_progress`](crate::Response::on_progress) does.
    #[must_use = "only the response that is returned reports"]
    pub fn on_progress(self, report: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        self.into_async().on_progress(report).into()
    }

    /// The body that was not read yet, to send it as the body of a request for instance.
    pub fn into_body(self) -> Body {
        self.into_async().into_body()
    }

    /// The response, with what was received and not read.
    fn into_async(self) -> crate::Response {
        let Self { response, rest } = self;
        response.preceded_by(rest)
    }
}

impl From<crate::Response> for Response {
    fn from(response: crate::Response) -> Self {
        Self {
            response,
            rest: Bytes::new(),
        }
    }
}

/// As the async [`Response`](crate::Response) converts from one.
impl<B: Into<Body>> From<http::Response<B>> for Response {
    fn from(response: http::Response<B>) -> Self {
        crate::Response::from(response).into()
    }
}

impl Deref for Response {
    type Target = crate::Response;

    fn deref(&self) -> &crate::Response {
        &self.response
    }
}

/// Reads the body. `read` returns 0 at its end, and an error if it was cut off.
impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.rest.is_empty() {
            let Some(chunk) = block_on(self.response.chunk())? else {
                return Ok(0);
            };
            self.rest = chunk;
        }
        let count = self.rest.len().min(buffer.len());
        self.rest.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { response, rest } = self;
        f.debug_struct("Response")
            .field("response", response)
            .field("unread", &rest.len())
            .finish()
    }
}
