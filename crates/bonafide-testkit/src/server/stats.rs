//! Counters of a running server and the wait for what they say.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::patience::until;

/// What a server has counted so far.
///
/// ```
/// use bonafide_testkit::PlainServer;
/// use bonafide_testkit::server::ServerStats;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let server = PlainServer::start().await;
/// assert_eq!(server.stats(), ServerStats::default());
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// TCP connections accepted.
    pub tcp_connections: usize,
    /// ClientHello messages received, whatever became of their handshakes.
    pub client_hellos: usize,
    /// TLS handshakes completed, resumed ones among them.
    pub tls_handshakes: usize,
    /// TLS handshakes completed that resumed an earlier session.
    pub resumed_handshakes: usize,
    /// TLS handshakes that failed, by the client's refusal most often.
    pub failed_handshakes: usize,
    /// Connections that wait in front of a closed handshake gate now.
    pub waiting_handshakes: usize,
    /// Connections that are open now, in the handshake or after it.
    pub open_connections: usize,
    /// Requests received.
    pub requests: usize,
    /// Bytes received over plain TCP. A server over TLS does not count them.
    pub bytes_received: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    tcp_connections: AtomicUsize,
    client_hellos: AtomicUsize,
    tls_handshakes: AtomicUsize,
    resumed_handshakes: AtomicUsize,
    failed_handshakes: AtomicUsize,
    waiting_handshakes: AtomicUsize,
    open_connections: AtomicUsize,
    requests: AtomicUsize,
    bytes_received: AtomicU64,
    changed: Notify,
}

impl Counters {
    /// Counts a new connection and gives its number, the first being 0.
    pub(super) fn connected(&self) -> u64 {
        self.open_connections.fetch_add(1, Ordering::SeqCst);
        let number = self.tcp_connections.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        number as u64
    }

    pub(super) fn disconnected(&self) {
        self.open_connections.fetch_sub(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(super) fn hello(&self) {
        self.client_hellos.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(super) fn handshake_completed(&self, resumed: bool) {
        if resumed {
            self.resumed_handshakes.fetch_add(1, Ordering::SeqCst);
        }
        self.tls_handshakes.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(super) fn handshake_failed(&self) {
        self.failed_handshakes.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Counts a connection as waiting until the answer is dropped.
    pub(super) fn waiting(&self) -> Waiting<'_> {
        self.waiting_handshakes.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        Waiting(self)
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes_received
            .fetch_add(bytes as u64, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(super) fn snapshot(&self) -> ServerStats {
        ServerStats {
            tcp_connections: self.tcp_connections.load(Ordering::SeqCst),
            client_hellos: self.client_hellos.load(Ordering::SeqCst),
            tls_handshakes: self.tls_handshakes.load(Ordering::SeqCst),
            resumed_handshakes: self.resumed_handshakes.load(Ordering::SeqCst),
            failed_handshakes: self.failed_handshakes.load(Ordering::SeqCst),
            waiting_handshakes: self.waiting_handshakes.load(Ordering::SeqCst),
            open_connections: self.open_connections.load(Ordering::SeqCst),
            requests: self.requests.load(Ordering::SeqCst),
            bytes_received: self.bytes_received.load(Ordering::SeqCst),
        }
    }

    pub(super) async fn wait_for(&self, condition: impl Fn(&ServerStats) -> bool) -> ServerStats {
        until(&self.changed, || self.snapshot(), condition).await
    }
}

pub(super) struct Waiting<'a>(&'a Counters);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting_handshakes.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}
