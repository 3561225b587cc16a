//! The client.

mod builder;
mod service;
mod shared;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::{Listener, Policy, PolicyHandle, Rotation};
use http::Method;

pub use self::builder::ClientBuilder;
pub use self::service::ResponseFuture;
pub(crate) use self::shared::shared;
use crate::body::Cap;
use crate::connect::Connector;
use crate::error::{Failure, Kind};
use crate::exchange::{CallLimits, Route};
use crate::pool::{
    self, DEFAULT_ORIGINS, OriginCache, PartitionKey, PartitionParts, Pool, Scheme, ZoneId,
    current_runtime,
};
use crate::redirect::Redirects;
use crate::request::RequestBuilder;
use crate::target::{IntoUrl, OriginName, server_name};
use crate::timeouts::Timeouts;

/// Sends HTTPS requests, and shows with every response why its server was believed.
///
/// Making one is cheap; cloning is cheaper and shares the connections. Keep one as long as the program
/// makes requests.
///
/// A client is a [`tower::Service`](tower_service::Service) of `http::Request<Body>`, and so is `&Client`.
///
/// ```
/// # async fn show() -> Result<(), bonafide::Error> {
/// let client = bonafide::Client::new();
/// let response = client.get("https://example.com/").send().await?;
/// if let Some(receipt) = response.receipt() {
///     println!("{receipt}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What the clones of a client share.
pub(crate) struct Inner {
    /// The failure is what every request then ends with.
    trust: Result<Trust, Failure>,
    allow_plain_http: bool,
    timeouts: Timeouts,
    pub(crate) redirects: Redirects,
    /// For the methods of a response that collect its body.
    pub(crate) body_cap: Cap,
}

/// A policy, and the connections that rest on it.
struct Trust {
    policy: PolicyHandle,
    route: pool::Route,
    connections: Arc<Connections>,
}

/// The connections of a client, and which of them an origin's requests go to.
struct Connections {
    pool: Pool<Connector>,
    origins: OriginCache<Connector>,
    this: Weak<Self>,
}

impl Trust {
    fn new(policy: PolicyHandle, route: pool::Route, pool: Pool<Connector>) -> Self {
        let connections = Arc::new_cyclic(|this: &Weak<Connections>| Connections {
            pool,
            origins: OriginCache::new(policy.epoch().get(), DEFAULT_ORIGINS),
            this: Weak::clone(this),
        });
        policy.subscribe(Arc::downgrade(&connections));
        // The policy may have been replaced before we subscribed.
        Listener::<Policy>::notify(&*connections, &policy.current());
        Self {
            policy,
            route,
            connections,
        }
    }
}

impl Listener<Policy> for Connections {
    fn notify(&self, policy: &Policy) {
        let epoch = policy.epoch().get();
        self.origins.forget_older_than(epoch);
        self.pool.evict_epoch_older_than(epoch);
        policy.subscribe_to_identities(Weak::clone(&self.this));
        // A client certificate may have been replaced before we subscribed.
        self.pool.close_recalled(Duration::ZERO);
    }
}

impl Listener<Rotation> for Connections {
    fn notify(&self, rotation: &Rotation) {
        self.pool.close_recalled(rotation.overlap);
    }
}

impl Client {
    /// A client that believes what the system's trust store supports, as browsers do; see
    /// [`ClientBuilder`] for all that can be set.
    ///
    /// Reads no file yet: the store is read once a process, on a thread of its own. Should the policy
    /// turn out to be unusable, each request says so with [`Kind::Config`].
    pub fn new() -> Self {
        Self::builder().build_or_defer()
    }

