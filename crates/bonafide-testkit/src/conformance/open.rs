//! A site while it listens.

use std::net::SocketAddr;
use std::time::Duration;

use http::header::{LOCATION, STRICT_TRANSPORT_SECURITY};
use http::{HeaderValue, Response, StatusCode};

use super::report::Judgement;
use super::scene::{Destination, Scene, TlsScene};
use super::site::Site;
use super::target::Target;
use crate::certificate::Identity;
use crate::server::{ClientAuth, PlainServer, TestServer};
use crate::weak::{ClientMove, WeakServer};

/// How long a client that has given its answer may take to close its connection.
const GRACE: Duration = Duration::from_secs(5);

/// A site while it listens; it stops when this is dropped.
///
/// ```
/// use bonafide_testkit::conformance::Replica;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let replica = Replica::new();
/// let open = replica.site("null").open().await;
/// // Your client gets open.target().url here.
/// let seen = open.seen().await;
/// assert!(!seen.began && !seen.accepted);
/// # }
/// ```
#[derive(Debug)]
pub struct OpenSite {
    target: Target,
    servers: Servers,
}

/// What the servers of a site have seen of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// It has begun: a ClientHello came, or a byte where there is no TLS.
    pub began: bool,
    /// It has acted as if it accepted the site, whatever its own result is: a request came to the
    /// server that is on trial, or a key exchange went on.
    pub accepted: bool,
}

#[derive(Debug)]
enum Servers {
    Tls(TestServer),
    Weak(WeakServer),
    Redirect {
        safe: TestServer,
        /// Lives as long as the others.
        _between: Option<TestServer>,
        end: End,
    },
    Upgrade {
        plain: PlainServer,
        safe: TestServer,
    },
    Hsts {
        safe: TestServer,
        plain: PlainServer,
    },
    Plain(PlainServer),
}

#[derive(Debug)]
enum End {
    Plain(PlainServer),
    Tls(TestServer),
}

impl End {
    fn requests(&self) -> usize {
        match self {
            Self::Plain(server) => server.request_count(),
            Self::Tls(server) => server.request_count(),
        }
    }
}

impl Site {
    /// Lets it listen on free ports of 127.0.0.1.
    ///
    /// # Panics
    /// If the loopback has no free port, or outside of a tokio runtime.
    pub async fn open(&self) -> OpenSite {
        let servers = Servers::start(&self.scene).await;
        let (address, url, then) = servers.addresses();
        let settings = self.settings.clone();
        let target = Target {
            url,
            pin: settings.pin,
            crls_pem: settings.crls_pem,
            log_list: settings.log_list,
            identity: settings.identity,
            then,
            ..Target::new(self.name, address, &self.root)
        };
        OpenSite { target, servers }
    }
}

impl OpenSite {
    /// The settings of a client.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What the servers have seen of the clients so far. Where a weak server has an
    /// unfinished handshake, this waits some seconds for what the client does.
    pub async fn seen(&self) -> Seen {
        match &self.servers {
            Servers::Tls(server) => Seen {
                began: server.stats().client_hellos > 0,
                accepted: server.request_count() > 0,
            },
            Servers::Weak(server) => Seen {
                began: server.client_hellos() > 0,
                accepted: went_on(server).await,
            },
            Servers::Redirect { safe, end, .. } => Seen {
                began: safe.request_count() > 0,
                accepted: end.requests() > 0,
            },
            Servers::Plain(server) => Seen {
                began: server.bytes_received() > 0,
                accepted: server.request_count() > 0,
            },
            Servers::Upgrade { plain, safe } => Seen {
                began: plain.request_count() > 0,
                accepted: safe.request_count() > 0,
            },
            Servers::Hsts { safe, plain } => Seen {
                began: safe.request_count() > 0,
                accepted: plain.request_count() > 0,
            },
        }
    }

    /// The client's verdict on the site, by its own result and by what the servers have seen.
    /// `said` is `Ok` if the client accepted the server.
    pub async fn judge(&self, said: Result<(), String>) -> Judgement {
        let seen = self.seen().await;
        match said {
            _ if seen.accepted => Judgement::Accepted,
            Ok(()) if !seen.began => Judgement::NeverBegan(
                "that it accepts a server to which it has not connected".to_owned(),
            ),
            // A client that returns the redirect to its caller has not followed it, whatever its
            // result is.
            Ok(()) if matches!(self.servers, Servers::Redirect { .. }) => {
                Judgement::Rejected("nothing, and followed nowhere".to_owned())
            }
            Ok(()) => Judgement::Accepted,
            Err(said) if seen.began => Judgement::Rejected(said),
            Err(said) => Judgement::NeverBegan(said),
        }
    }
}

