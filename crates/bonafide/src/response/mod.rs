//! Responses.

#[cfg(feature = "retry")]
mod attempts;
#[cfg(feature = "json")]
mod json;
mod lines;
mod stream;
mod text;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use bonafide_tower::redirect::Hop;
use bonafide_tower::shown::{ShownUrl, plain_words};
use bonafide_verify::Receipt;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, StatusCode, Version};
use http_body::Body as _;
use hyper::ext::ReasonPhrase;
#[cfg(feature = "json")]
use serde::de::DeserializeOwned;
use url::Url;

#[cfg(feature = "sse")]
pub(crate) use self::json::parse as parse_json;
pub use self::lines::Lines;
pub use self::stream::BytesStream;
use self::text::Charset;
use crate::body::{Body, BodyReader, collect, next_chunk};
use crate::connect::ConnectionInfo;
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::exchange::{Answered, Found};
use crate::header_names::HeaderNames;
use crate::limits::{Cap, Limits, MAX_LINE_BYTES};
use crate::observe::Timings;

/// The response to a request. Its headers have arrived; methods such as [`text`](Self::text) read
/// its body.
///
/// An HTTP/1.1 connection serves the next request once the body is read to its end; dropping the
/// body earlier may close the connection.
pub struct Response {
    answered: Box<Answered>,
    cap: Cap,
    /// The trailers, once the body is read to its end.
    trailers: Option<HeaderMap>,
    extensions: OnceLock<Extensions>,
}

impl Response {
    pub(crate) fn new(answered: Box<Answered>, cap: Cap) -> Self {
        Self {
            answered,
            cap,
            trailers: None,
            extensions: OnceLock::new(),
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.answered.head.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.answered.head.headers
    }

    /// The headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.answered.head.headers
    }

    /// The version of the response: HTTP/1.0, HTTP/1.1 or HTTP/2.
    pub fn version(&self) -> Version {
        self.answered.head.version
    }

    /// The URL that answered, after redirects; without user name, password and fragment.
    /// `about:blank` for a response that no client has received.
    pub fn url(&self) -> &Url {
        self.answered.found.url()
    }

    /// The redirects that were followed, in order.
    pub fn redirects(&self) -> &[Hop] {
        self.answered.found.hops()
    }

