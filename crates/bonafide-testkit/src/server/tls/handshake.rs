//! The handshake, with all that may happen before it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::server::{
    Acceptor, NoServerSessionStorage, ResolvesServerCert, ServerConfig, WebPkiClientVerifier,
};
use rustls::{AlertDescription, HandshakeKind};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::choices::{Alpn, ClientAuth, TlsPlan};
use super::resolver::Certificates;
use crate::certificate::Identity;
use crate::client;
use crate::server::accept::Accepted;
use crate::server::connection::{AcceptedConnection, serve};
use crate::server::ending::Ending;
use crate::server::plan::Core;
use crate::server::wire::reset;

/// How many failed handshakes are remembered.
const REMEMBERED_FAILURES: usize = 256;

/// The TLS side of a running server.
#[derive(Debug)]
pub(super) struct Tls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
    alpn: Alpn,
    held: watch::Sender<bool>,
    delay: Duration,
    failures: Mutex<Vec<String>>,
}

impl Tls {
    pub(super) fn new(plan: TlsPlan) -> Self {
        let certificates = Arc::new(Certificates::new(&plan.identity, &plan.by_name));
        let builder = ServerConfig::builder_with_provider(client::provider())
            .with_protocol_versions(&plan.versions)
            .expect("the builder was given TLS versions that aws-lc-rs has suites for");
        let builder = match &plan.client_auth {
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional(ca) => builder.with_client_cert_verifier(
                verifier(ca)
                    .allow_unauthenticated()
                    .build()
                    .expect("one anchor suffices"),
            ),
            ClientAuth::Required(ca) => builder
                .with_client_cert_verifier(verifier(ca).build().expect("one anchor suffices")),
        };
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Certificates>::clone(&certificates);
        let mut config = builder.with_cert_resolver(resolver);
        config.alpn_protocols = plan.alpn.protocols();
        if let Some(tickets) = plan.tickets {
            config.send_tls13_tickets = tickets;
            if tickets == 0 {
                config.session_storage = Arc::new(NoServerSessionStorage {});
            }
        }
        Self {
            config: Arc::new(config),
            certificates,
            alpn: plan.alpn,
            held: watch::Sender::new(plan.held),
            delay: plan.delay,
            failures: Mutex::default(),
        }
    }

    pub(super) fn set_identity(&self, identity: &Identity) {
        self.certificates.set_default(identity.certified_key());
    }

    pub(super) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    pub(super) fn failures(&self) -> Vec<String> {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) async fn serve(&self, core: Arc<Core>, accepted: Accepted) {
        let Accepted {
            stream,
            peer_addr,
            number,
        } = accepted;
        let ending = core.endings().of(number);
        if ending == Ending::ResetOnAccept {
            return reset(&stream);
        }
        self.wait_at_gate(&core).await;
        match ending {
            Ending::AlertInHandshake(alert) => {
                // An error says that the client has gone before.
                return drop(refuse(stream, alert).await);
            }
            Ending::StallInHandshake => std::future::pending().await,
            // An error says that the client has gone before.
            Ending::CloseInHandshake => return drop(stream.readable().await),
            Ending::ResetInHandshake => {
                drop(stream.readable().await);
                return reset(&stream);
            }
            _ => {}
        }
        match self.shake_hands(&core, stream).await {
            Ok(stream) => {
                let info = describe(&stream, number, peer_addr);
                core.counters().handshake_completed(info.resumed);
                let protocol = self.alpn.spoken(stream.get_ref().1.alpn_protocol());
                serve(core, stream, protocol, info, ending).await;
            }
            Err(error) => {
                let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                if failures.len() < REMEMBERED_FAILURES {
                    failures.push(error.to_string());
                }
                drop(failures);
                core.counters().handshake_failed();
            }
        }
    }

    async fn shake_hands(
        &self,
        core: &Core,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        core.counters().hello();
        start.into_stream(Arc::clone(&self.config)).await
    }

    async fn wait_at_gate(&self, core: &Core) {
        let mut held = self.held.subscribe();
        if *held.borrow_and_update() {
            let waiting = core.counters().waiting();
            // An error says that the server has gone, and this task with it.
            drop(held.wait_for(|held| !held).await);
            drop(waiting);
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }
}

/// Reads one record, the ClientHello, and answers it with a fatal alert (RFC 8446, section 6).
async fn refuse(mut stream: TcpStream, alert: AlertDescription) -> io::Result<()> {
    const FATAL: u8 = 2;
    const ALERT: u8 = 21;
    let mut header = [0; 5];
    stream.read_exact(&mut header).await?;
    let [.., high, low] = header;
    let mut hello = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    stream.read_exact(&mut hello).await?;
    let record = [ALERT, 3, 3, 0, 2, FATAL, alert.into()];
    stream.write_all(&record).await?;
    stream.shutdown().await
}

fn verifier(ca: &CertificateDer<'_>) -> rustls::server::ClientCertVerifierBuilder {
    WebPkiClientVerifier::builder_with_provider(Arc::new(client::only(ca)), client::provider())
}

fn describe(
    stream: &TlsStream<TcpStream>,
    number: u64,
    peer_addr: SocketAddr,
) -> AcceptedConnection {
    let (_, tls) = stream.get_ref();
    AcceptedConnection {
        number,
        peer_addr,
        sni: tls.server_name().map(Arc::from),
        peer_chain: tls.peer_certificates().unwrap_or_default().into(),
        tls_version: tls.protocol_version(),
        resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
        alpn: tls
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into()),
    }
}