async fn went_on(server: &WeakServer) -> bool {
    if server.client_hellos() > server.moves().len() {
        // A client that keeps the connection open for longer has not continued.
        drop(tokio::time::timeout(GRACE, server.next_moves(server.client_hellos())).await);
    }
    server.moves().contains(&ClientMove::WentOn)
}

impl Servers {
    async fn start(scene: &Scene) -> Self {
        match scene {
            Scene::Tls(scene) => Self::Tls(tls(scene).await),
            Scene::Weak { weakness, identity } => {
                Self::Weak(WeakServer::presenting(*weakness, identity).await)
            }
            Scene::Redirect { safe, status, to } => redirecting(safe, *status, to).await,
            Scene::Plain => Self::Plain(PlainServer::start().await),
            Scene::Upgrade(identity) => {
                let safe = TestServer::http1(identity.clone()).await;
                let plain = PlainServer::builder()
                    .handler(redirect(StatusCode::MOVED_PERMANENTLY, safe.url("/")))
                    .start()
                    .await;
                Self::Upgrade { plain, safe }
            }
            Scene::Hsts(identity) => {
                let safe = TestServer::builder(identity.clone())
                    .handler(|_| async {
                        let demand = HeaderValue::from_static("max-age=31536000");
                        let mut response = Response::new("from now on by https");
                        response
                            .headers_mut()
                            .insert(STRICT_TRANSPORT_SECURITY, demand);
                        response
                    })
                    .start()
                    .await;
                let plain = PlainServer::start().await;
                Self::Hsts { safe, plain }
            }
        }
    }

    fn addresses(&self) -> (SocketAddr, String, Option<String>) {
        match self {
            Self::Tls(server) => (server.addr(), server.url("/"), None),
            Self::Weak(server) => (server.addr(), server.url("/"), None),
            Self::Redirect { safe, .. } => (safe.addr(), safe.url("/"), None),
            Self::Plain(plain) | Self::Upgrade { plain, .. } => {
                (plain.addr(), plain.url("/"), None)
            }
            Self::Hsts { safe, plain } => (safe.addr(), safe.url("/"), Some(plain.url("/"))),
        }
    }
}

async fn tls(scene: &TlsScene) -> TestServer {
    let builder = TestServer::builder(scene.identity.clone()).tls_versions(&scene.versions);
    let builder = match &scene.clients {
        Some(ca) => builder.client_auth(ClientAuth::Required(ca.certificate().clone())),
        None => builder,
    };
    builder.start().await
}

async fn redirecting(safe: &Identity, status: StatusCode, to: &Destination) -> Servers {
    let (end, url) = match to {
        Destination::Tls(identity) => {
            let server = TestServer::http1(identity.clone()).await;
            let url = server.url("/");
            (End::Tls(server), url)
        }
        Destination::Plain | Destination::PlainByWayOf(_) => {
            let server = PlainServer::start().await;
            let url = server.url("/");
            (End::Plain(server), url)
        }
    };
    let answering = |identity: &Identity, url| {
        TestServer::builder(identity.clone())
            .handler(redirect(status, url))
            .start()
    };
    let (between, url) = match to {
        Destination::PlainByWayOf(identity) => {
            let server = answering(identity, url).await;
            let url = server.url("/");
            (Some(server), url)
        }
        Destination::Plain | Destination::Tls(_) => (None, url),
    };
    Servers::Redirect {
        safe: answering(safe, url).await,
        _between: between,
        end,
    }
}

type Redirected = std::future::Ready<Response<&'static str>>;

fn redirect(
    status: StatusCode,
    to: String,
) -> impl Fn(http::Request<bytes::Bytes>) -> Redirected + Send + Sync + 'static {
    let to = HeaderValue::try_from(to).expect("a URL of the loopback is a header value");
    move |_| {
        let mut response = Response::new("");
        *response.status_mut() = status;
        response.headers_mut().insert(LOCATION, to.clone());
        std::future::ready(response)
    }
}
