//! Settings of a client.

mod calls;

use std::error::Error as StdError;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "decompression")]
use bonafide_tower::decompression::DecodingLimits;
#[cfg(feature = "hsts")]
use bonafide_tower::hsts::{HstsHosts, HstsLayer};
use bonafide_tower::redirect::Redirects;
#[cfg(feature = "events")]
use bonafide_tower::retry::Budgets;
#[cfg(feature = "retry")]
use bonafide_tower::retry::Retry;
use bonafide_verify::{Policy, PolicyHandle};
use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
#[cfg(feature = "decompression")]
use http::header::{ACCEPT_ENCODING, RANGE};
use http::{HeaderMap, HeaderValue, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::{Client, Inner};
use crate::body::Body;
use crate::connect::{Connector, Resolver, Versions, WarmUp};
use crate::error::{Error, Failure, Kind};
use crate::header_names::HeaderNames;
#[cfg(feature = "events")]
use crate::limits::EVENT_BUDGET;
use crate::limits::{Cap, Limits};
use crate::pool::Pool;
use crate::proxy::{Proxy, Route};
use crate::router::Router;
#[cfg(feature = "retry")]
use crate::stack::retry_layer;
use crate::stack::{CallSettings, HopStage, Layers, Next, Stack, wrap};

/// The longest duration that is passed to hyper: hyper adds it to the current time, which must not
/// overflow.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Headers that cannot be defaults.
const NOT_FOR_EVERY_REQUEST: [&str; 12] = [
    "expect",
    "host",
    "proxy-authorization",
    "content-length",
    "transfer-encoding",
    "trailer",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "upgrade",
    "http2-settings",
];

/// `time`, but no more than a year.
fn bounded(time: Duration) -> Duration {
    time.min(YEAR)
}

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use bonafide::Client;
/// use bonafide::redirect::Redirects;
///
/// let client = Client::builder()
///     .user_agent("shop/1.0")
///     .timeout(Duration::from_secs(60))
///     .redirects(Redirects::up_to(3))
///     .build()?;
/// # Ok::<(), bonafide::Error>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    policy: Option<PolicyHandle>,
    default_headers: HeaderMap,
    limits: Limits,
    redirects: Redirects,
    #[cfg(feature = "decompression")]
    decoding: Option<DecodingLimits>,
    #[cfg(feature = "retry")]
    retry: Option<Retry>,
    #[cfg(feature = "hsts")]
    hsts: Option<HstsHosts>,
    allow_plain_http: bool,
    proxy: Option<Proxy>,
    resolver: Resolver,
    versions: Versions,
    layers: Layers,
    mistake: Option<Failure>,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        let mut default_headers = HeaderMap::new();
        default_headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        default_headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("bonafide/", env!("CARGO_PKG_VERSION"))),
        );
        Self {
            policy: None,
            default_headers,
            limits: Limits::default(),
            redirects: Redirects::default(),
            #[cfg(feature = "decompression")]
            decoding: Some(DecodingLimits::default()),
            #[cfg(feature = "retry")]
            retry: None,
            #[cfg(feature = "hsts")]
            hsts: None,
            allow_plain_http: false,
            proxy: None,
            resolver: Resolver::default(),
            versions: Versions::default(),
            layers: Layers::default(),
            mistake: None,
        }
    }

    /// Which servers to trust: a [`Policy`], or a [`PolicyHandle`] whose policy can be replaced
    /// while the client is in use. Default: the system's trust store under
    /// [`Profile::Browser`](bonafide_verify::Profile::Browser).
    pub fn policy(mut self, policy: impl Into<PolicyHandle>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// `User-Agent` of every request. Default: `bonafide/` and the version of this crate.
    pub fn user_agent(mut self, user_agent: impl AsRef<str>) -> Self {
        match HeaderValue::from_str(user_agent.as_ref()) {
            Ok(value) => {
                self.default_headers.insert(USER_AGENT, value);
            }
            Err(error) => {
                let failure =
                    Failure::new(Kind::Request, "the user agent is not a valid header value");
                self.mistake = Some(failure.caused_by(error));
            }
        }
        self
    }

    /// Headers of every request that does not set its own header of that name. They replace earlier
    /// defaults of the same name. Default: `Accept: */*` and the user agent.
    ///
    /// `Authorization`, `Cookie` and `WWW-Authenticate` are left out once a redirect has led to
    /// another origin; see [`Redirects`]. Headers that cannot be the same for every request are
    /// refused: `Host`; `Proxy-Authorization` (credentials for a proxy belong in the URL of
    /// [`Proxy`], or in [`Proxy::header`]); `Content-Length`, `Transfer-Encoding`, `Trailer` and
    /// `Expect`, which belong to a body; and the fields about a connection, `Connection`,
    /// `Keep-Alive`, `Proxy-Connection`, `TE`, `Upgrade` and `HTTP2-Settings`.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        for name in NOT_FOR_EVERY_REQUEST {
            if headers.contains_key(name) {
                let what = format!("{name} cannot be a default header");
                self.mistake = Some(Failure::new(Kind::Config, what));
            }
        }
        for name in headers.keys() {
            self.default_headers.remove(name);
        }
        self.default_headers.extend(headers);
        self
    }

    /// The limit for a whole request with its redirects, up to the last byte of the response's
    /// body. Default: none.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.total = limit.into();
        self
    }

    /// The limit for looking up the host and connecting to it, the proxy included. The host's
    /// addresses share it. Default: 10 s.
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.connect = limit.into();
        self
    }

    /// The limit for the TLS handshake. Default: 10 s.
    pub fn handshake_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.handshake = limit.into();
        self
    }

    /// The limit for waiting until a connection can be used: while a new connection is opened, and
    /// while other requests use all connections and streams that the limits allow. A request that
    /// reaches this limit was not sent. Default: 60 s.
    pub fn pool_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.checkout = limit.into();
        self
    }

    /// The limit for the server's response: from when the connection accepted the last piece of the
    /// request until the response's headers arrive. Default: 30 s.
    pub fn headers_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.headers = limit.into();
        self
    }

    /// How long the body of a request with
    /// [`expect_continue`](crate::RequestBuilder::expect_continue) is held back for the server's
    /// answer; then it is sent. `None` waits for as long as the request may take. Default: 1 s.
    pub fn expect_continue_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.expect_continue = limit.into();
        self
    }

    /// The limit between two pieces of a response's body. Default: 30 s.
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request.read = limit.into();
        self
    }

    /// Uses HTTP/1.1 alone, and offers nothing else to servers. Default: HTTP/2 where the server
    /// supports it, by ALPN.
    pub fn http1_only(mut self) -> Self {
        self.versions = Versions::Http1;
        self
    }

    /// Uses HTTP/2 alone, and offers nothing else to servers. A server that does not select it is
    /// an error of [`Kind::Protocol`], or of [`Kind::Tls`] where it ends the handshake, before
    /// anything is sent. With [`allow_plain_http`](Self::allow_plain_http), `http://` URLs are
    /// requested over HTTP/2 by prior knowledge (RFC 9113 section 3.3). Default: as for
    /// [`http1_only`](Self::http1_only).
    pub fn http2_only(mut self) -> Self {
        self.versions = Versions::Http2;
        self
    }

    /// Allows requests to `http://` URLs. Their servers are not verified, and the responses have no
    /// receipt. Redirects from `https://` to `http://` stay refused. Default: an `http://` URL is
    /// an error of [`Kind::PlainHttpRefused`], before anything is looked up or sent.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// The proxy that all connections go through. Default: none; no environment variable is read.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// The address of `host`, in place of a lookup by the system's resolver. The certificate still
    /// has to be for `host`. The port of `address` is used, unless it is 0 or the URL names a port.
    /// The scope id of a link-local IPv6 address is kept; a URL cannot have one.
    ///
    /// `host` is a name or an address in any spelling that a URL may have. With a
    /// [`proxy`](Self::proxy) the client looks up the proxy's host alone, so addresses for other
    /// hosts are not used.
    pub fn resolve(self, host: &str, address: SocketAddr) -> Self {
        self.resolve_to(host, [address])
    }

    /// The addresses of `host`, in the order in which they are tried; see
    /// [`resolve`](Self::resolve).
    pub fn resolve_to(
        mut self,
        host: &str,
        addresses: impl IntoIterator<Item = SocketAddr>,
    ) -> Self {
        if let Err(failure) = self.resolver.set(host, addresses.into_iter().collect()) {
            self.mistake = Some(failure);
        }
        self
    }

    /// How long an unused connection is kept. Default: 90 s.
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.pool.idle_timeout = limit;
        self
    }

    /// How many unused HTTP/1.1 connections are kept for one origin, for each runtime that the
    /// client is used on. Default: 128.
    pub fn pool_max_idle_per_host(mut self, count: usize) -> Self {
        self.limits.pool.max_idle_per_partition = count;
        self
    }

    /// Maximum number of connections to one origin at once, for each runtime that the client is
    /// used on. Further requests wait. Default: no limit.
    pub fn max_connections_per_host(mut self, count: NonZeroUsize) -> Self {
        self.limits.pool.max_connections_per_partition = count;
        self
    }

    /// Maximum number of HTTP/2 connections to one origin, for each runtime that the client is used
    /// on. A further connection is opened only when all streams that the server allows are in use.
    /// Default: 8.
    pub fn max_http2_connections_per_host(mut self, count: NonZeroUsize) -> Self {
        self.limits.pool.max_h2_connections = count;
        self
    }

    /// How often the client pings an HTTP/2 connection, in use or idle. Default: every 30 s. `None`
    /// turns pings off; more than a year counts as a year.
    ///
    /// The answer to a ping also shows that an idle connection still works. If a request is
    /// cancelled after a second or more (a long poll, for instance) and nothing arrived on its
    /// connection meanwhile, the next request opens another connection. Long polls over HTTP/2
    /// should therefore wait longer than this interval. Without pings, a connection to a frozen
    /// peer stays open.
    pub fn http2_ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.limits.http.ping_interval = interval.into().map(bounded);
        self
    }

    /// How long the answer to a ping may take before the client closes the connection. Default: 10
    /// s; more than a year counts as a year.
    pub fn http2_ping_timeout(mut self, limit: Duration) -> Self {
        self.limits.http.ping_timeout = bounded(limit);
        self
    }

    /// How many header fields an HTTP/1.1 response may have. Default: 100.
    pub fn http1_max_headers(mut self, count: usize) -> Self {
        self.limits.http.max_headers = Some(count);
        self
    }

    /// How large a response's headers may be, in bytes. Default: 64 KiB.
    pub fn max_header_bytes(mut self, bytes: u32) -> Self {
        self.limits.http.max_header_bytes = bytes;
        self
    }

    /// Maximum size, in bytes, of a response's body that is collected by
    /// [`bytes`](crate::Response::bytes), [`text`](crate::Response::text) or
    /// [`json`](crate::Response::json); more is an error of [`Kind::TooLarge`]. Default: 64 MiB;
    /// `None` is no limit.
    ///
    /// [`bytes_limited`](crate::Response::bytes_limited) and the methods like it have limits of
    /// their own. A body that is read in pieces, or through the tower service, has no limit.
    pub fn max_body_bytes(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.limits.body = Cap::OfClient(bytes.into());
        self
    }

    /// Puts a tower layer around whole calls: it sees the request as the caller made it, and the
    /// response after all redirects. The first layer that is added is the outermost. The time limit
    /// of the whole request ([`timeout`](Self::timeout)) holds for the layers too; the headers that
    /// every request has are added below them.
    ///
    /// The layer gets an `http::Request<`[`Body`](crate::Body)`>`, whose extensions it should pass
    /// on, and returns an `http::Response` with any body; the response has
    /// `Arc<`[`Receipt`](crate::Receipt)`>` in its extensions. Where it sends a request several
    /// times, or does not pass on the extensions, the [delivery](Error::delivery) of an error is
    /// that of the sending that got furthest, [`MaybeProcessed`](crate::Delivery::MaybeProcessed)
    /// where that is not known. An [`Error`] that it passes on reaches the caller as it was; any
    /// other error is one of [`Kind::Layer`] with that error as its source. The client checks a
    /// request that a layer has changed as it checks one that a caller has written.
    ///
    /// A new request that a layer makes is sent with the client's own credentials, like any request
    /// of the client. If a layer changes the URL of the request that it got to another origin, the
    /// request is sent without them. A layer that starts tasks when it is applied, as tower's
    /// `BufferLayer` does, needs a runtime in [`build`](Self::build).
    ///
    /// ```
    /// use bonafide::Client;
    /// use tower::limit::ConcurrencyLimitLayer;
    ///
    /// // At most eight calls at once.
    /// let client = Client::builder().layer(ConcurrencyLimitLayer::new(8)).build()?;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Next> + Send + 'static,
        L::Service:
            Service<Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<Box<dyn StdError + Send + Sync>>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.layers.of_calls.push(wrap(layer));
        self
    }

    /// Puts a tower layer around each hop: it sees the request to each origin on the way, redirects
    /// included, and the response of each, 3xx included. Otherwise it is as [`layer`](Self::layer).
    ///
    /// The client's own credentials, an `Authorization` among the [default
    /// headers](Self::default_headers) for instance, are left out of a request that the layer sends
    /// to another origin, and of one whose extensions the layer did not pass on. Where the layer
    /// sends a request to another origin, the layer decides which of the caller's headers it keeps.
    pub fn hop_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Next> + Send + 'static,
        L::Service:
            Service<Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<Box<dyn StdError + Send + Sync>>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.layers.of_hops.push(wrap(layer));
        self
    }

    /// Builds the client. Needs no runtime, unless a [layer](Self::layer) does, and does no I/O.
    ///
    /// # Errors
    ///
    /// [`Kind::Config`] if the default policy cannot be built or a default header is one that is
    /// refused or if addresses are given for something that is not a host; [`Kind::Request`] if the
    /// user agent is not a valid header value.
    pub fn build(self) -> Result<Client, Error> {
        let client = self.build_or_defer();
        match client.inner.stack.router() {
            Ok(_) => Ok(client),
            Err(failure) => Err(failure.clone().into()),
        }
    }

    /// Builds the client. Each request reports what is wrong with the settings.
    pub(super) fn build_or_defer(self) -> Client {
        let Self {
            policy,
            default_headers,
            limits,
            redirects,
            #[cfg(feature = "decompression")]
            decoding,
            #[cfg(feature = "retry")]
            retry,
            #[cfg(feature = "hsts")]
            hsts,
            allow_plain_http,
            proxy,
            resolver,
            versions,
            #[cfg_attr(
                not(any(feature = "hsts", feature = "retry")),
                expect(unused_mut, reason = "retries and HSTS are layers")
            )]
            mut layers,
            mistake,
        } = self;
        #[cfg(feature = "retry")]
        if let Some(retry) = retry {
            layers.of_hops.insert(0, retry_layer(retry));
        }
        #[cfg(feature = "hsts")]
        if let Some(hosts) = hsts {
            layers.of_hops.insert(0, wrap(HstsLayer::new(hosts)));
        }
        #[cfg(feature = "decompression")]
        let decoding = decoding.filter(|_| {
            // The caller asks, for every request.
            !default_headers.contains_key(ACCEPT_ENCODING) && !default_headers.contains_key(RANGE)
        });
        let policy = match (mistake, policy) {
            (Some(mistake), _) => Err(mistake),
            (None, Some(policy)) => Ok(policy),
            (None, None) => Policy::builder()
                .build()
                .map(PolicyHandle::new)
                .map_err(Failure::config),
        };
        let request_limits = limits.request;
        let body_cap = limits.body;
        let checkout_limit = limits.checkout;
        let router = policy.map(|policy| {
            let route = proxy.map_or(Route::Direct, Route::Proxy);
            let pool_limits = limits.pool.clone();
            let connector = Connector {
                warm_up: WarmUp::start(Policy::clone(&policy.current())),
                policy: policy.clone(),
                resolver,
                limits,
                versions,
                default_headers,
            };
            let pool = Pool::new(connector, pool_limits);
            Router::new(policy, route, allow_plain_http, pool)
        });
        let hops = HopStage::new(router, checkout_limit, request_limits);
        let settings = CallSettings {
            redirects,
            #[cfg(feature = "decompression")]
            decoding,
        };
        Client {
            inner: Arc::new(Inner {
                stack: Stack::new(hops, settings, layers),
                body_cap,
                #[cfg(feature = "events")]
                event_budgets: Budgets::new(EVENT_BUDGET),
            }),
        }
    }
}

/// Shows only the names of the default headers.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            default_headers,
            limits,
            redirects,
            #[cfg(feature = "decompression")]
            decoding,
            #[cfg(feature = "retry")]
            retry,
            #[cfg(feature = "hsts")]
            hsts,
            allow_plain_http,
            proxy,
            resolver,
            versions,
            layers,
            mistake,
        } = self;
        let mut f = f.debug_struct("ClientBuilder");
        #[cfg(feature = "decompression")]
        f.field("decoding", decoding);
        #[cfg(feature = "retry")]
        f.field("retry", retry);
        #[cfg(feature = "hsts")]
        f.field("hsts", hsts);
        f.field("policy", policy)
            .field("default_headers", &HeaderNames(default_headers))
            .field("limits", limits)
            .field("redirects", redirects)
            .field("allow_plain_http", allow_plain_http)
            .field("proxy", proxy)
            .field("resolver", resolver)
            .field("versions", versions)
            .field("layers", layers)
            .field("mistake", mistake)
            .finish()
    }
}