    /// Starts a client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Starts a `GET` of `url`.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// Starts a `HEAD` of `url`.
    pub fn head(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// Starts a `POST` to `url`.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// Starts a `PUT` to `url`.
    pub fn put(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// Starts a `PATCH` of `url`.
    pub fn patch(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// Starts a `DELETE` of `url`.
    pub fn delete(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// Starts a request of any method. A URL that cannot be used is reported when the request is sent.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        RequestBuilder::new(self.clone(), method, url)
    }

    /// The policy that judges the servers, to look at it or to replace it; `None` only if it could not be built.
    pub fn policy(&self) -> Option<&PolicyHandle> {
        self.inner.trust.as_ref().ok().map(|trust| &trust.policy)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    /// The connections of an origin, if a request went there before under the policy of this moment.
    pub(crate) fn find(&self, scheme: Scheme, host: &str, port: u16) -> Option<Route> {
        let trust = self.trust.as_ref().ok()?;
        let runtime = current_runtime();
        let route = trust.connections.origins.get(scheme, host, port, runtime)?;
        (route.key().parts().epoch == trust.policy.epoch().get()).then_some(route)
    }

    /// The connections of an origin, once the policy has said which zone it is in.
    pub(crate) fn route(&self, name: &OriginName) -> Result<Route, Failure> {
        let trust = self.trust.as_ref().map_err(Clone::clone)?;
        let OriginName { scheme, host, port } = name;
        if *scheme == Scheme::Http && !self.allow_plain_http {
            return Err(Failure::new(
                Kind::PlainHttpRefused,
                "plain http is refused: use https, or build the client with `allow_plain_http`",
            ));
        }
        let policy = trust.policy.current();
        let zone = policy
            .zone_of(&server_name(host)?)
            .map_err(Failure::refused)?;
        let route = trust
            .connections
            .pool
            .partition(&PartitionKey::new(PartitionParts {
                scheme: *scheme,
                host: Arc::clone(host),
                port: *port,
                route: trust.route.clone(),
                runtime: current_runtime(),
                zone: ZoneId(zone.id().get()),
                epoch: policy.epoch().get(),
                // The zone's own, so that the zone's number stands for it already. What of it was replaced since, each
                // connection says by itself.
                identity: u64::from(zone.has_identity()),
            }));
        trust.connections.origins.insert(&route);
        Ok(route)
    }

    /// Whether a route was found under a policy that has been replaced since.
    pub(crate) fn is_outdated(&self, route: &Route) -> bool {
        self.trust
            .as_ref()
            .is_ok_and(|trust| trust.policy.epoch().get() != route.key().parts().epoch)
    }

    /// The time by the policy's clock.
    pub(crate) fn now(&self) -> UnixTime {
        match &self.trust {
            Ok(trust) => trust.policy.current().clock().now(),
            Err(_) => UnixTime::now(),
        }
    }

    /// How long a request waits for a connection.
    pub(crate) fn pool_timeout(&self) -> Option<Duration> {
        self.timeouts.pool
    }

    /// The limits of a request that names none of its own.
    pub(crate) fn limits(&self) -> CallLimits {
        CallLimits {
            headers: self.timeouts.headers,
            read: self.timeouts.read,
            total: self.timeouts.total,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            trust,
            allow_plain_http,
            timeouts,
            redirects,
            body_cap,
        } = &*self.inner;
        let mut f = f.debug_struct("Client");
        match trust {
            Ok(Trust {
                policy,
                route,
                connections,
            }) => {
                let policy = policy.current();
                f.field("epoch", &policy.epoch().get());
                #[cfg(feature = "danger-insecure-grants")]
                f.field(
                    "grants",
                    &policy
                        .zones()
                        .filter_map(bonafide_verify::Zone::grant)
                        .collect::<Vec<_>>(),
                );
                f.field("route", route)
                    .field("pool", &connections.pool)
                    .field("origins", &connections.origins.len())
            }
            Err(failure) => f.field("failure", failure),
        };
        f.field("allow_plain_http", allow_plain_http)
            .field("timeouts", timeouts)
            .field("redirects", redirects)
            .field("body_cap", body_cap)
            .finish()
    }
}
