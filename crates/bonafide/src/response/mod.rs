//! Responses.

mod stream;
mod text;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use bonafide_verify::Receipt;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, StatusCode, Version};
use http_body::Body as _;
use hyper::ext::ReasonPhrase;
use serde::de::DeserializeOwned;
use url::Url;

pub use self::stream::BytesStream;
use crate::body::{Body, collect, next_chunk};
use crate::connect::{ConnectionInfo, Meta};
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::exchange::Answer;
use crate::header_names::HeaderNames;
use crate::limits::Cap;
use crate::observe::Timings;
use crate::redirect::Hop;
use crate::shown::{ShownUrl, plain_words};

/// The response to a request: its headers are here, its body is read by one of the methods that take it.
///
/// An HTTP/1.1 connection serves the next request once the body is read to its end; a body that is
/// dropped before may cost the connection.
pub struct Response {
    head: http::response::Parts,
    body: Body,
    source: Source,
    timings: Timings,
    hops: Vec<Hop>,
    cap: Cap,
    url: OnceLock<Url>,
    extensions: OnceLock<Extensions>,
}

/// Where a response came from.
struct Source {
    meta: Arc<Meta>,
    path: PathAndQuery,
}

impl Source {
    fn url(&self) -> Url {
        self.meta.wire.url(&self.path)
    }

    fn info(&self) -> &Arc<ConnectionInfo> {
        &self.meta.info
    }

    fn name(&self, error: Error) -> Error {
        error
            .delivered(Delivery::Answered)
            .at(|| Some(self.url()))
            .over(self.info().receipt())
    }
}

impl Response {
    pub(crate) fn new(answer: Answer, path: PathAndQuery, hops: Vec<Hop>, cap: Cap) -> Self {
        let Answer {
            head,
            body,
            meta,
            timings,
        } = answer;
        Self {
            head,
            body,
            source: Source { meta, path },
            timings,
            hops,
            cap,
            url: OnceLock::new(),
            extensions: OnceLock::new(),
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.head.headers
    }

    /// HTTP/1.0, HTTP/1.1 or HTTP/2, as the response says.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The URL that answered, after redirects; without user name, password and fragment.
    pub fn url(&self) -> &Url {
        self.url.get_or_init(|| self.source.url())
    }

    /// The redirects that were followed, in order.
    pub fn redirects(&self) -> &[Hop] {
        &self.hops
    }

    /// Why the server was believed; `None` only for a response over plain http.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.source.info().receipt()
    }

    /// The connection that the response came over.
    pub fn connection(&self) -> &Arc<ConnectionInfo> {
        self.source.info()
    }

    /// The other end of the connection: the server, or the proxy where there is one.
    pub fn remote_addr(&self) -> SocketAddr {
        self.source.info().remote_addr()
    }

    /// Where the time went.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// What else is known: `Arc<Receipt>` and `Arc<ConnectionInfo>` among it.
    pub fn extensions(&self) -> &Extensions {
        self.extensions
            .get_or_init(|| extensions(self.head.extensions.clone(), self.source.info()))
    }

    /// The length of what is left of the body, if the server told it.
    pub fn content_length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The response, unless its status is an error: 4xx or 5xx. The error's text has the reason phrase that the
    /// server gave (HTTP/2 has none), up to 128 bytes of it.
    ///
    /// # Errors
    ///
    /// [`Kind::Status`], with [`Error::status`].
    pub fn error_for_status(self) -> Result<Self, Error> {
        self.error_for_status_ref()?;
        Ok(self)
    }

