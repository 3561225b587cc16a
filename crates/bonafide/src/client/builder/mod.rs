//! Settings of a client.

mod calls;
mod connections;
mod events;
mod headers;
mod layers;
mod limits;
mod network;
#[cfg(feature = "testing")]
mod testing;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "decompression")]
use bonafide_tower::decompression::DecodingLimits;
use bonafide_tower::default_headers::DefaultHeaderValues;
use bonafide_tower::redirect::Redirects;
#[cfg(feature = "sse")]
use bonafide_tower::retry::Budgets;
use bonafide_verify::{ConfigError, Policy, PolicyHandle};
use http::header::{ACCEPT, USER_AGENT};
#[cfg(feature = "decompression")]
use http::header::{ACCEPT_ENCODING, RANGE};
use http::{HeaderMap, HeaderValue};

use super::{Client, Inner};
use crate::connect::{Connector, DefaultHeaders, Resolver, WarmUp};
use crate::error::{Error, Failure};
use crate::events::{EventListener, Listeners};
use crate::header_names::HeaderNames;
#[cfg(feature = "sse")]
use crate::limits::EVENT_BUDGET;
use crate::limits::Limits;
use crate::pool::Pool;
use crate::proxy::{Proxy, Route};
use crate::router::Router;
#[cfg(feature = "retry")]
use crate::stack::Retries;
use crate::stack::{CallSettings, HopSettings, HopStage, Layers, Stack};
#[cfg(feature = "testing")]
use crate::testing::{FakeServer, InPlace};
use crate::versions::Versions;

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
///
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
    default_headers: DefaultHeaders,
    limits: Limits,
    redirects: Redirects,
    #[cfg(feature = "decompression")]
    decoding: Option<DecodingLimits>,
    #[cfg(feature = "retry")]
    retries: Retries,
    hops: HopSettings,
    allow_plain_http: bool,
    proxy: Option<Proxy>,
    resolver: Resolver,
    versions: Versions,
    layers: Layers,
    listeners: Vec<Box<dyn EventListener>>,
    #[cfg(feature = "testing")]
    fake: Option<FakeServer>,
    mistake: Option<Failure>,
}

/// The settings of [`Client::builder`]. With it a struct can keep a builder that its own setters
/// change:
///
/// ```
/// use std::mem;
/// use std::time::Duration;
///
/// use bonafide::ClientBuilder;
///
/// #[derive(Default)]
/// struct Settings {
///     http: ClientBuilder,
/// }
///
/// impl Settings {
///     fn patience(&mut self, limit: Duration) -> &mut Self {
///         self.http = mem::take(&mut self.http).timeout(limit);
///         self
///     }
/// }
///
/// let mut settings = Settings::default();
/// settings.patience(Duration::from_secs(60));
/// let client = settings.http.build()?;
/// # Ok::<(), bonafide::Error>(())
/// ```
impl Default for ClientBuilder {
    fn default() -> Self {
        let mut everywhere = HeaderMap::new();
        everywhere.insert(ACCEPT, HeaderValue::from_static("*/*"));
        everywhere.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("bonafide/", env!("CARGO_PKG_VERSION"))),
        );
        Self {
            policy: None,
            default_headers: DefaultHeaders {
                everywhere,
                at: DefaultHeaderValues::new(),
                redirects: Redirects::default(),
            },
            limits: Limits::default(),
            redirects: Redirects::default(),
            #[cfg(feature = "decompression")]
            decoding: Some(DecodingLimits::default()),
            #[cfg(feature = "retry")]
            retries: Retries::default(),
            hops: HopSettings::default(),
            allow_plain_http: false,
            proxy: None,
            resolver: Resolver::default(),
            versions: Versions::default(),
            layers: Layers::default(),
            listeners: Vec::new(),
            #[cfg(feature = "testing")]
            fake: None,
            mistake: None,
        }
    }
}

