//! A connection for a request.

use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime;
use tokio::time::Instant;

use super::call::{Call, Wanted};
use super::waiting::Patience;
use crate::connect::Connector;
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::events::Event;
use crate::limits::Deadline;
use crate::origin::Endpoint;
use crate::pool::{CheckoutError, Freshness, Lease, current_runtime};
use crate::router::{Connections, Router};
use crate::versions::Versions;

/// Checks out a connection for `call`, starting at `now`, and returns when it was available. The
/// clock is not read again if one is available at once.
pub(super) async fn checkout(
    router: &Router,
    limit: Option<Duration>,
    call: &mut Call,
    deadline: Deadline,
    now: Instant,
) -> Result<(Lease<Connector>, Instant), Error> {
    let runtime = current_runtime();
    if runtime.is_none() {
        return Err(Failure::outside_a_runtime("the request")
            .delivered(Delivery::NotSent)
            .into());
    }
    let (versions, freshness) = match call.connection {
        Wanted::Any => (call.versions, Freshness::Any),
        Wanted::Fresh => (call.versions, Freshness::New),
        Wanted::Http1 if call.versions != Versions::Http2 => (Versions::Http1, Freshness::Any),
        Wanted::Http1 => (call.versions, Freshness::Any),
    };
    let mut again = true;
    let mut patience = Patience::new(limit, deadline);
    loop {
        if let Endpoint::Known(connections) = &call.endpoint
            && !is_for(connections, versions, runtime)
        {
            call.endpoint = Endpoint::Named(call.origin());
        }
        let connections = match &call.endpoint {
            Endpoint::Known(connections) => Arc::clone(connections),
            Endpoint::Named(origin) => {
                let connections = router
                    .connections(origin, versions)
                    .map_err(|failure| failure.delivered(Delivery::NotSent))?;
                call.endpoint = Endpoint::Known(Arc::clone(&connections));
                connections
            }
        };
        let checkout = pin!(connections.checkout(freshness));
        let missed = || call.events.notify(|call| Event::PoolMiss { call });
        let outcome = patience
            .wait(checkout, missed, || connections.doubt_mute())
            .await?;
        let failure = match outcome {
            Ok(lease) => {
                let waited = patience.has_waited();
                if call.events.is_on() {
                    notify(call, &lease, waited);
                }
                return Ok((lease, if waited { Instant::now() } else { now }));
            }
            // A verdict of a replaced policy says nothing about this request.
            Err(_) if router.is_outdated(&connections) => {
                call.endpoint = Endpoint::Named(call.origin());
                continue;
            }
            Err(CheckoutError::Connect(failure)) => failure,
            Err(CheckoutError::Evicted) if mem::take(&mut again) => {
                call.endpoint = Endpoint::Named(call.origin());
                continue;
            }
            Err(gone @ CheckoutError::Abandoned) => Failure::new(
                Kind::Canceled,
                "the connection could not be made: its runtime was shut down",
            )
            .caused_by(gone)
            .retryable(),
            Err(gone @ CheckoutError::Panicked) => Failure::new(
                Kind::Canceled,
                "the connection could not be made: its task panicked",
            )
            .during(Phase::Connect)
            .caused_by(gone),
            Err(gone) => Failure::new(Kind::Closed, "no connection could be used")
                .during(Phase::Connect)
                .caused_by(gone)
                .retryable(),
        };
        return Err(failure.delivered(Delivery::NotSent).into());
    }
}

/// Notifies that `call` has a connection, for which it had `waited` or not.
#[cold]
fn notify(call: &Call, lease: &Lease<Connector>, waited: bool) {
    if !waited {
        call.events.notify(|call| Event::PoolHit { call });
    }
    call.events.notify(|call| Event::ConnectionAcquired {
        call,
        connection: lease.meta().info.id(),
        reused: lease.is_reused(),
    });
}

/// Whether a request that is sent on `runtime` may use `connections`: it may have been built on
/// another runtime, or may need another version than before.
fn is_for(connections: &Connections, versions: Versions, runtime: Option<runtime::Id>) -> bool {
    let parts = connections.key().parts();
    parts.versions == versions && parts.runtime == runtime
}
