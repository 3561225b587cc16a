//! The TCP connection: happy eyeballs, no delay, keep-alive.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::error::{Failure, Kind, Phase};

/// How long the addresses of the preferred family are tried alone before the other family is tried
/// too (RFC 8305 section 5).
const HAPPY_EYEBALLS_DELAY: Duration = Duration::from_millis(250);

/// How long a connection is silent before the kernel probes it, and between its probes.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Connects to the first of `addresses` that answers. They share `limit`.
pub(super) async fn connect(
    addresses: Vec<SocketAddr>,
    limit: Option<Duration>,
) -> Result<TcpStream, Failure> {
    let tried = describe(&addresses);
    let mut connector = HttpConnector::new_with_resolver(Given(addresses));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEP_ALIVE));
    connector.set_keepalive_interval(Some(KEEP_ALIVE));
    connector.set_happy_eyeballs_timeout(Some(HAPPY_EYEBALLS_DELAY));
    connector.set_connect_timeout(limit);
    // The name is not looked up: `Given` answers for every name.
    let stream = connector
        .call(Uri::from_static("http://given.invalid"))
        .await
        .map_err(|error| failed(&tried, limit, error))?;
    Ok(stream.into_inner())
}

fn failed(
    tried: &str,
    limit: Option<Duration>,
    error: impl StdError + Send + Sync + 'static,
) -> Failure {
    let timed_out = io_cause(&error).is_some_and(|io| io.kind() == io::ErrorKind::TimedOut);
    let failure = match limit {
        Some(limit) if timed_out => Failure::new(
            Kind::Timeout,
            format!("no connection to {tried} within {limit:?}"),
        ),
        _ => Failure::new(Kind::Connect, format!("could not connect to {tried}")),
    };
    failure
        .during(Phase::Connect)
        .caused_by(ConnectorError(Box::new(error)))
        .retryable()
}

/// Wraps a connector error; displays the error of the operating system that is inside.
#[derive(Debug)]
struct ConnectorError(Box<dyn StdError + Send + Sync>);

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match io_cause(&*self.0) {
            Some(io) => fmt::Display::fmt(io, f),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl StdError for ConnectorError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        io_cause(&*self.0).map(|io| io as _)
    }
}

fn io_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<io::Error>())
}

fn describe(addresses: &[SocketAddr]) -> String {
    match addresses {
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} or {} more", rest.len()),
        [] => "no address".to_owned(),
    }
}

/// A resolver that returns given addresses.
#[derive(Clone)]
struct Given(Vec<SocketAddr>);

impl Service<Name> for Given {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_connection_has_no_delay_and_is_kept_alive() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let stream = connect(vec![address], None).await.expect("a connection");
        assert!(stream.nodelay().expect("readable"));
        assert_eq!(stream.peer_addr().expect("readable"), address);
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_refuses() {
        let closed = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("its address")
        };
        let open = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = open.local_addr().expect("its address");
        let stream = connect(vec![closed, address], None)
            .await
            .expect("a connection");
        assert_eq!(stream.peer_addr().expect("readable"), address);
    }

    /// Longer than anything takes here.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// A listener on `address` whose queue is full: the system answers no further attempt to
    /// connect. The streams keep the queue full.
    async fn silent(address: &str) -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let address: SocketAddr = address.parse().expect("an address");
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let socket = socket.expect("a socket");
        socket.bind(address).expect("a port");
        let listener = socket.listen(1).expect("a queue");
        let address = listener.local_addr().expect("its address");
        let mut queued = Vec::new();
        let patience = Duration::from_millis(200);
        while let Ok(stream) = timeout(patience, TcpStream::connect(address)).await {
            queued.push(stream.expect("queued"));
            assert!(queued.len() < 64, "the queue has no end");
        }
        (address, listener, queued)
    }

    /// RFC 8305 section 5.
    #[tokio::test]
    async fn the_other_family_is_tried_while_an_address_of_the_first_is_silent() {
        if std::net::TcpListener::bind("[::1]:0").is_err() {
            eprintln!("skipped: IPv6 loopback not found");
            return;
        }
        for (first, second) in [("[::1]:0", "127.0.0.1:0"), ("127.0.0.1:0", "[::1]:0")] {
            let (silent, _listener, _queued) = silent(first).await;
            let open = std::net::TcpListener::bind(second).expect("a port");
            let address = open.local_addr().expect("its address");
            let start = Instant::now();
            let stream = timeout(PATIENCE, connect(vec![silent, address], None)).await;
            let stream = stream.expect("in time").expect("a connection");
            assert_eq!(stream.peer_addr().expect("readable"), address);
            assert!(start.elapsed() >= HAPPY_EYEBALLS_DELAY, "{first}");
        }
    }

    #[tokio::test]
    async fn the_addresses_of_a_family_share_the_limit() {
        let (silent, _listener, _queued) = silent("127.0.0.1:0").await;
        let open = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = open.local_addr().expect("its address");
        let limit = Duration::from_secs(1);
        let start = Instant::now();
        let stream = connect(vec![silent, address], Some(limit))
            .await
            .expect("a connection");
        assert_eq!(stream.peer_addr().expect("readable"), address);
        assert!((limit / 2..PATIENCE).contains(&start.elapsed()));
        let failure = connect(vec![silent], Some(limit / 4))
            .await
            .expect_err("silent");
        assert_eq!(
            (failure.kind, failure.phase),
            (Kind::Timeout, Some(Phase::Connect))
        );
        let text = format!("no connection to {silent} within 250ms");
        assert!(failure.to_string().starts_with(&text), "{failure}");
    }

    #[tokio::test]
    async fn a_refused_connection_names_the_address_and_the_reason() {
        let closed = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("its address")
        };
        let failure = connect(vec![closed], None)
            .await
            .expect_err("no server listens");
        assert_eq!(
            (failure.kind, failure.phase),
            (Kind::Connect, Some(Phase::Connect))
        );
        assert!(failure.is_retryable());
        let refused = io::Error::from_raw_os_error(111).to_string();
        assert_eq!(
            failure.to_string(),
            format!("could not connect to {closed}: {refused}")
        );
    }
}