    /// What was checked about the server and why it was trusted; `None` only for a response over
    /// plain http, and for one that a [layer](crate::ClientBuilder::layer) has made.
    #[doc(alias("tls_info", "peer_certificate"))]
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.answered.found.receipt()
    }

    /// The connection that the response came over; `None` for one that a
    /// [layer](crate::ClientBuilder::layer) has made.
    pub fn connection(&self) -> Option<&Arc<ConnectionInfo>> {
        self.answered.found.connection()
    }

    /// The other end of the connection: the server, or the proxy where there is one. `None` for a
    /// response that a [layer](crate::ClientBuilder::layer) has made.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        Some(self.connection()?.remote_addr())
    }

    /// Where the time went; `None` for a response that a [layer](crate::ClientBuilder::layer) has
    /// made.
    pub fn timings(&self) -> Option<Timings> {
        self.answered.found.timings()
    }

    /// The extensions, `Arc<Receipt>`, `Arc<ConnectionInfo>` and [`Timings`] among them.
    pub fn extensions(&self) -> &Extensions {
        self.extensions.get_or_init(|| {
            let mut extensions = self.answered.head.extensions.clone();
            self.answered.found.describe(&mut extensions);
            extensions
        })
    }

    /// The length of the unread body, if the server declared one. The response to a `HEAD` has no
    /// body, so that this is 0: how long the body of a `GET` would be is in its `Content-Length`.
    pub fn content_length(&self) -> Option<u64> {
        self.answered.body.size_hint().exact()
    }

    /// The response, unless its status is an error: 4xx or 5xx. The error's text includes the
    /// server's reason phrase (HTTP/2 has none), up to 128 bytes of it.
    ///
    /// # Errors
    ///
    /// [`Kind::Status`], with [`Error::status`].
    pub fn error_for_status(self) -> Result<Self, Error> {
        self.error_for_status_ref()?;
        Ok(self)
    }

    /// As [`error_for_status`](Self::error_for_status), without consuming the response.
    ///
    /// # Errors
    ///
    /// [`Kind::Status`], with [`Error::status`].
    pub fn error_for_status_ref(&self) -> Result<&Self, Error> {
        let status = self.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(self);
        }
        let reason = self.answered.head.extensions.get::<ReasonPhrase>();
        let what = match reason.map(ReasonPhrase::as_bytes) {
            None | Some([]) => status.to_string(),
            Some(words) => format!("{} {}", status.as_str(), plain_words(words)),
        };
        let failure = Failure::new(Kind::Status, what).during(Phase::Headers);
        Err(name(
            &self.answered.found,
            Error::from(failure).with_status(status),
        ))
    }

    /// The whole body, if it is no larger than the client allows (64 MiB unless
    /// [`ClientBuilder::max_body_bytes`](crate::ClientBuilder::max_body_bytes) sets another limit).
    ///
    /// # Errors
    ///
    /// [`Kind::Body`] if the body is cut off, [`Kind::Timeout`] if it takes too long,
    /// [`Kind::TooLarge`] if it is larger.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        self.collect(self.cap).await
    }

    /// The whole body, if it is no larger than `limit` bytes, whatever the client allows.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn bytes_limited(mut self, limit: usize) -> Result<Bytes, Error> {
        self.collect(Cap::OfCall(limit)).await
    }

    /// The whole body as text, decoded by its byte order mark, else by the charset of
    /// `Content-Type`, else as UTF-8. Bytes that are not valid in that charset become U+FFFD. The
    /// limit is that of [`bytes`](Self::bytes).
    ///
    /// Without the feature `charset`, text is UTF-8. A body whose `Content-Type` names a charset
    /// other than UTF-8 and ASCII is [`Kind::Decode`].
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn text(mut self) -> Result<String, Error> {
        let bytes = self.collect(self.cap).await?;
        self.decode(bytes, Charset::UTF_8)
    }

    /// As [`text`](Self::text), but without a byte order mark and a charset in `Content-Type` the
    /// body is in `charset`: a label of the WHATWG Encoding Standard, such as `windows-1252`.
    /// Declarations inside the text, such as HTML's `<meta charset>`, are not read.
    ///
    /// # Errors
    ///
    /// [`Kind::Decode`] if `charset` is not such a label, and those of [`bytes`](Self::bytes).
    #[cfg(feature = "charset")]
    pub async fn text_with_default_charset(mut self, charset: &str) -> Result<String, Error> {
        let Some(charset) = Charset::labelled(charset) else {
            let what = format!("{charset:?} is not the label of a charset");
            let failure = Failure::new(Kind::Decode, what).during(Phase::Body);
            return Err(name(&self.answered.found, failure.into()));
        };
        let bytes = self.collect(self.cap).await?;
        self.decode(bytes, charset)
    }

    /// As [`text`](Self::text), if the body is no larger than `limit` bytes, whatever the client
    /// allows.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn text_limited(mut self, limit: usize) -> Result<String, Error> {
        let bytes = self.collect(Cap::OfCall(limit)).await?;
        self.decode(bytes, Charset::UTF_8)
    }

    /// The whole body as JSON. The limit is that of [`bytes`](Self::bytes).
    ///
    /// # Errors
    ///
    /// [`Kind::Decode`] if the JSON is not valid or does not fit `T`: the text names the path, the
    /// line and the column of the mistake, and quotes no value. And those of
    /// [`bytes`](Self::bytes).
    #[cfg(feature = "json")]
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        let bytes = self.collect(self.cap).await?;
        self.parse(&bytes)
    }

    /// As [`json`](Self::json), if the body is no larger than `limit` bytes, whatever the client
    /// allows.
    ///
    /// # Errors
    ///
    /// Those of [`json`](Self::json).
    #[cfg(feature = "json")]
    pub async fn json_limited<T: DeserializeOwned>(mut self, limit: usize) -> Result<T, Error> {
        let bytes = self.collect(Cap::OfCall(limit)).await?;
        self.parse(&bytes)
    }

    async fn collect(&mut self, cap: Cap) -> Result<Bytes, Error> {
        let collected = collect(&mut self.answered.body, cap, &mut self.trailers).await;
        collected.map_err(|error| name(&self.answered.found, error))
    }

    fn decode(&self, bytes: Bytes, default: Charset) -> Result<String, Error> {
        match Charset::of(self.answered.head.headers.get(CONTENT_TYPE), default) {
            Ok(charset) => Ok(charset.decode(bytes)),
            Err(failure) => Err(name(&self.answered.found, failure.into())),
        }
    }

    #[cfg(feature = "json")]
    fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Error> {
        json::parse(bytes, json::OF_BODY)
            .map_err(|failure| name(&self.answered.found, failure.into()))
    }

    /// This response with its body in memory.
    pub(crate) async fn whole(mut self) -> Result<Self, Error> {
        let bytes = self.collect(self.cap).await?;
        self.answered.body = Body::whole(bytes, self.trailers.take());
        Ok(self)
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = next_chunk(&mut self.answered.body, &mut self.trailers).await;
        chunk.map_err(|error| name(&self.answered.found, error))
    }

    /// The trailers of the response (RFC 9110 section 6.5), or `None` if there are none. What is
    /// left of the body is read first and dropped. A server that is asked with `TE: trailers` may
    /// send them; over HTTP/1.1 only a chunked body has them.
    ///
    /// ```
    /// # async fn show(mut response: bonafide::Response) -> Result<(), bonafide::Error> {
    /// while let Some(piece) = response.chunk().await? {
    ///     println!("{} bytes", piece.len());
    /// }
    /// if let Some(trailers) = response.trailers().await? {
    ///     println!("{:?}", trailers.get("x-checksum"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes), except that a body of any size is read.
    pub async fn trailers(&mut self) -> Result<Option<HeaderMap>, Error> {
        while self.chunk().await?.is_some() {}
        Ok(self.trailers.clone())
    }

    /// As [`bytes`](Self::bytes), with the [trailers](Self::trailers).
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn bytes_with_trailers(mut self) -> Result<(Bytes, Option<HeaderMap>), Error> {
        let bytes = self.collect(self.cap).await?;
        Ok((bytes, self.trailers().await?))
    }

    /// Calls `report` for each piece of the body that is read from here on, with the bytes that
    /// were read so far and the length of the body, if the server declared one. `report` must not
    /// block.
    ///
    /// ```
    /// # async fn show(response: bonafide::Response) -> Result<(), bonafide::Error> {
    /// let response = response.on_progress(|read, total| match total {
    ///     Some(total) => println!("{read} of {total} bytes"),
    ///     None => println!("{read} bytes"),
    /// });
    /// let bytes = response.bytes().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "only the response that is returned reports"]
    pub fn on_progress(
        mut self,
        report: impl Fn(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Self {
        self.answered.body = self.answered.body.reporting(report);
        self
    }

    /// The body as lines of text, without the LF or CR LF that ends each; the last one needs no
    /// end. Each is returned once it has arrived. A line has up to 64 KiB; the body may have any
    /// length. The charset is that of [`text`](Self::text).
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// let mut lines = client.get("https://log.example/follow").send().await?.lines();
    /// while let Some(line) = lines.next_line().await? {
    ///     println!("{line}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Each line may be an error, which is the last item: [`Kind::TooLarge`] for a longer line, and
    /// those of [`text`](Self::text).
    pub fn lines(self) -> Lines {
        self.lines_limited(MAX_LINE_BYTES)
    }

    /// As [`lines`](Self::lines), for lines of up to `max_line_bytes` bytes, as UTF-8.
    pub fn lines_limited(self, max_line_bytes: usize) -> Lines {
        let Answered { head, body, found } = *self.answered;
        let content_type = head.headers.get(CONTENT_TYPE);
        Lines::new(body, found, content_type, max_line_bytes)
    }

    /// The body as a reader of tokio: `AsyncRead` and `AsyncBufRead`.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = client.get("https://files.example/big").send().await?;
    /// let mut reader = response.error_for_status()?.into_reader();
    /// tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_reader(self) -> BodyReader {
        let Answered { body, found, .. } = *self.answered;
        let reader = body.into_reader();
        reader.naming(move |error| name(&found, error))
    }

    /// The body as a stream of pieces.
    pub fn bytes_stream(self) -> BytesStream {
        let Answered { body, found, .. } = *self.answered;
        BytesStream::new(body, found)
    }

    /// This response, whose body has `first` before the rest.
    #[cfg(feature = "blocking")]
    pub(crate) fn preceded_by(mut self, first: Bytes) -> Self {
        self.answered.body = self.answered.body.preceded_by(first);
        self
    }

    /// Drops what is unread of the body.
    #[cfg(feature = "sse")]
    pub(crate) fn close(&mut self) {
        self.answered.body = Body::empty();
    }

    /// The error that this response causes.
    #[cfg(any(feature = "download", feature = "sse"))]
    pub(crate) fn blame(&self, failure: Failure) -> Error {
        name(&self.answered.found, failure.into())
    }

    /// The body.
    pub fn into_body(self) -> Body {
        self.answered.body
    }
}

