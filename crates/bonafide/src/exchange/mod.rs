//! One request, one response: a connection from the pool, and another try where that is safe.

mod answered;
mod attach;
mod broken;
mod call;
mod checkout;
#[cfg(feature = "testing")]
mod fake;
mod framing;
mod interim;
mod pace;
mod reached;
mod reading;
mod replay;
mod sendable;
mod sending;
mod waiting;
mod written;

use std::sync::Arc;
use std::time::Duration;

use bonafide_tower::delivery::is_idempotent;
use http::Request;
use hyper::client::conn::TrySendError;
use tokio::time::Instant;

pub(crate) use self::answered::{Answered, Delivered, Found};
pub(crate) use self::attach::Attachments;
#[cfg(feature = "auth")]
pub(crate) use self::attach::unauthenticated;
pub(crate) use self::call::{Call, Carried, Extent, Wanted};
use self::checkout::checkout;
pub(crate) use self::interim::OnInformational;
use self::pace::Pace;
pub(crate) use self::reached::Reached;
use self::reading::Reading;
use self::replay::Tries;
pub(crate) use self::sendable::settle;
use self::waiting::ForHeaders;
use self::written::{Written, write};
use crate::body::Body;
use crate::connect::{Connector, Meta};
use crate::error::{Delivery, Error, Failure};
use crate::events::Event;
use crate::limits::{Deadline, SILENCE};
use crate::pool::Lease;
use crate::router::Router;
use crate::versions::Versions;

/// Sends `call` and waits for the headers of the response.
///
/// A request that provably was not processed is sent again on another connection, over HTTP/1.1 if
/// the server requires that. A request whose connection closed without a response is sent again
/// once, if it is idempotent, its body can be repeated and the connection was not new. Nothing else
/// is sent twice.
pub(crate) async fn exchange(
    router: &Router,
    checkout_limit: Option<Duration>,
    call: &mut Call,
    deadline: Deadline,
) -> Result<Box<Answered>, Error> {
    #[cfg(feature = "testing")]
    if let Some(server) = router.fake() {
        // From here no path leads to a connection.
        return Box::pin(fake::exchange(server, router, call, deadline)).await;
    }
    let mut pace = Pace::start(call);
    let mut now = pace.start;
    let mut tries = Tries::default();
    loop {
        let (lease, leased) = checkout(router, checkout_limit, call, deadline, now)
            .await
            .map_err(|error| pace.unconnected(tries.blame(error)))?;
        let meta = Arc::clone(lease.meta());
        let reused = lease.is_reused();
        pace.got(leased, reused);
        if reused && meta.is_past(|| router.now()) {
            report_fault(lease);
            now = Instant::now();
            continue;
        }
        let spare = call.body.try_clone();
        let http1 = matches!(lease, Lease::Http1(_));
        let Written {
            request,
            attached,
            gate,
            progress,
            sending,
        } = match write(call, &meta, http1) {
            Ok(written) => written,
            Err(failure) => {
                return_unused(lease);
                let error = Error::from(failure.delivered(Delivery::NotSent));
                return Err(tries.blame(pace.unanswered(error, &meta, None)));
            }
        };
        let unread = progress.clone();
        let limit = call.limits.headers;
        call.events.notify(|call| Event::SendStarted {
            call,
            connection: meta.info.id(),
        });
        let mut waiting = Waiting::new(&lease, leased, &meta);
        let outcome = match &lease {
            Lease::Http1(lease) => match lease.conn().send(request) {
                Ok(sent) => {
                    ForHeaders::new(&meta.timers, leased, limit, deadline, progress, sent)
                        .listened(sending)
                        .await
                }
                Err(body) => return_unsent(body),
            },
            Lease::Http2(lease) => match lease.handle().send(request, lease.is_alone()) {
                Ok(sent) => {
                    ForHeaders::new(&meta.timers, leased, limit, deadline, progress, sent)
                        .listened(sending)
                        .await
                }
                Err(body) => return_unsent(body),
            },
        };
        waiting.is_over = outcome.is_ok();
        drop(waiting);
        let answered = match outcome {
            Ok(answered) => answered,
            Err(late) => {
                return Err(pace.unanswered(late.into(), &meta, unread.as_ref()));
            }
        };
        match answered {
            Ok(response) => {
                let (mut head, incoming) = response.into_parts();
                let mut framing = match framing::of(&mut head, &call.method, meta.info.version()) {
                    Ok(framing) => framing,
                    Err(failure) => {
                        report_fault(lease);
                        return Err(pace.unanswered(failure.into(), &meta, unread.as_ref()));
                    }
                };
                if let Some(attachments) = &call.attachments {
                    attachments.receive(&head.headers, call, &meta);
                }
                if gate.is_some_and(|gate| gate.close()) {
                    framing.last = true;
                    framing.unsent = true;
                }
                call.events.notify(|call| Event::ResponseHead {
                    call,
                    status: head.status,
                    version: head.version,
                });
                let delivered = Delivered {
                    path: call.path.clone(),
                    steps: pace.steps(unread.as_ref()),
                    attached,
                    meta,
                };
                let idle = call.limits.read;
                let body = Reading::new(incoming, lease, framing, idle, deadline);
                let body = Body::arriving(body);
                return Ok(Box::new(Answered {
                    head,
                    body,
                    found: Found {
                        delivered: Some(delivered),
                        ..Found::default()
                    },
                }));
            }
            Err(Unanswered { returned, error }) => {
                let failure = meta.fate.alert().map(broken::by_alert);
                let failure = failure.or_else(|| unread.as_ref()?.failure());
                if let Some(failure) = failure {
                    let failure = failure.delivered(Delivery::MaybeProcessed);
                    return Err(pace.unanswered(failure.into(), &meta, unread.as_ref()));
                }
                let gone = error.as_ref().is_none_or(broken::is_connection_gone);
                let delivery = match &error {
                    Some(error) if returned.is_none() => broken::delivery(error),
                    _ => Delivery::NotSent,
                };
                let http1_required = error.as_ref().is_some_and(broken::requires_http1);
                let refused = delivery == Delivery::RefusedUnprocessed && !http1_required;
                if gone || returned.is_some() || refused {
                    report_fault(lease);
                } else if let Lease::Http2(lease) = lease {
                    lease.end();
                }
                let replayable = gone && is_idempotent(&call.method);
                let returned = match gate {
                    Some(gate) => returned.map(|_| gate.take_body()),
                    None => returned,
                };
                let again = if http1_required {
                    tries.over_http1(call, spare)
                } else {
                    tries.again(delivery, returned, spare, reused, replayable)
                };
                match again {
                    Some(body) => {
                        call.events.notify(|call| Event::RetryDecision {
                            call,
                            delivery,
                            status: None,
                            again: Some(Duration::ZERO),
                        });
                        call.body = body;
                        now = Instant::now();
                    }
                    None => {
                        let failure = match error {
                            Some(error) if http1_required && call.versions == Versions::Http2 => {
                                broken::http1_required(error)
                            }
                            error => Failure {
                                passing: delivery.is_unprocessed(),
                                ..broken::failure(error)
                            },
                        };
                        let error = Error::from(failure.delivered(delivery));
                        return Err(tries.blame(pace.unanswered(error, &meta, unread.as_ref())));
                    }
                }
            }
        }
    }
}

