//! The TLS side of a server: which certificate to whom, who has to show one, and the
//! handshake.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, ServerConfig, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{HandshakeKind, SupportedProtocolVersion};
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::accept::Accepted;
use super::connection::{ConnectionInfo, Protocol, serve};
use super::ending::Ending;
use super::plan::Core;
use crate::certificate::Identity;
use crate::client;

/// How many failed handshakes are remembered.
const REMEMBERED_FAILURES: usize = 256;

/// Which protocols a server offers by ALPN.
///
/// ```
/// use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
///
/// let identity = TestCa::new().issue(Recipe::for_host("localhost"));
/// let old_fashioned = TestServer::builder(identity).alpn(Alpn::None);
/// # drop(old_fashioned);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alpn {
    /// `http/1.1`.
    Http1,
    /// `h2`. A client without ALPN is served HTTP/2 as well.
    Http2,
    /// `h2` first, then `http/1.1`: the default.
    #[default]
    Both,
    /// No ALPN at all; HTTP/1.1 is spoken.
    None,
}

impl Alpn {
    fn protocols(self) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match self {
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
            Self::Both => &[b"h2", b"http/1.1"],
            Self::None => &[],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }

    fn spoken(self, negotiated: Option<&[u8]>) -> Protocol {
        match (self, negotiated) {
            (_, Some(b"h2")) | (Self::Http2, None) => Protocol::Http2,
            _ => Protocol::Http1,
        }
    }
}

/// Whether clients have to show a certificate, and from which authority.
///
/// ```
/// use bonafide_testkit::{ClientAuth, Recipe, TestCa, TestServer};
///
/// let (servers, clients) = (TestCa::new(), TestCa::new());
/// let alice = clients.issue(Recipe::for_host("alice").client());
/// let strict = TestServer::builder(servers.issue(Recipe::for_host("localhost")))
///     .client_auth(ClientAuth::Required(clients.certificate().clone()));
/// # drop((alice, strict));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum ClientAuth {
    /// None is asked for: the default.
    #[default]
    None,
    /// One is asked for; a client without one is served all the same. One from another
    /// authority is refused.
    Optional(CertificateDer<'static>),
    /// A client without one from this authority is refused.
    Required(CertificateDer<'static>),
}

/// The choices that concern TLS alone.
#[derive(Clone, Debug)]
pub(super) struct TlsPlan {
    pub(super) identity: Identity,
    pub(super) by_name: Vec<(String, Identity)>,
    pub(super) alpn: Alpn,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    pub(super) client_auth: ClientAuth,
    pub(super) tickets: Option<usize>,
    pub(super) held: bool,
    pub(super) delay: std::time::Duration,
}

/// The TLS side of a running server.
#[derive(Debug)]
pub(super) struct Tls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
    alpn: Alpn,
    held: watch::Sender<bool>,
    delay: std::time::Duration,
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
        self.wait_at_gate(&core).await;
        match ending {
            Ending::StallInHandshake => std::future::pending().await,
            // An error says that the client has gone before.
            Ending::CloseInHandshake => return drop(stream.readable().await),
            Ending::ResetInHandshake => {
                drop(stream.readable().await);
                return stream
                    .set_zero_linger()
                    .expect("the operating system can reset a connection");
            }
            _ => {}
        }
        match TlsAcceptor::from(Arc::clone(&self.config))
            .accept(stream)
            .await
        {
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

fn verifier(ca: &CertificateDer<'_>) -> rustls::server::ClientCertVerifierBuilder {
    WebPkiClientVerifier::builder_with_provider(Arc::new(client::only(ca)), client::provider())
}

fn describe(
    stream: &tokio_rustls::server::TlsStream<TcpStream>,
    number: u64,
    peer_addr: SocketAddr,
) -> ConnectionInfo {
    let (_, tls) = stream.get_ref();
    ConnectionInfo {
        number,
        peer_addr,
        sni: tls.server_name().map(Arc::from),
        peer_chain: tls.peer_certificates().unwrap_or_default().into(),
        tls_version: tls.protocol_version(),
        resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
    }
}

/// Certificates by the name that the client asks for.
#[derive(Debug)]
struct Certificates {
    default: RwLock<Arc<CertifiedKey>>,
    by_name: HashMap<String, Arc<CertifiedKey>>,
}

impl Certificates {
    fn new(default: &Identity, by_name: &[(String, Identity)]) -> Self {
        Self {
            default: RwLock::new(default.certified_key()),
            by_name: by_name
                .iter()
                .map(|(name, identity)| (name.to_ascii_lowercase(), identity.certified_key()))
                .collect(),
        }
    }

    fn set_default(&self, key: Arc<CertifiedKey>) {
        *self.default.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls gives the name in lower case.
        if let Some(key) = hello.server_name().and_then(|name| self.by_name.get(name)) {
            return Some(Arc::clone(key));
        }
        let default = self.default.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&default))
    }
}
