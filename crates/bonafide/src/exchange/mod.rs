//! One request, one response: a connection from the pool, and another try where that is safe.

mod broken;
mod call;
mod follow;
mod sendable;
mod waiting;

use std::mem;
use std::sync::Arc;

use http::Request;
use tokio::time::Instant;

use self::call::Deadline;
pub(crate) use self::call::{Call, CallLimits, Route};
pub(crate) use self::follow::run;
use self::waiting::ForHeaders;
use crate::body::{Body, ReadLimits, Reading};
use crate::client::Inner;
use crate::connect::{Connector, Meta};
use crate::error::{Error, Failure, Kind, Phase};
use crate::pool::{CheckoutError, Lease};
use crate::target::Place;
use crate::timings::Timings;

/// A response, and what is known about how it came.
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Body,
    pub(crate) meta: Arc<Meta>,
    pub(crate) timings: Timings,
}

/// Sends `call` and waits for the headers of the response.
///
/// A request that provably was not processed is sent again on another connection. One whose connection
/// closed without a response is sent again once, if it is idempotent, its body can be repeated and the
/// connection was not new. Nothing else is sent twice.
pub(crate) async fn exchange(
    client: &Inner,
    call: &mut Call,
    deadline: Deadline,
) -> Result<Answer, Error> {
    let start = Instant::now();
    let mut tries = Tries::default();
    loop {
        let mut lease = checkout(client, call, deadline).await?;
        let meta = Arc::clone(lease.meta());
        let reused = lease.is_reused();
        if reused && meta.is_past(|| client.now()) {
            report_fault(lease);
            continue;
        }
        let spare = call.body.try_clone();
        let mut body = mem::take(&mut call.body);
        let progress = body.watch();
        let unread = progress.clone();
        let request = meta.wire.request(
            call.method.clone(),
            call.path.clone(),
            &call.headers,
            call.credentials,
            body,
        )?;
        let leased = Instant::now();
        let limit = call.limits.headers;
        let outcome = match &mut lease {
            Lease::Http1(lease) => {
                let sent = lease.conn_mut().send(request);
                ForHeaders::new(limit, deadline, progress, sent).await
            }
            Lease::Http2(lease) => {
                let sent = lease.handle_mut().send(request);
                ForHeaders::new(limit, deadline, progress, sent).await
            }
        };
        match outcome {
            Ok(Ok(response)) => {
                let (head, incoming) = response.into_parts();
                let timings = Timings {
                    connection: leased.saturating_duration_since(start),
                    headers: leased.elapsed(),
                    reused,
                    opening: meta.info.opening(),
                };
                let limits = ReadLimits {
                    idle: call.limits.read,
                    total: deadline,
                };
                let body = Body::reading(Reading::new(incoming, lease, limits));
                return Ok(Answer {
                    head,
                    body,
                    meta,
                    timings,
                });
            }
            Ok(Err(mut unsent)) => {
                let returned = unsent.take_message();
                let error = unsent.into_error();
                let failure = meta.fate.alert().map(broken::by_alert);
                let failure = failure.or_else(|| unread?.failure());
                if let Some(failure) = failure {
                    return Err(Error::from(failure).over(meta.info.receipt()));
                }
                if returned.is_some() || broken::is_connection_gone(&error) {
                    report_fault(lease);
                }
                match tries.again(call, returned, spare, reused, &error) {
                    Some(body) => call.body = body,
                    None => {
                        let mut failure = broken::failure(error);
                        failure.retryable |= tries.unprocessed;
                        return Err(Error::from(failure).over(meta.info.receipt()));
                    }
                }
            }
            Err(late) => return Err(Error::from(late).over(meta.info.receipt())),
        }
    }
}

/// Which tries there have been.
#[derive(Default)]
struct Tries {
    /// One on a connection that was new and did not take it.
    refused_by_new: bool,
    /// One whose fate is not known.
    replayed: bool,
    /// The last try was not processed.
    unprocessed: bool,
}

impl Tries {
    /// The body for another try, if there may be one.
    fn again(
        &mut self,
        call: &Call,
        returned: Option<Request<Body>>,
        spare: Option<Body>,
        reused: bool,
        error: &hyper::Error,
    ) -> Option<Body> {
        self.unprocessed = returned.is_some() || broken::is_unprocessed(error);
        if let Some(request) = returned {
            if !reused && mem::replace(&mut self.refused_by_new, true) {
                return None;
            }
            return Some(request.into_body());
        }
        let safe = self.unprocessed
            || (reused && broken::is_idempotent(&call.method) && broken::is_connection_gone(error));
        if !safe || mem::replace(&mut self.replayed, true) {
            return None;
        }
        spare
    }
}

/// A connection for `call`.
async fn checkout(
    client: &Inner,
    call: &mut Call,
    deadline: Deadline,
) -> Result<Lease<Connector>, Error> {
    let mut again = true;
    let mut patience = waiting::Patience::new(client.pool_timeout(), deadline);
    loop {
        let route = match &call.place {
            Place::Known(route) => Arc::clone(route),
            Place::Named(name) => {
                let route = client.route(name)?;
                call.place = Place::Known(Arc::clone(&route));
                route
            }
        };
        let outcome = patience.wait(route.checkout()).await?;
        let failure = match outcome {
            Ok(lease) => return Ok(lease),
            // What was found under a policy that is replaced says nothing about the request.
            Err(_) if client.is_outdated(&route) => {
                call.place = Place::Named(call.origin());
                continue;
            }
            Err(CheckoutError::Connect(failure)) => failure,
            Err(CheckoutError::Evicted) if mem::take(&mut again) => {
                call.place = Place::Named(call.origin());
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
        return Err(failure.into());
    }
}

fn report_fault(lease: Lease<Connector>) {
    match lease {
        Lease::Http1(lease) => lease.report_fault(),
        Lease::Http2(lease) => lease.report_fault(),
    }
}
