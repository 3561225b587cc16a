//! Verified TLS streams over any transport, for protocols that are not HTTP.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::HandshakeKind;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::error::ConfigError;
use crate::host::name::canonical;
use crate::identity::Credential;
use crate::policy::Policy;
use crate::policy::opening::Noting;
use crate::rustls::adapter::TlsConfig;
use crate::rustls::demand;
use crate::verdict::handshake::{HandshakeError, TlsError};
use crate::verdict::receipt::connection::IdentityUse;
use crate::verdict::receipt::report::Receipt;

impl Policy {
    /// Makes a verified TLS connection to `name` over `io`, for protocols that are not HTTP.
    ///
    /// No byte of the application can be written before the peer is verified. The call has no time
    /// limit: set one around it.
    ///
    /// # Errors
    /// [`TlsError::Refused`] if the peer is not accepted, [`TlsError::Handshake`] if the handshake
    /// fails for another reason, [`TlsError::Io`] for errors of the transport, [`TlsError::Config`]
    /// if the zone has no anchors.
    ///
    /// ```
    /// use bonafide_testkit::{Recipe, TestCa, TestServer};
    /// use bonafide_verify::{Anchors, Policy};
    /// use bonafide_verify::pki_types::ServerName;
    /// use tokio::net::TcpStream;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ca = TestCa::new();
    /// let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    /// let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
    ///
    /// let tcp = TcpStream::connect(server.addr()).await?;
    /// let stream = policy.connect(ServerName::try_from("localhost")?, tcp).await?;
    /// assert!(stream.receipt().is_verified());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect<IO>(
        &self,
        name: ServerName<'static>,
        io: IO,
    ) -> Result<VerifiedStream<IO>, TlsError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        self.connect_alpn(name, io, &[]).await
    }

    /// Like [`Policy::connect`], and offers the application protocols `alpn` in this order (RFC
    /// 7301).
    ///
    /// # Errors
    /// Those of [`Policy::connect`].
    pub async fn connect_alpn<IO>(
        &self,
        name: ServerName<'static>,
        io: IO,
        alpn: &[&[u8]],
    ) -> Result<VerifiedStream<IO>, TlsError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let name = canonical(&name).into_owned().to_owned();
        let zone = self.zone_of(&name).map_err(TlsError::Refused)?;
        if !self.is_loaded() {
            self.load_off_the_async_threads().await?;
        }
        zone.anchors()?;
        let TlsConfig { config, credential } = self.tls_config(zone, alpn)?;
        let resolver = Arc::clone(&config.client_auth_cert_resolver);
        let connector = TlsConnector::from(config);
        let handshake = connector.connect(name.clone(), Noting::new(io));
        let handshake = pin!(handshake.into_fallible());
        let (stream, demand) = demand::observe(&*resolver, handshake).await;
        let stream = stream.map_err(|(error, io)| {
            TlsError::from_io(error).of_handshake(demand.is_some(), io.opening())
        })?;
        let connection = stream.get_ref().1;
        let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
        let shown = demand.and_then(|demand| demand.shown);
        let identity = match (zone.has_identity(), &shown, &credential) {
            (false, _, _) => IdentityUse::None,
            (true, Some(shown), _) => IdentityUse::Shown(Arc::clone(shown.record())),
            (true, None, credential) => {
                let record = |credential: &Arc<Credential>| Arc::clone(credential.record());
                IdentityUse::AtHand(credential.as_ref().map(record))
            }
        };
        let receipt = self
            .receipt_with(&name, connection, identity)
            .map_err(TlsError::Refused)?;
        Ok(VerifiedStream {
            credential: shown.or(credential.filter(|_| resumed)),
            stream,
            receipt,
        })
    }

    async fn load_off_the_async_threads(&self) -> Result<(), TlsError> {
        let policy = self.clone();
        match tokio::task::spawn_blocking(move || policy.load()).await {
            // The caller checks the anchors of its own zone next. Those of other zones do not
            // matter.
            Ok(_) => Ok(()),
            Err(error) => Err(TlsError::Io(io::Error::other(error))),
        }
    }
}

/// A TLS stream whose peer has been verified, with its receipt.
pub struct VerifiedStream<IO> {
    stream: TlsStream<Noting<IO>>,
    receipt: Arc<Receipt>,
    credential: Option<Arc<Credential>>,
}

impl<IO> VerifiedStream<IO> {
    /// The receipt: what was checked.
    pub fn receipt(&self) -> &Arc<Receipt> {
        &self.receipt
    }

    /// The client certificate on which the connection depends: the one that was presented in this
    /// handshake or, as far as it is known, in the handshake of the resumed session. `None` if the
    /// server did not request one.
    pub fn credential(&self) -> Option<&Arc<Credential>> {
        self.credential.as_ref()
    }

    /// The application protocol that ALPN chose.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.stream.get_ref().1.alpn_protocol()
    }

    /// The transport.
    pub fn get_ref(&self) -> &IO {
        self.stream.get_ref().0.get_ref()
    }

    /// The TLS connection of rustls, for example for keying material exporters (RFC 5705).
    pub fn tls(&self) -> &rustls::ClientConnection {
        self.stream.get_ref().1
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for VerifiedStream<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for VerifiedStream<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<IO> fmt::Debug for VerifiedStream<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedStream")
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

impl From<ConfigError> for TlsError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<HandshakeError> for TlsError {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}
