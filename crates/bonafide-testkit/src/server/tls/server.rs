//! The server over TLS.

use std::ops::Deref;
use std::sync::Arc;

use super::builder::TestServerBuilder;
use super::choices::Alpn;
use super::handshake::Tls;
use crate::certificate::Identity;
use crate::server::serving::Serving;

/// A server for `https://` on the loopback, for any client to be tested against.
///
/// It runs on the tokio runtime of the test, counts and records what comes in, and
/// makes the test fail if one of its handlers panics.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa, TestServer};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let ca = TestCa::new();
/// let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
///
/// // Your client here; this one is rustls by hand.
/// let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(ca.client_config()));
/// let tcp = tokio::net::TcpStream::connect(server.addr()).await?;
/// let name = rustls_pki_types::ServerName::try_from("localhost").map_err(std::io::Error::other)?;
/// let mut tls = connector.connect(name, tcp).await?;
/// tls.write_all(b"GET /hi HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
/// let mut answer = String::new();
/// tls.read_to_string(&mut answer).await?;
///
/// assert!(answer.ends_with("ok"));
/// assert_eq!(server.tls_handshakes(), 1);
/// assert_eq!(server.requests()[0].uri.path(), "/hi");
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestServer {
    serving: Serving,
    tls: Arc<Tls>,
}

impl TestServer {
    /// An HTTP/1.1 server on a free port of 127.0.0.1 that answers 200 and `ok`.
    pub async fn http1(identity: Identity) -> Self {
        Self::builder(identity).alpn(Alpn::Http1).start().await
    }

    /// An HTTP/2 server on a free port of 127.0.0.1 that answers 200 and `ok`.
    pub async fn http2(identity: Identity) -> Self {
        Self::builder(identity).alpn(Alpn::Http2).start().await
    }

    /// A server by choice of its properties; by default with HTTP/1.1 and HTTP/2.
    pub fn builder(identity: Identity) -> TestServerBuilder {
        TestServerBuilder::new(identity)
    }

    pub(super) fn new(serving: Serving, tls: Arc<Tls>) -> Self {
        Self { serving, tls }
    }

    /// `https://localhost:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        self.url_for("localhost", path)
    }

    /// `https://HOST:PORT` and the path. An IPv6 address is put into brackets.
    pub fn url_for(&self, host: &str, path: &str) -> String {
        let port = self.port();
        if host.contains(':') && !host.starts_with('[') {
            format!("https://[{host}]:{port}{path}")
        } else {
            format!("https://{host}:{port}{path}")
        }
    }

    /// Shows another identity from the next handshake on, to clients that the
    /// builder's `sni` does not provide for. A client that resumes an older session is
    /// shown none.
    pub fn set_identity(&self, identity: &Identity) {
        self.tls.set_identity(identity);
    }

    /// Lets every TLS handshake wait from now on. Those that wait are counted in
    /// [`ServerStats::waiting_handshakes`](crate::server::ServerStats).
    pub fn hold_handshakes(&self) {
        self.tls.hold(true);
    }

    /// Lets the waiting TLS handshakes go on, and the later ones pass.
    pub fn release_handshakes(&self) {
        self.tls.hold(false);
    }

    /// Why handshakes failed, oldest first, in rustls' words: most often the alert with
    /// which a client refused.
    pub fn handshake_failures(&self) -> Vec<String> {
        self.tls.failures()
    }

    /// Ends all connections and stops listening.
    ///
    /// # Panics
    /// If one of its handlers or tasks has panicked, with the same message.
    pub async fn shutdown(self) {
        self.serving.finish().await;
    }
}

impl Deref for TestServer {
    type Target = Serving;

    fn deref(&self) -> &Serving {
        &self.serving
    }
}