/// A request without a response.
struct Unanswered {
    /// Its body, if nothing of the request was written.
    returned: Option<Body>,
    /// hyper's error; none if the connection had ended before.
    error: Option<hyper::Error>,
}

impl From<TrySendError<Request<Body>>> for Unanswered {
    fn from(mut unsent: TrySendError<Request<Body>>) -> Self {
        Self {
            returned: unsent.take_message().map(Request::into_body),
            error: Some(unsent.into_error()),
        }
    }
}

#[cold]
fn return_unsent<T>(body: Body) -> Result<Result<T, Unanswered>, Failure> {
    Ok(Err(Unanswered {
        returned: Some(body),
        error: None,
    }))
}

/// A request that waits for its response on a connection. If it is cancelled, an HTTP/1.1
/// connection is closed; an HTTP/2 connection is suspected of being broken if nothing arrived on it
/// for a while.
struct Waiting<'a> {
    lease: &'a Lease<Connector>,
    since: Instant,
    reads: u64,
    is_over: bool,
}

impl<'a> Waiting<'a> {
    fn new(lease: &'a Lease<Connector>, since: Instant, meta: &Meta) -> Self {
        Self {
            lease,
            since,
            reads: meta.socket.reads(),
            is_over: false,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        match self.lease {
            _ if self.is_over => {}
            Lease::Http1(lease) => lease.conn().cut_off(),
            Lease::Http2(lease) if self.since.elapsed() >= SILENCE => lease.doubt(self.reads),
            Lease::Http2(_) => {}
        }
    }
}

/// Nothing was sent on it: it serves other requests.
#[cold]
fn return_unused(lease: Lease<Connector>) {
    match lease {
        Lease::Http1(lease) => lease.return_to_pool(),
        Lease::Http2(lease) => lease.end(),
    }
}

fn report_fault(lease: Lease<Connector>) {
    match lease {
        Lease::Http1(lease) => lease.report_fault(),
        Lease::Http2(lease) => lease.report_fault(),
    }
}
