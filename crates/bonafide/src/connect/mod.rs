//! Making connections: one file a step.

mod default_headers;
mod info;
mod resolve;
mod tcp;
mod tls;
mod tunnel;
mod warm_up;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::http::Version;
use ::http::header::USER_AGENT;
#[cfg(feature = "cookies")]
use bonafide_tower::store::Partition;
use bonafide_verify::identity::Credential;
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::{Clock, Policy, PolicyHandle, Receipt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub(crate) use self::default_headers::DefaultHeaders;
pub use self::info::ConnectionInfo;
pub(crate) use self::resolve::Resolver;
pub(crate) use self::warm_up::WarmUp;
use crate::error::{Failure, Kind, Phase};
use crate::events::{Found, Listeners, Opening, Step};
use crate::limits::Limits;
#[cfg(feature = "cookies")]
use crate::origin::server_name;
use crate::origin::{Origin, Scheme};
use crate::pool::{Connect, Connected, Connecting, PartitionKey, PartitionParts, Protocol, Recall};
use crate::protocol::{Fate, Http1, Http2, Noting, Socket, SocketState, Timers, Wire};
use crate::proxy::{Proxy, Route};

/// Makes the connections of one client.
pub(crate) struct Connector {
    pub(crate) policy: PolicyHandle,
    pub(crate) warm_up: WarmUp,
    pub(crate) resolver: Resolver,
    pub(crate) limits: Limits,
    /// The headers that every request has unless it brings its own.
    pub(crate) default_headers: DefaultHeaders,
    /// Notified of the steps of each connection.
    pub(crate) listeners: Listeners,
}

/// What the pool keeps with a connection.
pub(crate) struct Meta {
    pub(crate) info: Arc<ConnectionInfo>,
    pub(crate) wire: Wire,
    pub(crate) fate: Fate,
    pub(crate) socket: Arc<SocketState>,
    pub(crate) timers: Timers,
    /// The owner of the cookies: the zone.
    #[cfg(feature = "cookies")]
    pub(crate) partition: Partition,
    /// When the policy's verdict expires, by the policy's clock. The pool's own deadline runs on a
    /// clock that may stand still while the machine sleeps.
    deadline: Option<UnixTime>,
    /// The client certificate that was presented on it.
    credential: Option<Arc<Credential>>,
}

impl Meta {
    /// Whether the policy's verdict has expired.
    pub(crate) fn is_past(&self, now: impl FnOnce() -> UnixTime) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now())
    }
}

/// A connection is called back when the client certificate that it uses is replaced.
impl Recall for Meta {
    fn is_recalled(&self, now: Instant) -> bool {
        self.credential
            .as_ref()
            .is_some_and(|credential| credential.is_retired(now))
    }

    fn recalled_at(&self) -> Option<Instant> {
        self.credential.as_ref()?.retires_at()
    }

    fn binds_first_request(&self) -> bool {
        self.credential
            .as_ref()
            .is_none_or(|credential| credential.binds_new_connections())
    }
}

impl Connect for Connector {
    type Http1 = Http1;
    type Http2 = Http2;
    type Meta = Meta;
    type Error = Failure;

    fn connect<'a>(&'a self, key: &'a PartitionKey) -> Connecting<'a, Self> {
        Box::pin(self.open_watched(key))
    }
}

impl Connector {
    /// Opens a connection, of which the listeners are notified.
    async fn open_watched(&self, key: &PartitionKey) -> Result<Connected<Self>, Failure> {
        let PartitionParts { origin, route, .. } = key.parts();
        let mut opening = Opening::start(&self.listeners, || {
            let proxy = match route {
                Route::Proxy(proxy) => Some(proxy.to_string()),
                Route::Direct => None,
            };
            (origin.to_string(), proxy)
        });
        let connected = self.open(key, &mut opening).await;
        opening.end(connected, |connected| connected.meta.info.version())
    }

