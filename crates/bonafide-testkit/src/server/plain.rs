//! The server without TLS.

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use super::bind::BindAddr;
use super::body::TestBody;
use super::connection::{AcceptedConnection, Protocol, serve};
use super::ending::{Ending, Endings};
use super::handler::Handler;
use super::plan::Plan;
use super::script::Scripted;
use super::serving::Serving;
use super::wire::{Counted, reset};

/// A server for `http://`, without TLS: the source of a redirect, or a target that must not be
/// reached. It uses HTTP/1.1 and counts the bytes it receives, so that a test can show that not one
/// was sent.
///
/// ```
/// use bonafide_testkit::PlainServer;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let server = PlainServer::start().await;
/// // A client that refuses http:// …
/// assert_eq!(server.bytes_received(), 0);
/// assert!(server.url("/").starts_with("http://localhost:"));
/// server.shutdown().await;
/// # }
/// ```
#[derive(Debug)]
pub struct PlainServer(Serving);

impl PlainServer {
    /// A server on a free port of 127.0.0.1 that answers 200 and `ok`.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A server by choice of its properties.
    pub fn builder() -> PlainServerBuilder {
        PlainServerBuilder(Plan::default())
    }

    /// `http://localhost:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port())
    }

    /// How many bytes clients have sent.
    pub fn bytes_received(&self) -> u64 {
        self.stats().bytes_received
    }

    /// Ends all connections and stops listening.
    ///
    /// # Panics
    /// If one of its handlers or tasks has panicked, with the same message.
    pub async fn shutdown(self) {
        self.0.finish().await;
    }
}

impl Deref for PlainServer {
    type Target = Serving;

    fn deref(&self) -> &Serving {
        &self.0
    }
}

/// The choices for a [`PlainServer`].
///
/// ```
/// use bonafide_testkit::PlainServer;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let redirecting = PlainServer::builder()
///     .handler(|request| async move {
///         let mut response = http::Response::new("");
///         *response.status_mut() = http::StatusCode::NOT_FOUND;
///         if request.uri().path() == "/" {
///             let target = http::HeaderValue::from_static("https://localhost/");
///             *response.status_mut() = http::StatusCode::FOUND;
///             response.headers_mut().insert("location", target);
///         }
///         response
///     })
///     .start()
///     .await;
/// # redirecting.shutdown().await;
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before start()"]
pub struct PlainServerBuilder(Plan);

impl PlainServerBuilder {
    /// Where to listen. Default: a free port of 127.0.0.1.
    pub fn bind(mut self, address: impl Into<BindAddr>) -> Self {
        self.0.bind = address.into();
        self
    }

    /// What answers the requests. Default: 200 and `ok`.
    pub fn handler<H, F, B>(mut self, handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<TestBody>,
    {
        self.0.handler = Some(Handler::new(handler));
        self
    }

    /// How every connection ends.
    pub fn ending(mut self, ending: Ending) -> Self {
        self.0.endings = Endings::always(ending);
        self
    }

    /// How the first connections end, in turn; those after them end well.
    pub fn endings(mut self, endings: impl IntoIterator<Item = Ending>) -> Self {
        self.0.endings = Endings::first(endings);
        self
    }

    /// The responses to the first requests, in turn. Without a handler every further request fails
    /// the test; see [`Scripted`].
    pub fn script<S: Into<Scripted>>(mut self, responses: impl IntoIterator<Item = S>) -> Self {
        self.0.script = Some(responses.into_iter().map(Into::into).collect());
        self
    }

    /// How many requests to keep for [`Serving::requests`]. Default: 1024. Zero keeps
    /// none, which is fastest.
    pub fn request_log(mut self, requests: usize) -> Self {
        self.0.logged_requests = requests;
        self
    }

    /// How many bytes of each body to keep with its request. Default: 16 MiB.
    pub fn recorded_body_bytes(mut self, bytes: usize) -> Self {
        self.0.logged_body_bytes = bytes;
        self
    }

    /// Starts listening.
    ///
    /// # Panics
    /// If the address cannot be listened on, or outside of a tokio runtime.
    pub async fn start(self) -> PlainServer {
        let serving = Serving::start(self.0, |core| {
            move |accepted| {
                let core = Arc::clone(&core);
                let ending = core.endings().of(accepted.number);
                async move {
                    if ending == Ending::ResetOnAccept {
                        return reset(&accepted.stream);
                    }
                    let counters = Arc::clone(core.counters());
                    let info = AcceptedConnection::plain(accepted.number, accepted.peer_addr);
                    let stream = Counted {
                        stream: accepted.stream,
                        counters,
                    };
                    serve(core, stream, Protocol::Http1, info, ending).await;
                }
            }
        })
        .await;
        PlainServer(serving)
    }
}
