//! A client by hand: rustls and hyper's connections, without a pool and without mercy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bonafide_testkit::TestCa;
use bonafide_testkit::server::Serving;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A configuration that trusts the CA and offers these protocols.
pub(crate) fn config(ca: &TestCa, alpn: &[&str]) -> Arc<ClientConfig> {
    let mut config = ca.client_config();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// A TLS connection to a server under the name `localhost`.
pub(crate) async fn connect(
    server: &Serving,
    config: &Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    connect_as(server, config, "localhost").await
}

pub(crate) async fn connect_as(
    server: &Serving,
    config: &Arc<ClientConfig>,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    connect_to(server.addr(), Arc::clone(config), name.to_owned()).await
}

/// As [`connect_as`] for a task of its own.
pub(crate) async fn connect_to(
    addr: SocketAddr,
    config: Arc<ClientConfig>,
    name: String,
) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(addr).await?;
    let name = ServerName::try_from(name).expect("the name is well formed");
    TlsConnector::from(config).connect(name, tcp).await
}

/// The rustls error inside of the I/O error of a failed handshake.
pub(crate) fn tls_error(error: &io::Error) -> &rustls::Error {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref())
        .unwrap_or_else(|| panic!("not a TLS error: {error:?}"))
}

/// The kind of the first I/O error below an error of hyper's.
pub(crate) fn io_kind(error: &hyper::Error) -> Option<io::ErrorKind> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        if let Some(h2) = inner.downcast_ref::<h2::Error>() {
            return h2.get_io().map(io::Error::kind);
        }
        source = inner.source();
    }
    None
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path)
        .header("host", "localhost")
        .body(Full::default())
        .expect("a good request")
}

pub(crate) async fn http1<S>(io: S) -> http1::SendRequest<Full<Bytes>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(io))
        .await
        .expect("HTTP/1.1 starts");
    tokio::spawn(connection);
    sender
}

pub(crate) async fn http2<S>(io: S) -> http2::SendRequest<Full<Bytes>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(io))
        .await
        .expect("HTTP/2 starts");
    tokio::spawn(connection);
    sender
}

/// The text of a response's body, to its end.
pub(crate) async fn text(response: Response<hyper::body::Incoming>) -> hyper::Result<String> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).expect("the body is text"))
}
