//! A server whose every byte the test writes: for what no real server does on purpose.

mod http2;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bonafide::{Client, ClientBuilder};
use bonafide_testkit::{Identity, Recipe, TestCa};
use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use self::http2::{Frame, Http2Peer};
use crate::ours::trusting;

/// A connection of a client to a [`RawServer`].
#[derive(Debug)]
pub enum RawStream {
    /// Without TLS.
    Plain(TcpStream),
    /// After the handshake.
    Tls(Box<TlsStream<TcpStream>>),
}

impl RawStream {
    /// The TCP connection below.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// The application protocol that was selected; none without TLS.
    pub fn alpn(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol(),
        }
    }
}

/// Listens on the loopback and gives each connection to a function of the test. Ends when it is
/// dropped.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    scheme: &'static str,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl RawServer {
    /// Without TLS. `serve` gets the number of the connection, from 0 on, and its stream.
    pub async fn plain<F>(serve: impl Fn(usize, RawStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(None, serve).await
    }

    /// With TLS and the application protocol `alpn`.
    ///
    /// # Panics
    /// If the identity is of no use to rustls.
    pub async fn tls<F>(
        identity: &Identity,
        alpn: &str,
        serve: impl Fn(usize, RawStream) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::tls_by_alpn(identity, &[alpn], serve).await
    }

    /// With TLS, and the first application protocol of `alpn` that the client offers.
    ///
    /// # Panics
    /// If the identity is of no use to rustls.
    pub async fn tls_by_alpn<F>(
        identity: &Identity,
        alpn: &[&str],
        serve: impl Fn(usize, RawStream) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified_key())));
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), serve).await
    }

    async fn start<F>(
        acceptor: Option<TlsAcceptor>,
        serve: impl Fn(usize, RawStream) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("the loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let serve = Arc::new(serve);
        let accepting = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let _ = tcp.set_nodelay(true);
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve) = (acceptor.clone(), Arc::clone(&serve));
                tokio::spawn(async move {
                    let stream = match acceptor {
                        None => RawStream::Plain(tcp),
                        Some(acceptor) => match acceptor.accept(tcp).await {
                            Ok(tls) => RawStream::Tls(Box::new(tls)),
                            Err(_) => return,
                        },
                    };
                    serve(number, stream).await;
                });
            }
        });
        Self {
            address,
            scheme,
            connections,
            accepting,
        }
    }

    /// The URL of `path` here.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A server of HTTP/1.1, with TLS or without, and a client that trusts it.
///
/// # Panics
/// If the policy does not build.
pub async fn raw_http1<F>(
    tls: bool,
    serve: impl Fn(usize, RawStream) -> F + Send + Sync + 'static,
) -> (ClientBuilder, RawServer)
where
    F: Future<Output = ()> + Send + 'static,
{
    if !tls {
        let server = RawServer::plain(serve).await;
        return (Client::builder().allow_plain_http(), server);
    }
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let policy = trusting(&ca).build().expect("one anchor is enough");
    let server = RawServer::tls(&identity, "http/1.1", serve).await;
    (Client::builder().policy(policy), server)
}

/// The head of the next HTTP/1.1 request, up to the empty line; none if the client has gone.
pub async fn read_head(stream: &mut RawStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

impl AsyncRead for RawStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for RawStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
