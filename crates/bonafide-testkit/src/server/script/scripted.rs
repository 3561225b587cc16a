//! One response of a script.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue, TRAILER};
use http::{Response, StatusCode};

use super::paced::{Pace, Paced};
use crate::server::body::TestBody;
use crate::server::ending::Ending;

/// A response that a server's script has for one request: what is sent, how fast, and what goes
/// wrong.
///
/// The builder's `script` and [`Serving::enqueue`](crate::server::Serving::enqueue) put them into a
/// queue. Each request takes the first of them when its headers have come. A request that finds the
/// queue empty is answered by the handler, if the server has one; else it is answered 501, and the
/// test fails. [`shutdown`](crate::TestServer::shutdown) fails the test if responses are left.
///
/// The same over HTTP/1.1 and HTTP/2, but for the endings of HTTP/2 streams.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_testkit::{Ending, Recipe, Scripted, TestCa, TestServer};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let ca = TestCa::new();
/// let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
///     .script([
///         Scripted::fault(Ending::Reset),
///         Scripted::new(503).header("retry-after", "1"),
///         Scripted::ok("slow").delay(Duration::from_secs(2)),
///         Scripted::ok(vec![0; 100_000]).throttle(1_000, Duration::from_millis(10)),
///     ])
///     .start()
///     .await;
/// // Your client sends four requests here.
/// # assert_eq!(server.script_left(), 4);
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a response is sent only from a script"]
pub struct Scripted {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    interim: Vec<(StatusCode, HeaderMap)>,
    delay: Duration,
    pace: Pace,
    ending: Option<Ending>,
}

impl Scripted {
    /// A response with this status and no body.
    ///
    /// # Panics
    /// If the status is not one of a final response, 200 to 999.
    #[doc(alias = "status")]
    pub fn new(status: u16) -> Self {
        let code = StatusCode::from_u16(status).ok();
        let code = code.filter(|code| !code.is_informational());
        Self {
            status: code.unwrap_or_else(|| panic!("{status} is not the status of a response")),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            interim: Vec::new(),
            delay: Duration::ZERO,
            pace: Pace::default(),
            ending: None,
        }
    }

    /// A response with status 200 and this body.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::new(200).body(body)
    }

    /// What happens in place of a good response. An ending that sends a response, such as
    /// [`Ending::ResetAfterHeaders`], sends 200 and no body of its own.
    pub fn fault(ending: Ending) -> Self {
        Self::new(200).ending(ending)
    }

    /// Adds a header. One name may have several values.
    ///
    /// # Panics
    /// If name or value is not one of a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = field(name, value);
        self.headers.append(name, value);
        self
    }

    /// The body. It is sent with its length, unless it is sent in [`chunks`](Self::chunks) or has
    /// [trailers](Self::trailer).
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a trailer after the body, and the field `Trailer` that announces it. Over HTTP/1.1 the
    /// body is chunked then, and trailers are sent to a client that has asked by `TE: trailers`.
    ///
    /// # Panics
    /// If name or value is not one of a header.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        let (name, value) = field(name, value);
        let announced = HeaderValue::from_str(name.as_str());
        self.headers
            .append(TRAILER, announced.expect("a name is a value"));
        self.pace.trailers.append(name, value);
        self
    }

    /// Adds an interim response, such as 103 with `Link` headers. It is sent before the
    /// [`delay`](Self::delay).
    ///
    /// # Panics
    /// If the status is not 100 or 102 to 199, or if a name or value is not one of a header.
    pub fn interim(mut self, status: u16, headers: &[(&str, &str)]) -> Self {
        let code = StatusCode::from_u16(status).ok();
        let code =
            code.filter(|code| code.is_informational() && *code != StatusCode::SWITCHING_PROTOCOLS);
        let code = code.unwrap_or_else(|| panic!("{status} is not an interim status"));
        let headers = headers.iter().map(|(name, value)| field(name, value));
        self.interim.push((code, headers.collect()));
        self
    }

    /// How long the headers are held back after the request has come. Default: not at all.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// How long the body is held back after the headers. Default: not at all.
    pub fn body_delay(mut self, delay: Duration) -> Self {
        self.pace.delay = delay;
        self
    }

    /// Sends the body in chunks of this size, without a length before: chunked over HTTP/1.1, as
    /// DATA frames over HTTP/2.
    ///
    /// # Panics
    /// If the size is zero.
    pub fn chunks(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "a chunk has at least one byte");
        self.pace.chunk = Some(bytes);
        self
    }

    /// Sends so many bytes of the body at once, and so many again after each period.
    ///
    /// # Panics
    /// If the number of bytes is zero.
    pub fn throttle(mut self, bytes: usize, period: Duration) -> Self {
        assert!(bytes > 0, "a period has at least one byte");
        self.pace.throttle = Some((bytes, period));
        self
    }

    /// What becomes of the connection or stream. Default: what the builder's endings say of the
    /// connection.
    ///
    /// # Panics
    /// If the ending concerns the handshake: those are chosen by connection, with the builder's
    /// `endings`.
    pub fn ending(mut self, ending: Ending) -> Self {
        assert!(
            !ending.is_of_handshake(),
            "{ending:?} is an ending of a connection, for the builder's `endings`"
        );
        self.ending = Some(ending);
        self
    }

    pub(in crate::server) fn chosen_ending(&self) -> Option<Ending> {
        self.ending
    }

    pub(in crate::server) fn interim_responses(&self) -> &[(StatusCode, HeaderMap)] {
        &self.interim
    }

    pub(in crate::server) fn head_delay(&self) -> Duration {
        self.delay
    }

    pub(in crate::server) fn into_response(self) -> Response<TestBody> {
        let body = if self.pace.is_plain() {
            self.body.into()
        } else {
            TestBody::from_body(Paced::new(self.body, self.pace))
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(ending) = self.ending {
            response.extensions_mut().insert(ending);
        }
        response
    }
}

fn field(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    let parsed = (name.parse(), value.parse());
    match parsed {
        (Ok(name), Ok(value)) => (name, value),
        _ => panic!("not a header: {name:?}: {value:?}"),
    }
}

/// An [`Ending`] among the response's extensions is kept.
impl<B: Into<Bytes>> From<Response<B>> for Scripted {
    fn from(response: Response<B>) -> Self {
        let (head, body) = response.into_parts();
        let mut scripted = Self::new(head.status.as_u16()).body(body);
        scripted.headers = head.headers;
        match head.extensions.get::<Ending>() {
            Some(ending) => scripted.ending(*ending),
            None => scripted,
        }
    }
}
