//! A proxy that opens tunnels by HTTP CONNECT, or refuses to.
//!
//! ```
//! use bonafide_testkit::proxy::TestProxy;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let proxy = TestProxy::builder().basic_auth("user", "secret").start().await;
//! // Your client, with `proxy.url_with("user", "secret")` as its proxy, gets a page.
//! assert_eq!(proxy.tunnels(), 0);
//! # }
//! ```

mod builder;
mod scripted;
mod state;
mod tunnel;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use builder::{AfterReply, TestProxyBuilder};
pub use state::{ConnectRequest, ProxyStats};

use builder::Script;
use state::State;

/// A proxy on the loopback that opens tunnels by HTTP CONNECT (RFC 9110 section 9.3.6)
/// and does nothing else: other methods are answered by 405.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa, TestProxy, TestServer};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let server = TestServer::http1(TestCa::new().issue(Recipe::for_host("a.test"))).await;
/// let proxy = TestProxy::builder().route("a.test", server.addr()).start().await;
///
/// // Your client here, with proxy.url() as its proxy; this one uses a plain socket.
/// let mut client = tokio::net::TcpStream::connect(proxy.addr()).await?;
/// client.write_all(b"CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n").await?;
/// let mut answer = [0; 12];
/// client.read_exact(&mut answer).await?;
///
/// assert_eq!(&answer, b"HTTP/1.1 200");
/// assert_eq!(proxy.tunnels(), 1);
/// assert_eq!(proxy.connect_requests()[0].authority, "a.test:443");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestProxy {
    addr: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

impl TestProxy {
    /// A proxy on a free port of 127.0.0.1 that opens every tunnel it is asked for.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A proxy by choice of its properties.
    pub fn builder() -> TestProxyBuilder {
        TestProxyBuilder::new()
    }

    async fn run(bind: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(bind)
            .await
            .unwrap_or_else(|error| panic!("the test proxy cannot listen on {bind}: {error}"));
        let addr = listener
            .local_addr()
            .expect("a listening socket has an address");
        let state = Arc::new(State::default());
        let accepting = tokio::spawn(accept(listener, Arc::new(script), Arc::clone(&state)));
        Self {
            addr,
            state,
            accepting,
        }
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://ADDRESS:PORT`, the form in which clients take a proxy.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// `http://USER:PASSWORD@ADDRESS:PORT`.
    pub fn url_with(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@{}", self.addr)
    }

    /// All counters at this moment.
    pub fn stats(&self) -> ProxyStats {
        self.state.stats()
    }

    /// How many tunnels were opened.
    pub fn tunnels(&self) -> usize {
        self.stats().tunnels
    }

    /// The CONNECT requests, refused ones among them, oldest first.
    pub fn connect_requests(&self) -> Vec<ConnectRequest> {
        self.state.requests()
    }

    /// Waits until the counters meet a condition, and returns them.
    ///
    /// # Panics
    /// If they have not after thirty seconds.
    pub async fn wait_for(&self, condition: impl Fn(&ProxyStats) -> bool) -> ProxyStats {
        self.state.wait_for(condition).await
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, script: Arc<Script>, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An error here is of one connection, gone before it was accepted.
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(tunnel::serve(stream, Arc::clone(&script), Arc::clone(&state)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
