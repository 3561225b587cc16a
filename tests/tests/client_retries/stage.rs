//! Servers, clients, and what was decided.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::retry::{Backoff, Decision, GiveUp, IdempotencyKey, Observer, Outcome, Retry, Step};
use bonafide::{Body, Client, ClientBuilder, Next, StatusCode};
use bonafide_testkit::server::{TestBody, TestServerBuilder};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::{HeaderValue, Request, Response};
use tokio::time::Instant;

pub(crate) const ALPNS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

/// A server that answers the first `failing` requests to `/STATUS` with that status, and any other
/// with `ok`; `/away/STATUS` leads to `/STATUS`, and `/later/STATUS` asks to wait 30 s.
pub(crate) async fn server(ca: &TestCa, alpn: Alpn, failing: usize) -> TestServer {
    let asked = Arc::new(AtomicUsize::new(0));
    serving(ca, alpn)
        .handler(move |request| {
            let path = request.uri().path()[1..].to_owned();
            let asked = Arc::clone(&asked);
            async move {
                let mut response = Response::new(TestBody::from("ok"));
                if let Some(to) = path.strip_prefix("away/") {
                    let to = HeaderValue::from_str(&format!("/{to}")).unwrap();
                    response.headers_mut().insert("location", to);
                    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                } else if asked.fetch_add(1, Ordering::SeqCst) < failing {
                    let status = path.trim_start_matches("later/");
                    if status.len() < path.len() {
                        let wait = HeaderValue::from_static("30");
                        response.headers_mut().insert("retry-after", wait);
                    }
                    *response.status_mut() = StatusCode::from_bytes(status.as_bytes()).unwrap();
                }
                response
            }
        })
        .start()
        .await
}

pub(crate) fn serving(ca: &TestCa, alpn: Alpn) -> TestServerBuilder {
    TestServer::builder(ca.issue(Recipe::for_host("localhost"))).alpn(alpn)
}

/// A port of the loopback that is bound and does not listen, as a URL. It is free again when the
/// socket is dropped.
pub(crate) fn deaf() -> (String, tokio::net::TcpSocket) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("https://127.0.0.1:{}/", socket.local_addr().unwrap().port());
    (url, socket)
}

pub(crate) fn quick() -> Retry {
    Retry::standard().with_backoff(Backoff::new(
        Duration::from_millis(1),
        Duration::from_millis(5),
    ))
}

/// A client without a rule.
pub(crate) fn plain(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

/// A client with the [quick] rule.
pub(crate) fn builder(ca: &TestCa) -> ClientBuilder {
    plain(ca).retry(quick())
}

/// What was decided, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Decided>>>);

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decided {
    pub(crate) host: Option<String>,
    pub(crate) attempt: u32,
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<u16>,
    pub(crate) step: Step,
}

impl Log {
    pub(crate) fn all(&self) -> Vec<Decided> {
        self.0.lock().unwrap().clone()
    }

    /// Why the last attempt was not followed by another one, if that was a decision.
    pub(crate) fn why(&self) -> Option<GiveUp> {
        match self.all().last()?.step {
            Step::GiveUp(why) => Some(why),
            _ => None,
        }
    }
}

impl Observer for Log {
    fn decided(&self, decision: &Decision<'_>) {
        self.0.lock().unwrap().push(Decided {
            host: decision.host.map(str::to_owned),
            attempt: decision.attempt,
            outcome: decision.outcome,
            status: decision.status.map(|status| status.as_u16()),
            step: decision.step,
        });
    }
}

/// What answers in place of a server, in the position of a hop layer: with the clock paused, no
/// socket may be waited for.
#[derive(Clone)]
pub(crate) struct Script {
    /// The last one is repeated.
    replies: Arc<[Reply]>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A response with this status.
    Status(u16),
    /// A 503 with this `Retry-After`.
    Later(String),
    /// A redirect to this path, with 307.
    Away(&'static str),
    /// The request may have been processed, and no response arrived.
    Lost,
}

/// The error of a [lost](Reply::Lost) request.
#[derive(Debug)]
pub(crate) struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lost")
    }
}

impl Error for Lost {}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) key: Option<HeaderValue>,
}

impl Script {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: replies.into_iter().collect(),
            asked: Arc::default(),
        }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The times between the requests.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        let asked = self.asked();
        let pairs = asked.windows(2);
        pairs.map(|pair| pair[1].at - pair[0].at).collect()
    }

    /// `client`, with this in place of all servers.
    pub(crate) fn instead_of_servers(&self, client: ClientBuilder) -> ClientBuilder {
        let script = self.clone();
        client.hop_layer(tower::layer::layer_fn(move |_: Next| {
            let script = script.clone();
            tower::service_fn(move |request| {
                let reply = script.reply(&request);
                async move { reply }
            })
        }))
    }

    fn reply(&self, request: &Request<Body>) -> Result<Response<Body>, Lost> {
        let mut asked = self.asked.lock().unwrap();
        let reply = &self.replies[asked.len().min(self.replies.len() - 1)];
        asked.push(Asked {
            at: Instant::now(),
            path: request.uri().path().to_owned(),
            key: request.headers().get("idempotency-key").cloned(),
        });
        let mut response = Response::new(Body::from("a body"));
        match reply {
            Reply::Status(status) => {
                *response.status_mut() = StatusCode::from_u16(*status).unwrap();
            }
            Reply::Later(wait) => {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                let wait = HeaderValue::from_str(wait).unwrap();
                response.headers_mut().insert("retry-after", wait);
            }
            Reply::Away(path) => {
                *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                let path = HeaderValue::from_static(path);
                response.headers_mut().insert("location", path);
            }
            Reply::Lost => return Err(Lost),
        }
        Ok(response)
    }
}

/// The keys that arrived, each once.
pub(crate) fn keys(asked: &[Asked]) -> Vec<IdempotencyKey> {
    let mut keys: Vec<_> = asked.iter().filter_map(|asked| asked.key.clone()).collect();
    keys.dedup();
    keys.into_iter().map(IdempotencyKey::from_value).collect()
}
