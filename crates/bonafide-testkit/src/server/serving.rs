//! A server at work: what tests ask it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::accept::{Accepted, accept};
use super::plan::{Core, Plan};
use super::record::RecordedRequest;
use super::script::Scripted;
use super::stats::ServerStats;
use crate::patience::PATIENCE;

/// A server at work: what [`TestServer`](crate::TestServer) and
/// [`PlainServer`](crate::PlainServer) have in common, and both dereference to.
///
/// When it is dropped, its connections end. If one of its handlers or tasks has
/// panicked, dropping it panics too, so that the test fails.
///
/// ```
/// use bonafide_testkit::PlainServer;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let server = PlainServer::start().await;
/// let client = tokio::net::TcpStream::connect(server.addr()).await?;
/// server.wait_for(|stats| stats.open_connections == 1).await;
/// server.close_connections();
/// server.wait_for(|stats| stats.open_connections == 0).await;
/// assert_eq!(server.tcp_connections(), 1);
/// # drop(client);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Serving {
    addr: SocketAddr,
    core: Arc<Core>,
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

impl Serving {
    pub(super) async fn start<S, F>(plan: Plan, serve: impl FnOnce(Arc<Core>) -> S) -> Self
    where
        S: Fn(Accepted) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let bind = plan.bind.socket_addr();
        let listener = TcpListener::bind(bind)
            .await
            .unwrap_or_else(|error| panic!("the test server cannot listen on {bind}: {error}"));
        let addr = listener
            .local_addr()
            .expect("a listening socket has an address");
        let core = Arc::new(Core::new(plan));
        let (stop, stopped) = watch::channel(false);
        let serve = serve(Arc::clone(&core));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&core), stopped, serve));
        Self {
            addr,
            core,
            stop,
            accepting: Some(accepting),
        }
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// All counters at this moment.
    pub fn stats(&self) -> ServerStats {
        self.core.counters().snapshot()
    }

    /// How many TCP connections were accepted.
    pub fn tcp_connections(&self) -> usize {
        self.stats().tcp_connections
    }

    /// How many TLS handshakes were completed, resumed ones among them.
    pub fn tls_handshakes(&self) -> usize {
        self.stats().tls_handshakes
    }

    /// How many of the completed TLS handshakes resumed an earlier session.
    pub fn resumed_handshakes(&self) -> usize {
        self.stats().resumed_handshakes
    }

    /// How many connections are open now, seen from the server.
    pub fn open_connections(&self) -> usize {
        self.stats().open_connections
    }

    /// How many requests were received; cheap at any number.
    pub fn request_count(&self) -> usize {
        self.stats().requests
    }

    /// The last requests, oldest first: up to as many as the builder's `request_log`
    /// says, 1024 unless set.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.core.log().all()
    }

    /// The oldest recorded request that was not taken yet, once it has come. Requests are recorded
    /// when their bodies have come. What was taken stays in [`requests`](Self::requests).
    ///
    /// # Panics
    /// After thirty seconds in which none came. [`take_request_within`](Self::take_request_within)
    /// has a limit of your own and no panic.
    pub async fn take_request(&self) -> RecordedRequest {
        match self.take_request_within(PATIENCE).await {
            Some(request) => request,
            None => panic!(
                "no further request came within {PATIENCE:?}: {:?}",
                self.stats()
            ),
        }
    }

    /// As [`take_request`](Self::take_request), or `None` if no request comes within `limit`.
    pub async fn take_request_within(&self, limit: Duration) -> Option<RecordedRequest> {
        tokio::time::timeout(limit, self.core.log().take())
            .await
            .ok()
    }

    /// Adds a response to the end of the script; see [`Scripted`].
    pub fn enqueue(&self, response: impl Into<Scripted>) {
        self.core.script().push(response.into());
    }

    /// How many responses of the script no request has asked for yet.
    pub fn script_left(&self) -> usize {
        self.core.script().left()
    }

    /// Waits until the counters meet a condition, and returns them.
    ///
    /// # Panics
    /// After thirty seconds in which they never did.
    pub async fn wait_for(&self, condition: impl Fn(&ServerStats) -> bool) -> ServerStats {
        self.core.counters().wait_for(condition).await
    }

    /// Asks every connection to end as soon as its exchanges are done: idle HTTP/1.1
    /// connections at once, HTTP/2 by GOAWAY. New connections are accepted as before.
    pub fn close_connections(&self) {
        self.core.close_connections();
    }

    pub(super) async fn finish(mut self) {
        self.stop.send_replace(true);
        if let Some(accepting) = self.accepting.take() {
            accepting
                .await
                .expect("the accepting task of the test server panicked");
        }
        let left = self.script_left();
        if left > 0 {
            let message = format!("{left} responses of the script were not asked for");
            self.core.failures().note(message);
        }
        self.core.failures().fail_test();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
        if !std::thread::panicking() {
            self.core.failures().fail_test();
        }
    }
}
