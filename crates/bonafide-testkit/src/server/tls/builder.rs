//! The choices for a server over TLS.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use rustls::SupportedProtocolVersion;

use super::choices::{Alpn, ClientAuth, TlsPlan};
use super::handshake::Tls;
use super::server::TestServer;
use crate::certificate::Identity;
use crate::server::bind::BindAddr;
use crate::server::body::TestBody;
use crate::server::ending::{Ending, Endings};
use crate::server::handler::Handler;
use crate::server::plan::Plan;
use crate::server::script::Scripted;
use crate::server::serving::Serving;

/// The choices for a [`TestServer`].
///
/// ```
/// use bonafide_testkit::{Alpn, ClientAuth, Recipe, TestCa, TestServer};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let ca = TestCa::new();
/// let clients = TestCa::named("the clients' CA");
/// let server = TestServer::builder(ca.issue(Recipe::for_host("a.test")))
///     .sni("b.test", ca.issue(Recipe::for_host("b.test")))
///     .alpn(Alpn::Http1)
///     .tls_versions(&[&rustls::version::TLS13])
///     .client_auth(ClientAuth::Required(clients.certificate().clone()))
///     .handler(|request| async move {
///         http::Response::new(format!("you asked for {}", request.uri().path()))
///     })
///     .start()
///     .await;
/// assert!(server.url_for("b.test", "/x").starts_with("https://b.test:"));
/// # server.shutdown().await;
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before start()"]
pub struct TestServerBuilder {
    plan: Plan,
    tls: TlsPlan,
}

impl TestServerBuilder {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            plan: Plan::default(),
            tls: TlsPlan {
                identity,
                by_name: Vec::new(),
                alpn: Alpn::default(),
                versions: rustls::ALL_VERSIONS.to_vec(),
                client_auth: ClientAuth::default(),
                tickets: None,
                held: false,
                delay: Duration::ZERO,
            },
        }
    }

    /// Where to listen. Default: a free port of 127.0.0.1.
    pub fn bind(mut self, address: impl Into<BindAddr>) -> Self {
        self.plan.bind = address.into();
        self
    }

    /// Which protocols are offered. Default: [`Alpn::Both`].
    pub fn alpn(mut self, alpn: Alpn) -> Self {
        self.tls.alpn = alpn;
        self
    }

    /// Which TLS versions are spoken. Default: 1.2 and 1.3.
    pub fn tls_versions(mut self, versions: &[&'static SupportedProtocolVersion]) -> Self {
        self.tls.versions = versions.to_vec();
        self
    }

    /// Another identity for clients that ask for this DNS name. Without such a name,
    /// and for all others, the first identity is shown.
    pub fn sni(mut self, name: impl Into<String>, identity: Identity) -> Self {
        self.tls.by_name.push((name.into(), identity));
        self
    }

    /// Whether clients have to show a certificate. Default: none is asked for.
    pub fn client_auth(mut self, client_auth: ClientAuth) -> Self {
        self.tls.client_auth = client_auth;
        self
    }

    /// How many TLS 1.3 session tickets each handshake gives. Default: two. Zero allows
    /// no resumption in TLS 1.2 either.
    pub fn tickets(mut self, tickets: usize) -> Self {
        self.tls.tickets = Some(tickets);
        self
    }

    /// How every connection ends. Default: [`Ending::CloseNotify`].
    pub fn ending(mut self, ending: Ending) -> Self {
        self.plan.endings = Endings::always(ending);
        self
    }

    /// How the first connections end, in turn; those after them end well.
    pub fn endings(mut self, endings: impl IntoIterator<Item = Ending>) -> Self {
        self.plan.endings = Endings::first(endings);
        self
    }

    /// What answers the requests, each with its whole body. Default: 200 and `ok`.
    pub fn handler<H, F, B>(mut self, handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<TestBody>,
    {
        self.plan.handler = Some(Handler::new(handler));
        self
    }

    /// How many HTTP/2 streams a client may have open on one connection. Default: no
    /// limit.
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        self.plan.http.max_concurrent_streams = Some(streams);
        self
    }

    /// Lets every TLS handshake wait until
    /// [`release_handshakes`](TestServer::release_handshakes) is called.
    pub fn hold_handshakes(mut self) -> Self {
        self.tls.held = true;
        self
    }

    /// Lets every TLS handshake wait this long. Default: not at all.
    pub fn handshake_delay(mut self, delay: Duration) -> Self {
        self.tls.delay = delay;
        self
    }

    /// The responses to the first requests, in turn. Without a handler every further request fails
    /// the test; see [`Scripted`].
    pub fn script<S: Into<Scripted>>(mut self, responses: impl IntoIterator<Item = S>) -> Self {
        self.plan.script = Some(responses.into_iter().map(Into::into).collect());
        self
    }

    /// How many requests to keep for [`Serving::requests`](crate::server::Serving::requests).
    /// Default: 1024. Zero keeps none, which is fastest.
    pub fn request_log(mut self, requests: usize) -> Self {
        self.plan.logged_requests = requests;
        self
    }

    /// How many bytes of each body to keep with its request. Default: 16 MiB.
    pub fn recorded_body_bytes(mut self, bytes: usize) -> Self {
        self.plan.logged_body_bytes = bytes;
        self
    }

    /// Starts listening.
    ///
    /// # Panics
    /// If the address cannot be listened on, if there is no TLS version to use, or
    /// outside of a tokio runtime.
    pub async fn start(self) -> TestServer {
        let tls = Arc::new(Tls::new(self.tls));
        let serving_tls = Arc::clone(&tls);
        let serving = Serving::start(self.plan, |core| {
            move |accepted| {
                let core = Arc::clone(&core);
                let tls = Arc::clone(&serving_tls);
                async move { tls.serve(core, accepted).await }
            }
        })
        .await;
        TestServer::new(serving, tls)
    }
}
