//! What a proxy has counted and seen.

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use tokio::sync::Notify;

use crate::patience::until;

/// What a proxy has counted so far.
///
/// ```
/// use bonafide_testkit::TestProxy;
/// use bonafide_testkit::proxy::ProxyStats;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let proxy = TestProxy::start().await;
/// assert_eq!(proxy.stats(), ProxyStats::default());
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyStats {
    /// TCP connections accepted.
    pub connections: usize,
    /// CONNECT requests received.
    pub requests: usize,
    /// Tunnels opened.
    pub tunnels: usize,
    /// Tunnels that are open now.
    pub open_tunnels: usize,
    /// Requests answered by anything but a tunnel.
    pub refusals: usize,
}

/// A CONNECT request as the proxy received it.
///
/// ```
/// use bonafide_testkit::TestProxy;
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let proxy = TestProxy::builder().refuse(http::StatusCode::FORBIDDEN).start().await;
/// let mut client = tokio::net::TcpStream::connect(proxy.addr()).await?;
/// client.write_all(b"CONNECT a.test:443 HTTP/1.1\r\nuser-agent: b\r\n\r\n").await?;
/// proxy.wait_for(|stats| stats.refusals == 1).await;
///
/// let request = &proxy.connect_requests()[0];
/// assert_eq!(request.authority, "a.test:443");
/// assert_eq!(request.headers["user-agent"], "b");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectRequest {
    /// Where the tunnel was to lead, `HOST:PORT`.
    pub authority: String,
    /// The headers, Proxy-Authorization among them.
    pub headers: HeaderMap,
}

#[derive(Debug, Default)]
pub(super) struct State {
    seen: Mutex<Seen>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    stats: ProxyStats,
    requests: Vec<ConnectRequest>,
}

impl State {
    pub(super) fn count(&self, change: impl FnOnce(&mut ProxyStats)) {
        change(&mut self.seen().stats);
        self.changed.notify_waiters();
    }

    pub(super) fn record(&self, request: ConnectRequest) {
        let mut seen = self.seen();
        seen.stats.requests += 1;
        seen.requests.push(request);
        drop(seen);
        self.changed.notify_waiters();
    }

    pub(super) fn stats(&self) -> ProxyStats {
        self.seen().stats
    }

    pub(super) fn requests(&self) -> Vec<ConnectRequest> {
        self.seen().requests.clone()
    }

    pub(super) async fn wait_for(&self, condition: impl Fn(&ProxyStats) -> bool) -> ProxyStats {
        until(&self.changed, || self.stats(), condition).await
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
