//! The tunnel to the server through a proxy.

mod first_bytes;
mod http_connect;
mod socks;

use std::future::Future;
use std::time::Duration;

use http::HeaderValue;
use tokio::net::TcpStream;
use tokio::time::Instant;

use self::first_bytes::KEPT;
use crate::error::{Failure, Kind, Phase, ProxyError};
use crate::limits::HttpLimits;
use crate::proxy::{Protocol, Proxy};

/// What is asked of a proxy.
pub(super) struct Ask<'a> {
    /// The server's host, an IPv6 address without brackets.
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// The client's `User-Agent`, if it has one.
    pub(super) user_agent: Option<&'a HeaderValue>,
    /// The limits for the header section of the proxy's answer.
    pub(super) limits: &'a HttpLimits,
}

/// The time for connecting.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// The limit as it was set.
    limit: Duration,
    /// When it has passed.
    end: Instant,
}

impl Budget {
    /// What is `left` of `limit`; `None` without a limit.
    pub(super) fn new(limit: Option<Duration>, left: Option<Duration>) -> Option<Self> {
        let end = Instant::now().checked_add(left?)?;
        limit.map(|limit| Self { limit, end })
    }
}

/// Asks `proxy`, the peer of `stream`, for a tunnel.
pub(super) async fn open(
    proxy: &Proxy,
    stream: TcpStream,
    ask: Ask<'_>,
    budget: Option<Budget>,
) -> Result<TcpStream, Failure> {
    match proxy.protocol() {
        Protocol::Http => http_connect::open(proxy, stream, &ask, budget).await,
        Protocol::Socks5 => {
            let opening = socks::open(proxy, stream, ask.host, ask.port);
            answer_within(proxy, budget, opening).await
        }
    }
}

/// Waits for `answer`, and fails with a [`Kind::Timeout`] that names the proxy.
async fn answer_within<T>(
    proxy: &Proxy,
    budget: Option<Budget>,
    answer: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(Budget { limit, end }) = budget else {
        return answer.await;
    };
    match tokio::time::timeout_at(end, answer).await {
        Ok(answer) => answer,
        Err(_) => {
            let what =
                format!("the proxy {proxy} did not answer within the connect_timeout of {limit:?}");
            Err(Failure::new(Kind::Timeout, what)
                .during(Phase::Proxy)
                .retryable())
        }
    }
}

/// Returns `stream` as a tunnel, unless `left_over` was read beyond the answer or more bytes have
/// arrived since: the client sends first, and the server second.
fn untouched(stream: TcpStream, left_over: &[u8]) -> Result<TcpStream, ProxyError> {
    let mut more = [0; 512];
    let count = stream.try_read(&mut more).unwrap_or(0);
    let more = more.get(..count).unwrap_or_default();
    let first: Vec<_> = left_over.iter().chain(more).take(KEPT).copied().collect();
    if first.is_empty() {
        return Ok(stream);
    }
    let count = left_over.len() + more.len();
    Err(ProxyError::EarlyBytes { count, first })
}
