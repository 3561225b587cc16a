//! A way to the server through a proxy.

use std::error::Error as StdError;
use std::fmt::Display;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::error::{Failure, Kind, Phase};
use crate::proxy::{Protocol, Proxy};

/// Asks `proxy`, to which `stream` leads, for a way to `host` and `port`.
pub(super) async fn open(
    proxy: &Proxy,
    stream: TcpStream,
    host: &str,
    port: u16,
) -> Result<TcpStream, Failure> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let to = Uri::try_from(format!("https://{host}:{port}"))
        .map_err(|error| failed(proxy, error, false))?;
    let through = Once(Some(TokioIo::new(stream)));
    let stream = match proxy.protocol() {
        Protocol::Http => {
            let mut tunnel = Tunnel::new(proxy.uri(), through);
            if let Some(authorization) = proxy.authorization() {
                tunnel = tunnel.with_auth(authorization);
            }
            tunnel
                .call(to)
                .await
                .map_err(|error| failed(proxy, error, true))?
        }
        Protocol::Socks5 => {
            let mut socks = SocksV5::new(proxy.uri(), through);
            if let Some((user, password)) = proxy.credentials() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            socks
                .call(to)
                .await
                .map_err(|error| failed(proxy, error, true))?
        }
    };
    Ok(stream.into_inner())
}

fn failed(
    proxy: &impl Display,
    error: impl StdError + Send + Sync + 'static,
    retryable: bool,
) -> Failure {
    let failure = Failure::new(Kind::Proxy, format!("no way through the proxy {proxy}"))
        .during(Phase::Proxy)
        .caused_by(error);
    if retryable {
        failure.retryable()
    } else {
        failure
    }
}

/// A connector that has its one connection already.
#[derive(Debug)]
struct Once(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Once {
    type Response = TokioIo<TcpStream>;
    type Error = Spent;
    type Future = Ready<Result<Self::Response, Spent>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Spent>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or(Spent))
    }
}

/// The one connection was asked for twice.
#[derive(Debug, thiserror::Error)]
#[error("the connection to the proxy is in use")]
struct Spent;
