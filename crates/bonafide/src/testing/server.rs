//! The closure that answers, and what it was asked.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::ext::ReasonPhrase;

use super::reply::Reply;

/// How many requests a fake server remembers.
const REMEMBERED: usize = 1024;

type ReplyFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// A closure that answers the requests of a client in place of every server.
///
/// A client that was [built](crate::ClientBuilder::answered_by) over it opens no connection and
/// looks up no name: there is nothing to verify, and so no response has a
/// [receipt](crate::Response::receipt), a [`ConnectionInfo`](crate::ConnectionInfo) or
/// [`Timings`](crate::Timings), and a layer that requires a verified server fails. Nothing else is
/// faked: redirects, retries, decoding, the caller's layers, time limits and the check of what may
/// be sent are those of production. The module's [page](crate::testing) says what is not there.
///
/// The closure gets each attempt with its whole body, as it would be sent over HTTP/2: with an
/// absolute URI and the client's default headers. It takes the place of
/// `TestServer::builder(..).handler(..)` of `bonafide-testkit`. It answers with anything that
/// converts into a [`Reply`], an `http::Response` most often. A clone is the same server.
///
/// ```
/// use bonafide::http::Response;
/// use bonafide::testing::FakeServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), bonafide::Error> {
/// let server = FakeServer::new(|request| async move {
///     Response::new(format!("you asked for {}", request.uri().path()))
/// });
/// let client = server.client();
///
/// let text = client.get("https://shop.example/cakes").send().await?.text().await?;
///
/// assert_eq!(text, "you asked for /cakes");
/// assert_eq!(server.requests()[0].uri().host(), Some("shop.example"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeServer {
    shared: Arc<Shared>,
}

struct Shared {
    answer: Box<dyn Fn(Request<Bytes>) -> ReplyFuture + Send + Sync>,
    requests: Mutex<VecDeque<Request<Bytes>>>,
}

impl FakeServer {
    /// A server that answers each request by `answer`, which is called in the task of the request:
    /// a panic in it fails the test, and an answer that never comes meets the client's time limits.
    pub fn new<H, F>(answer: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future + Send + 'static,
        F::Output: Into<Reply>,
    {
        let answer = move |request| -> ReplyFuture {
            let reply = answer(request);
            Box::pin(async move { reply.await.into() })
        };
        Self {
            shared: Arc::new(Shared {
                answer: Box::new(answer),
                requests: Mutex::default(),
            }),
        }
    }

    /// A server that answers with these replies, each once and in this order. A request after the
    /// last of them is answered 501, with a text that names it, in the body and in the error of
    /// [`error_for_status`](crate::Response::error_for_status).
    ///
    /// ```
    /// use bonafide::http::Response;
    /// use bonafide::testing::{FakeServer, Fault, Reply};
    ///
    /// let server = FakeServer::in_turn([
    ///     Reply::from(Fault::Closed),
    ///     Response::new("hello").into(),
    /// ]);
    /// # drop(server);
    /// ```
    pub fn in_turn(replies: impl IntoIterator<Item = impl Into<Reply>>) -> Self {
        let replies: VecDeque<Reply> = replies.into_iter().map(Into::into).collect();
        let replies = Mutex::new(replies);
        Self::new(move |request: Request<Bytes>| {
            let mut replies = replies.lock().unwrap_or_else(PoisonError::into_inner);
            let next = replies.pop_front();
            std::future::ready(next.unwrap_or_else(|| unexpected(&request)))
        })
    }

    /// The requests so far, oldest first: each attempt counts. At most the last 1,024 are kept.
    /// Trailers are in the extensions, as a [`HeaderMap`](http::HeaderMap).
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        self.log().iter().cloned().collect()
    }

    /// Records a request and starts to answer it.
    pub(crate) fn answer(&self, request: Request<Bytes>) -> ReplyFuture {
        let mut log = self.log();
        if log.len() == REMEMBERED {
            log.pop_front();
        }
        log.push_back(request.clone());
        drop(log);
        (self.shared.answer)(request)
    }

    fn log(&self) -> MutexGuard<'_, VecDeque<Request<Bytes>>> {
        let requests = &self.shared.requests;
        requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows how many requests came, and nothing of them.
impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeServer")
            .field("requests", &self.log().len())
            .finish_non_exhaustive()
    }
}

#[cold]
fn unexpected(request: &Request<Bytes>) -> Reply {
    let what = format!(
        "the fake server has no reply left for {} {}",
        request.method(),
        request.uri().path()
    );
    let reason = ReasonPhrase::try_from(what.clone());
    let mut response = Response::new(what);
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    if let Ok(reason) = reason {
        response.extensions_mut().insert(reason);
    }
    response.into()
}