    /// Opens a connection: resolves, connects, asks the proxy, and has the policy judge the server.
    async fn open(
        &self,
        key: &PartitionKey,
        opening: &mut Opening<'_>,
    ) -> Result<Connected<Self>, Failure> {
        let parts = key.parts();
        let policy = Policy::clone(&self.policy.current());
        if policy.epoch() != parts.epoch {
            return Err(Failure::new(
                Kind::Canceled,
                "the policy was replaced before the connection was made",
            )
            .during(Phase::Connect)
            .retryable());
        }
        let origin = &parts.origin;
        let stream = self.dial(origin, &parts.route, opening).await?;
        let ends = Ends::of(&stream)?;
        let stream = Socket::new(stream);
        let line = Line {
            ends,
            socket: stream.state(),
            #[cfg(feature = "cookies")]
            partition: {
                let zone = policy.zone_of(&server_name(&origin.host)?);
                Partition::new(zone.map_err(Failure::refused)?.name())
            },
        };
        match origin.scheme {
            Scheme::Http => {
                let version = parts.versions.over_plain_http();
                self.start_http(origin, stream, line, version, None, opening)
                    .await
            }
            Scheme::Https => {
                self.warm_up.done().await;
                let (alpn, limit) = (parts.versions.alpn(), self.limits.handshake);
                let step = opening.begin(Step::Tls);
                let stream = tls::handshake(&policy, &origin.host, stream, alpn, limit).await;
                let stream = step.end(stream, |stream| Found::Receipt(stream.receipt()))?;
                let version = parts.versions.by_alpn(stream.alpn())?;
                let judged = Judged {
                    receipt: Arc::clone(stream.receipt()),
                    credential: stream.credential().cloned(),
                    clock: policy.clock(),
                };
                self.start_http(origin, stream, line, version, Some(judged), opening)
                    .await
            }
        }
    }

    /// Resolves and connects, to the proxy where there is one, and through it.
    async fn dial(
        &self,
        origin: &Origin,
        route: &Route,
        opening: &mut Opening<'_>,
    ) -> Result<TcpStream, Failure> {
        let limit = self.limits.connect;
        let start = Instant::now();
        let left = || limit.map(|limit| limit.saturating_sub(start.elapsed()));
        let (host, port, default_port) = match route {
            Route::Proxy(proxy) => {
                let (host, port) = proxy.address();
                (host, port, port)
            }
            Route::Direct => (&*origin.host, origin.port, origin.scheme.default_port()),
        };
        let unreached = |failure: Failure| match route {
            Route::Proxy(proxy) => {
                failure.in_words(|what| format!("the proxy {proxy} cannot be reached: {what}"))
            }
            Route::Direct => failure,
        };
        let addresses = match self.resolver.known(host, port, default_port) {
            Some(addresses) => addresses,
            None => {
                let step = opening.begin(Step::Resolve(host));
                let lookup = resolve::look_up(host, port);
                let found = limited(limit, Phase::Resolve, "resolving the host", lookup).await;
                step.end(found.map_err(unreached), |found| Found::Addresses(found))?
            }
        };
        let step = opening.begin(Step::Connect(&addresses));
        let stream = limited(left(), Phase::Connect, "connecting", async {
            tcp::connect(addresses.clone(), left()).await
        })
        .await;
        let stream = step.end(stream.map_err(unreached), |stream| {
            stream.peer_addr().map_or(Found::Nothing, Found::Address)
        })?;
        match route {
            Route::Direct => Ok(stream),
            Route::Proxy(proxy) => {
                let step = opening.begin(Step::Proxy);
                let stream = self.tunnel(proxy, origin, stream, left()).await;
                step.end(stream, |_| Found::Nothing)
            }
        }
    }

    /// Asks `proxy`, the peer of `stream`, to open a tunnel to `origin`.
    async fn tunnel(
        &self,
        proxy: &Proxy,
        origin: &Origin,
        stream: TcpStream,
        left: Option<Duration>,
    ) -> Result<TcpStream, Failure> {
        let ask = tunnel::Ask {
            host: &origin.host,
            port: origin.port,
            user_agent: self.default_headers.get(USER_AGENT),
            limits: &self.limits.http,
        };
        let budget = tunnel::Budget::new(self.limits.connect, left);
        tunnel::open(proxy, stream, ask, budget).await
    }

