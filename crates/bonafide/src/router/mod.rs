//! From an origin to its zone, its epoch and its partition of the pool.
//!
//! The router follows the policy: when that is replaced, the connections of older epochs are
//! evicted; when a client certificate is replaced, the connections that use it are closed. It knows
//! neither requests nor HTTP.

mod origins;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bonafide_verify::identity::Rotation;
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::{Listener, Policy, PolicyHandle};

use self::origins::OriginCache;
use crate::connect::{Connector, Versions};
use crate::error::{Failure, Kind};
use crate::limits::MAX_ORIGINS;
use crate::origin::{Origin, Scheme, server_name};
use crate::pool::{Partition, PartitionKey, PartitionParts, Pool, current_runtime};
use crate::proxy::Route;
#[cfg(feature = "testing")]
use crate::testing::InPlace;

/// The connections to one origin, on one runtime, under one policy.
pub(crate) type Connections = Arc<Partition<Connector>>;

/// The policy of a client, and the connections that rest on it.
pub(crate) struct Router {
    policy: PolicyHandle,
    route: Route,
    allow_plain_http: bool,
    pool: Pool<Connector>,
    /// What answers in place of every server.
    #[cfg(feature = "testing")]
    fake: Option<InPlace>,
    origins: OriginCache<Connector>,
    this: Weak<Self>,
}

impl Router {
    /// Follows `policy` from now on.
    pub(crate) fn new(
        policy: PolicyHandle,
        route: Route,
        allow_plain_http: bool,
        pool: Pool<Connector>,
        #[cfg(feature = "testing")] fake: Option<InPlace>,
    ) -> Arc<Self> {
        let router = Arc::new_cyclic(|this: &Weak<Self>| Self {
            origins: OriginCache::new(policy.epoch(), MAX_ORIGINS),
            policy,
            route,
            allow_plain_http,
            pool,
            #[cfg(feature = "testing")]
            fake,
            this: Weak::clone(this),
        });
        router.policy.subscribe(Arc::downgrade(&router));
        // The policy may have been replaced before the router subscribed.
        Listener::<Policy>::notify(&*router, &router.policy.current());
        router
    }

    /// What answers in place of every server, if the client is one of a test.
    #[cfg(feature = "testing")]
    pub(crate) fn fake(&self) -> Option<&InPlace> {
        self.fake.as_ref()
    }

    /// The policy that judges the servers.
    pub(crate) fn policy(&self) -> &PolicyHandle {
        &self.policy
    }

    /// The connections of an origin for `versions`, if a request went there before under the policy
    /// of this moment.
    pub(crate) fn find(
        &self,
        scheme: Scheme,
        host: &str,
        port: u16,
        versions: Versions,
    ) -> Option<Connections> {
        let runtime = current_runtime();
        let found = self.origins.get(scheme, host, port, versions, runtime)?;
        (!self.is_outdated(&found)).then_some(found)
    }

    /// The connections of an origin for `versions`, once the policy has said which zone it is in.
    ///
    /// # Errors
    ///
    /// [`Kind::PlainHttpRefused`] unless plain http is allowed, [`Kind::Refused`] for a host that
    /// the policy has no zone for.
    pub(crate) fn connections(
        &self,
        origin: &Origin,
        versions: Versions,
    ) -> Result<Connections, Failure> {
        self.check_scheme(origin)?;
        let policy = self.policy.current();
        let zone = policy
            .zone_of(&server_name(&origin.host)?)
            .map_err(Failure::refused)?;
        let partition = self.pool.partition(&PartitionKey::new(PartitionParts {
            origin: origin.clone(),
            versions,
            route: self.route.clone(),
            runtime: current_runtime(),
            zone: zone.id(),
            epoch: policy.epoch(),
        }));
        self.origins.insert(&partition);
        Ok(partition)
    }

    /// Refuses plain http, unless it is allowed.
    ///
    /// # Errors
    ///
    /// [`Kind::PlainHttpRefused`].
    pub(crate) fn check_scheme(&self, origin: &Origin) -> Result<(), Failure> {
        if origin.scheme == Scheme::Http && !self.allow_plain_http {
            return Err(Failure::new(
                Kind::PlainHttpRefused,
                "plain http is refused: use https, or build the client with `allow_plain_http`",
            ));
        }
        Ok(())
    }

    /// Whether connections belong to a policy that has been replaced since.
    pub(crate) fn is_outdated(&self, connections: &Connections) -> bool {
        connections.key().parts().epoch != self.policy.epoch()
    }

    /// The time by the policy's clock.
    pub(crate) fn now(&self) -> UnixTime {
        self.policy.current().clock().now()
    }
}

impl Listener<Policy> for Router {
    fn notify(&self, policy: &Policy) {
        let epoch = policy.epoch();
        self.origins.forget_older_than(epoch);
        self.pool.evict_older_than(epoch);
        policy.subscribe_to_identities(Weak::clone(&self.this));
        // A client certificate may have been replaced before the router subscribed.
        self.pool.close_recalled(Duration::ZERO);
    }
}

impl Listener<Rotation> for Router {
    fn notify(&self, rotation: &Rotation) {
        self.pool.close_recalled(rotation.overlap);
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            route,
            allow_plain_http,
            pool,
            #[cfg(feature = "testing")]
            fake,
            origins,
            this: _,
        } = self;
        let policy = policy.current();
        let mut f = f.debug_struct("Router");
        f.field("epoch", &policy.epoch().get());
        #[cfg(feature = "danger-insecure-grants")]
        f.field(
            "grants",
            &policy
                .zones()
                .filter_map(bonafide_verify::Zone::grant)
                .collect::<Vec<_>>(),
        );
        #[cfg(feature = "testing")]
        f.field("fake", fake);
        f.field("route", route)
            .field("allow_plain_http", allow_plain_http)
            .field("pool", pool)
            .field("origins", &origins.len())
            .finish()
    }
}