/// With `Arc<Receipt>`, `Arc<ConnectionInfo>` and [`Timings`] in the extensions.
impl From<Response> for http::Response<Body> {
    fn from(response: Response) -> Self {
        response.answered.into_response()
    }
}

/// Keeps all that the response of a client's tower service had. The limit for its body is the
/// default one. Its body may be of any type that converts into a [`Body`]:
///
/// ```
/// use bonafide::{Response, http};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), bonafide::Error> {
/// let made = Response::from(http::Response::new("three cakes"));
/// assert_eq!(made.text().await?, "three cakes");
/// # Ok(())
/// # }
/// ```
impl<B: Into<Body>> From<http::Response<B>> for Response {
    fn from(response: http::Response<B>) -> Self {
        Self::new(
            Answered::of_call(response.map(Into::into), || None),
            Limits::default().body,
        )
    }
}

/// `error` of a body or a status, with the response's URL and receipt.
fn name(found: &Found, error: Error) -> Error {
    #[cfg(feature = "retry")]
    let error = match found.attempts() {
        Some(attempts) => error.counted(attempts),
        None => error,
    };
    error
        .delivered(Delivery::Answered)
        .at(|| Some(found.url().clone()))
        .over(found.receipt())
        .timed(|| found.timings())
        .after(found.hops())
}

/// Shows the names of the headers and no values, and the URL as the texts of an [`Error`] show it.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("url", &ShownUrl(self.url()))
            .field("status", &self.answered.head.status)
            .field("version", &self.answered.head.version)
            .field("headers", &HeaderNames(&self.answered.head.headers))
            .finish_non_exhaustive()
    }
}