    /// Starts HTTP on a stream that is ready for it.
    async fn start_http<IO>(
        &self,
        origin: &Origin,
        stream: IO,
        line: Line,
        version: Version,
        judged: Option<Judged<'_>>,
        opening: &Opening<'_>,
    ) -> Result<Connected<Self>, Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let verdict_ends = judged.as_ref().and_then(|judged| judged.receipt.deadline());
        let deadline = judged
            .as_ref()
            .zip(verdict_ends)
            .and_then(|(judged, deadline)| instant_of(deadline, judged.clock.now()));
        let receipt = judged.as_ref().map(|judged| &*judged.receipt);
        let wire = self.default_headers.wire(origin, version, receipt)?;
        let fate = Fate::default();
        let Line {
            ends,
            socket,
            #[cfg(feature = "cookies")]
            partition,
        } = line;
        let stream = Noting::new(stream, fate.clone());
        let broken = |error: hyper::Error| {
            Failure::new(Kind::Protocol, "the HTTP connection could not be set up")
                .during(Phase::Send)
                .caused_by(error)
                .retryable()
        };
        let protocol = if version == Version::HTTP_2 {
            let http2 = Http2::handshake(&self.limits.http, stream, Arc::clone(&socket)).await;
            Protocol::Http2(http2.map_err(broken)?)
        } else {
            let http1 = Http1::handshake(&self.limits.http, stream, Arc::clone(&socket)).await;
            Protocol::Http1(http1.map_err(broken)?)
        };
        let (receipt, credential) = judged
            .map(|judged| (judged.receipt, judged.credential))
            .unzip();
        let info = Arc::new(ConnectionInfo {
            remote_addr: ends.remote,
            local_addr: ends.local,
            version,
            receipt,
            opening: opening.times(),
            id: opening.id(),
        });
        tracing::debug!(
            %origin,
            remote = %ends.remote,
            ?version,
            opening = ?opening.times(),
            "connected"
        );
        Ok(Connected {
            protocol,
            deadline,
            meta: Arc::new(Meta {
                info,
                wire,
                fate,
                socket,
                timers: Timers::default(),
                #[cfg(feature = "cookies")]
                partition,
                deadline: verdict_ends,
                credential: credential.flatten(),
            }),
        })
    }
}

/// The policy's verdict on a server, the clock that the policy used, and the client certificate
/// that the server was shown.
struct Judged<'a> {
    receipt: Arc<Receipt>,
    credential: Option<Arc<Credential>>,
    clock: &'a Clock,
}

/// What is known of a TCP connection before anything is sent over it.
struct Line {
    ends: Ends,
    socket: Arc<SocketState>,
    #[cfg(feature = "cookies")]
    partition: Partition,
}

/// The two addresses of a TCP connection.
#[derive(Clone, Copy)]
struct Ends {
    remote: std::net::SocketAddr,
    local: std::net::SocketAddr,
}

impl Ends {
    fn of(stream: &TcpStream) -> Result<Self, Failure> {
        let gone = |error: std::io::Error| {
            Failure::new(Kind::Connect, "the connection closed before it was used")
                .during(Phase::Connect)
                .caused_by(error)
                .retryable()
        };
        Ok(Self {
            remote: stream.peer_addr().map_err(gone)?,
            local: stream.local_addr().map_err(gone)?,
        })
    }
}

/// The moment at which the policy's clock, which shows `now`, will show `deadline`. `None` if that
/// is too far away to represent.
fn instant_of(deadline: UnixTime, now: UnixTime) -> Option<Instant> {
    let left = deadline.as_secs().saturating_sub(now.as_secs());
    tokio::time::Instant::now()
        .into_std()
        .checked_add(Duration::from_secs(left))
}

/// Runs `work`, and fails with [`Kind::Timeout`] in `phase` once `limit` has passed.
async fn limited<T>(
    limit: Option<Duration>,
    phase: Phase,
    what: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(limit) = limit else {
        return work.await;
    };
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(
            Failure::new(Kind::Timeout, format!("{what} took longer than {limit:?}"))
                .during(phase)
                .retryable(),
        ),
    }
}