impl ClientBuilder {
    /// Which servers to trust: a [`Policy`], or a [`PolicyHandle`] whose policy can be replaced
    /// while the client is in use. Default: the system's trust store under
    /// [`Profile::Browser`](bonafide_verify::Profile::Browser).
    ///
    /// All that is about trust is set there: authorities of your own, pins, client certificates,
    /// the least version of TLS.
    ///
    /// ```no_run
    /// use bonafide::verify::{Anchors, CustomCa, Policy};
    ///
    /// // In place of the system's store; beside it: `Anchors::system().plus(…)`.
    /// let anchors = Anchors::only(CustomCa::file("/etc/corp/ca.pem"));
    /// let policy = Policy::builder().anchors(anchors).build()?;
    /// let client = bonafide::Client::builder().policy(policy).build()?;
    /// # drop(client);
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[doc(alias(
        "add_root_certificate",
        "tls_certs_only",
        "tls_certs_merge",
        "danger_accept_invalid_certs",
        "identity",
        "min_tls_version",
        "anchors",
        "pins"
    ))]
    pub fn policy(mut self, policy: impl Into<PolicyHandle>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Builds the client. Needs no runtime, unless a [layer](Self::layer) does, and does no I/O.
    ///
    /// # Errors
    ///
    /// [`Kind::Config`](crate::Kind::Config) if the default policy cannot be built or a default
    /// header is one that is refused or if addresses are given for something that is not a host;
    /// [`Kind::Request`](crate::Kind::Request) if the user agent is not a valid header value.
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
            mut default_headers,
            limits,
            redirects,
            #[cfg(feature = "decompression")]
            decoding,
            #[cfg(feature = "retry")]
            retries,
            hops,
            allow_plain_http,
            proxy,
            resolver,
            versions,
            layers,
            listeners,
            #[cfg(feature = "testing")]
            fake,
            mistake,
        } = self;
        default_headers.redirects = redirects.clone();
        #[cfg(feature = "decompression")]
        let decoding = decoding.filter(|_| {
            // The caller asks, for every request.
            let everywhere = &default_headers.everywhere;
            !everywhere.contains_key(ACCEPT_ENCODING) && !everywhere.contains_key(RANGE)
        });
        let listeners = Listeners::new(listeners);
        #[cfg(feature = "testing")]
        let fake = fake.map(|server| InPlace {
            server,
            default_headers: default_headers.clone(),
            has_policy: policy.is_some(),
        });
        #[cfg(feature = "testing")]
        let default_policy = match &fake {
            Some(_) => testing::trusting_no_server,
            None => system_policy,
        };
        #[cfg(not(feature = "testing"))]
        let default_policy = system_policy;
        let policy = match (mistake, policy) {
            (Some(mistake), _) => Err(mistake),
            (None, Some(policy)) => Ok(policy),
            (None, None) => default_policy()
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
                default_headers,
                listeners: listeners.clone(),
            };
            let pool = Pool::new(connector, pool_limits);
            Router::new(
                policy,
                route,
                allow_plain_http,
                pool,
                #[cfg(feature = "testing")]
                fake,
            )
        });
        let stage = HopStage::new(router, checkout_limit, request_limits, versions);
        let settings = CallSettings {
            redirects,
            hops,
            #[cfg(feature = "decompression")]
            decoding,
            #[cfg(feature = "retry")]
            retries,
        };
        Client {
            inner: Arc::new(Inner {
                stack: Stack::new(stage, settings, layers, listeners),
                body_cap,
                #[cfg(feature = "sse")]
                event_budgets: Budgets::new(EVENT_BUDGET),
            }),
        }
    }
}

/// The policy of a client that was given none.
fn system_policy() -> Result<Policy, ConfigError> {
    Policy::builder().build()
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
            retries,
            hops,
            allow_plain_http,
            proxy,
            resolver,
            versions,
            layers,
            listeners,
            #[cfg(feature = "testing")]
            fake,
            mistake,
        } = self;
        let mut f = f.debug_struct("ClientBuilder");
        #[cfg(feature = "decompression")]
        f.field("decoding", decoding);
        #[cfg(feature = "retry")]
        f.field("retries", retries);
        #[cfg(feature = "testing")]
        f.field("fake", fake);
        f.field("policy", policy)
            .field("default_headers", &HeaderNames(&default_headers.everywhere))
            .field("default_headers_at", &default_headers.at)
            .field("limits", limits)
            .field("redirects", redirects)
            .field("hops", hops)
            .field("allow_plain_http", allow_plain_http)
            .field("proxy", proxy)
            .field("resolver", resolver)
            .field("versions", versions)
            .field("layers", layers)
            .field("listeners", &listeners.len())
            .field("mistake", mistake)
            .finish()
    }
}