    /// As [`error_for_status`](Self::error_for_status), keeping the response.
    ///
    /// # Errors
    ///
    /// [`Kind::Status`], with [`Error::status`].
    pub fn error_for_status_ref(&self) -> Result<&Self, Error> {
        let status = self.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(self);
        }
        let reason = self.head.extensions.get::<ReasonPhrase>();
        let what = match reason.map(ReasonPhrase::as_bytes) {
            None | Some([]) => status.to_string(),
            Some(words) => format!("{} {}", status.as_str(), plain_words(words)),
        };
        let failure = Failure::new(Kind::Status, what).during(Phase::Headers);
        Err(self.source.name(Error::from(failure).with_status(status)))
    }

    /// The whole body, if it is no larger than the client allows (64 MiB unless
    /// [`ClientBuilder::max_body_bytes`](crate::ClientBuilder::max_body_bytes) says otherwise).
    ///
    /// # Errors
    ///
    /// [`Kind::Body`] if the body breaks off, [`Kind::Timeout`] if it takes too long, [`Kind::TooLarge`] if it
    /// is larger.
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

    /// The whole body as text: by its byte order mark, else in the charset of `Content-Type`, else
    /// UTF-8. What is no text in that charset becomes U+FFFD. The limit is that of [`bytes`](Self::bytes).
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn text(mut self) -> Result<String, Error> {
        let bytes = self.collect(self.cap).await?;
        Ok(self.decode(bytes))
    }

    /// As [`text`](Self::text), if the body is no larger than `limit` bytes, whatever the client allows.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn text_limited(mut self, limit: usize) -> Result<String, Error> {
        let bytes = self.collect(Cap::OfCall(limit)).await?;
        Ok(self.decode(bytes))
    }

    /// The whole body as JSON. The limit is that of [`bytes`](Self::bytes).
    ///
    /// # Errors
    ///
    /// [`Kind::Decode`] if it is not the JSON that `T` wants, and those of [`bytes`](Self::bytes).
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        let bytes = self.collect(self.cap).await?;
        self.parse(&bytes)
    }

    /// As [`json`](Self::json), if the body is no larger than `limit` bytes, whatever the client allows.
    ///
    /// # Errors
    ///
    /// Those of [`json`](Self::json).
    pub async fn json_limited<T: DeserializeOwned>(mut self, limit: usize) -> Result<T, Error> {
        let bytes = self.collect(Cap::OfCall(limit)).await?;
        self.parse(&bytes)
    }

    async fn collect(&mut self, cap: Cap) -> Result<Bytes, Error> {
        let collected = collect(&mut self.body, cap).await;
        collected.map_err(|error| self.source.name(error))
    }

    fn decode(&self, bytes: Bytes) -> String {
        text::decode(text::charset(self.head.headers.get(CONTENT_TYPE)), bytes)
    }

    fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(bytes).map_err(|error| {
            let failure = Failure::new(Kind::Decode, "the body is not the JSON that was expected")
                .during(Phase::Body)
                .caused_by(error);
            self.source.name(failure.into())
        })
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = next_chunk(&mut self.body).await;
        chunk.map_err(|error| self.source.name(error))
    }

    /// The body as a stream of pieces.
    pub fn bytes_stream(self) -> BytesStream {
        BytesStream::new(self.body, self.source)
    }

    /// The body.
    pub fn into_body(self) -> Body {
        self.body
    }
}

/// With `Arc<Receipt>` and `Arc<ConnectionInfo>` in the extensions.
impl From<Response> for http::Response<Body> {
    fn from(response: Response) -> Self {
        let Response {
            mut head,
            body,
            source,
            timings: _,
            hops: _,
            cap: _,
            url: _,
            extensions: _,
        } = response;
        head.extensions = extensions(head.extensions, source.info());
        http::Response::from_parts(head, body)
    }
}

fn extensions(mut extensions: Extensions, info: &Arc<ConnectionInfo>) -> Extensions {
    if let Some(receipt) = info.receipt() {
        extensions.insert(Arc::clone(receipt));
    }
    extensions.insert(Arc::clone(info));
    extensions
}

/// Of the headers only the names; the URL as the texts of an [`Error`] show it.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("url", &ShownUrl(self.url()))
            .field("status", &self.head.status)
            .field("version", &self.head.version)
            .field("headers", &HeaderNames(&self.head.headers))
            .finish_non_exhaustive()
    }
}
