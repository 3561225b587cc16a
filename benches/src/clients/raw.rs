//! hyper's connections straight over tokio-rustls, without a pool: what a client can cost at least.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{ACCEPT, Client, Keep, USER_AGENT, Which, trust};
use crate::Failure;
use crate::servers::{Destination, HOST};

type Http1 = http1::SendRequest<Empty<Bytes>>;
type Http2 = http2::SendRequest<Empty<Bytes>>;

/// A caller of hyper's. Each worker has an HTTP/1.1 connection of its own; all share one of HTTP/2.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    shared: Arc<Shared>,
    connection: Arc<Mutex<Option<Http1>>>,
}

/// What all workers have in common.
struct Shared {
    destination: Destination,
    keep: Keep,
    tls: TlsConnector,
    name: ServerName<'static>,
    url: String,
    uri: Uri,
    path: Uri,
    host: HeaderValue,
    protocol: OnceCell<Protocol>,
}

/// What the server has chosen by ALPN on the first connection.
enum Protocol {
    Http1,
    Http2(Http2),
}

impl Client for Raw {
    const WHICH: Which = Which::Raw;

    fn new(destination: &Destination, keep: Keep) -> Result<Self, Failure> {
        let mut config = trust::config(destination)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let url = destination.url();
        let uri: Uri = url.parse()?;
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let authority = uri.authority().ok_or("the URL has no host")?;
        Ok(Self {
            shared: Arc::new(Shared {
                destination: destination.clone(),
                keep,
                tls: TlsConnector::from(Arc::new(config)),
                name: ServerName::try_from(HOST)?,
                path: path.parse()?,
                host: HeaderValue::from_str(authority.as_str())?,
                url,
                uri,
                protocol: OnceCell::new(),
            }),
            connection: Arc::default(),
        })
    }

    fn worker(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            connection: Arc::default(),
        }
    }

    /// The request to the one URL is prepared.
    async fn get(&self, url: &str) -> Result<Bytes, Failure> {
        let shared = &self.shared;
        if url != shared.url {
            return Err(format!("{} is asked for alone", shared.url).into());
        }
        match shared.protocol.get_or_try_init(|| self.first()).await? {
            Protocol::Http1 => self.get_over_http1().await,
            Protocol::Http2(connection) => {
                let mut connection = connection.clone();
                connection.ready().await?;
                let request = Request::get(shared.uri.clone())
                    .header(header::ACCEPT, ACCEPT)
                    .header(header::USER_AGENT, USER_AGENT)
                    .body(Empty::new())?;
                let response = connection.send_request(request).await?;
                Ok(response.into_body().collect().await?.to_bytes())
            }
        }
    }
}

impl Raw {
    async fn get_over_http1(&self) -> Result<Bytes, Failure> {
        let shared = &self.shared;
        let mut connection = match self.exchange(None)? {
            Some(connection) => connection,
            None => http1_over(shared.dial().await?).await?,
        };
        connection.ready().await?;
        let request = Request::get(shared.path.clone())
            .header(header::HOST, shared.host.clone())
            .header(header::ACCEPT, ACCEPT)
            .header(header::USER_AGENT, USER_AGENT)
            .body(Empty::new())?;
        let response = connection.send_request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        if shared.keep != Keep::Nothing {
            self.exchange(Some(connection))?;
        }
        Ok(body)
    }

    /// Puts a connection, or none, into the place of the worker's own, and gives that.
    fn exchange(&self, connection: Option<Http1>) -> Result<Option<Http1>, Failure> {
        let mut own = self.connection.lock().map_err(|_| "a worker panicked")?;
        Ok(std::mem::replace(&mut *own, connection))
    }

    /// Makes the first connection.
    async fn first(&self) -> Result<Protocol, Failure> {
        let stream = self.shared.dial().await?;
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            let builder = http2::Builder::new(TokioExecutor::new());
            let (connection, driver) = builder.handshake(TokioIo::new(stream)).await?;
            tokio::spawn(driver);
            return Ok(Protocol::Http2(connection));
        }
        self.exchange(Some(http1_over(stream).await?))?;
        Ok(Protocol::Http1)
    }
}

impl Shared {
    async fn dial(&self) -> Result<TlsStream<TcpStream>, Failure> {
        let tcp = TcpStream::connect(self.destination.address).await?;
        tcp.set_nodelay(true)?;
        Ok(self.tls.connect(self.name.clone(), tcp).await?)
    }
}

async fn http1_over(stream: TlsStream<TcpStream>) -> Result<Http1, Failure> {
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(driver);
    Ok(connection)
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "hyper to {}", self.url)
    }
}
